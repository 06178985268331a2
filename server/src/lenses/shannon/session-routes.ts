/** Sessions: conversations by the names that clients of this wire gave them. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import type { Conversations } from "../../verbs/conversations.ts";
import type { Tasks } from "../../verbs/tasks.ts";
import type { LensParts } from "../lens.ts";
import { callerOf } from "./caller.ts";
import { lenientPaging, paging } from "./paging.ts";
import { stringsOf } from "./query.ts";
import { flag, type Turn, titleBody } from "./schema.ts";
import { historyTaskOf, listedSessionOf, type Session, sessionOf, titleFrom, turnOf } from "./sessions.ts";
import { listedEvents } from "./wire-log.ts";

const HISTORY_TASKS_MAX = 1_000;
const TURN_EVENTS_MAX = 5_000;

const idParams = z.object({ id: z.string() });

/** The session of that id or of that name; null when the caller has none. */
export async function findSession(
  conversations: Pick<Conversations, "get">,
  principal: Principal,
  id: string,
): Promise<Session | null> {
  try {
    return await conversations.get(principal, "shannon", id);
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return null;
    throw error;
  }
}

export function addSessionRoutes(app: FastifyInstance, { verbs, now }: LensParts): void {
  const { conversations, tasks } = verbs;

  /** `GET /api/v1/sessions`: newest created first. Paging that cannot be read falls back to the defaults. */
  app.get("/sessions", concerning("Failed to list sessions"), async (request, reply) => {
    const principal = callerOf(request);
    const page = lenientPaging(stringsOf(request.query), { limit: 20, limitMax: 100 });
    const { conversations: found, aliases, total } = await conversations.list(principal, "shannon", page);
    const sessions = await Promise.all(
      found.map(async (conversation, index) => {
        const latest = await tasks.list(principal, { conversation: conversation.id }, { limit: 1 });
        return listedSessionOf({ conversation, alias: aliases[index] ?? null }, latest.tasks[0] ?? null, now());
      }),
    );
    return reply.send({ sessions, total_count: total });
  });

  /** `GET /api/v1/sessions/{id}`, by its id or the client's own name for it. */
  app.get("/sessions/:id", concerning("Failed to get session"), async (request, reply) => {
    return reply.send(sessionOf(await conversations.get(callerOf(request), "shannon", sessionId(request))));
  });

  /** `GET /api/v1/sessions/{id}/history`: its tasks, oldest first. */
  app.get("/sessions/:id/history", concerning("Failed to get session history"), async (request, reply) => {
    const principal = callerOf(request);
    const id = sessionId(request);
    const { conversation } = await conversations.get(principal, "shannon", id);
    const { newest, total } = await newestTasks(tasks, principal, conversation.id);
    return reply.send({ session_id: id, tasks: newest.reverse().map(historyTaskOf), total });
  });

  /** `GET /api/v1/sessions/{id}/events`: its tasks as turns, oldest first, each with what happened in it. */
  app.get("/sessions/:id/events", concerning("Failed to get session events"), async (request, reply) => {
    const principal = callerOf(request);
    const id = sessionId(request);
    const query = stringsOf(request.query);
    const { limit, offset } = paging(query, { limit: 10, limitMax: 100 });
    const withPayload = flag.safeParse(query["include_payload"]).data ?? true;
    const { conversation } = await conversations.get(principal, "shannon", id);
    const { total, page } = await oldestTasks(tasks, principal, conversation.id, limit, offset);
    const turns: Turn[] = [];
    let room = TURN_EVENTS_MAX;
    for (const [index, task] of page.entries()) {
      const events = [];
      for await (const event of listedEvents(tasks, principal, task)) {
        events.push(event);
        room -= 1;
        if (room < 0) {
          throw new Refusal(
            "too_large",
            "Session has too many events. Please use pagination with smaller turn limits.",
          );
        }
      }
      turns.push(turnOf(task, offset + index + 1, events, withPayload));
    }
    return reply.send({ session_id: id, count: total, turns });
  });

  const retitling = {
    config: {
      shannon: { noun: "Session", failure: "Failed to update session", unreadable: "Invalid request body" },
    },
  } as const;

  /** `PATCH /api/v1/sessions/{id}`: gives it a title. */
  app.patch("/sessions/:id", retitling, async (request, reply) => {
    const principal = callerOf(request);
    const id = sessionId(request);
    const body = titleBody.safeParse(request.body);
    if (!body.success) throw new Refusal("invalid", "Invalid request body");
    const { conversation } = await conversations.get(principal, "shannon", id);
    const checked = titleFrom(body.data.title);
    if ("refused" in checked) throw new Refusal("invalid", checked.refused);
    await conversations.rename(principal, conversation.id, checked.title);
    return reply.send({ session_id: id, title: checked.title });
  });

  /** `DELETE /api/v1/sessions/{id}`: hides it for good; its tasks stay. Repeating it is no error. */
  app.delete("/sessions/:id", concerning("Failed to delete session"), async (request, reply) => {
    await conversations.delete(callerOf(request), "shannon", sessionId(request));
    return reply.code(204).send();
  });
}

/** The newest tasks of a conversation, newest first, at most `HISTORY_TASKS_MAX`. */
async function newestTasks(tasks: Pick<Tasks, "list">, principal: Principal, conversation: string) {
  const newest: Task[] = [];
  let total = 0;
  let cursor: string | null = null;
  do {
    const page = await tasks.list(
      principal,
      { conversation },
      { limit: PAGE_LIMIT_MAX, ...(cursor !== null && { cursor }) },
    );
    newest.push(...page.tasks);
    total = page.total;
    cursor = page.next;
  } while (cursor !== null && newest.length < HISTORY_TASKS_MAX);
  return { newest, total };
}

/** A page counted from the oldest task, out of a list that is newest first. */
async function oldestTasks(
  tasks: Pick<Tasks, "list">,
  principal: Principal,
  conversation: string,
  limit: number,
  offset: number,
): Promise<{ total: number; page: Task[] }> {
  const { total } = await tasks.list(principal, { conversation }, { limit: 1 });
  const end = Math.min(total, offset + limit);
  if (end <= offset) return { total, page: [] };
  const found = await tasks.list(principal, { conversation }, { limit: end - offset, offset: total - end });
  return { total, page: found.tasks.reverse() };
}

function sessionId(request: FastifyRequest): string {
  return idParams.parse(request.params).id;
}

function concerning(failure: string) {
  return { config: { shannon: { noun: "Session", failure } } } as const;
}
