/** A task's log, as a page of JSON or as server-sent events, from any point on. */
import { Refusal } from "../../task/errors.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import { ENDED, LATER, type LogRead, type LogReader } from "../../task/events/log-reader.ts";
import type { Principal } from "../../task/principal.ts";
import { isTerminal } from "../../task/states.ts";
import type { Tasks } from "../../verbs/tasks.ts";
import { isLong, piecesInTurns } from "../body/json-body.ts";
import type { EventStream, Frame, Frames, FramesRead } from "../lens-parts.ts";
import { type Route, route } from "../route.ts";
import { wireEvent } from "./event.ts";
import { event as eventSchema } from "./event-schema.ts";
import * as wire from "./schema.ts";
import { taskParams } from "./task-routes.ts";

const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 1_000;
const SEQUENCE = /^\d{1,15}$/;

export const eventRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/tasks/{id}/events",
    id: "getEvents",
    scope: "tasks",
    tag: "Tasks",
    summary: "Read or follow its log",
    description:
      "With `Accept: text/event-stream` the log is replayed after `Last-Event-ID` (or `after`), then goes on live: " +
      "each frame has the event's number as `id`, its type as `event` and the event as `data`. A last frame `done` " +
      "with the task's state follows the event that ends it; close an EventSource there, or it comes back. A task that " +
      "has ended is replayed in the same way. Closing a stream never cancels a task. Otherwise a page as JSON.",
    params: taskParams,
    query: wire.eventsQuery,
    streams: true,
    answers: [{ status: 200, about: "Events, oldest first.", schema: wire.list(eventSchema) }],
    handle: async ({ principal, verbs, params, query, headers }) => {
      const after = lastEventId(headers["last-event-id"]) ?? query.after ?? 0;
      const task = await verbs.tasks.get(principal, params.id);
      if (!headers.accept?.includes("text/event-stream")) {
        const events = await verbs.tasks.events(principal, params.id, after, query.limit);
        return { status: 200, body: { data: events.map(wireEvent) } };
      }
      if (after > task.lastSeq && !isTerminal(task.state)) {
        throw new Refusal("invalid", `The log has not come to ${after} yet: its last event is ${task.lastSeq}.`, {
          field: "query.after",
        });
      }
      const stream: EventStream = {
        headers: {},
        opening: `retry: ${RECONNECT_MS}\n\n`,
        heartbeat: ": still here\n\n",
        heartbeatMs: HEARTBEAT_MS,
        frames: { begin: (news) => new LogFrames(verbs.tasks, principal, params.id, after, news) },
      };
      return { stream };
    },
  }),
];

/** A log in frames, and a last one that says how its task has ended. */
class LogFrames implements Frames {
  readonly #tasks: Pick<Tasks, "get" | "reader">;
  readonly #principal: Principal;
  readonly #id: string;
  readonly #reader: LogReader;
  /** Of a batch that is too long to be made at once. */
  #pieces: AsyncIterator<string> | null = null;
  #isOver = false;

  constructor(tasks: Pick<Tasks, "get" | "reader">, principal: Principal, id: string, after: number, news: () => void) {
    this.#tasks = tasks;
    this.#principal = principal;
    this.#id = id;
    this.#reader = tasks.reader(principal, id, after, news);
  }

  next(): FramesRead | Promise<FramesRead> {
    if (this.#pieces !== null) return this.#piece(this.#pieces);
    if (this.#isOver) return ENDED;
    const read = this.#reader.next();
    return read instanceof Promise ? read.then((come) => this.#shown(come)) : this.#shown(read);
  }

  close(): void {
    this.#reader.close();
  }

  #shown(read: LogRead): FramesRead | Promise<FramesRead> {
    if (read === LATER) return LATER;
    if (read === ENDED) return this.#done();
    if (encoded.has(read) || !isLong(read)) return framesOf(read);
    this.#pieces = piecesOf(read);
    return this.#piece(this.#pieces);
  }

  async #piece(pieces: AsyncIterator<string>): Promise<FramesRead> {
    const { done, value } = await pieces.next();
    if (done !== true) return value;
    this.#pieces = null;
    return this.next();
  }

  async #done(): Promise<Frame> {
    this.#isOver = true;
    const { id, state } = await this.#tasks.get(this.#principal, this.#id);
    return `event: done\ndata: ${JSON.stringify({ task_id: id, state })}\n\n`;
  }
}

/** Made once for all who follow: those who keep up are given the same batches. */
const encoded = new WeakMap<readonly TaskEvent[], Buffer>();

function framesOf(batch: readonly TaskEvent[]): Buffer {
  let frames = encoded.get(batch);
  if (frames === undefined) {
    frames = Buffer.from(batch.map(frameOf).join(""));
    encoded.set(batch, frames);
  }
  return frames;
}

function frameOf(event: TaskEvent): string {
  return `${headOf(event)}${JSON.stringify(wireEvent(event))}\n\n`;
}

async function* piecesOf(batch: readonly TaskEvent[]): AsyncGenerator<string, undefined> {
  for (const event of batch) {
    yield headOf(event);
    yield* piecesInTurns(wireEvent(event));
    yield "\n\n";
  }
}

function headOf({ seq, type }: TaskEvent): string {
  return `id: ${seq}\nevent: ${type}\ndata: `;
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  const text = String(header);
  if (SEQUENCE.test(text)) return Number(text);
  throw new Refusal("invalid", "Last-Event-ID is the number of an event.", { field: "Last-Event-ID" });
}
