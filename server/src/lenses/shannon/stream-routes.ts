/** Live events of a task. A stream never steers what it shows: closing it leaves the task alone. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { type TaskEvent, TERMINAL_EVENTS } from "../../task/events/event.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { Tasks } from "../../verbs/tasks.ts";
import { toldInTurns } from "../body/json-body.ts";
import type { Frame } from "../lens-parts.ts";
import { type Answer, type Call, type Route, route } from "../route.ts";
import { STREAM_SECRETS } from "./caller.ts";
import { renderErrorOf } from "./errors.ts";
import { WIRE_EVENTS_MAX, wireEventsOf } from "./events.ts";
import {
  areAfter,
  everything,
  FROM_THE_START,
  frameInPieces,
  frameOf,
  isAfter,
  isEnd,
  isLongFrame,
  type ResumePoint,
  resumePointOf,
  wantedBy,
} from "./frames.ts";
import { taskParams, textParam } from "./parameters.ts";
import type { WireEvent } from "./schema.ts";
import { WIRE_ID } from "./vocabulary.ts";

const HEARTBEAT_MS = 10_000;

/** A parameter that may be repeated: its texts, separated by commas. */
function joined(schema: z.ZodType<string, string>) {
  return z
    .union([z.string(), z.array(z.string()).transform((all) => all.join(","))])
    .pipe(schema)
    .meta({ wire: { type: "string" } });
}

const TYPES = "Event types, separated by commas; all when absent";
const RESUME_AFTER = "Go on after this `<unix ms>-<n>` or `<seq>`";

const streamQuery = z.object({
  workflow_id: joined(z.string().regex(WIRE_ID)),
  types: joined(z.string()).optional().catch(undefined).describe(TYPES),
  last_event_id: joined(z.string()).optional().catch(undefined).describe(RESUME_AFTER),
  api_key: z
    .unknown()
    .meta({ wire: { type: "string" } })
    .optional()
    .describe("For clients that can set no header"),
  token: z
    .unknown()
    .meta({ wire: { type: "string" } })
    .optional()
    .describe("The same by another name"),
});

const redirectQuery = z.object({
  types: textParam(TYPES),
  last_event_id: textParam(RESUME_AFTER),
  api_key: textParam("Who sends a key here is given the stream at once: no key stands in an address that is answered"),
  token: textParam("The same by another name"),
});

type Asked = Pick<
  Call<never, { types?: string | undefined; last_event_id?: string | undefined }, undefined>,
  "principal" | "verbs" | "query" | "headers"
>;

export const streamRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/stream/sse",
    unlimited: true,
    id: "get_stream_sse",
    scope: "tasks",
    summary: "Stream a task's events, from the start or from a resume point, until the frame `done`",
    query: streamQuery,
    secrets: STREAM_SECRETS,
    streams: true,
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found", "unavailable"],
    renderError: renderErrorOf({ noun: "Workflow", failure: "Failed to stream events" }),
    answers: [{ status: 200, about: "Server-sent events", mediaType: "text/event-stream" }],
    handle: (call) => streamed(call, call.query.workflow_id),
  }),
  route({
    method: "GET",
    path: "/api/v1/tasks/{id}/stream",
    unlimited: true,
    id: "get_tasks_id_stream",
    scope: "tasks",
    summary: "Be redirected to the task's event stream",
    params: taskParams,
    query: redirectQuery,
    secrets: STREAM_SECRETS,
    refuses: ["invalid", "unauthenticated", "forbidden"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to stream events" }),
    mayStream: true,
    answers: [
      { status: 307, about: "Where the events are streamed" },
      { status: 200, about: "The stream itself, for who sends a key in the query", mediaType: "text/event-stream" },
    ],
    handle: async (call) => {
      const { principal, mount, params, query } = call;
      mustHave(principal, "tasks");
      const { api_key: apiKey, token, ...rest } = query;
      if (apiKey !== undefined || token !== undefined) return await streamed(call, params.id);
      const carried = new URLSearchParams({ workflow_id: params.id });
      for (const [name, value] of Object.entries(rest)) if (value !== undefined) carried.set(name, value);
      return { status: 307, headers: { location: `${mount}/api/v1/stream/sse?${carried}` } };
    },
  }),
];

