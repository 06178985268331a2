/**
 * What a start does with the tasks that the store holds: it takes the open ones into memory, goes on with those that the
 * process before this one was running, and looks after those that came to rest while nobody was there to see it.
 *
 * What runs comes first, with what stands above it and what has its concurrency key to its end: once that is in memory and
 * judged, it goes on, and time moves what is there. All others load behind it in the order of a queue (`load-order.ts`), and
 * callers are served meanwhile: what they change counts, and not what a page says of it that was read before.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../../store/store.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { TaskId } from "../../task/id.ts";
import { type AwaitedPlace, type Below, type OpenPlace, type OpenTask, openTask } from "../../task/open-task.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { Transitions } from "../transitions.ts";
import type { Claims } from "./claims.ts";
import type { CrashGuard } from "./crash/crash-guard.ts";
import type { CrashRecord } from "./crash/crash-record.ts";
import type { Descendants } from "./descendants.ts";
import { type DoneBy, type Entry, entryOf, entryUnread } from "./entry.ts";
import type { Interruption } from "./interruption.ts";
import type { LeaseKeys } from "./lease-keys.ts";
import { LoadOrder } from "./load-order.ts";
import type { OpenTasks } from "./open-tasks.ts";
import type { Placement } from "./placement.ts";
import type { Runner } from "./runner.ts";
import type { Scheduler } from "./scheduler.ts";
import { type EngineLimits, type EngineLog, isPassing } from "./settings.ts";
import type { Sleepers } from "./sleepers.ts";
import { untilAnswered } from "./until-answered.ts";
import type { WaitCompletion } from "./wait-completion.ts";

/** Open tasks whose parents, or whose awaited children, are read at once: some milliseconds of a thread. */
const FAMILY_PAGE = 1_000;
/** Tasks that are read at once with their inputs, each of which may be megabytes. */
const WHOLE_PAGE = 64;
/** For a tenant with more tasks the store is not asked which of them want a slot: that would take long. */
const TENANT_TASKS_MAX = 1_000;
const TENANTS_MAX = 10_000;
/** The rank of running tasks, and the last rank. */
const RUNS = 0;
const ALL = 2;

type Parts = {
  store: Store;
  transitions: Transitions;
  clock: Clock;
  handlers: Handlers;
  open: OpenTasks;
  pages: Pick<EngineLimits, "openPage" | "openAwaited">;
  descendants: Descendants;
  placement: Placement;
  sleepers: Pick<Sleepers, "bringBefore">;
  scheduler: Scheduler;
  claims: Pick<Claims, "lookAgain">;
  waits: WaitCompletion;
  leases: Pick<LeaseKeys, "held">;
  interruption: Interruption;
  record: CrashRecord;
  guard: CrashGuard;
  runner: Pick<Runner, "holdBack">;
  log: EngineLog;
};

/** How many of the open tasks are in memory, of about how many; `all` is 0 while that is not known. */
export type Loading = { read: number; all: number };

