/**
 * The engine that runs tasks inside this process. This file builds its parts, starts and stops them, and is the one
 * observer of what changes. Ready tasks lie in queues in memory, rows only persist; there is no polling. What a change
 * means goes one way: from the placement of the task to the scheduler, from there to the runner, and from its runs to
 * the transitions that make the next change.
 */
import { randomUUID } from "node:crypto";
import type { Store, Write } from "../../store/store.ts";
import type { Handler } from "../../task/handler.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { TaskId } from "../../task/id.ts";
import type { Json } from "../../task/json/json.ts";
import { openTask } from "../../task/open-task.ts";
import { plainly } from "../../task/people/answer-reading.ts";
import type { Identity } from "../../task/people/identity.ts";
import { isTerminal } from "../../task/states.ts";
import { dueAt, type Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { Engine, Obstacle, SchedulingView, SlotReservation } from "../engine.ts";
import { type EventFeed, LocalEventFeed } from "../event-feed.ts";
import { kindOwner, runsIn } from "../execution/current-place.ts";
import { Speakers } from "../execution/text-pace.ts";
import type { Ids } from "../ids.ts";
import { Reservations } from "../reservations.ts";
import { MemoryTaskCache, type TaskCache } from "../task-cache.ts";
import { soleOwner, type TaskOwnership } from "../task-ownership.ts";
import { type EarlyBeginning, type OrphanEnds, type TransitionObserver, Transitions } from "../transitions.ts";
import type { AttemptParts } from "./attempt-writer.ts";
import { Backlogs } from "./backlogs.ts";
import { Claims } from "./claims.ts";
import { cleanupAfter, withCleanup } from "./cleanup.ts";
import { ConcurrencyKeys } from "./concurrency-keys.ts";
import { CrashGuard } from "./crash/crash-guard.ts";
import { CrashMemory, type CrashRecord } from "./crash/crash-record.ts";
import type { LaunchRunProcess } from "./crash/run-process.ts";
import type { DaysMoneyOf } from "./days-money.ts";
import { Descendants } from "./descendants.ts";
import { type Entry, entryOf, entryUnread } from "./entry.ts";
import { Interruption } from "./interruption.ts";
import { LeaseKeys } from "./lease-keys.ts";
import { LostCalls } from "./lost-calls.ts";
import { OpenTasks, type TimeObserver } from "./open-tasks.ts";
import { Placement } from "./placement.ts";
import { type Loading, Recovery } from "./recovery.ts";
import { RefusedWrites } from "./refused-writes.ts";
import { Retention } from "./retention.ts";
import { Runner } from "./runner.ts";
import { Scheduler, type WantedSlots } from "./scheduler.ts";
import { ENGINE_LIMITS, type EngineLimits, type EngineLog, slotLimitsOf } from "./settings.ts";
import { Sleepers } from "./sleepers.ts";
import { Strays } from "./strays.ts";
import { WaitCompletion } from "./wait-completion.ts";

export type EngineParts = {
  store: Store;
  handlers: readonly Handler[];
  clock: Clock;
  random: () => number;
  ids: Ids;
  limits?: Partial<EngineLimits>;
  log: EngineLog;
  /** Without these three, the process has its own: it is then the only one over its store. */
  cache?: TaskCache;
  feed?: EventFeed;
  ownership?: TaskOwnership;
  /** The record of what is in flight, which outlives the process. Without one, no crash is known. */
  record?: CrashRecord;
  /** Starts a process for suspects. Without it they run here, one after the other. */
  launch?: LaunchRunProcess;
  /** Who gets a task that people have not done in time; when absent, those whom its assignment names. */
  escalatesTo?: (task: Task) => Identity[];
  /** What models may cost a task's user and tenant on one day; without it, any amount. */
  daysMoney?: DaysMoneyOf;
  /** Judges an answer that came before its question; without it, every answer fits. */
  answerTo?: AttemptParts["answerTo"];
  /** The share of its time in which this thread does something, from 0 to 1; when absent it has time to spare. */
  busy?: () => number;
};

const UNBOUND: Required<Pick<EngineParts, "answerTo" | "daysMoney" | "busy">> = {
  answerTo: async (_, heard) => ({ answer: plainly(heard) }),
  daysMoney: () => ({ user: null, tenant: null }),
  busy: () => 0,
};

/** What the parts are told that know of tasks on disk alone. */
type OnDisk = ConstructorParameters<typeof Sleepers>[0] & ConstructorParameters<typeof Backlogs>[0];

/** `standing`: tasks that wait for code that fits them. */
export type EngineStats = { running: number; ready: number; open: number; standing: number };

export class EmbeddedEngine implements Engine {
  readonly handlers: Handlers;
  readonly transitions: Transitions;
  readonly feed: EventFeed;
  readonly claims: Claims;
  readonly slots: SlotReservation;
  readonly scheduling: SchedulingView;
  /** Also for other parts of this process that pay. */
  readonly reservations = new Reservations();
  readonly #log: EngineLog;
  readonly #open: OpenTasks;
  readonly #descendants: Descendants;
  readonly #scheduler: Scheduler;
  readonly #runner: Runner;
  readonly #refused: RefusedWrites;
  readonly #placement: Placement;
  readonly #waits: WaitCompletion;
  readonly #record: CrashRecord;
  readonly #guard: CrashGuard;
  readonly #interruption: Interruption;
  readonly #lostCalls: LostCalls;
  readonly #recovery: Recovery;
  readonly #retention: Retention;
  readonly #sleepers: Sleepers;
  readonly #backlogs: Backlogs;
  readonly #strays: Strays;
  /** The lowest number of a task that this process has submitted. Tasks of earlier processes have lower ones, whatever the clocks said. */
  #firstNumber = Number.POSITIVE_INFINITY;

  /** Whether an earlier process has submitted the task. One whose submit is being made durable has no number yet. */
  readonly #isOfBefore = ({ number }: Pick<Task, "number">): boolean => number > 0 && number < this.#firstNumber;
  /** Whether all tasks that come before this one are in memory. */
  readonly #mayGo = (entry: Entry): boolean => this.#recovery.mayGo(entry);
  readonly #sweepFailed = (error: unknown): void => this.#log.warn("The retention sweep failed.", { error });

  constructor(parts: EngineParts) {
    const { store, clock, ids, log, ownership = soleOwner, launch = null } = parts;
    const limits = { ...ENGINE_LIMITS, ...parts.limits };
    const cache = parts.cache ?? new MemoryTaskCache(limits.recentBytes);
    const feed = parts.feed ?? new LocalEventFeed((id, after, limit) => store.events(id, after, limit));
    const transitions = new Transitions(store, clock, cache, feed);
    const handlers = withCleanup(parts.handlers.map(owned), (id) => transitions.find(id));
    const record = parts.record ?? new CrashMemory().next();
    const open = new OpenTasks(clock, this.#timeObserver());
    const refused = new RefusedWrites({ clock, bytesMax: limits.keptBytes, log });
    const descendants = new Descendants({ store, transitions, clock, log });
    const life = randomUUID();
    const startedAt = clock.now();
    const own = { refused, life, reservations: this.reservations, depthMax: limits.depthMax };
    const attempts = { ...UNBOUND, ...parts, ...own, transitions, handlers, feed, speakers: new Speakers(clock) };
    const late = { guard: () => this.#guard, heldBack: (id: TaskId) => this.#heldBack(id) };
    const runner = new Runner({ ...attempts, ...late, isOfBefore: this.#isOfBefore, ownership, record, log });
    const keys = new ConcurrencyKeys();
    const scheduler = new Scheduler({ open, runner, slots: slotLimitsOf(limits), keys, clock, mayGo: this.#mayGo });
    const leases = new LeaseKeys({ keys: store.keys, transitions, clock, log });
    const { sleepers, backlogs } = this.#onDisk({ store, clock, handlers, transitions, limits, log, open, runner });
    const claims = new Claims({ transitions, clock, open, keys, leases, backlogs, mayGo: this.#mayGo });
    const placement = new Placement({ open, scheduler, claims, backlogs, sleepers, ask: (id) => this.#waits.ask(id) });
    const shared = { store, transitions, clock, handlers, open, placement, leases, log };
    const { escalatesTo = ({ assignment }) => assignment?.escalateTo ?? [] } = parts;
    const waits = new WaitCompletion({ ...shared, claims, runner, escalatesTo });
    const inServer = (task: Task) => handlers.of(task)?.inServer === true;
    const guard = new CrashGuard({ clock, transitions, open, scheduler, record, log, inServer, launch });
    this.handlers = handlers;
    this.transitions = transitions;
    this.feed = feed;
    this.claims = claims;
    this.slots = {
      reserve: (task) =>
        task.notBefore === null && task.queue === null && scheduler.reserve(entryUnread(openTask(task), handlers)),
      unreserve: (id) => scheduler.unreserve(id),
    };
    this.scheduling = {
      running: (id) => runner.running(id),
      heldBy: (id) => scheduler.heldBy(id),
      behindKey: (id) => scheduler.behindKey(id),
      before: (id) => open.before(id),
      ahead: (id) => scheduler.ahead(id),
      obstacle: (task) => this.#obstacle(task),
      workers: ({ tenant, queue }) =>
        queue === null ? null : { queue, askedAt: claims.askedAt(tenant, queue), since: startedAt },
    };
    this.#log = log;
    this.#open = open;
    this.#descendants = descendants;
    this.#scheduler = scheduler;
    this.#runner = runner;
    this.#refused = refused;
    this.#placement = placement;
    this.#sleepers = sleepers;
    this.#backlogs = backlogs;
    this.#waits = waits;
    this.#record = record;
    this.#guard = guard;
    this.#interruption = new Interruption({ store, transitions, open, waits });
    this.#lostCalls = new LostCalls({ store, transitions, waits, runner, life });
    const interruption = this.#interruption;
    const looks = { descendants, scheduler, claims, sleepers, waits, interruption, record, guard, runner };
    this.#recovery = new Recovery({ ...shared, ...looks, pages: limits });
    this.#retention = new Retention(store, clock, { taskDays: limits.retentionDays, ...limits }, this.#sweepFailed);
    this.#strays = new Strays({
      clock,
      open,
      isCaredFor: (id) => this.#isCaredFor(id),
      queue: (entry) => {
        log.warn("A task was running without a run: it goes on.", { task: entry.id });
        scheduler.offer(entry);
      },
    });
    transitions.observe(this.#observer());
    transitions.onLeap((id) => open.leaptMs(id));
    transitions.onSubmit((first) => this.#beginEarly(first));
    transitions.endOrphans(this.#orphanEnds());
    transitions.onDecide((change) => cleanupAfter(change, handlers, ids));
  }

  #observer(): TransitionObserver {
    return {
      changed: (change) => this.#changed(change),
      changedElsewhere: (task) => this.#changedElsewhere(task),
    };
  }

  #orphanEnds(): OrphanEnds {
    return {
      endOf: (parent) => this.#descendants.endOf(parent),
      all: (id) => this.#descendants.all(id),
    };
  }

  #onDisk(
    parts: Omit<OnDisk, "isHere" | "counted" | "unread" | "place" | "sleepers" | "holdBack"> & { runner: Runner },
  ) {
    const { open, runner } = parts;
    const place = (entry: Entry) => this.#placement.place(entry);
    const counted = () => void this.#backlogs.counted();
    const unread = () => this.#recovery.tellParents();
    const sleepers = new Sleepers({ ...parts, place, isHere: (id) => open.has(id), counted, unread });
    const backlogs = new Backlogs({ ...parts, place, sleepers, holdBack: (id, error) => runner.holdBack(id, error) });
    return { sleepers, backlogs };
  }

  #timeObserver(): TimeObserver {
    return { due: (id) => this.#waits.due(id), expired: (id) => this.#waits.expired(id) };
  }

  /**
   * Rebuilds what is in memory from the store, and goes on with every task that a process before this one was running.
   * Resolves as soon as callers may be served; where many tasks are open, that is before all of them are in memory.
   */
  async start(): Promise<void> {
    const recovered = this.#recover();
    const longer = this.#recovery.served.then(() => {
      recovered.catch((error: unknown) => this.#log.warn("The open tasks could not be taken up.", { error }));
    });
    await Promise.race([recovered, longer]);
  }

  async #recover(): Promise<void> {
    if (!(await this.#recovery.begin())) return;
    this.#scheduler.start();
    this.claims.start();
    const afterwards = await this.#recovery.goOn();
    if (!afterwards) return;
    this.#retention.start();
    this.#sleepers
      .start()
      .catch((error: unknown) => this.#log.warn("The tasks that sleep could not be read.", { error }));
    afterwards().catch((error: unknown) => this.#log.warn("Not everything went on after the start.", { error }));
  }

  /** Takes no more work, lets steps in flight end within `graceMs`, and hands the rest back, which goes on at the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#record.ends("outside", "It was told to stop.");
    this.#scheduler.stop();
    this.#recovery.stop();
    this.#descendants.stop();
    this.#retention.stop();
    this.#sleepers.stop();
    this.#backlogs.stop();
    this.#strays.stop();
    this.#open.stop();
    this.#waits.stop();
    this.claims.stop();
    this.transitions.stop();
    await this.#runner.stop(graceMs);
    this.#refused.stop();
    await this.#guard.stop();
    this.#record.ends("clean", "It stopped in good order.");
  }

  /** How far a start has come with reading open tasks into memory, until which they are not all counted; null once it has. */
  get recovering(): Loading | null {
    return this.#recovery.isUnderWay ? this.#recovery.progress : null;
  }

  stats(): EngineStats {
    return {
      running: this.#scheduler.running,
      ready: this.#scheduler.ready,
      open: this.#open.size + this.#sleepers.size,
      standing: this.#open.standing().length,
    };
  }

  /** Open tasks of each kind and state. */
  byState(): Iterable<{ kind: string; state: Task["state"]; count: number }> {
    return this.#open.byState(this.#sleepers.byState());
  }

  /** Tasks that wait for a slot, by kind; `oldestAt` is since when the first of them waits. */
  wantSlots(): WantedSlots[] {
    return this.#scheduler.wanted();
  }

  /** Runs a new task that has a slot while its submit is made durable. */
  #beginEarly(first: Parameters<EarlyBeginning>[0]): Promise<void> | undefined {
    const { task } = first;
    if (task.state !== "running" || !this.#runner.mayBeginEarly(task)) return undefined;
    const { left, atRest } = this.#runner.beginEarly(task, first.onDisk);
    this.#scheduler.occupy(task.id, left);
    return atRest;
  }

  /** Called for every commit of this process, in the order of a task's commits. */
  #changed(change: Write): void {
    const { task, before, command } = change;
    if (before === null && task.number > 0) this.#firstNumber = Math.min(this.#firstNumber, task.number);
    this.#log.taskChanged?.(change);
    this.#guard.changed(task);
    if (command === "bill" || command === "grant" || command === "delete" || command === "blame") return;
    if (change.relays) this.#waits.relay(task);
    this.#lostCalls.ended(task, command);
    // A record moves nothing, unless it opens or closes a question with a deadline.
    if (command === "record" && this.#open.get(task.id)?.dueAt === dueAt(task)) return;
    this.#move(task, command === "submit");
    if (command === "submit") this.#interruption.of(task);
    if (command === "submit" && task.state === "running" && !this.#runner.has(task.id))
      this.#scheduler.occupy(task.id, this.#runner.goOn(task));
    // Its run ended with the former process: it goes on like a task that was running then.
    if (command === "resume" && task.state === "running" && !this.#runner.isLive(task.id)) this.#goesOn(task);
    if (command === "pause" && task.state === "paused" && task.resumesAs !== "running") this.#runner.cutOff(task.id);
    if (command === "suspend") this.#rests(task);
    if (command === "input" || command === "wake")
      this.#waits.watch("An input did not reach its run.", task.id, () => this.#runner.refill(task.id));
  }

  /** Called for changes of other processes. An input may have come with one, for the run that is here. */
  #changedElsewhere(task: Task): void {
    this.#move(task);
    if (task.state === "paused" && task.resumesAs !== "running") this.#runner.cutOff(task.id);
    this.#waits.relay(task);
    this.#waits.watch("An input did not reach its run.", task.id, () => this.#runner.refill(task.id));
  }

  #goesOn(task: Task): void {
    if (!this.#recovery.isJudged) this.#recovery.resumed(task.id);
    else this.#scheduler.offer(this.#entryOf(task));
  }

  /** Acts on the task as it is now. */
  #move(task: Task, isNew = false): void {
    this.#recovery.heard(task);
    this.#sleepers.heard(task.id);
    this.#backlogs.heard(task);
    if (!isTerminal(task.state)) {
      this.#placement.place(isNew ? entryUnread(openTask(task), this.handlers) : this.#entryOf(task));
      this.#runner.follow(task);
      if (task.state === "running") this.#strays.watch();
      return;
    }
    this.#descendants.parentEnded(task.id, task);
    this.#placement.remove(task);
    this.#runner.follow(task);
    this.#tellParent(task);
  }

  /** Tells the parent of a task's end. A parent that is not in memory is most often waiting for it. */
  #tellParent({ id, parent }: Pick<Task, "id" | "parent">): void {
    if (parent === null || this.#descendants.endOf(parent)) return;
    if (this.#open.get(parent)?.awaitsChild ?? true) this.#waits.childEnded(parent, id);
  }

  #entryOf(task: Task): Entry {
    return entryOf(task, this.handlers, this.#open.get(task.id)?.doneBy);
  }

  /** Has the parent look whether anything more will come of the task. */
  #heldBack(id: TaskId): void {
    const entry = this.#open.get(id);
    if (entry) this.#tellParent(entry);
  }

  /** Whether the task is run or begun by somebody, or there is a reason that it is not. */
  #rests(task: Task): void {
    const standing = task.waits.find((wait) => wait.on === "handler");
    if (!standing) this.#waits.suspended(task);
    else
      this.#log.warn("A task stands still until there is code that fits it.", {
        task: task.id,
        kind: task.kind,
        code: standing.code,
        why: standing.message,
      });
  }

  #isCaredFor(id: TaskId): boolean {
    const entry = this.#open.get(id);
    return (
      this.#recovery.isUnderWay ||
      entry === undefined ||
      this.#scheduler.has(entry) ||
      this.#runner.whyStuck(id) !== undefined ||
      this.#guard.holds(id)
    );
  }

  /** Whether the task wants a slot or a worker while tasks before it may not be in memory yet. */
  #waitsForOthers(task: Task): boolean {
    if (!this.#recovery.isUnderWay) return false;
    if (task.state === "running") return !this.#recovery.isJudged && task.lease === null;
    const entry = this.#open.get(task.id);
    if (!entry) return task.state === "queued";
    return this.#open.isReady(entry) && !this.#recovery.mayGo(entry);
  }

  #obstacle(task: Task): Obstacle | null {
    if (isTerminal(task.state)) return null;
    if (!this.handlers.has(task.kind)) {
      const sentence = `This server has no handler for the kind "${task.kind}": it waits for one that has.`;
      return { code: "no_handler", sentence };
    }
    const stuck = this.#runner.whyStuck(task.id);
    if (stuck !== undefined) return { code: "stuck", sentence: `This server does not go on with it: ${stuck}` };
    if (this.#waitsForOthers(task)) return { code: "recovering", sentence: loading(this.#recovery.progress) };
    const suspicion = this.#guard.sentenceOf(task);
    return suspicion === null ? null : { code: "crash_suspect", sentence: suspicion };
  }
}

function loading({ read, all }: Loading): string {
  const far = all === 0 ? "" : `, ${read} of about ${all} so far`;
  return `This server has just started and is still taking its open tasks into memory${far}: it goes on once all that come before it are there.`;
}

/** Wraps what a kind does outside of its runs, so that a rejected promise that it leaves behind does not end the process. */
function owned(handler: Handler): Handler {
  const own = runsIn(kindOwner(handler.kind));
  const { accept, bind, present, reply, queueOf, modelOf, timeLimitMs, multitaskStrategy } = handler;
  return {
    ...handler,
    accept: (given) => own(() => accept(given)),
    ...(bind && { bind: (given: Json, owner: Pick<Task, "tenant" | "user">) => own(() => bind(given, owner)) }),
    ...(modelOf && { modelOf: (input: Json) => own(() => modelOf(input)) }),
    present: (input) => own(() => present(input)),
    ...(reply && { reply: (output: Json) => own(() => reply(output)) }),
    ...(queueOf && { queueOf: (input: Json) => own(() => queueOf(input)) }),
    ...(timeLimitMs && { timeLimitMs: (input: Json) => own(() => timeLimitMs(input)) }),
    ...(multitaskStrategy && { multitaskStrategy: (input: Json) => own(() => multitaskStrategy(input)) }),
  };
}
