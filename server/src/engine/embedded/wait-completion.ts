/**
 * The completion of waits: a task that waits goes on when its time has come, its child has ended, or an answer was
 * there before the question. Each looks at the task as it is by then; one that has moved on meanwhile is no failure,
 * and what the store refuses is tried again.
 */
import { Damaged } from "../../store/damage.ts";
import type { Store } from "../../store/store.ts";
import { isRefusedByDamage, Refusal } from "../../task/errors.ts";
import type { Handler } from "../../task/handler.ts";
import type { TaskId } from "../../task/id.ts";
import type { Identity } from "../../task/people/identity.ts";
import { isTerminal } from "../../task/states.ts";
import { dueAt, type Task, type Wait } from "../../task/task.ts";
import { isOverLimit } from "../../task/time-limit.ts";
import type { Clock } from "../clock.ts";
import { answerAmong } from "../execution/inbox.ts";
import type { Plan, Transitions } from "../transitions.ts";
import { type Claims, isLeaseLost } from "./claims.ts";
import { entryOf } from "./entry.ts";
import type { OpenTasks, TimeObserver } from "./open-tasks.ts";
import type { Placement } from "./placement.ts";
import type { Runner } from "./runner.ts";
import { AGAIN_MS, AGAIN_MS_MAX, type EngineLog, isPassing } from "./settings.ts";

type Parts = {
  store: Store;
  transitions: Transitions;
  clock: Clock;
  handlers: ReadonlyMap<string, Handler>;
  open: OpenTasks;
  placement: Placement;
  claims: Claims;
  runner: Pick<Runner, "isLive" | "holdBack">;
  escalatesTo: (task: Task) => Identity[];
  log: EngineLog;
};

