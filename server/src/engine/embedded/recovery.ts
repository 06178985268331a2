/**
 * What a start does with the tasks that the store holds: it takes the open ones into memory, goes on with those that the
 * process before this one was running, and looks after those that came to rest while nobody was there to see it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../../store/store.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { TaskId } from "../../task/id.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { Transitions } from "../transitions.ts";
import type { CrashGuard } from "./crash-guard.ts";
import type { CrashRecord } from "./crash-record.ts";
import type { Descendants } from "./descendants.ts";
import { type DoneBy, type Entry, entryOf, entryUnread } from "./entry.ts";
import type { Interruption } from "./interruption.ts";
import type { LeaseKeys } from "./lease-keys.ts";
import type { OpenTasks } from "./open-tasks.ts";
import type { Placement } from "./placement.ts";
import type { Runner } from "./runner.ts";
import type { Scheduler } from "./scheduler.ts";
import { type EngineLog, isPassing } from "./settings.ts";
import type { WaitCompletion } from "./wait-completion.ts";

/** Open tasks read at once, */
const OPEN_PAGE = 1_000;
/** and such with their inputs, each of which may be megabytes. */
const WHOLE_PAGE = 64;

type Parts = {
  store: Store;
  transitions: Transitions;
  handlers: Handlers;
  open: OpenTasks;
  descendants: Descendants;
  placement: Placement;
  scheduler: Scheduler;
  waits: WaitCompletion;
  leases: Pick<LeaseKeys, "held">;
  interruption: Interruption;
  record: CrashRecord;
  guard: CrashGuard;
  runner: Pick<Runner, "holdBack">;
  log: EngineLog;
};

