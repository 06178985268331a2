/**
 * Moving, in one process that owns its store: ready tasks lie in queues in memory, rows only persist. No polling and
 * no leases of its own: every change of a task comes by here, and says what moves next.
 */

import type { Store } from "../../store/store.ts";
import type { Change } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { Handler } from "../../task/handler.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { Engine, SchedulingView, SlotReservation } from "../engine.ts";
import { EventFeed } from "../event-feed.ts";
import type { RunObserver } from "../execution/attempt-port.ts";
import { replay } from "../execution/replay-context.ts";
import { Run } from "../execution/run.ts";
import { emptyWrite } from "../execution/write-buffer.ts";
import type { Ids } from "../ids.ts";
import { TaskCache } from "../task-cache.ts";
import { Transitions } from "../transitions.ts";
import { type AttemptParts, AttemptWriter } from "./attempt-writer.ts";
import { Claims } from "./claims.ts";
import { CLEANUP_KIND, cleanupAfter, cleanupHandler } from "./cleanup.ts";
import { type Entry, entryOf } from "./entry.ts";
import { OpenTasks } from "./open-tasks.ts";
import { Quarantine } from "./quarantine.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { Recovery } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { ENGINE_LIMITS, type EngineLimits, type EngineLog } from "./settings.ts";
import { keyOf, Slots } from "./slots.ts";
import { type Suspect, Suspects } from "./suspects.ts";
import { AGAIN_MS, WaitCompletion } from "./wait-completion.ts";

export type EngineParts = {
  store: Store;
  handlers: readonly Handler[];
  clock: Clock;
  random: () => number;
  ids: Ids;
  limits?: Partial<EngineLimits>;
  log: EngineLog;
};

export type EngineStats = { running: number; ready: number; open: number };

/** Open tasks read at once at the start. */
const OPEN_PAGE = 1_000;

export class EmbeddedEngine implements Engine {
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly transitions: Transitions;
  readonly feed: EventFeed;
  readonly claims: Claims;
  readonly slots: SlotReservation;
  readonly scheduling: SchedulingView;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: EngineLog;
  readonly #parts: AttemptParts;
  readonly #observer: RunObserver;
  readonly #open: OpenTasks;
  readonly #runs = new Map<string, Run>();
  readonly #ready = new ReadyQueue<Entry>();
  /** Ready, but their concurrency key has no slot. */
  readonly #parked = new Map<string, Entry[]>();
  readonly #slots: Slots;
  readonly #wakes: WaitCompletion;
  readonly #quarantine: Quarantine;
  readonly #suspects: Suspects;
  readonly #retention: Retention;
  /** Nothing is started: before `start` and after `stop`. */
  #held = true;
  #stopping = false;
  #drained: (() => void) | null = null;

