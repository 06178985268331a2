/**
 * The live feed of task events: publish and subscribe, by task. A subscriber holds a cursor, never a queue: it takes
 * what is after its cursor from the tail that all subscribers share, or, when the tail does not reach back so far, from
 * the store. `LocalEventFeed` is the one of a process; what other processes write wakes its subscribers by `notice`.
 */
import { type TaskEvent, TERMINAL_EVENTS } from "../task/events/event.ts";
import { ENDED, LATER, type LogRead, type LogReader } from "../task/events/log-reader.ts";
import type { TaskId } from "../task/id.ts";
import { sizeOf } from "../task/json/json.ts";
import { RecentLogs } from "./recent-logs.ts";

/** Events of a followed task in memory, for followers that keep up, */
const TAIL_EVENTS_MAX = 256;
/** and their bytes. */
export const TAIL_BYTES_MAX = 256 << 10;
/** Bytes of the tails and pages of all followed tasks. Beyond it followers read from the store. */
export const FEED_BYTES_MAX = 64 << 20;
/** Events read from the store at once. The store ends a page when it has its bytes. */
const PAGE_EVENTS = 256;
/** Pages of a task that are kept for others who come to the same place. */
const PAGES_KEPT = 4;

export type LogEnd = { ended: boolean; lastSeq: number };

export interface EventFeed {
  /** Called for each commit of this process, in order. Without events it says only that the task has changed. */
  publish(id: TaskId, events: readonly TaskEvent[]): void;
  /** Another process may have changed the task: on disk its log goes up to `lastSeq`, or further. */
  notice(id: TaskId, lastSeq: number): void;
  /** The log up to `lastSeq`, where this process has all of it in memory; undefined where the store has to be asked. */
  whole(id: TaskId, lastSeq: number): readonly TaskEvent[] | undefined;
  isFollowed(id: TaskId): boolean;
  watch(id: TaskId): TaskWatch;
  /**
   * The log after `after` and then live, until its terminal event was given; at once when an ended task has nothing after it.
   * `end` is asked first, and throws where the log may not be read. `news` is called whenever there may be more.
   */
  read(id: TaskId, after: number, end: () => Promise<LogEnd>, news: () => void): LogReader;
  /** The same as an iteration, until `signal` fires. */
  follow(
    id: TaskId,
    after: number,
    end: () => Promise<LogEnd>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly TaskEvent[]>;
}

/** A watch says that a task has changed, and not how. */
export interface TaskWatch {
  /** Resolves once it has changed since the call before, or since the watch began; or at `wake`. */
  changed(): Promise<void>;
  wake(): void;
  end(): void;
}

/** `version` is the topic's when the read began: later events may not be in the page. */
type Page = { events: Promise<readonly TaskEvent[]>; version: number; bytes: number };

/** `lastSeq` is the last event that this process knows of, in the tail or not. */
type Topic = {
  /** Called when the task changes. */
  subscribers: Set<() => void>;
  /** The log that they read, one object for all of, say, 10,000 followers. */
  log: TopicLog | null;
  /** How many of them read the log. */
  followers: number;
  tail: TaskEvent[];
  tailBytes: number;
  /** The part of the tail that was taken last: all followers that keep up share it. */
  taken: readonly TaskEvent[];
  /** The pages that were read from the store last, by their first places. */
  pages: Map<number, Page> | null;
  lastSeq: number;
  version: number;
};

export class LocalEventFeed implements EventFeed {
  readonly #topics = new Map<TaskId, Topic>();
  readonly #recent = new RecentLogs();
  readonly #read: (id: TaskId, after: number, limit: number) => Promise<TaskEvent[]>;
  /** Bytes of all tails and pages. */
  #bytes = 0;

  constructor(read: (id: TaskId, after: number, limit: number) => Promise<TaskEvent[]>) {
    this.#read = read;
  }

  publish(id: TaskId, events: readonly TaskEvent[]): void {
    this.#recent.add(id, events);
    const topic = this.#topics.get(id);
    if (!topic) return;
    const first = events[0];
    if (first) {
      // The tail has no gap and ends with the last event: otherwise those at its end would wait beside what they miss. Who only
      // wants to know that the task has changed reads none.
      if (topic.followers === 0 || first.seq !== topic.lastSeq + 1) this.#clearTail(topic);
      if (topic.followers > 0 && first.seq > topic.lastSeq) this.#addToTail(topic, events);
      topic.lastSeq = Math.max(topic.lastSeq, first.seq + events.length - 1);
    }
    wake(topic);
  }