export class Recovery {
  readonly #parts: Parts;
  /** Resolves once callers may be served. */
  readonly #served = Promise.withResolvers<void>();
  #isServed = false;
  /** Tasks that have changed since the first page was asked for: a page may have an older state of them. */
  #changed: Set<TaskId> | null = new Set();
  /** The next page begins behind this place; null once all are read. */
  #next: OpenPlace | null = null;
  #read = 0;
  /** About how many there are. */
  #all: number | null = null;
  readonly #order: LoadOrder;
  readonly #interrupted = new Set<TaskId>();
  #isJudged = false;
  /** Tasks that were paused at the start and resumed since. */
  readonly #resumed = new Set<TaskId>();
  readonly #claimable: TaskId[] = [];
  /** Tenants that the store was asked about, as new tasks of theirs came. */
  readonly #asked = new Set<string>();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#order = new LoadOrder(parts.open);
  }

  /** Whether open tasks are still being read. */
  get isUnderWay(): boolean {
    return this.#changed !== null;
  }

  /** Whether the tasks that ran before were judged by how the former process ended: then they go on. */
  get isJudged(): boolean {
    return this.#isJudged;
  }

  get progress(): Loading {
    return { read: this.#read, all: this.#all === null ? 0 : Math.max(this.#read, this.#all) };
  }

  /** Whether all tasks that come before this one are in memory, so that it may have a slot. */
  mayGo(entry: Entry): boolean {
    const may = this.#order.mayGo(entry);
    if (!may && this.#changed?.has(entry.id)) this.#askOf(entry.tenant);
    return may;
  }

  /** Asks whether a tenant has tasks that still have to be read: if not, it does not wait for those of others. */
  #askOf(tenant: string): void {
    const { store, open, log } = this.#parts;
    if (this.#asked.has(tenant) || this.#asked.size >= TENANTS_MAX) return;
    this.#asked.add(tenant);
    this.#again(() => store.wantedOf(tenant, TENANT_TASKS_MAX)).then(
      (ids) => {
        if (!this.#changed || !ids?.every((id) => open.has(id) || this.#changed?.has(id))) return;
        this.#order.hasAllOf(tenant);
        this.#lookAgain();
      },
      (error: unknown) => {
        if (!this.#stopped) log.warn("A tenant waits until all open tasks are there.", { tenant, error });
      },
    );
  }

  /** Resolves once callers may be served, though reading goes on. */
  get served(): Promise<void> {
    return this.#served.promise;
  }

  /**
   * Notes a change of a task: a page that was asked for before does not count for it. Tasks below an ended one are refused whatever
   * they do.
   */
  heard(task: Pick<Task, "id" | "parent" | "state">): void {
    if (!this.#changed) return;
    this.#changed.add(task.id);
    if (!isTerminal(task.state)) this.#order.isOpen(task);
  }

  /** A task runs again whose run ended with the former process: it goes on once all are judged. */
  resumed(task: TaskId): void {
    this.#resumed.add(task);
  }

  /**
   * Takes up what runs. Resolves to whether the scheduler may begin, which it may not after a stop. Rejects when the store
   * refuses while callers wait; later it is asked again.
   */
  async begin(): Promise<boolean> {
    await this.#readOpen(RUNS);
    await this.#readAbove();
    if (this.#stopped) return false;
    this.#parts.open.start();
    await this.#recover();
    return !this.#stopped;
  }

  /** Takes up the others. Resolves with what is left to do then, and with nothing when it was stopped. */
  async goOn(): Promise<(() => Promise<void>) | null> {
    const { open, guard, placement, sleepers, log } = this.#parts;
    guard.giveTurns().catch((error: unknown) => log.warn("A suspect had no turn.", { error }));
    if (this.#next !== null) this.#serve();
    await this.#readOpen(ALL);
    // For tasks that were placed before all of their conversation were in memory.
    await sleepers.bringBefore(open.inTurn());
    await this.#inTurns(open.inTurn(), ({ id }) => {
      const now = open.get(id);
      if (now?.inTurn) placement.place(now);
    });
    await this.#again(() => this.#adopt());
    if (this.#stopped) return null;
    this.#changed = null;
    this.#order.areAll();
    this.#lookAgain();
    return async () => {
      // Callers do not wait for what is left.
      this.#serve();
      this.tellParents();
      await this.#afterwards();
      await this.#readClaimable();
    };
  }

  /** Tells parents of children that ended while no process ran, or that cannot be read. */
  tellParents(): void {
    this.#tellParents().catch((error: unknown) => {
      if (!this.#stopped) this.#parts.log.warn("Parents were not told of children that have ended.", { error });
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Reads until all tasks up to this rank are in memory. */
  async #readOpen(rank: number): Promise<void> {
    const { pages, store } = this.#parts;
    while (!this.#stopped && !this.#order.hasRead(rank)) {
      const { tasks, next } = await this.#again(() => store.open(this.#next, pages.openPage));
      for (const open of tasks) if (!this.#changed?.has(open.id)) this.#takeIn(open);
      this.#read += tasks.length;
      this.#next = next;
      if (this.#order.readUpTo(next)) this.#lookAgain();
      if (next === null) return;
      this.#all ??= await this.#again(() => store.openCount());
      if (this.#read >= pages.openAwaited) this.#serve();
      await nextTurn();
    }
  }

  #lookAgain(): void {
    this.#parts.scheduler.lookAgain();
    this.#parts.claims.lookAgain();
  }

  /** Reads the tasks above running ones, wherever they are in the order: their states must be known before those go on. */
  async #readAbove(): Promise<void> {
    const seen = new Set<TaskId>();
    for (let level = this.#parts.open.parentsElsewhere(); level.length > 0 && !this.#stopped; ) {
      const above = [...new Set(level.splice(0, WHOLE_PAGE))].filter((id) => !seen.has(id));
      for (const id of above) seen.add(id);
      level.push(...(await this.#takeInAbove(above)));
    }
  }

  /** Returns their parents. */
  async #takeInAbove(above: readonly TaskId[]): Promise<TaskId[]> {
    const tasks = await Promise.all(above.map((id) => this.#again(() => this.#find(id))));
    const parents: TaskId[] = [];
    for (const [at, id] of above.entries()) {
      const task = tasks[at];
      if (!task || isTerminal(task.state)) {
        await this.#again(() => this.#parts.descendants.adopt(id));
        continue;
      }
      if (task.parent !== null) parents.push(task.parent);
      if (this.#changed?.has(id)) continue;
      this.heard(task);
      this.#takeIn(openTask(task));
    }
    return parents;
  }

  /** Ends the children of parents that ended while no process ran. */
  async #adopt(): Promise<void> {
    const { store, descendants } = this.#parts;
    for (let after: Below | null = { parent: "", id: "" }; after !== null && !this.#stopped; ) {
      const { parents, next }: Awaited<ReturnType<Store["orphaning"]>> = await store.orphaning(after, FAMILY_PAGE);
      for (const parent of parents) await descendants.adopt(parent);
      after = next;
      await nextTurn();
    }
  }

  async #tellParents(): Promise<void> {
    const { store, waits } = this.#parts;
    for (let after: AwaitedPlace | null = { number: 0, position: -1 }; after !== null && !this.#stopped; ) {
      const from: AwaitedPlace = after;
      const { those, next } = await this.#again(() => store.awaitedInVain(from, FAMILY_PAGE));
      await this.#inTurns(those, ({ parent, id }) => waits.childEnded(parent, id));
      after = next;
      await nextTurn();
    }
  }

  #takeIn(open: OpenTask): void {
    const entry = entryUnread(open, this.#parts.handlers);
    this.#parts.placement.place(entry);
    if (this.#isClaimable(entry)) this.#claimable.push(entry.id);
    else if (entry.state === "running") this.#interrupted.add(entry.id);
  }

  #serve(): void {
    this.#isServed = true;
    this.#served.resolve();
  }

  /** A passing refusal of the store fails the start while callers wait for it; later the store is asked until it answers. */
  #again<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { clock, log } = this.#parts;
    const goesOn = (error: unknown) => this.#isServed && !this.#stopped && isPassing(error);
    return untilAnswered(ask, clock, goesOn, (error) =>
      log.warn("The store did not tell all open tasks; it is asked again.", { error }),
    );
  }

  /** Whether the task is of a kind that workers claim: if it runs, a worker holds it, whose lease outlives a process. */
  #isClaimable({ kind }: Entry): boolean {
    return this.#parts.handlers.get(kind)?.queueOf !== undefined;
  }

  /** Reads the tasks that workers may claim: who does them, as their inputs say, and which API keys hold their leases. */
  async #readClaimable(): Promise<void> {
    const { open, handlers, placement, leases } = this.#parts;
    for (let from = 0; from < this.#claimable.length && !this.#stopped; from += WHOLE_PAGE) {
      const page = this.#claimable.slice(from, from + WHOLE_PAGE);
      // Read together: each alone would take a round trip to the reader.
      const tasks = await Promise.all(page.map((id) => this.#find(id)));
      for (const [at, id] of page.entries()) {
        const task = tasks[at];
        const now = open.get(id);
        if (!task || !now) continue;
        leases.held(task);
        const { doneBy } = entryOf(task, handlers);
        if (!isSame(doneBy, now.doneBy)) placement.place({ ...now, doneBy });
      }
    }
  }

  /** Judges and continues what was in flight. Tasks that were paused before they came to rest were in flight too. */
  async #recover(): Promise<void> {
    const { open, scheduler, guard, record } = this.#parts;
    const ids = [...new Set([...this.#interrupted, ...record.last().flights.map(({ task }) => task)])];
    const isToJudge = ({ id, state }: Task) => this.#interrupted.has(id) || state === "paused" || this.#resumed.has(id);
    const tasks: Task[] = [];
    for (let from = 0; from < ids.length && !this.#stopped; from += WHOLE_PAGE) {
      const page = await Promise.all(ids.slice(from, from + WHOLE_PAGE).map((id) => this.#again(() => this.#find(id))));
      // Some may have ended since, for instance by a deadline.
      tasks.push(...page.filter((task) => task !== null).filter((task) => !isTerminal(task.state) && isToJudge(task)));
    }
    if (this.#stopped) return;
    for (const { id } of await guard.judge(tasks, (id, error) => this.#orHeldBack(id, error))) {
      const entry = open.get(id);
      if (entry) scheduler.offer(entry);
    }
    this.#isJudged = true;
    for (const id of this.#resumed) {
      const entry = open.get(id);
      if (entry?.state === "running" && !guard.holds(id)) scheduler.offer(entry);
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
    const { store, open, waits, interruption, record } = this.#parts;
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
    await this.#inTurns(open.inState("input_required"), ({ id, parent, awaitsChild }) => {
      waits.relay({ id, parent });
      if (awaitsChild) waits.atRest(id);
    });
    if (record.last().how === "clean") return;
    await this.#inTurns(open.inState("input_required"), ({ id }) => waits.atRest(id));
    await this.#inTurns(await this.#again(() => store.toldAsleep()), (id) => waits.atRest(id));
  }

  /** In turns of the event loop, so that callers are served between thousands of tasks. */
  async #inTurns<Item>(items: readonly Item[], look: (item: Item) => void): Promise<void> {
    for (let from = 0; from < items.length && !this.#stopped; from += WHOLE_PAGE) {
      for (const item of items.slice(from, from + WHOLE_PAGE)) look(item);
      await nextTurn();
    }
  }

  /** Tries a task whose code did not fit: with each start the code may have changed, even under the same version. */
  async #lookAtCode(id: TaskId): Promise<void> {
    const { transitions, handlers } = this.#parts;
    const task = await transitions.find(id);
    const wait = task?.waits.find((wait) => wait.on === "handler");
    if (task && wait && handlers.of(task)) await transitions.change(id, { do: "wake", key: wait.key });
  }

  /** Brings a paused task to rest whose run ended with the former process before it did. */
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