/** The events of a task as its stream. */
async function streamed(
  { principal, verbs, query, headers }: Asked,
  id: string,
): Promise<Extract<Answer, { stream: unknown }>> {
  const from = resumePoint(headers["last-event-id"], query.last_event_id);
  const task = await verbs.tasks.get(principal, id);
  const wanted = wantedBy(query.types);
  return {
    stream: {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        "x-workflow-id": task.id,
      },
      opening: `: connected to workflow ${task.id}\n\n`,
      heartbeat: ": ping\n\n",
      heartbeatMs: HEARTBEAT_MS,
      endsWhole: true,
      frames: (signal) => framesOf(verbs.tasks, principal, task, from, wanted, signal),
    },
  };
}

/** The header wins. What it holds that is no resume point is ignored; the same in the query is refused. */
function resumePoint(header: unknown, query: string | undefined): ResumePoint {
  const inHeader = typeof header === "string" ? resumePointOf(header.trim()) : null;
  if (inHeader) return inHeader;
  if (query === undefined || query === "") return FROM_THE_START;
  const inQuery = resumePointOf(query);
  if (inQuery === null) throw new Refusal("invalid", "Invalid last_event_id");
  return inQuery;
}

/**
 * The frames of a task's log after `from`, each item those of one batch. The last one of an ended task is its end, also for
 * who begins after it. All who read one log at the same place are given the same events, and those who want all of it the same bytes.
 */
export async function* framesOf(
  tasks: Pick<Tasks, "get" | "events" | "follow">,
  principal: Principal,
  task: Task,
  from: ResumePoint,
  wanted: (event: WireEvent) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Frame> {
  const after = await firstNeeded(tasks, principal, task, from);
  for await (const events of tasks.follow(principal, task.id, after, signal)) {
    const end = events.find((event) => TERMINAL_EVENTS.has(event.type));
    const isWhole = wanted === everything && areAfter(events, from);
    const made = isWhole ? encoded.get(events) : undefined;
    if (made !== undefined) {
      yield made;
      if (end !== undefined) return;
      continue;
    }
    const shown = end === undefined ? task : await tasks.get(principal, task.id);
    let text = "";
    let isInPieces = false;
    for (const event of events) {
      for (const wire of await toldInTurns(() => wireEventsOf(event, shown))) {
        if (!isEnd(wire) && !(isAfter(wire, from) && wanted(wire))) continue;
        if (!isLongFrame(wire)) text += frameOf(wire);
        else {
          if (text !== "") yield text;
          text = "";
          isInPieces = true;
          yield* frameInPieces(wire);
        }
      }
      if (event === end) break;
    }
    if (text !== "") yield isWhole && !isInPieces ? shared(events, text) : text;
    if (end !== undefined) return;
  }
  if (!signal.aborted && isTerminal(task.state)) yield lateEnd(task);
}

/** The frames of a batch. Those who keep up with a log are given the same batches. */
const encoded = new WeakMap<readonly TaskEvent[], Buffer>();

function shared(events: readonly TaskEvent[], text: string): Buffer {
  const bytes = encoded.get(events) ?? Buffer.from(text);
  encoded.set(events, bytes);
  return bytes;
}

/** The sequence number after which the log must be read. A stream id that no event of the task has says nothing about it. */
async function firstNeeded(
  tasks: Pick<Tasks, "events">,
  principal: Principal,
  task: Task,
  from: ResumePoint,
): Promise<number> {
  // An open task may be asked for what lies in its future: what comes next is then compared one by one.
  const seq = Math.min(Math.floor(from.seq / WIRE_EVENTS_MAX), task.lastSeq);
  const after = Math.max(0, seq - 1);
  if (from.at === null || after === 0) return after;
  const [marked] = await tasks.events(principal, task.id, after, 1);
  return marked?.at === from.at ? after : 0;
}

/** The end of a task whose reader resumed after its terminal event. */
function lateEnd(task: Task): string {
  const seq = task.lastSeq * WIRE_EVENTS_MAX + WIRE_EVENTS_MAX - 1;
  return `id: ${task.endedAt ?? task.updatedAt}-${seq}\nevent: done\ndata: [DONE]\n\n`;
}