  notice(id: TaskId, lastSeq: number): void {
    this.#recent.drop(id);
    const topic = this.#topics.get(id);
    if (!topic) return;
    if (lastSeq > topic.lastSeq) {
      this.#clearTail(topic);
      topic.lastSeq = lastSeq;
    }
    wake(topic);
  }

  whole(id: TaskId, lastSeq: number): readonly TaskEvent[] | undefined {
    const events = this.#recent.after(id, 0);
    return events?.length === lastSeq ? events : undefined;
  }

  isFollowed(id: TaskId): boolean {
    return (this.#topics.get(id)?.followers ?? 0) > 0;
  }

  watch(id: TaskId): TaskWatch {
    let isNews = false;
    let wake: (() => void) | null = null;
    const hear = () => {
      isNews = wake === null;
      wake?.();
      wake = null;
    };
    const topic = this.#enter(id, hear);
    return {
      changed: () => {
        if (!isNews) return new Promise<void>((resolve) => (wake = resolve));
        isNews = false;
        return Promise.resolve();
      },
      wake: hear,
      end: () => this.#leave(id, topic, hear),
    };
  }

  read(id: TaskId, after: number, end: () => Promise<LogEnd>, news: () => void): LogReader {
    const topic = this.#enter(id, news);
    topic.followers += 1;
    topic.log ??= {
      known: (cursor) => shared(topic, cursor) ?? this.#recent.after(id, cursor),
      page: (cursor) => this.#page(id, topic, cursor),
      leave: (left) => {
        topic.followers -= 1;
        this.#leave(id, topic, left);
      },
    };
    return new TopicReader(topic, topic.log, after, end, news);
  }

  async *follow(
    id: TaskId,
    after: number,
    end: () => Promise<LogEnd>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly TaskEvent[]> {
    let isNews = false;
    let wake = () => {};
    const hear = () => {
      isNews = true;
      wake();
    };
    const reader = this.read(id, after, end, hear);
    signal.addEventListener("abort", hear, { once: true });
    try {
      while (!signal.aborted) {
        isNews = false;
        const read = await reader.next();
        if (read === ENDED) return;
        if (read !== LATER) yield read;
        else if (!isNews) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", hear);
      reader.close();
    }
  }

  #addToTail(topic: Topic, events: readonly TaskEvent[]): void {
    const bytes = events.reduce((sum, event) => sum + sizeOf(event.data), 0);
    for (const event of events) topic.tail.push(event);
    topic.tailBytes += bytes;
    this.#bytes += bytes;
    if (topic.tailBytes > TAIL_BYTES_MAX || this.#bytes > FEED_BYTES_MAX) this.#clearTail(topic);
    if (topic.tail.length <= TAIL_EVENTS_MAX) return;
    const kept = topic.tail.slice(-TAIL_EVENTS_MAX / 2);
    this.#clearTail(topic);
    this.#addToTail(topic, kept);
  }

  #clearTail(topic: Topic): void {
    this.#bytes -= topic.tailBytes;
    topic.tail = [];
    topic.tailBytes = 0;
    topic.taken = [];
  }

  /** The events that the store has after `cursor`. Followers at the same place share them, and one encoding of them. */
  async #page(id: TaskId, topic: Topic, cursor: number): Promise<readonly TaskEvent[]> {
    topic.pages ??= new Map();
    const known = topic.pages.get(cursor);
    if (known && (known.bytes > 0 || known.version === topic.version)) return await known.events;
    const page: Page = { events: this.#read(id, cursor, PAGE_EVENTS), version: topic.version, bytes: 0 };
    topic.pages.set(cursor, page);
    try {
      const events = await page.events;
      // A page that is not full is another one as soon as there is more.
      if (events.length === 0 || topic.subscribers.size === 0) this.#forget(topic, cursor, page);
      else this.#keep(topic, cursor, page, events);
      return events;
    } catch (error) {
      this.#forget(topic, cursor, page);
      throw error;
    }
  }

  #keep(topic: Topic, cursor: number, page: Page, events: readonly TaskEvent[]): void {
    if (topic.pages?.get(cursor) !== page) return;
    page.bytes = events.reduce((sum, event) => sum + sizeOf(event.data), 0);
    this.#bytes += page.bytes;
    for (const [at, oldest] of topic.pages) {
      if (topic.pages.size <= PAGES_KEPT && this.#bytes <= FEED_BYTES_MAX) break;
      this.#forget(topic, at, oldest);
    }
  }

  #forget(topic: Topic, cursor: number, page: Page): void {
    if (topic.pages?.get(cursor) !== page) return;
    topic.pages.delete(cursor);
    this.#bytes -= page.bytes;
  }

  #enter(id: TaskId, news: () => void): Topic {
    const topic = this.#topics.get(id) ?? newTopic();
    topic.subscribers.add(news);
    this.#topics.set(id, topic);
    return topic;
  }

