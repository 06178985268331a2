/** Live events of a task. A stream never steers what it shows: closing it leaves the task alone. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { type TaskEvent, TERMINAL_EVENTS } from "../../task/events/event.ts";
import type { Principal } from "../../task/principal.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import type { Tasks } from "../../verbs/tasks.ts";
import type { LensParts } from "../lens.ts";
import { callerOf } from "./caller.ts";
import { WIRE_EVENTS_MAX, wireEventsOf } from "./events.ts";
import { FROM_THE_START, frameOf, isAfter, isEnd, type ResumePoint, resumePointOf, wantedBy } from "./frames.ts";
import { headersSoFar } from "./headers.ts";
import type { WireEvent } from "./schema.ts";
import { WIRE_ID } from "./vocabulary.ts";

const HEARTBEAT_MS = 10_000;

const one = z.union([z.string(), z.array(z.string()).transform((all) => all.join(","))]).optional();
const streamQuery = z.object({ workflow_id: one, types: one, last_event_id: one });

export function addStreamRoutes(app: FastifyInstance, { verbs, stream }: LensParts): void {
  /**
   * `GET /api/v1/stream/sse`: the whole log of a task from its start, or from after `Last-Event-ID`, then live. Always
   * ends with the frame `done`.
   */
  app.get(
    "/stream/sse",
    { exposeHeadRoute: false, config: { shannon: { noun: "Workflow", failure: "Failed to stream events" } } },
    async (request, reply) => {
      const principal = callerOf(request);
      const query = streamQuery.safeParse(request.query).data ?? {};
      const id = query.workflow_id ?? "";
      if (!WIRE_ID.test(id)) throw new Refusal("invalid", "Invalid or missing workflow_id");
      const from = resumePoint(request.headers["last-event-id"], query.last_event_id);
      const task = await verbs.tasks.get(principal, id);
      const wanted = wantedBy(query.types);
      await stream(request, reply, {
        headers: {
          ...headersSoFar(reply),
          "content-type": "text/event-stream",
          "cache-control": "no-cache, no-transform",
          connection: "keep-alive",
          "x-accel-buffering": "no",
          "x-workflow-id": task.id,
        },
        opening: `: connected to workflow ${task.id}\n\n`,
        heartbeat: ": ping\n\n",
        heartbeatMs: HEARTBEAT_MS,
        frames: (signal) => framesOf(verbs.tasks, principal, task, from, wanted, signal),
      });
      return reply;
    },
  );
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

/** The frames of a task's log after `from`, each item those of one batch. The last one of an ended task is its end. */
export async function* framesOf(
  tasks: Pick<Tasks, "get" | "events" | "follow">,
  principal: Principal,
  task: Task,
  from: ResumePoint,
  wanted: (event: WireEvent) => boolean,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const after = await firstNeeded(tasks, principal, task, from);
  for await (const events of logOf(tasks, principal, task, after, signal)) {
    const end = events.find((event) => TERMINAL_EVENTS.has(event.type));
    const shown = end === undefined ? task : await tasks.get(principal, task.id);
    let text = "";
    for (const event of events) {
      for (const wire of wireEventsOf(event, shown)) {
        if (isEnd(wire) || (isAfter(wire, from) && wanted(wire))) text += frameOf(wire);
      }
      if (event === end) break;
    }
    if (text !== "") yield text;
    if (end !== undefined) return;
  }
  if (!signal.aborted && isTerminal(task.state)) yield lateEnd(task);
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

/** An ended task is read and not followed: its reader may begin after the end. */
async function* logOf(
  tasks: Pick<Tasks, "events" | "follow">,
  principal: Principal,
  task: Task,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly TaskEvent[]> {
  if (!isTerminal(task.state)) {
    yield* tasks.follow(principal, task.id, after, signal);
    return;
  }
  let read = after;
  while (!signal.aborted) {
    const page = await tasks.events(principal, task.id, read, PAGE_LIMIT_MAX);
    if (page.length === 0) return;
    yield page;
    read = page.at(-1)?.seq ?? read;
  }
}

/** The end of a task whose reader resumed after its terminal event. */
function lateEnd(task: Task): string {
  const seq = task.lastSeq * WIRE_EVENTS_MAX + WIRE_EVENTS_MAX - 1;
  return `id: ${task.endedAt ?? task.updatedAt}-${seq}\nevent: done\ndata: [DONE]\n\n`;
}
