/**
 * The open descendants of tasks that have ended: every end of a task takes its open children along, and theirs. The end
 * commits by itself, and what follows needs no record of its own: an open task whose parent is not open says all that a
 * later start must know. A tree goes a page at a time, whatever its width and depth, so that neither the event loop nor
 * the writer is held; trees that end at once take turns.
 */
import { setImmediate } from "node:timers/promises";
import type { Store } from "../../store/store.ts";
import type { Command } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { endOfParent } from "../../task/family.ts";
import type { TaskId } from "../../task/id.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { OrphanEnds, Transitions } from "../transitions.ts";
import type { OpenTasks } from "./open-tasks.ts";
import { AGAIN_MS, type EngineLog, isPassing } from "./settings.ts";

/** Tasks that are ended at once: about 10 ms of the event loop, and 5 ms of the writer. */
const PAGE_TASKS = 50;
/** What the store keeps refusing is tried again after this at most. */
const AGAIN_MS_MAX = 60_000;

type Parts = { store: Pick<Store, "mayGoOn">; transitions: Transitions; clock: Clock; open: OpenTasks; log: EngineLog };

/** A parent that has ended, with open children. `top` is the end that began it all. */
type Ended = { end: Command; top: TaskId; againMs: number };
type Tree = { parents: number; done: PromiseWithResolvers<void> };

export class Descendants implements Omit<OrphanEnds, "gather"> {
  readonly #parts: Parts;
  readonly #ended = new Map<TaskId, Ended>();
  readonly #trees = new Map<TaskId, Tree>();
  /** Of `#ended`, those whose children are next. */
  #queue: TaskId[] = [];
  #works = false;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  endOf(parent: TaskId): Command | undefined {
    return this.#ended.get(parent)?.end;
  }

  async all(id: TaskId): Promise<void> {
    await this.#trees.get(id)?.done.promise;
  }

  /** The task has ended. Called before it is forgotten, and before its children move any further. */
  parentEnded(id: TaskId, task: Task | null): void {
    if (this.#ended.has(id) || this.#parts.open.childrenOf(id, 1).length === 0) return;
    const top = (task?.parent ? this.#ended.get(task.parent)?.top : undefined) ?? id;
    const tree = this.#trees.get(top) ?? { parents: 0, done: Promise.withResolvers<void>() };
    tree.parents += 1;
    this.#trees.set(top, tree);
    this.#ended.set(id, { end: endOfParent(id, task), top, againMs: AGAIN_MS });
    this.#offer(id);
  }

  /**
   * At a start: parents that ended while nobody was there to take their children along. Those that cannot be read, or were
   * set aside, are left alone. Rejects when the store does not answer for now.
   */
  async adopt(): Promise<void> {
    const { store, open, transitions, log } = this.#parts;
    for (const parent of open.orphans().keys()) {
      try {
        const task = await transitions.find(parent);
        const hasEnded = task ? isTerminal(task.state) : !(await store.mayGoOn(parent));
        if (hasEnded) this.parentEnded(parent, task);
      } catch (error) {
        if (isPassing(error)) throw error;
        log.warn("A parent that is not open could not be read.", { task: parent, error });
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { done } of this.#trees.values()) done.resolve();
  }

  #offer(parent: TaskId): void {
    this.#queue.push(parent);
    if (this.#works) return;
    this.#works = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#stopped) {
      const page = this.#page();
      const refused = new Set((await Promise.all(page.map((each) => this.#end(each)))).filter((id) => id !== null));
      for (const parent of new Set(page.map(({ parent }) => parent))) {
        if (refused.has(parent)) this.#later(parent);
        else if (this.#parts.open.childrenOf(parent, 1).length > 0) this.#queue.push(parent);
        else this.#finish(parent);
      }
      // Others have their turn, also where the store answers without leaving this thread.
      await setImmediate();
    }
    this.#works = false;
  }

  /** The next children, of as many parents as it takes. */
  #page(): { parent: TaskId; child: TaskId }[] {
    const page: { parent: TaskId; child: TaskId }[] = [];
    let taken = 0;
    while (page.length < PAGE_TASKS && taken < this.#queue.length) {
      const parent = this.#queue[taken++];
      if (parent === undefined) break;
      const children = this.#parts.open.childrenOf(parent, PAGE_TASKS - page.length);
      if (children.length === 0) this.#finish(parent);
      for (const child of children) page.push({ parent, child });
    }
    this.#queue = this.#queue.slice(taken);
    return page;
  }

  /** Returns the parent when the store has refused. */
  async #end({ parent, child }: { parent: TaskId; child: TaskId }): Promise<TaskId | null> {
    const { transitions, log } = this.#parts;
    const end = this.endOf(parent);
    if (!end) return null;
    try {
      await transitions.change(child, end);
    } catch (error) {
      // It has ended by itself in this moment.
      if (error instanceof Refusal && ENDED_ALREADY.has(error.code)) return null;
      if (!isPassing(error)) {
        log.warn("A task could not be ended with its parent: see waybill doctor.", { task: child, error });
        return null;
      }
      log.warn("A task could not be ended with its parent; it is tried again.", { task: child, error });
      return parent;
    }
    return null;
  }

  /** Whoever waits for the whole tree is let go: its end is on disk, and the rest follows. */
  #later(parent: TaskId): void {
    const ended = this.#ended.get(parent);
    if (!ended) return;
    this.#trees.get(ended.top)?.done.resolve();
    this.#parts.clock.after(ended.againMs, () => this.#offer(parent));
    ended.againMs = Math.min(ended.againMs * 2, AGAIN_MS_MAX);
  }

  #finish(parent: TaskId): void {
    const top = this.#ended.get(parent)?.top;
    this.#ended.delete(parent);
    const tree = top === undefined ? undefined : this.#trees.get(top);
    if (top === undefined || !tree) return;
    tree.parents -= 1;
    if (tree.parents > 0) return;
    this.#trees.delete(top);
    tree.done.resolve();
  }
}

const ENDED_ALREADY: ReadonlySet<string> = new Set(["not_allowed_in_state", "not_found"]);
