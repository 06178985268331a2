/**
 * The live feed of task events: publish and subscribe, by task. A subscriber holds a cursor, never a queue: it takes
 * what is after its cursor from the tail that all subscribers share, or, when the tail does not reach back so far, from
 * the store. `LocalEventFeed` is the one of a process; what other processes write wakes its subscribers by `notice`.
 */
import { type TaskEvent, TERMINAL_EVENTS } from "../task/events/event.ts";
import type { TaskId } from "../task/id.ts";

/** Events of a followed task that are kept in memory for those that keep up. */
const TAIL_EVENTS_MAX = 256;
/** Events read from the store at once. */
const PAGE_EVENTS = 256;

export type LogEnd = { ended: boolean; lastSeq: number };

export interface EventFeed {
  /** What this process has committed, in the order of its commits. With no new events it only says that the task has changed. */
  publish(id: TaskId, events: readonly TaskEvent[]): void;
  /** Another process has changed the task; its log goes up to `lastSeq` on disk. */
  notice(id: TaskId, lastSeq: number): void;
  /** Yields at once, and again after each change of the task, until `signal` fires. */
  changes(id: TaskId, signal: AbortSignal): AsyncGenerator<void>;
  /** The log after `after` and then live, until its terminal event was given; at once when an ended task has nothing after it. */
  follow(
    id: TaskId,
    after: number,
    end: () => Promise<LogEnd>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly TaskEvent[]>;
}

/** `lastSeq` is the last event that this process knows of, in the tail or not. */
type Topic = { subscribers: number; tail: TaskEvent[]; lastSeq: number; version: number; waiting: Set<() => void> };

export class LocalEventFeed implements EventFeed {
  readonly #topics = new Map<TaskId, Topic>();
  readonly #read: (id: TaskId, after: number, limit: number) => Promise<TaskEvent[]>;

  constructor(read: (id: TaskId, after: number, limit: number) => Promise<TaskEvent[]>) {
    this.#read = read;
  }

  publish(id: TaskId, events: readonly TaskEvent[]): void {
    const topic = this.#topics.get(id);
    if (!topic) return;
    const first = events[0];
    if (first) {
      // The tail has no gap and ends with the last event: otherwise those at its end would wait beside what they miss.
      if (first.seq !== topic.lastSeq + 1) topic.tail = [];
      if (first.seq > topic.lastSeq) topic.tail.push(...events);
      topic.lastSeq = Math.max(topic.lastSeq, first.seq + events.length - 1);
      if (topic.tail.length > TAIL_EVENTS_MAX) topic.tail = topic.tail.slice(-TAIL_EVENTS_MAX / 2);
    }
    wake(topic);
  }

  notice(id: TaskId, lastSeq: number): void {
    const topic = this.#topics.get(id);
    if (!topic) return;
    if (lastSeq > topic.lastSeq) {
      topic.tail = [];
      topic.lastSeq = lastSeq;
    }
    wake(topic);
  }

  async *changes(id: TaskId, signal: AbortSignal): AsyncGenerator<void> {
    const topic = this.#enter(id);
    try {
      while (!signal.aborted) {
        const { version } = topic;
        yield;
        if (topic.version === version) await news(topic, signal);
      }
    } finally {
      this.#leave(id, topic);
    }
  }

  async *follow(
    id: TaskId,
    after: number,
    end: () => Promise<LogEnd>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly TaskEvent[]> {
    let cursor = after;
    const topic = this.#enter(id);
    try {
      while (!signal.aborted) {
        const { version, tail } = topic;
        const first = tail[0];
        const shared = first !== undefined && first.seq <= cursor + 1;
        const events = shared ? tail.slice(cursor + 1 - first.seq) : await this.#read(id, cursor, PAGE_EVENTS);
        const last = events.at(-1);
        if (last) {
          cursor = last.seq;
          yield events;
          if (TERMINAL_EVENTS.has(last.type)) return;
          continue;
        }
        const { ended, lastSeq } = await end();
        if (ended && lastSeq <= cursor) return;
        if (topic.version === version) await news(topic, signal);
      }
    } finally {
      this.#leave(id, topic);
    }
  }

  #enter(id: TaskId): Topic {
    const topic = this.#topics.get(id) ?? { subscribers: 0, tail: [], lastSeq: 0, version: 0, waiting: new Set() };
    topic.subscribers += 1;
    this.#topics.set(id, topic);
    return topic;
  }

  #leave(id: TaskId, topic: Topic): void {
    topic.subscribers -= 1;
    if (topic.subscribers === 0) this.#topics.delete(id);
  }
}

function wake(topic: Topic): void {
  topic.version += 1;
  for (const wake of [...topic.waiting]) wake();
}

/** Resolves at the topic's next change or when `signal` fires, and leaves no reaction behind on either. */
function news(topic: Topic, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      topic.waiting.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    topic.waiting.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    if (signal.aborted) wake();
  });
}
