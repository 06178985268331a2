/** A task's log, as a page of JSON or as server-sent events, from any point on. */
import { Refusal } from "../../task/errors.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import { isTerminal } from "../../task/states.ts";
import { isLong, piecesInTurns } from "../body/json-body.ts";
import type { EventStream } from "../lens-parts.ts";
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
        frames: (signal) => frames(verbs.tasks.follow(principal, params.id, after, signal), signal, done),
      };
      const done = async () => {
        const { id, state } = await verbs.tasks.get(principal, params.id);
        return `event: done\ndata: ${JSON.stringify({ task_id: id, state })}\n\n`;
      };
      return { stream };
    },
  }),
];

async function* frames(
  batches: AsyncIterable<readonly TaskEvent[]>,
  signal: AbortSignal,
  done: () => Promise<string>,
): AsyncIterable<string | Buffer> {
  for await (const batch of batches) {
    if (encoded.has(batch) || !isLong(batch)) yield framesOf(batch);
    else for (const event of batch) yield* frameInPieces(event);
  }
  if (!signal.aborted) yield await done();
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

async function* frameInPieces(event: TaskEvent): AsyncIterable<string> {
  yield headOf(event);
  yield* piecesInTurns(wireEvent(event));
  yield "\n\n";
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
