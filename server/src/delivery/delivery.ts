/**
 * Tells subscribers what happens to tasks: the outbox. It holds no events: a subscription is a cursor into a task's log,
 * and what is told next is read there when its turn comes. Each attempt commits, with the cursor, before the next one, so
 * that after a crash the last event may be told again and none is left out.
 *
 * Nothing is polled. What a subscription with nothing to tell costs is its entry here; the change feed wakes it, a timer
 * the next attempt, and a start makes the entries anew from the store.
 */
import type { Clock } from "../engine/clock.ts";
import type { Store } from "../store/store.ts";
import type { Unfinished } from "../store/subscription-store.ts";
import type { TaskEvent } from "../task/events/event.ts";
import type { TaskId } from "../task/id.ts";
import { isTerminal, type State } from "../task/states.ts";
import type { Notification, Outcome, PushFormat, Subscription, Trial } from "../task/subscription.ts";
import { afterAttempt, retryDelayMs } from "../task/subscription-rules.ts";
import { traceHeaders } from "../task/trace.ts";
import { attempt, type Sender } from "./attempt.ts";
import { Entries, type Entry, type Place } from "./entries.ts";
import { Lanes } from "./lanes.ts";
import { Lease } from "./lease.ts";

const BOUNDS = { all: 256, ofOwner: 32, ofHost: 4 };
/** Told in one turn: then others come. */
const EVENTS_A_TURN = 16;
const PAGE_EVENTS = 100;
/** Of the store's, at a time. */
const ENTRIES_PAGE = 1_000;
const TASKS_PAGE = 1_000;
/** After this it is asked again, where it could not be read. */
const ASK_AGAIN_MS = 10_000;
/** After news that were nothing to tell, such as pieces of an answer, more of them are awaited for so long. */
const FRUITLESS_MS = 100;
/** Events that were passed over and are not yet in the cursor: after a crash they are read again. */
const PASSED_OVER_MAX = 1_000;

export type DeliveryParts = {
  store: Pick<Store, "subscriptions" | "changes" | "events" | "task" | "takeLease" | "returnLease">;
  /** Names this process among those of its store; the same after a restart where no other can have come between. */
  holder: string;
  sender: Sender;
  formats: readonly PushFormat[];
  clock: Clock;
  random: () => number;
  /** Of one subscription of all tasks, in memory. */
  cursorsMax?: number;
  log: {
    warn: (message: string, facts: Record<string, unknown>) => void;
    attempted: (format: string, outcome: Outcome) => void;
  };
};

