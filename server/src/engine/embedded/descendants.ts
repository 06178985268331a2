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
import type { Below } from "../../task/open-task.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { OrphanEnds, Transitions } from "../transitions.ts";
import { AGAIN_MS, type EngineLog, isPassing } from "./settings.ts";

/** Tasks that are ended together: about 10 ms of the event loop, and 5 ms of the writer. */
const PAGE_TASKS = 50;
/** The longest pause before another try where the store keeps refusing. */
const AGAIN_MS_MAX = 60_000;

type Parts = { store: Pick<Store, "mayGoOn" | "openBelow">; transitions: Transitions; clock: Clock; log: EngineLog };

/** A parent that has ended; its children up to `after` were ended. `top` is the task whose end began it all. */
type Ended = { end: Command; top: TaskId; after: TaskId; againMs: number };
type Tree = { parents: number; done: PromiseWithResolvers<void> };

export class Descendants implements OrphanEnds {
  readonly #parts: Parts;
  readonly #ended = new Map<TaskId, Ended>();
  readonly #trees = new Map<TaskId, Tree>();
  /** The parents of `#ended` whose children are next. */
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
    if (!this.#stopped) await this.#trees.get(id)?.done.promise;
  }

  /** The task has ended. Called before its children move any further. */
  parentEnded(id: TaskId, task: Task | null): void {
    if (this.#ended.has(id) || task?.children === 0) return;
    const top = (task?.parent ? this.#ended.get(task.parent)?.top : undefined) ?? id;
    const tree = this.#trees.get(top) ?? { parents: 0, done: Promise.withResolvers<void>() };
    tree.parents += 1;
    this.#trees.set(top, tree);
    this.#ended.set(id, { end: endOfParent(id, task), top, after: "", againMs: AGAIN_MS });
    this.#offer(id);
  }

  /**
   * At a start: a parent of open tasks that may have ended while nobody was there to take them along. One that cannot be read, or
   * was set aside, is left alone. Rejects when the store does not answer for now.
   */
  async adopt(parent: TaskId): Promise<void> {
    const { store, transitions, log } = this.#parts;
    try {
      const task = await transitions.find(parent);
      const hasEnded = task ? isTerminal(task.state) : !(await store.mayGoOn(parent));
      if (hasEnded) this.parentEnded(parent, task);
    } catch (error) {
      if (isPassing(error)) throw error;
      log.warn("A parent that is not open could not be read.", { task: parent, error });
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
      await this.#endPage(this.#queue.splice(0, PAGE_TASKS));
      // For others, also where the store answers within this thread.
      await setImmediate();
    }
    this.#works = false;
  }

  /** Ends a page of children, of as many parents as fill it. */
  async #endPage(parents: readonly TaskId[]): Promise<void> {
    const page = await this.#below(parents);
    if (page === null) {
      for (const parent of parents) this.#later(parent);
      return;
    }
    const refused = new Set((await Promise.all(page.map((each) => this.#end(each)))).filter((id) => id !== null));
    // A full page ends somewhere among the children of its last parent.
    const last = page.length < PAGE_TASKS ? undefined : page.at(-1);
    const done = last ? parents.indexOf(last.parent) : parents.length;
    for (const parent of parents.slice(0, done)) if (!refused.has(parent)) this.#finish(parent);
    for (const parent of refused) this.#later(parent);
    this.#queue.push(...parents.slice(done + 1));
    if (last === undefined || refused.has(last.parent)) return;
    const ended = this.#ended.get(last.parent);
    if (ended) ended.after = last.id;
    this.#queue.push(last.parent);
  }

  /** The next children; null when the store did not answer. */
  async #below(parents: readonly TaskId[]): Promise<Below[] | null> {
    const { store, log } = this.#parts;
    try {
      const places = parents.map((parent) => ({ parent, after: this.#ended.get(parent)?.after ?? "" }));
      return await store.openBelow(places, PAGE_TASKS);
    } catch (error) {
      if (!this.#stopped)
        log.warn("The children of tasks that have ended were not told; they are asked for again.", { error });
      return null;
    }
  }

  /** Returns the parent when the store has refused. */
  async #end({ parent, id: child }: Below): Promise<TaskId | null> {
    const { transitions, log } = this.#parts;
    const end = this.endOf(parent);
    if (!end) return null;
    try {
      await transitions.change(child, end);
    } catch (error) {
      // The child has just ended by itself.
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

  /** Tries again later, and lets those go who wait for the whole tree: the end of its root is on disk, and the rest follows. */
  #later(parent: TaskId): void {
    const ended = this.#ended.get(parent);
    if (!ended) return;
    this.#trees.get(ended.top)?.done.resolve();
    ended.after = "";
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
