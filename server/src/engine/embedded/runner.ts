/**
 * The attempts that this process runs: it begins them, keeps their runs, adapts a run when another has changed its task, and waits for
 * the end. The scheduler decides which task comes when.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { InboxItem, Store } from "../../store/store.ts";
import type { Command } from "../../task/decide.ts";
import { isRefusedByDamage, Refusal } from "../../task/errors.ts";
import type { Handler } from "../../task/handler.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { TaskId } from "../../task/id.ts";
import { isTerminal } from "../../task/states.ts";
import type { Failure, Task, Wait } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { AttemptRun, RunObserver } from "../execution/attempt-port.ts";
import { failureOf } from "../execution/failure.ts";
import { replay } from "../execution/replay-context.ts";
import { Run } from "../execution/run.ts";
import type { TaskOwnership } from "../task-ownership.ts";
import type { Plan, Transitions } from "../transitions.ts";
import { type AttemptParts, AttemptWriter } from "./attempt-writer.ts";
import type { CrashGuard } from "./crash/crash-guard.ts";
import type { CrashRecord } from "./crash/crash-record.ts";
import type { Entry } from "./entry.ts";
import type { AttemptRunner, Left } from "./scheduler.ts";
import { AGAIN_MS, type EngineLog, isPassing } from "./settings.ts";

type Parts = AttemptParts & {
  ownership: TaskOwnership;
  record: CrashRecord;
  guard: () => Pick<CrashGuard, "apart" | "isWary" | "mayBeginEarly" | "settle">;
  /** Called for each task that this process does not go on with. */
  heldBack: (id: TaskId) => void;
  log: EngineLog;
};

/** An attempt that has begun, and how its run begins when that is in another process. */
type Begun = { task: Task; beginApart: Awaited<ReturnType<CrashGuard["apart"]>>; early?: Early };

/** The place of a run, which is empty once the run has ended. */
type Place = { run: AttemptRun | null };

/** An attempt that begins before its submit is on disk. `atRest` is called once its code waits for something. */
type Early = { onDisk: Promise<void>; atRest: () => void };

export class Runner implements AttemptRunner {
  readonly #parts: Parts;
  readonly #store: Store;
  readonly #transitions: Transitions;
  readonly #clock: Clock;
  readonly #handlers: Handlers;
  readonly #observer: RunObserver;
  /** For runs in processes of their own, which cannot crash this one. */
  readonly #observerApart: RunObserver;
  /**
   * A run is a field of an object, which is emptied at its end: V8 keeps the former table of a map that has grown, with all that was in
   * it, until old objects are collected. Without it 3 KB of each task with one step became old.
   */
  readonly #runs = new Map<TaskId, Place>();
  /** The last inbox item that a run was given, so that each input does not read the whole inbox again. */
  readonly #inboxRead = new WeakMap<AttemptRun, number>();
  /** Why this process does not go on with a task that it can neither read nor write. */
  readonly #stuck = new Map<TaskId, string>();
  /**
   * Whether to begin a task of a kind before its submit is on disk, by how the last one began in this process. A kind that is here has
   * once come to a wait, so its code does not crash the process at its beginning.
   */
  readonly #isWorthwhile = new Map<Handler, boolean>();
  /** Resolves in the next turn of the event loop; null while nobody waits for it. */
  #turn: Promise<void> | null = null;
  #stopping = false;
  /** The store has refused the last start. */
  #isRefused = false;