type Next = { seq: number; event: TaskEvent | null; at: number; notification: Notification };

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #formats: ReadonlyMap<string, PushFormat>;
  readonly #lanes = new Lanes(BOUNDS);
  readonly #lease: Lease;
  readonly #entries: Entries;
  /** Tasks that have changed, whose cursors may be in the store alone. */
  readonly #changed = new Set<TaskId>();
  #isLooking = false;
  /** Stop what is asked again. */
  readonly #timers = new Set<() => void>();
  readonly #stopping = new AbortController();
  readonly #turns = new Set<Promise<void>>();
  #unlisten: (() => void)[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#formats = new Map(parts.formats.map((format) => [format.name, format]));
    this.#entries = new Entries(parts.cursorsMax);
    this.#lease = new Lease(parts.store, parts.holder, parts.clock);
  }

  async start(): Promise<void> {
    const { store } = this.#parts;
    this.#unlisten = [
      store.changes(({ task, state }) => this.#taskChanged(task, state)),
      store.subscriptions.changes(({ key, task, standing }) => {
        if (task !== null) this.#subscriptionChanged(key, task, standing);
        else void this.#track(this.#enterCursors(key));
      }),
    ];
    await this.#enterUnfinished();
  }

  /** All that may have something to tell. */
  async #enterUnfinished(): Promise<void> {
    for (let from = ""; !this.#stopping.signal.aborted; ) {
      const page = await this.#parts.store.subscriptions.unfinished(from, ENTRIES_PAGE);
      for (const each of page) this.#enterKept(each);
      from = page.at(-1)?.key ?? "";
      if (page.length < ENTRIES_PAGE) return;
    }
  }

  /** The cursors of one of all tasks from a key on, as far as there is room. It may have been enabled: what stood still goes on. */
  async #enterCursors(standing: string, first = ""): Promise<void> {
    try {
      for (let from = first; !this.#stopping.signal.aborted; ) {
        const page = await this.#parts.store.subscriptions.unfinished(from, ENTRIES_PAGE, standing);
        for (const each of page) if (!this.#enterKept(each)) return;
        from = page.at(-1)?.key ?? "";
        if (page.length < ENTRIES_PAGE) return;
      }
    } catch (error) {
      this.#parts.log.warn("a subscription cannot be read", { subscription: standing, error });
      this.#askAgain(() => this.#enterCursors(standing, first));
    }
  }

  /** False where there is no room. */
  #enterKept({ key, task, standing, owner, url, dueAt }: Unfinished): boolean {
    if (this.#entries.get(key)) return true;
    const entry = this.#entries.add({ key, task, standing }, placeOf(owner, url));
    if (entry && dueAt !== null) this.#wait(entry, dueAt);
    else if (entry) this.#ready(entry);
    return entry !== null;
  }

  /** Breaks off what is under way: it is told again at the next start. */
  async stop(): Promise<void> {
    for (const unlisten of this.#unlisten) unlisten();
    this.#stopping.abort(new Error("The server stops."));
    for (const stop of this.#timers) stop();
    for (const entry of this.#entries) entry.timer?.();
    await Promise.all(this.#turns);
    await this.#lease.giveBack().catch((error: unknown) => {
      this.#parts.log.warn("the right to tell subscribers is given back by its time alone", { error });
    });
  }

  /** Subscriptions in memory that may have something to tell, and have; how long the oldest of it waits, in milliseconds. */
  stats(): { entries: number; pending: number; oldestMs: number } {
    const now = this.#parts.clock.now();
    let oldest = now;
    let pending = 0;
    for (const { since } of this.#entries) {
      if (since === null) continue;
      pending += 1;
      oldest = Math.min(oldest, since);
    }
    return { entries: this.#entries.size, pending, oldestMs: now - oldest };
  }

  #taskChanged(task: TaskId, state: State): void {
    if (this.#entries.haveMadeRoom) this.#lookFor(task);
    for (const entry of this.#entries.ofTask(task) ?? []) {
      entry.news = true;
      // A new state is told at once; it is also what most are told.
      const isQuiet = entry.fruitless && entry.state === state;
      entry.state = state;
      if (entry.busy || (entry.timer !== null && (isQuiet || !entry.fruitless))) continue;
      if (isQuiet) this.#after(entry, FRUITLESS_MS);
      else this.#ready(entry);
    }
  }

  /** Cursors of this task that have made room have news. What changes while the store is read is asked for together. */
  #lookFor(task: TaskId): void {
    this.#changed.add(task);
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#track(this.#enterChanged());
  }

  async #enterChanged(): Promise<void> {
    while (this.#changed.size > 0 && !this.#stopping.signal.aborted) {
      const tasks = [...this.#changed].slice(0, TASKS_PAGE);
      for (const task of tasks) this.#changed.delete(task);
      try {
        for (const each of await this.#parts.store.subscriptions.cursorsOf(tasks)) this.#enterKept(each);
      } catch (error) {
        this.#parts.log.warn("subscriptions of tasks cannot be read", { error });
        for (const task of tasks) this.#changed.add(task);
        return this.#askAgain(() => this.#enterChanged());
      }
    }
    this.#isLooking = false;
  }

  #askAgain(ask: () => Promise<void>): void {
    const stop = this.#parts.clock.after(ASK_AGAIN_MS, () => {
      this.#timers.delete(stop);
      void this.#track(ask());
    });
    this.#timers.add(stop);
  }

  #subscriptionChanged(key: string, task: TaskId, standing: string | null): void {
    const known = this.#entries.get(key);
    const entry = known ?? this.#entries.add({ key, task, standing }, { owner: "", host: "" });
    if (!entry) return;
    entry.news = true;
    entry.fruitless = false;
    if (known) this.#ready(known);
    else {
      entry.busy = true;
      void this.#track(this.#meet(entry));
    }
  }

  /** Finds out whose it is and whereto, before it may take turns. */
  async #meet(entry: Entry): Promise<void> {
    try {
      const subscription = await this.#parts.store.subscriptions.get(entry.key);
      if (!subscription) return this.#forget(entry);
      Object.assign(entry, placeOf(subscription, subscription.url));
      entry.busy = false;
      this.#ready(entry);
    } catch (error) {
      this.#parts.log.warn("a subscription cannot be read", { subscription: entry.key, error });
      this.#forget(entry);
    }
  }

  #forget(entry: Entry): void {
    this.#entries.remove(entry);
    this.#enterLeft(entry);
  }

  /** There may be room for those of its subscription that found none. */
  #enterLeft({ standing }: Entry): void {
    const first = standing === null || this.#stopping.signal.aborted ? null : this.#entries.takeLeft(standing);
    if (standing !== null && first !== null) void this.#track(this.#enterCursors(standing, first));
  }

  #ready(entry: Entry): void {
    if (entry.busy || this.#stopping.signal.aborted) return;
    this.#entries.wakes(entry);
    entry.timer?.();
    entry.timer = null;
    entry.busy = true;
    entry.since ??= this.#parts.clock.now();
    this.#lanes.add(entry.owner, entry.host, () => this.#track(this.#takeTurn(entry)));
  }

  #after(entry: Entry, ms: number): void {
    this.#wait(entry, this.#parts.clock.now() + ms);
  }

  #wait(entry: Entry, moment: number): void {
    this.#entries.wakes(entry);
    entry.timer?.();
    entry.timer = this.#parts.clock.at(moment, () => this.#ready(entry));
  }

  async #takeTurn(entry: Entry): Promise<void> {
    let waitUntil: number | null = null;
    try {
      waitUntil = await this.#turn(entry);
      entry.troubles = 0;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#parts.log.warn("a subscription cannot be told now", { subscription: entry.key, error });
      entry.troubles += 1;
      waitUntil = this.#parts.clock.now() + retryDelayMs(entry.troubles, null, this.#parts.random());
    }
    entry.busy = false;
    if (this.#stopping.signal.aborted || this.#entries.get(entry.key) !== entry) return;
    if (waitUntil !== null) this.#wait(entry, waitUntil);
    else if (entry.news && entry.fruitless) this.#after(entry, FRUITLESS_MS);
    else if (entry.news) this.#ready(entry);
    else {
      this.#entries.rests(entry);
      this.#enterLeft(entry);
    }
  }

  /** Tells what there is. Returns when to go on, or null to wait for news. */
  async #turn(entry: Entry): Promise<number | null> {
    const { store, clock } = this.#parts;
    for (let told = 0; told < EVENTS_A_TURN; told++) {
      const standBy = await this.#lease.take();
      if (standBy !== null) return standBy;
      entry.news = false;
      const subscription = await store.subscriptions.get(entry.key);
      const format = subscription && this.#formats.get(subscription.format);
      // What has words of another version of the server stands still until there is one that knows them.
      if (!subscription || !format || subscription.state === "disabled" || subscription.done) {
        this.#forget(entry);
        return null;
      }
      if (subscription.dueAt !== null && subscription.dueAt > clock.now()) return subscription.dueAt;
      const next = await this.#next(subscription, format);
      if ("passedOver" in next) {
        entry.since = null;
        entry.fruitless = told === 0;
        await this.#passOver(entry, subscription, next);
        return null;
      }
      entry.fruitless = false;
      entry.since = next.at;
      const outcome = await this.#tell(subscription, format, next);
      if (outcome === "retrying") continue;
      if (outcome === "disabled") {
        this.#forget(entry);
        return null;
      }
    }
    entry.news = true;
    return null;
  }

  /** What is told next; or up to where there is nothing to tell, and whether there never will be. */
  async #next(subscription: Subscription, format: PushFormat): Promise<Next | { passedOver: number; ended: boolean }> {
    const { store, clock } = this.#parts;
    const { task: id, events: types, announces } = subscription;
    const attempt = subscription.attempts + 1;
    let { cursor } = subscription;
    for (;;) {
      // Before its log, so that what has ended by then is in it.
      const task = id === null ? null : await store.task(id);
      if (!task) return { passedOver: cursor, ended: true };
      const notificationOf = async (event: TaskEvent | null, seq: number): Promise<Notification | null> => {
        const said = await format.notificationOf({ subscription, task, event, seq, attempt, at: clock.timeOfDay() });
        return said && { ...said, headers: { ...traceHeaders(task), ...said.headers } };
      };
      if (announces && cursor === subscription.cursor) {
        const notification = await notificationOf(null, cursor);
        if (notification) return { seq: cursor, event: null, at: task.updatedAt, notification };
      }
      const page = await store.events(task.id, cursor, PAGE_EVENTS);
      for (const event of page) {
        cursor = event.seq;
        if (types !== null && !types.includes(event.type)) continue;
        const notification = await notificationOf(event, event.seq);
        if (notification) return { seq: event.seq, event, at: event.at, notification };
      }
      if (page.length === 0) return { passedOver: cursor, ended: isTerminal(task.state) && cursor >= task.lastSeq };
    }
  }

  async #passOver(entry: Entry, before: Subscription, next: { passedOver: number; ended: boolean }): Promise<void> {
    if (!next.ended && next.passedOver - before.cursor < PASSED_OVER_MAX) return;
    const after = {
      ...before,
      cursor: next.passedOver,
      announces: false,
      done: next.ended,
      version: before.version + 1,
    };
    if (!(await this.#parts.store.subscriptions.change(after, {}))) entry.news = true;
    else if (next.ended) this.#forget(entry);
  }

  /** Null when the subscription has changed meanwhile. */
  async #tell(before: Subscription, format: PushFormat, next: Next): Promise<Outcome | null> {
    const { store, sender, clock, random, log } = this.#parts;
    const { seq, event, notification } = next;
    const start = clock.elapsed();
    const at = clock.now();
    const answer = await attempt(sender, before.url, notification, this.#stopping.signal, () => clock.timeOfDay());
    const now = clock.now();
    const { after, outcome } = afterAttempt(before, seq, answer, format, { now, chance: random() });
    log.attempted(format.name, outcome);
    const { status, error, retryAfterMs: askedMs } = answer;
    const delivery = {
      ...{ task: before.task, seq, type: event?.type ?? null, attempt: before.attempts + 1 },
      ...{ at, ms: clock.elapsed() - start, outcome, status, error },
    };
    const { failuresMax } = format;
    const attempted = { outcome, status, error, failuresMax, at: now, askedMs };
    const changed = await store.subscriptions.change(after, { delivery, attempted });
    if (changed === false) return null;
    const isOver = before.standing === null ? outcome === "disabled" : changed === "disabled";
    if (isOver) this.#noteDisabled(after, failuresMax);
    return outcome;
  }

  /** So that an operator hears of it; its owner sees it in the webhook. */
  #noteDisabled({ id, standing, tenant, user, task, url, error }: Subscription, failuresMax: number): void {
    const { host } = placeOf({ tenant, user }, url);
    const facts = { webhook: standing ?? id, tenant, user, task, host, error, failuresMax };
    this.#parts.log.warn("a webhook is disabled: it is told nothing more until it is enabled", facts);
  }

  /** Sends what says that nothing has happened; what came of it is only answered. Rejects when the server stops. */
  async tried(subscription: Subscription): Promise<Trial> {
    const { sender, clock } = this.#parts;
    const trial = await this.#formats.get(subscription.format)?.trialOf?.(subscription, clock.timeOfDay());
    if (!trial) throw new Error(`Nobody is tried in the words of ${subscription.format}.`);
    const start = clock.elapsed();
    const { status, error } = await attempt(sender, subscription.url, trial, this.#stopping.signal, () =>
      clock.timeOfDay(),
    );
    return { status, error, ms: clock.elapsed() - start };
  }

  #track(turn: Promise<void>): Promise<void> {
    this.#turns.add(turn);
    return turn.finally(() => this.#turns.delete(turn));
  }
}

function placeOf({ tenant, user }: { tenant: string; user: string }, url: string): Place {
  return { owner: `${tenant}\n${user}`, host: URL.canParse(url) ? new URL(url).host : url };
}