export class WaitCompletion implements TimeObserver {
  readonly #parts: Parts;
  /** Children whose questions are being relayed, and how many relays are under way: an earlier one may have read an older state. */
  readonly #relaying = new Map<TaskId, number>();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The task's time has come: of a timer, a retry, a question's deadline, a lease or a submit delay. */
  due(id: TaskId): void {
    this.watch("A timer could not take effect.", id, () => this.#due(id));
  }

  /** Begins a task that people do. */
  ask(id: TaskId): void {
    this.watch("People were not asked.", id, async () => {
      await this.#parts.transitions.change(id, { do: "ask" });
    });
  }

  expired(id: TaskId): void {
    this.watch("A deadline could not take effect.", id, () => this.#expire(id));
  }

  childEnded(parent: TaskId, child: TaskId): void {
    this.watch("A parent was not woken.", parent, () => this.#wakeParent(parent, child));
  }

  /** Has the parent ask what this task asks people, and no longer what it does not ask any more. */
  relay({ id, parent }: Pick<Task, "id" | "parent">): void {
    if (parent !== null) this.watch("A parent was not told of a question.", parent, () => this.#relay(parent, id));
  }

  /** The task has just come to rest: what it waits for may have happened before that was written. */
  suspended(task: Task): void {
    this.watch("A task at rest was not looked at.", task.id, () => this.#lookAround(task));
  }

  /** The same for a task that came to rest some time ago. */
  atRest(id: TaskId): void {
    this.watch("A task at rest was not looked at.", id, async () => {
      const task = await this.#parts.transitions.find(id);
      if (task) await this.#lookAround(task);
    });
  }

  /** Does work on a task that nobody waits for, again and again while the store refuses it. */
  watch(message: string, task: TaskId, work: () => Promise<void>): void {
    this.#work(message, task, work, 0);
  }

  #work(message: string, task: TaskId, work: () => Promise<void>, refusals: number): void {
    if (this.#stopped) return;
    work().catch((error: unknown) => {
      if (error instanceof Refusal && MOVED_ON.has(error.code)) return;
      if (error instanceof Damaged || isRefusedByDamage(error)) return this.#parts.runner.holdBack(task, error);
      // Said once: on a full disk thousands may be due, and each would say it every time.
      if (refusals === 0 || !isPassing(error)) this.#parts.log.warn(message, { task, error });
      if (this.#stopped || !isPassing(error)) return;
      // Also of one that is on disk alone; what has ended meanwhile refuses.
      const againMs = Math.min(AGAIN_MS * 2 ** refusals, AGAIN_MS_MAX);
      this.#parts.clock.after(againMs, () => this.#work(message, task, work, refusals + 1));
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  async #due(id: TaskId): Promise<void> {
    const { transitions, clock, handlers, claims, placement, open, escalatesTo } = this.#parts;
    const task = await transitions.find(id);
    if (!task || this.#stopped) return;
    const now = clock.now();
    const at = dueAt(task);
    if (at !== null && at > now) open.dueAgain(id);
    else if (task.state === "paused") await transitions.change(id, (task) => endOfPause(task, now));
    else if (task.state === "queued") placement.place(entryOf(task, handlers));
    else if (isLeaseLost(task, now)) await claims.loseLease(task);
    else if (isPast(task.assignment?.expiresAt, now)) await transitions.change(id, { do: "expire" });
    else if (isOverdue(task, now)) await transitions.change(id, { do: "overdue", to: escalatesTo(task) });
    else {
      const wait = task.waits.find((wait) => wait.until !== null && wait.until <= now);
      if (wait) await this.#wake(id, wait.key);
    }
  }

  async #expire(id: TaskId): Promise<void> {
    const { open, clock, transitions } = this.#parts;
    const entry = open.get(id);
    if (entry && (entry.deadlineAt ?? 0) > clock.now()) return open.expiresAgain(id);
    // It goes with its parent, whose deadline it has.
    if (this.#stopped) return;
    const task = await transitions.find(id);
    if (task?.parent && (await this.#expires(task.parent))) return;
    // The limit of its kind stands still until it goes on, and is set anew then.
    const stands = task?.state === "running" && task.lease === null && !this.#parts.runner.isLive(id);
    if (!task || (stands && isOverLimit(task, clock.now()))) return;
    // A start that finds its parent ended takes it along, once all are there.
    if (task.parent !== null && (await this.#isTerminal(task.parent))) return;
    await transitions.change(id, { do: "expire" });
  }

  /** Its deadline has passed, and not only the limit of its kind by a time of day that was set forward. */
  async #expires(id: TaskId): Promise<boolean> {
    const { open, clock, transitions } = this.#parts;
    const task = await transitions.find(id).catch(() => null);
    if (!task || isTerminal(task.state) || task.deadlineAt === null || !isPast(task.deadlineAt, clock.now()))
      return false;
    return isPast(task.deadlineAt + open.leaptMs(id), clock.now()) || !isOverLimit(task, clock.now());
  }

  async #wakeParent(parent: TaskId, child: TaskId): Promise<void> {
    const task = await this.#parts.transitions.find(parent);
    const wait = task?.waits.find((wait) => wait.on === "child" && wait.child === child);
    if (wait) await this.#wake(parent, wait.key);
  }

  async #lookAround(task: Task): Promise<void> {
    const { store } = this.#parts;
    for (const wait of task.waits) {
      if (wait.on === "child") {
        const child = await this.#open(wait.child);
        if (child === null) return this.#wake(task.id, wait.key);
        // Only where it asks: of thousands of children, each would search all waits of its parent.
        if (asks(child) || this.#relaying.has(child.id)) this.relay(child);
      }
      if (wait.on === "input") {
        if (wait.relayed !== undefined) {
          this.relay({ id: wait.relayed.child, parent: task.id });
          continue;
        }
        const inbox = await store.inbox(task.id);
        if (answerAmong(inbox, wait)) return this.#wake(task.id, wait.key);
      }
    }
  }

  /** Looks first whether there is anything to relay: a tree of thousands without questions would decide thousands of times for nothing. */
  async #relay(parent: TaskId, child: TaskId): Promise<void> {
    const { transitions } = this.#parts;
    const task = await transitions.find(child);
    const isAsked = (await transitions.find(parent))?.waits.some((wait) => isRelayedFrom(wait, child)) ?? false;
    if (!isAsked && !this.#relaying.has(child) && !(task && asks(task))) return;
    this.#relaying.set(child, (this.#relaying.get(child) ?? 0) + 1);
    try {
      await transitions.relay(parent, child);
    } finally {
      const left = (this.#relaying.get(child) ?? 0) - 1;
      if (left > 0) this.#relaying.set(child, left);
      else this.#relaying.delete(child);
    }
  }

  async #isTerminal(id: TaskId): Promise<boolean> {
    const task = await this.#parts.transitions.find(id).catch(() => null);
    return task !== null && isTerminal(task.state);
  }

  /** Null when the child has ended, or cannot be read: then its parent's call fails. */
  async #open(child: TaskId): Promise<Task | null> {
    try {
      const task = await this.#parts.transitions.find(child);
      return task && !isTerminal(task.state) ? task : null;
    } catch (error) {
      if (error instanceof Damaged) return null;
      throw error;
    }
  }

  async #wake(id: TaskId, key: string): Promise<void> {
    await this.#parts.transitions.change(id, { do: "wake", key });
  }
}

function asks({ waits }: Task): boolean {
  return waits.some(({ on }) => on === "input");
}

function isRelayedFrom(wait: Wait, child: TaskId): boolean {
  return wait.on === "input" && wait.relayed?.child === child;
}

function isOverdue({ assignment }: Task, now: number): boolean {
  return assignment !== null && !assignment.overdue && isPast(assignment.dueAt, now);
}

function isPast(moment: number | null | undefined, now: number): boolean {
  return (moment ?? Number.POSITIVE_INFINITY) <= now;
}

/** A pause that was made a lasting one meanwhile does not end by time. */
function endOfPause(task: Task, now: number): Plan {
  if (task.state === "paused" && (task.pausedBy?.until ?? Number.POSITIVE_INFINITY) > now)
    throw new Refusal("not_allowed_in_state", "Nothing but a person ends this pause.");
  return { command: { do: "resume", by: "waybill", reason: "The time until which it was paused has come." } };
}

const MOVED_ON: ReadonlySet<string> = new Set(["not_allowed_in_state", "not_found", "fenced"]);