export class Recovery {
  readonly #parts: Parts;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rebuilds memory from the store. Resolves with what is left to do once the scheduler runs. */
  async begin(): Promise<() => Promise<void>> {
    const interrupted: Entry[] = [];
    const claimable: Entry[] = [];
    for (let after: TaskId | null = null; ; ) {
      const page = await this.#parts.store.open(after, OPEN_PAGE);
      for (const open of page) {
        const entry = entryUnread(open, this.#parts.handlers);
        this.#parts.placement.place(entry);
        if (this.#isClaimable(entry)) claimable.push(entry);
        else if (entry.state === "running") interrupted.push(entry);
      }
      const last = page.at(-1);
      if (!last || page.length < OPEN_PAGE) break;
      after = last.id;
    }
    await this.#parts.descendants.adopt();
    this.#parts.open.start();
    await this.#recover(interrupted);
    return async () => {
      await this.#afterwards();
      await this.#readClaimable(claimable);
    };
  }

  stop(): void {
    this.#stopped = true;
  }

  /** When it runs, a worker holds it, whose lease outlives this process. */
  #isClaimable({ kind }: Entry): boolean {
    return this.#parts.handlers.get(kind)?.queueOf !== undefined;
  }

  /** What workers may claim whose input no longer fits its kind, or whose queue the store did not tell; and by which keys the rest is held. */
  async #readClaimable(entries: readonly Entry[]): Promise<void> {
    const { open, handlers, placement, leases } = this.#parts;
    for (let from = 0; from < entries.length && !this.#stopped; from += WHOLE_PAGE) {
      const page = entries.slice(from, from + WHOLE_PAGE);
      // Read at once: one after the other, thousands would each cost a way to the reader and back.
      const tasks = await Promise.all(page.map(({ id }) => this.#find(id)));
      for (const [at, entry] of page.entries()) {
        const task = tasks[at];
        const now = open.get(entry.id);
        if (!task || !now) continue;
        leases.held(task);
        const { doneBy } = entryOf(task, handlers);
        if (!isSame(doneBy, now.doneBy)) placement.place({ ...now, doneBy });
      }
    }
  }

  /** Those that were paused before they came to rest were in flight like the others, and are judged with them. */
  async #recover(interrupted: readonly Entry[]): Promise<void> {
    const { open, scheduler, guard, record } = this.#parts;
    const flown = record.last().flights.map(({ task }) => task);
    const paused = flown.filter((id) => open.get(id)?.state === "paused");
    const ids = [...interrupted.map(({ id }) => id), ...paused];
    const tasks: Task[] = [];
    for (let from = 0; from < ids.length; from += WHOLE_PAGE) {
      const page = await Promise.all(ids.slice(from, from + WHOLE_PAGE).map((id) => this.#find(id)));
      // Some may have ended since: a deadline passes while others are read.
      tasks.push(...page.filter((task) => task !== null).filter(({ state }) => !isTerminal(state)));
    }
    for (const { id } of await guard.judge(tasks, (id, error) => this.#orHeldBack(id, error))) {
      const entry = open.get(id);
      if (entry) scheduler.offer(entry);
    }
  }

  /** The task, or null when it is gone, or damaged: the start goes on without it. */
  #find(id: TaskId): Promise<Task | null> {
    return this.#parts.transitions.find(id).catch((error: unknown) => this.#orHeldBack(id, error));
  }

  #orHeldBack(id: TaskId, error: unknown): null {
    if (isPassing(error)) throw error;
    this.#parts.runner.holdBack(id, error);
    return null;
  }

  async #afterwards(): Promise<void> {
    const { open, waits, interruption, guard, log, record } = this.#parts;
    guard.giveTurns().catch((error: unknown) => log.warn("A suspect had no turn.", { error }));
    await this.#inTurns(open.untoldParents(), ({ child, parent }) => waits.childEnded(parent, child));
    await this.#inTurns(open.inState("paused"), ({ id }) =>
      waits.watch("A paused task was not brought to rest.", id, () => this.#bringToRest(id)),
    );
    await this.#inTurns(open.standing(), ({ id }) =>
      waits.watch("A task that stands still was not looked at.", id, () => this.#lookAtCode(id)),
    );
    await this.#inTurns(open.inTurn(), ({ id }) =>
      waits.watch("Nobody was interrupted.", id, async () => {
        const task = await this.#find(id);
        if (task) interruption.of(task);
      }),
    );
    // A stop may come between a question and its parent's.
    await this.#inTurns(open.inState("input_required"), ({ id, parent, awaits }) => {
      waits.relay({ id, parent });
      if (awaits.length > 0) waits.atRest(id);
    });
    if (record.last().how === "clean") return;
    await this.#inTurns(open.inState("input_required"), ({ id }) => waits.atRest(id));
  }

  /** Callers are served by now: they have their turns between those of thousands of tasks. */
  async #inTurns<Item>(items: readonly Item[], look: (item: Item) => void): Promise<void> {
    for (let from = 0; from < items.length && !this.#stopped; from += WHOLE_PAGE) {
      for (const item of items.slice(from, from + WHOLE_PAGE)) look(item);
      await nextTurn();
    }
  }

  /** The code may fit by now: one try for each start tells, where the missing version alone does not. */
  async #lookAtCode(id: TaskId): Promise<void> {
    const { transitions, handlers } = this.#parts;
    const task = await transitions.find(id);
    const wait = task?.waits.find((wait) => wait.on === "handler");
    if (task && wait && handlers.of(task)) await transitions.change(id, { do: "wake", key: wait.key });
  }

  /** It was paused, and its run ended with the process before it could say that it has come to rest. */
  async #bringToRest(id: TaskId): Promise<void> {
    const { transitions, scheduler } = this.#parts;
    const task = await transitions.find(id);
    if (task?.state !== "paused" || task.resumesAs !== "running" || scheduler.holdsSlot(id)) return;
    await transitions.change(id, { do: "suspend", attempt: task.attempt, waits: [], checkpoint: "restart" });
  }
}

function isSame(one: DoneBy, other: DoneBy): boolean {
  return one === other || (typeof one === "object" && typeof other === "object" && one.queue === other.queue);
}