  #leave(id: TaskId, topic: Topic, news: () => void): void {
    topic.subscribers.delete(news);
    if (topic.subscribers.size > 0 || this.#topics.get(id) !== topic) return;
    this.#topics.delete(id);
    this.#clearTail(topic);
    for (const [cursor, page] of topic.pages ?? []) this.#forget(topic, cursor, page);
  }
}

function newTopic(): Topic {
  return {
    subscribers: new Set(),
    log: null,
    followers: 0,
    tail: [],
    tailBytes: 0,
    taken: [],
    pages: null,
    lastSeq: 0,
    version: 0,
  };
}

/** The tail's events after `cursor`; undefined when the tail does not reach back so far. */
function shared(topic: Topic, cursor: number): readonly TaskEvent[] | undefined {
  const { tail, taken } = topic;
  const first = tail[0];
  if (first === undefined || first.seq > cursor + 1) return undefined;
  if (taken[0]?.seq === cursor + 1 && taken.at(-1) === tail.at(-1)) return taken;
  const events = tail.slice(cursor + 1 - first.seq);
  if (events.length > 0) topic.taken = events;
  return events;
}

function wake(topic: Topic): void {
  topic.version += 1;
  for (const news of topic.subscribers) news();
}

type TopicLog = {
  /** The events in memory after a place; undefined where the store has to be asked. */
  known: (cursor: number) => readonly TaskEvent[] | undefined;
  page: (cursor: number) => Promise<readonly TaskEvent[]>;
  leave: (news: () => void) => void;
};

/** A cursor into a log. */
class TopicReader implements LogReader {
  readonly #topic: Topic;
  readonly #log: TopicLog;
  readonly #end: () => Promise<LogEnd>;
  readonly #news: () => void;
  #cursor: number;
  #isNew = true;
  #isEnded = false;
  #isClosed = false;
  /** The cursor has read everything that there was at this version of its topic. */
  #hasAllOf = -1;

  constructor(topic: Topic, log: TopicLog, after: number, end: () => Promise<LogEnd>, news: () => void) {
    this.#topic = topic;
    this.#log = log;
    this.#cursor = after;
    this.#end = end;
    this.#news = news;
  }

  next(): LogRead | Promise<LogRead> {
    if (this.#isNew) return this.#first();
    if (this.#isEnded || this.#isClosed) return ENDED;
    const { version } = this.#topic;
    if (this.#hasAllOf === version) return LATER;
    const known = this.#log.known(this.#cursor);
    if (known === undefined) return this.#page(version);
    if (known.length === 0) return this.#atEnd(version);
    const events = this.#given(known);
    // What was not the last event by then goes on, and so does a page of the store.
    if (this.#cursor === this.#topic.lastSeq) this.#hasAllOf = version;
    return events;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#log.leave(this.#news);
  }

  async #first(): Promise<LogRead> {
    this.#isNew = false;
    await this.#end();
    return this.next();
  }

  async #page(version: number): Promise<LogRead> {
    const events = await this.#log.page(this.#cursor);
    return events.length === 0 ? this.#atEnd(version) : this.#given(events);
  }

  async #atEnd(version: number): Promise<LogRead> {
    const { ended, lastSeq } = await this.#end();
    if (ended && lastSeq <= this.#cursor) this.#isEnded = true;
    else if (this.#topic.version === version) this.#hasAllOf = version;
    return this.next();
  }

  #given(events: readonly TaskEvent[]): readonly TaskEvent[] {
    const last = events.at(-1);
    if (last !== undefined) this.#cursor = last.seq;
    if (last !== undefined && TERMINAL_EVENTS.has(last.type)) this.#isEnded = true;
    return events;
  }
}
