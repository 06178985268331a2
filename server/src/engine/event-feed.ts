/**
 * Who follows a task's log now. A follower holds a cursor, never a queue: it takes what is after its cursor from the
 * tail that all followers share, or, when it has fallen behind that, from the store.
 */
import { type TaskEvent, TERMINAL_EVENTS } from "../task/events/event.ts";
import type { TaskId } from "../task/id.ts";

/** Events of a followed task that are kept in memory for those that keep up. */
const TAIL_EVENTS_MAX = 256;
/** Events read from the store at once. */
const PAGE_EVENTS = 256;

type Topic = { followers: number; tail: TaskEvent[]; version: number; waiting: Set<() => void> };

export type LogEnd = { ended: boolean; lastSeq: number };

export class EventFeed {
  readonly #topics = new Map<TaskId, Topic>();
  readonly #read: (id: TaskId, after: number, limit: number) => Promise<TaskEvent[]>;

  constructor(read: (id: TaskId, after: number, limit: number) => Promise<TaskEvent[]>) {
    this.#read = read;
  }

  /** To be called in the order of the commits. With no new events it only says that the task has changed. */
  publish(id: TaskId, events: readonly TaskEvent[]): void {
    const topic = this.#topics.get(id);
    if (!topic) return;
    topic.tail.push(...events);
    if (topic.tail.length > TAIL_EVENTS_MAX) topic.tail = topic.tail.slice(-TAIL_EVENTS_MAX / 2);
    topic.version += 1;
    for (const wake of [...topic.waiting]) wake();
  }

  /** Yields at once, and again after each change of the task, until `signal` fires. */
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

  /** The log after `after` and then live, until its terminal event was given; at once when an ended task has nothing after it. */
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
    const topic = this.#topics.get(id) ?? { followers: 0, tail: [], version: 0, waiting: new Set() };
    topic.followers += 1;
    this.#topics.set(id, topic);
    return topic;
  }

  #leave(id: TaskId, topic: Topic): void {
    topic.followers -= 1;
    if (topic.followers === 0) this.#topics.delete(id);
  }
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