  constructor(parts: EngineParts) {
    const { store, clock, random, ids, log } = parts;
    const limits = { ...ENGINE_LIMITS, ...parts.limits };
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    const recent = new TaskCache(limits.recentBytes);
    this.feed = new EventFeed((id, after, limit) => store.events(id, after, limit));
    this.transitions = new Transitions(store, clock, recent, this.feed);
    const handlers = new Map(parts.handlers.map((handler) => [handler.kind, handler]));
    handlers.set(
      CLEANUP_KIND,
      cleanupHandler(handlers, (id) => this.transitions.find(id)),
    );
    this.handlers = handlers;
    this.#parts = { store, ledger: this.transitions, clock, random, ids, handlers };
    this.#slots = new Slots(limits.concurrency);
    this.#open = new OpenTasks(
      clock,
      (id) => this.#wakes.due(id),
      (id) => this.#wakes.expired(id),
    );
    this.claims = new Claims({ ledger: this.transitions, clock });
    this.#wakes = new WaitCompletion({
      store,
      ledger: this.transitions,
      clock,
      claims: this.claims,
      delayIsOver: (task) => {
        this.#remember(this.#entryOf(task));
        this.#dispatch();
      },
      isOpen: (id) => this.#open.has(id),
      warn: (message, task, error) => log.warn(message, { task, error }),
    });
    this.#quarantine = new Quarantine(store);
    this.#suspects = new Suspects({
      clock,
      quarantine: this.#quarantine,
      isWaiting: (id) => this.#open.get(id)?.state === "running" && !this.#slots.holds(id),
      dispatch: () => this.#dispatch(),
    });
    this.#retention = new Retention(store, clock, limits.retentionDays, (error) =>
      log.warn("The retention sweep failed.", { error }),
    );
    this.#observer = {
      stepBegins: (task, step) => this.#quarantine.stepBegins(task.id, step),
      stepEnded: (task, step, ms) => {
        this.#quarantine.stepEnds(task.id);
        log.stepEnded?.(task.kind, step, ms);
      },
      warn: (message, task, error) => log.warn(message, { task, error }),
    };
    this.transitions.onChange((before, change) => this.#changed(before, change));
    this.transitions.onDecide((change) => cleanupAfter(change, handlers, ids));
    this.slots = { reserve: (task) => this.#reserve(task), unreserve: (id) => this.#release(id) };
    this.scheduling = this.#schedulingView();
  }

  /** Rebuilds what is in memory from the store, and goes on with every task that a process before this one was running. */
  async start(): Promise<void> {
    const recovery = await Recovery.begin(this.#store);
    const interrupted: Entry[] = [];
    for (let after: string | null = null; ; ) {
      const page = await this.#store.open(after, OPEN_PAGE);
      // Read at once: one after the other, thousands of claimable tasks would each cost a way to the reader and back.
      for (const entry of await Promise.all(page.map((open) => this.#admit(open))))
        if (entry.recovers) interrupted.push(entry);
      const last = page.at(-1);
      if (!last || page.length < OPEN_PAGE) break;
      after = last.id;
    }
    const suspects = await this.#recover(interrupted, recovery);
    this.#retention.start();
    this.#afterStart(suspects, recovery.unclean).catch((error: unknown) =>
      this.#log.warn("Not everything went on after the start.", { error }),
    );
  }

  /** Stops taking, lets steps in flight end within `graceMs`, and hands the rest back: it goes on at the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#held = true;
    this.#suspects.stop();
    this.#retention.stop();
    this.#open.stop();
    this.#wakes.stop();
    this.claims.stop();
    for (const run of this.#runs.values()) run.pause();
    if (this.#runs.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      const forget = this.#clock.after(graceMs, resolve);
      await promise;
      forget();
    }
    for (const run of this.#runs.values()) run.cutOff("The server stops.");
    this.#runs.clear();
    await Recovery.endClean(this.#store);
  }

  stats(): EngineStats {
    return { running: this.#slots.taken, ready: this.#ready.size, open: this.#open.size };
  }

  #schedulingView(): SchedulingView {
    const claimant = (id: string) => this.#open.get(id);
    return {
      isLive: (id) => this.#runs.get(id)?.isOver === false,
      running: (id) => this.#runs.get(id)?.running ?? [],
      heldBy: (id) => {
        const entry = claimant(id);
        return entry && !this.#slots.holds(id) && this.#open.isReady(entry) ? this.#slots.holders(entry) : [];
      },
      ahead: (id) => {
        const entry = claimant(id);
        return entry && this.#ready.has(id) ? this.#ready.ahead(entry) : null;
      },
      obstacle: (task) => this.#obstacle(task),
    };
  }

  #obstacle(task: Task): string | null {
    if (isTerminal(task.state)) return null;
    if (!this.handlers.has(task.kind))
      return `This server has no handler for the kind "${task.kind}": it waits for one that has.`;
    const at = this.#suspects.at(task.id);
    if (at === undefined || task.state !== "running") return null;
    return `It was running each of the last times that the server died: it goes on by itself, alone, at ${new Date(at).toISOString()}.`;
  }

  /** Takes an open task into memory at the start. */
  async #admit(open: Awaited<ReturnType<Store["open"]>>[number]): Promise<Entry> {
    const handler = this.handlers.get(open.kind);
    const task = handler?.queueOf ? await this.transitions.find(open.id) : null;
    const entry: Entry = {
      ...open,
      queue: task && handler ? queueOf(handler, task) : null,
      recovers: open.state === "running" && !handler?.queueOf,
    };
    this.#remember(entry);
    return entry;
  }

  /** Returns the suspects, which wait for their turn alone. */
  async #recover(interrupted: Entry[], recovery: Recovery): Promise<Suspect[]> {
    const suspects: Suspect[] = [];
    for (let from = 0; from < interrupted.length; from += OPEN_PAGE) {
      const page = interrupted.slice(from, from + OPEN_PAGE);
      await Promise.all(page.map((entry) => this.transitions.find(entry.id)));
    }
    for (const entry of interrupted) {
      const task = await this.transitions.find(entry.id);
      if (!task) continue;
      const verdict = recovery.judge(task);
      this.#crashes.set(task.id, verdict.crashes);
      if (verdict.error) {
        await this.transitions.change(task.id, {
          do: "fail",
          attempt: task.attempt,
          error: verdict.error,
          retryAt: null,
        });
      } else if (verdict.alone) suspects.push({ task: task.id, crashes: verdict.crashes });
      else this.#enqueue(entry);
    }
    return suspects;
  }

  /** What each interrupted task's recovery writes down. */
  readonly #crashes = new Map<string, number>();

  async #afterStart(suspects: Suspect[], unclean: boolean): Promise<void> {
    this.#held = false;
    this.#dispatch();
    this.#suspects.run(suspects).catch((error: unknown) => this.#log.warn("A suspect had no turn.", { error }));
    for (const { child, parent } of this.#open.untoldParents()) {
      this.#wakes.childEnded(parent, child);
    }
    for (const { id } of this.#open.inState("paused")) {
      if (this.#stopping) return;
      this.#wakes.watch("A paused task was not brought to rest.", id, this.#bringToRest(id));
    }
    if (!unclean) return;
    for (const entry of this.#open.inState("input_required")) {
      if (this.#stopping) return;
      const task = await this.transitions.find(entry.id);
      if (task) this.#wakes.suspended(task);
    }
  }

  /** It was paused, and its run ended with the process before it could say that it has come to rest. */
  async #bringToRest(id: string): Promise<void> {
    const task = await this.transitions.find(id);
    if (task?.state !== "paused" || task.resumesAs !== "running" || this.#runs.has(id)) return;
    await this.transitions.change(id, { do: "suspend", attempt: task.attempt, waits: [], checkpoint: "restart" });
  }

  /** Every commit of every task comes by here, in the order of the commits of a task. */
  #changed(before: Task | null, change: Change): void {
    const { task, command } = change;
    this.#log.taskChanged?.(change);
    if (command === "bill" || command === "delete") return;
    if (command === "record" || command === "renew") {
      if (command === "renew") this.#remember(this.#entryOf(task));
      return;
    }
    if (isTerminal(task.state)) {
      this.#forget(task.id);
      this.#runs.get(task.id)?.cutOff(`The task is ${task.state}.`);
      this.#runEnded(task.id);
      const parent = this.#open.parentOf(task.id);
      if (parent !== undefined) this.#wakes.childEnded(parent, task.id);
      return;
    }
    const entry = this.#entryOf(task);
    this.#remember(entry);
    if (command === "submit" && task.state === "running" && !this.#stopping) this.#started(entry, this.#run(task));
    const run = this.#runs.get(task.id);
    if (command === "suspend") this.#wakes.suspended(task);
    if (command === "pause") run?.pause();
    if (command === "resume" && task.state === "running") run?.resume();
    if (command === "input" && run) this.#wakes.watch("An input did not reach its run.", task.id, this.#refill(run));
    if (before === null || command !== "start") this.#dispatch();
  }

  #entryOf(task: Task): Entry {
    const handler = this.handlers.get(task.kind);
    return entryOf(task, handler ? queueOf(handler, task) : null);
  }

  #remember(entry: Entry): void {
    this.#open.remember(entry);
    this.#ready.remove(entry.id);
    this.claims.withdraw(entry.id);
    if (this.#open.isReady(entry)) this.#enqueue(entry);
  }

  #forget(id: string): void {
    this.#open.forget(id);
    this.#ready.remove(id);
    this.claims.withdraw(id);
  }

  #enqueue(entry: Entry): void {
    if (entry.queue !== null) this.claims.offer(entry, entry.queue);
    // A run that is still unwinding, or a start that is under way, comes first: `#release` looks again.
    else if (this.handlers.has(entry.kind) && !this.#runs.has(entry.id) && !this.#slots.holds(entry.id))
      this.#ready.push(entry);
  }

  #dispatch(): void {
    while (!this.#held && this.#slots.free > 0) {
      const suspect = this.#suspects.take();
      const entry = (suspect === null ? undefined : this.#open.get(suspect)) ?? this.#ready.pop();
      if (!entry) return;
      this.#begin(entry);
    }
  }

  #begin(entry: Entry): void {
    if (!this.#slots.take(entry)) {
      const key = keyOf(entry) ?? "";
      this.#parked.set(key, [...(this.#parked.get(key) ?? []), entry]);
      return;
    }
    this.#started(entry, this.#attempt(entry));
  }

  #started(entry: Entry, attempt: Promise<void>): void {
    const { id } = entry;
    attempt.catch((error: unknown) => {
      if (error instanceof Refusal && (error.code === "not_allowed_in_state" || error.code === "not_found"))
        return this.#release(id);
      this.#log.warn("A task could not be started; it is tried again.", { task: id, error });
      // It keeps its slot until then: a store that refuses one start refuses the next one too.
      this.#clock.after(AGAIN_MS, () => {
        this.#release(id);
        this.#tryAgain(id);
      });
    });
  }

  /** A task that finds a free slot at its submit is running from its first commit on. */
  #reserve(task: Task): boolean {
    const handler = this.handlers.get(task.kind);
    if (this.#held || this.#ready.size > 0 || this.#slots.free <= 0 || task.notBefore !== null) return false;
    return handler !== undefined && !handler.queueOf && this.#slots.take(entryOf(task, null));
  }

  async #attempt(entry: Entry): Promise<void> {
    const { id } = entry;
    const crashes = this.#crashes.get(id);
    const { task } = await this.transitions.change(id, (task) => {
      if (task.state === "running") return { command: { do: "recover", crashes: crashes ?? task.crashes } };
      return { command: { do: "start" } };
    });
    this.#crashes.delete(id);
    await this.#run(task);
  }

  async #run(task: Task): Promise<void> {
    const { id } = task;
    const handler = this.handlers.get(task.kind);
    if (!handler) return;
    // Nothing but its submit and this start has happened to a fresh task: there is nothing to read.
    const isFresh = task.attempt === 1 && task.lastSeq === 2 && task.retryOf === null;
    const [journal, inbox] = isFresh ? [[], []] : await Promise.all([this.#store.journal(id), this.#store.inbox(id)]);
    const port = new AttemptWriter(this.#parts, task, handler);
    if (handler.version !== task.handlerVersion && journal.length > 0) {
      const message = `The task began with version ${task.handlerVersion} of the handler "${task.kind}", and this server has version ${handler.version}.`;
      await port.fail({ code: "handler_version", message }, false, undefined, emptyWrite());
      return;
    }
    const now = await this.transitions.find(id);
    // It may have been cancelled, or paused and resumed, while its journal was read.
    const isOurs = now?.attempt === task.attempt && (now.state === "running" || now.state === "paused");
    if (!isOurs) return this.#release(id);
    const run = new Run({ port, observer: this.#observer, task, journal, inbox });
    this.#runs.set(id, run);
    if (this.#stopping || now.state === "paused") run.pause();
    void replay(run, handler);
    void run.ended.then(() => this.#runEnded(id));
  }

  /** For a task that is `running` though nothing runs it: a start or a run that the store cut short. */
  #tryAgain(id: string): void {
    const entry = this.#open.get(id);
    if (this.#stopping || entry?.state !== "running" || this.#runs.has(id)) return;
    this.#enqueue(entry);
    this.#dispatch();
  }

  /** Also called for tasks that had no run: then there is nothing to do. */
  #runEnded(id: string): void {
    const run = this.#runs.get(id);
    if (run && !run.isOver) return;
    this.#runs.delete(id);
    this.#quarantine.stepEnds(id);
    this.#release(id);
    if (this.#stopping && this.#runs.size === 0) this.#drained?.();
    // The store failed it: its state is still `running`, and it goes on from its journal.
    if (run && this.#open.get(id)?.state === "running") this.#clock.after(AGAIN_MS, () => this.#tryAgain(id));
  }

  /** Gives its slot to the next. The task itself may have become ready again while it held it. */
  #release(id: string): void {
    const key = this.#slots.release(id);
    const parked = key === null ? undefined : this.#parked.get(key);
    if (key !== null && parked) {
      this.#parked.delete(key);
      for (const entry of parked) {
        const current = this.#open.get(entry.id);
        if (current && (this.#open.isReady(current) || current.state === "running")) this.#enqueue(current);
      }
    }
    const entry = this.#open.get(id);
    if (entry && !this.#stopping && this.#open.isReady(entry)) this.#enqueue(entry);
    this.#dispatch();
  }

  async #refill(run: Run): Promise<void> {
    run.inbox.refill(await this.#store.inbox(run.task.id));
  }
}

/**
 * Where a task is claimed. One whose input no longer fits its kind, since its schema has changed, is claimed nowhere:
 * it is started like any other, and fails by what its handler then says.
 */
function queueOf(handler: Handler, task: Task): string | null {
  if (!handler.queueOf || !handler.input.safeParse(task.input).success) return null;
  return handler.queueOf(task.input);
}