  constructor(parts: Parts) {
    const { store, transitions, clock, handlers, record, log } = parts;
    this.#parts = parts;
    this.#store = store;
    this.#transitions = transitions;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#observerApart = {
      stepBegins: async () => {},
      stepEnded: (task, step, ms, tried) => {
        if (ms !== null) log.stepEnded?.(task, step, ms, tried);
      },
      said: ({ id, kind }, line) => log.said?.({ task: id, kind, ...line }),
      report: (message, task, error) => log.report?.(message, { task, error }),
      warn: (message, task, error) => log.warn(message, { task, error }),
    };
    this.#observer = {
      ...this.#observerApart,
      stepBegins: (task, step) => record.stepBegins(task.id, step),
      stepEnded: (task, step, ms, tried) => {
        record.stepEnded(task.id, step);
        this.#observerApart.stepEnded(task, step, ms, tried);
      },
    };
  }

  /** Whether this process has the task's run, and it was not unwound. */
  isLive(id: TaskId): boolean {
    return this.#runOf(id)?.isOver === false;
  }

  /** Why this process does not go on with it; undefined when it does. */
  whyStuck(id: TaskId): string | undefined {
    return this.#stuck.get(id);
  }

  /** Gives the task up in this process: another try would fail in the same way. */
  holdBack(id: TaskId, error: unknown): void {
    if (this.#stuck.has(id)) return;
    this.#stuck.set(id, failureOf(error).message);
    this.#parts.heldBack(id);
    this.#parts.log.warn("A task stands still: see waybill doctor.", { task: id, error });
  }

  /** Names of its steps in flight. */
  running(id: TaskId): string[] {
    return this.#runOf(id)?.running ?? [];
  }

  begin({ id, state }: Entry): Promise<Left> {
    // Each write that fails has the task read and offered anew.
    if (this.#stuck.has(id)) return Promise.resolve("stuck");
    const guard = this.#parts.guard();
    return this.#attempt(id, async () => {
      // Suspects are among those that were running. The process is there before the attempt, whose time then counts.
      const known = state === "running" || guard.isWary ? await this.#transitions.find(id) : null;
      const beginApart = known && (await guard.apart(known));
      const { task } = await this.#transitions.change(id, (task) => this.#beginning(task));
      return { task, beginApart };
    });
  }

  /** Goes on with a task whose first attempt has begun with its submit. */
  goOn(task: Task): Promise<Left> {
    return this.#attempt(task.id, () => ({ task, beginApart: null }));
  }

  /**
   * Whether a task whose first attempt begins with its submit may run before that is on disk. The first of a kind may not: code
   * that ends the process where it begins is found guilty of that by what is on disk. Nor may one whose kind computes for
   * long: submits would wait for it. One that begins with a step waits for the disk there, and has nothing to add to its
   * submit: to begin before it took 7 % of all that the main thread does for a task of one step over HTTP.
   */
  mayBeginEarly(task: Task): boolean {
    const handler = this.#handlers.of(task);
    if (handler === undefined || !isFresh(task)) return false;
    return this.#isWorthwhile.get(handler) === true && this.#parts.guard().mayBeginEarly;
  }

  /**
   * Goes on with a task whose submit is still on its way to the disk. `atRest` resolves once its code waits for something.
   * Those of one turn of the event loop begin together: who is in flight is then written once.
   */
  beginEarly(task: Task, onDisk: Promise<void>): { left: Promise<Left>; atRest: Promise<void> } {
    const { promise: atRest, resolve } = Promise.withResolvers<void>();
    const early = { onDisk, atRest: resolve };
    const begin = async () => {
      this.#turn ??= nextTurn().then(() => {
        this.#turn = null;
      });
      await this.#turn;
      return { task, beginApart: null, early };
    };
    return { left: this.#attempt(task.id, begin, early), atRest };
  }

  /** Whether this process runs the task, or is about to. */
  has(id: TaskId): boolean {
    return this.#runs.has(id);
  }

  /** Whether its run is in a process of its own. */
  isApart(id: TaskId): boolean {
    const run = this.#runOf(id);
    return run !== null && !(run instanceof Run);
  }

  /** Adapts the task's run to the task as it is on disk. */
  follow(task: Task): void {
    const run = this.#runOf(task.id);
    if (!run) return;
    if (isTerminal(task.state)) run.cutOff(`The task is ${task.state}.`);
    else if (task.attempt !== run.task.attempt) run.cutOff("Another attempt has the task.");
    else if (task.state === "paused") run.pause();
    else if (task.state === "running" && !this.#stopping) run.resume();
  }

  /** After a pause at once: cuts the run off; it is done again after the resume. */
  cutOff(id: TaskId): void {
    this.#runOf(id)?.cutOff("The task was paused at once.");
  }

  /** An input has come, or the time of a question is over: the run may go on with that. */
  async refill(id: TaskId): Promise<void> {
    const run = this.#runOf(id);
    const task = run && (await this.#transitions.find(id));
    // Read after the task: an answer is in the inbox before its question is closed.
    if (!task) return;
    const items = await this.#store.inbox(id, this.#inboxRead.get(run) ?? 0);
    this.#hasRead(run, items);
    run.refill(items, task.waits);
  }

  /** Lets steps in flight end within `graceMs`, and cuts off what is left. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const run of this.#all()) run.pause();
    let inTime = true;
    const { promise: grace, resolve } = Promise.withResolvers<void>();
    const forget = this.#clock.after(graceMs, () => {
      inTime = false;
      resolve();
    });
    while (inTime && this.#runs.size > 0) await Promise.race([grace, ...this.#all().map((run) => run.ended)]);
    forget();
    const cut = this.#all();
    for (const run of cut) run.cutOff("The server stops.");
    // For the bodies of steps to react, and to hand over what they have paid for.
    if (cut.length > 0) await nextTurn();
  }

  /**
   * One attempt, which `start` begins. A start that the store refuses does not cost the task its next one, unless it
   * would be refused for ever. One function, since each that waits for the run costs every task a frame in memory.
   */
  async #attempt(id: TaskId, start: () => Begun | Promise<Begun>, early?: Early): Promise<Left> {
    const { ownership, log } = this.#parts;
    let owned = false;
    try {
      owned = await ownership.acquire(id);
      if (!owned) return "elsewhere";
      const run = await this.#startRun(await start());
      this.#isRefused = false;
      const end = await run?.ended;
      this.#ended(id);
      if (run && end === "crashed" && !this.#stopping)
        await this.#parts.guard().settle(run.task, (ms) => this.#wait(ms));
      if (end === "stuck" || end === "without_code") {
        this.holdBack(id, new Error(HELD_BACK[end]));
        return "stuck";
      }
      // Its state is still `running`, and it goes on from its journal.
      if (end === "unrecorded" && !this.#stopping) await this.#wait(AGAIN_MS);
    } catch (error) {
      this.#ended(id);
      if (error instanceof Refusal && MOVED_ON.has(error.code)) return "here";
      if (!isPassing(error)) return await this.#giveUp(id, error);
      // Said once: on a full disk each slot would say it every second.
      if (!this.#isRefused) log.warn("A task could not be started; it is tried again.", { task: id, error });
      this.#isRefused = true;
      // Meanwhile it keeps its slot: a store that refuses this start would refuse the next task's as well.
      await this.#wait(AGAIN_MS);
    } finally {
      early?.atRest();
      if (owned) ownership.release(id);
    }
    return "here";
  }

  /** How the task's next attempt begins. Without its handler's version the attempt stands still at once. */
  #beginning(task: Task): Plan {
    const begin: Command = task.state === "running" ? { do: "recover" } : { do: "start" };
    if (this.#handlers.of(task)) return { command: begin };
    const newest = this.#handlers.get(task.kind);
    // Nothing of it was done by any code.
    if (newest && begin.do === "start" && task.attempt === 0 && task.retryOf === null)
      return { command: { ...begin, version: newest.version } };
    const here = this.#handlers.versionsOf(task.kind).join(", ") || "none";
    const message = `It began with version ${task.handlerVersion} of the handler "${task.kind}", and this server has ${here}.`;
    const since = this.#clock.now();
    const waits: Wait[] = [{ on: "handler", key: "", since, until: null, code: "handler_version", message }];
    const suspend: Command = { do: "suspend", attempt: task.attempt + 1, waits, checkpoint: "handler" };
    return { first: { command: begin }, command: suspend };
  }

  #runOf(id: TaskId): AttemptRun | null {
    return this.#runs.get(id)?.run ?? null;
  }

  #all(): AttemptRun[] {
    return [...this.#runs.values()].flatMap(({ run }) => run ?? []);
  }

  #ended(id: TaskId): void {
    const place = this.#runs.get(id);
    if (place) place.run = null;
    this.#runs.delete(id);
    this.#parts.record.runEnded(id);
  }

  /** Fails the task; where not even that can be written, or a start of the server mends what refuses it, it stands still. */
  async #giveUp(id: TaskId, reason: unknown): Promise<Left> {
    const error = refusedStart(reason);
    try {
      if (isRefusedByDamage(reason)) throw reason;
      await this.#transitions.change(id, ({ attempt }) => ({ command: { do: "fail", attempt, error, retryAt: null } }));
      this.#parts.log.warn("A task could not be started, and failed.", { task: id, error: reason });
      return "here";
    } catch (refused) {
      if (isPassing(refused)) return "here";
      this.holdBack(id, reason);
      return "stuck";
    }
  }

  /** Starts the run of an attempt that has begun; undefined when the task was taken from it meanwhile. */
  async #startRun({ task, beginApart, early }: Begun): Promise<AttemptRun | undefined> {
    const { id, attempt } = task;
    const handler = this.#handlers.of(task);
    if (!handler) return undefined;
    const [journal, inbox, artifacts] = isFresh(task)
      ? [[], [], []]
      : await Promise.all([this.#store.journal(id), this.#store.inbox(id), this.#store.artifactSizes(id)]);
    const port = new AttemptWriter(this.#parts, task, handler, {
      onDisk: early?.onDisk,
      isStopping: () => this.#stopping,
    });
    if (!beginApart) await this.#parts.record.runBegins(id, attempt);
    const now = early ? task : await this.#transitions.find(id);
    // It may have been cancelled, or paused and resumed, while its journal was read.
    if (now?.attempt !== attempt || (now.state !== "running" && now.state !== "paused")) return undefined;
    const parts = {
      port,
      observer: beginApart ? this.#observerApart : this.#observer,
      task,
      journal,
      inbox,
      artifacts,
      onDisk: early?.onDisk,
    };
    const run = beginApart ? beginApart(parts) : new Run(parts);
    this.#runs.set(id, { run });
    void run.ended.then(() => port.end());
    this.#hasRead(run, inbox);
    if (this.#stopping || now.state === "paused") run.pause();
    // For what came while the inbox was read.
    if (now.revision !== task.revision)
      void this.refill(id).catch((error: unknown) => this.#observer.warn("An input did not reach its run.", id, error));
    if (run instanceof Run) {
      const from = this.#clock.elapsed();
      void replay(run, handler);
      const isShort = this.#clock.elapsed() - from <= COMPUTED_MS_MAX;
      if (isFresh(task)) this.#isWorthwhile.set(handler, isShort && !run.isAtStepAlone);
    }
    // Behind the promise callbacks that its code has queued.
    if (early) process.nextTick(early.atRest);
    return run;
  }

  #hasRead(run: AttemptRun, items: readonly InboxItem[]): void {
    const last = items.at(-1);
    if (last) this.#inboxRead.set(run, Math.max(this.#inboxRead.get(run) ?? 0, last.n));
  }

  #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.after(ms, resolve);
    return promise;
  }
}

const HELD_BACK = {
  stuck: "Nothing of it can be written: the log of the server says why.",
  without_code:
    "The process in which it was to go on, as one that may have crashed the server, has no code for it: the " +
    "configuration has changed since this server was started. Start it again.",
} as const;

/** The task was cancelled, paused or deleted in the moment of its start. */
const MOVED_ON: ReadonlySet<string> = new Set(["not_allowed_in_state", "not_found", "fenced"]);

/** Code that computes for longer is not begun before its submit is on disk: it would delay that submit and others. */
const COMPUTED_MS_MAX = 5;

/** Whether nothing but its submit and its start has happened to the task: then there is no journal to read. */
function isFresh({ attempt, lastSeq, retryOf }: Task): boolean {
  return attempt === 1 && lastSeq === 2 && retryOf === null;
}

function refusedStart(error: unknown): Failure {
  return { code: "internal", message: `The task could not go on: ${failureOf(error).message}` };
}
