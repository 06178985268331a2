/**
 * The whole logs of tasks that have begun in this process lately: a caller who asks at once what has become of a task, or follows it
 * from its beginning, needs no read of the store. A log that another process has added to is forgotten.
 */
import type { TaskEvent } from "../task/events/event.ts";
import type { TaskId } from "../task/id.ts";
import { sizeOf } from "../task/json/json.ts";

const EVENTS_OF_LOG_MAX = 256;
const BYTES_OF_LOG_MAX = 64 << 10;
/** What an event costs beside its data. */
const EVENT_BYTES = 200;
/** Of each of two generations: when the young one holds so much, the old one goes as a whole. */
const GENERATION_BYTES_MAX = 4 << 20;
/**
 * After so many logs that nobody has read, none is kept until somebody reads one: callers who wait for their tasks read no logs, and to
 * keep them takes 2 to 3 % of the main thread's time for a task with one step, and 8 MB.
 */
const UNASKED_MAX = 1_000;

/** `of` is the generation that the log is in. */
type Log = { events: TaskEvent[]; bytes: number; of: Logs | null };
type Logs = Map<TaskId, Log>;

export class RecentLogs {
  #young: Logs = new Map();
  #old: Logs = new Map();
  #youngBytes = 0;
  /** Logs that have begun since one was read. */
  #unasked = 0;

  /** Adds committed events: the beginning of a log, or what follows the end of a known one. */
  add(id: TaskId, events: readonly TaskEvent[]): void {
    const [first] = events;
    if (first === undefined || this.#unasked === UNASKED_MAX) return;
    if (first.seq === 1) this.#unasked += 1;
    if (this.#unasked === UNASKED_MAX) {
      this.#forgetAll();
      return;
    }
    const log = first.seq === 1 ? { events: [], bytes: 0, of: null } : this.#get(id);
    if (log === undefined) return;
    const bytes = events.reduce((sum, { data }) => sum + EVENT_BYTES + sizeOf(data), 0);
    const isWhole = first.seq === log.events.length + 1;
    if (!isWhole || log.events.length + events.length > EVENTS_OF_LOG_MAX || log.bytes + bytes > BYTES_OF_LOG_MAX) {
      this.drop(id);
      return;
    }
    log.events.push(...events);
    log.bytes += bytes;
    if (log.of === this.#young) this.#grow(bytes);
    else {
      // What it may be in the old generation goes with that. To delete and to set at each change costs both maps their order.
      log.of = this.#young;
      this.#young.set(id, log);
      this.#grow(log.bytes);
    }
  }

  drop(id: TaskId): void {
    this.#youngBytes -= this.#young.get(id)?.bytes ?? 0;
    this.#young.delete(id);
    this.#old.delete(id);
  }

  /** The events after `seq`, none at the end; undefined where they are not known. */
  after(id: TaskId, seq: number): readonly TaskEvent[] | undefined {
    this.#unasked = 0;
    const log = this.#get(id);
    return log === undefined || log.events.length < seq ? undefined : log.events.slice(seq);
  }

  #get(id: TaskId): Log | undefined {
    return this.#young.get(id) ?? this.#old.get(id);
  }

  #forgetAll(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngBytes = 0;
  }

  #grow(bytes: number): void {
    this.#youngBytes += bytes;
    if (this.#youngBytes <= GENERATION_BYTES_MAX) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
