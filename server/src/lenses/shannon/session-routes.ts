/** Sessions: conversations by the names that clients of this wire gave them. */

import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import type { Conversations } from "../../verbs/conversations.ts";
import type { Tasks } from "../../verbs/tasks.ts";
import { jsonBytes, toldInTurns } from "../body/json-body.ts";
import { firstParam } from "../paging.ts";
import { anyQuery, type Route, route } from "../route.ts";
import { withTree, withTrees } from "../tree-usage.ts";
import { forItself } from "./caller.ts";
import { renderErrorOf } from "./errors.ts";
import { lenientPaging, paging } from "./parameters.ts";
import {
  flag,
  historyAnswer,
  sessionAnswer,
  sessionsAnswer,
  type Turn,
  titleAnswer,
  titleBody,
  turnsAnswer,
  type WireEvent,
} from "./schema.ts";
import { historyTaskOf, listedSessionOf, type Session, sessionOf, titleFrom, turnOf } from "./sessions.ts";
import { listedEvents } from "./wire-log.ts";

const HISTORY_TASKS_MAX = 1_000;
/** Of about 1 MB each: the history of a session with large results ends earlier. */
const HISTORY_PAGES_MAX = 8;
const TURN_EVENTS_MAX = 5_000;
/** Of all events of one answer. */
const TURN_BYTES_MAX = 8 << 20;

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

const withPayload = z
  .string()
  .optional()
  .transform((text) => flag.safeParse(text).data);

const params = { id: { about: "The session's id, or the name that the client gave it", is: () => true } };

/** What the routes of a session share; `failure` is said when the fault is ours. */
const session = (failure: string) =>
  ({ params, renderError: renderErrorOf({ noun: "Session", failure }), query: anyQuery, reads: "any type" }) as const;

export const sessionRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/sessions",
    id: "get_sessions",
    scope: "tasks",
    summary: "List the caller's sessions, newest created first",
    description: "Paging that cannot be read falls back to the defaults.",
    query: z.object(lenientPaging({ limit: 20, limitMax: 100 })),
    refuses: ["unauthenticated", "forbidden"],
    renderError: renderErrorOf({ noun: "Session", failure: "Failed to list sessions" }),
    answers: [{ status: 200, about: "OK", schema: sessionsAnswer }],
    handle: async ({ principal, verbs: { conversations, tasks }, parts: { now }, query }) => {
      const caller = forItself(principal);
      const { conversations: found, aliases, total } = await conversations.list(caller, "shannon", query);
      const sessions = await Promise.all(
        found.map(async (conversation, index) => {
          const latest = await tasks.list(caller, { conversation: conversation.id }, { limit: 1 });
          return listedSessionOf({ conversation, alias: aliases[index] ?? null }, latest.tasks[0] ?? null, now());
        }),
      );
      return { status: 200, body: { sessions, total_count: total } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/sessions/{id}",
    id: "get_sessions_id",
    scope: "tasks",
    summary: "Get a session",
    description: "By its id or the client's own name for it.",
    ...session("Failed to get session"),
    refuses: ["unauthenticated", "forbidden", "not_found"],
    answers: [{ status: 200, about: "OK", schema: sessionAnswer }],
    handle: async ({ principal, verbs, params: { id } }) => ({
      status: 200,
      body: sessionOf(await verbs.conversations.get(principal, "shannon", id)),
    }),
  }),
  route({
    method: "PATCH",
    path: "/api/v1/sessions/{id}",
    id: "patch_sessions_id",
    scope: "tasks",
    summary: "Give a session a title",
    ...session("Failed to update session"),
    body: titleBody,
    invalid: () => new Refusal("invalid", "Invalid request body"),
    renderError: renderErrorOf({
      noun: "Session",
      failure: "Failed to update session",
      unreadable: "Invalid request body",
    }),
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found"],
    answers: [{ status: 200, about: "OK", schema: titleAnswer }],
    handle: async ({ principal, verbs: { conversations }, params: { id }, body }) => {
      const { conversation } = await conversations.get(principal, "shannon", id);
      const checked = titleFrom(body.title);
      if ("refused" in checked) throw new Refusal("invalid", checked.refused);
      await conversations.update(principal, conversation.id, { title: checked.title });
      return { status: 200, body: { session_id: id, title: checked.title } };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/v1/sessions/{id}",
    id: "delete_sessions_id",
    scope: "tasks",
    summary: "Delete a session; its tasks stay",
    description: "Hides it for good. Repeating it is no error.",
    ...session("Failed to delete session"),
    refuses: ["unauthenticated", "forbidden", "not_found"],
    answers: [{ status: 204, about: "Deleted, now or before" }],
    handle: async ({ principal, verbs, params: { id } }) => {
      await verbs.conversations.delete(principal, "shannon", id);
      return { status: 204 };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/sessions/{id}/history",
    id: "get_sessions_id_history",
    scope: "tasks",
    summary: "List a session's tasks, oldest first",
    ...session("Failed to get session history"),
    refuses: ["unauthenticated", "forbidden", "not_found"],
    answers: [{ status: 200, about: "OK", schema: historyAnswer }],
    handle: async ({ principal, verbs: { conversations, tasks }, params: { id } }) => {
      const { conversation } = await conversations.get(principal, "shannon", id);
      const { newest, total } = await newestTasks(tasks, principal, conversation.id);
      const shown = await withTrees(tasks, principal, newest.reverse());
      return { status: 200, body: { session_id: id, tasks: shown.map(historyTaskOf), total } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/sessions/{id}/events",
    id: "get_sessions_id_events",
    scope: "tasks",
    summary: "List a session's turns with their events, oldest first",
    ...session("Failed to get session events"),
    query: z.object({
      ...paging({ limit: 10, limitMax: 100 }),
      include_payload: firstParam(withPayload, { type: "boolean", default: true }).describe(
        "Payloads are JSON text here",
      ),
    }),
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found", "too_large"],
    answers: [{ status: 200, about: "OK", schema: turnsAnswer }],
    handle: async ({ principal, verbs: { conversations, tasks }, parts: { now }, params: { id }, query }) => {
      const { limit, offset, include_payload = true } = query;
      const { conversation } = await conversations.get(principal, "shannon", id);
      const { total, page } = await oldestTasks(tasks, principal, conversation.id, limit, offset);
      const turns = await turnsOf(tasks, principal, page, { offset, withPayload: include_payload, now: now() });
      return { status: 200, body: { session_id: id, count: total, turns } };
    },
  }),
];

/** Throws `too_large` when more has happened in them than one answer may hold. */
async function turnsOf(
  tasks: Pick<Tasks, "get" | "events" | "treeUsage">,
  principal: Principal,
  page: readonly Task[],
  { offset, withPayload, now }: { offset: number; withPayload: boolean; now: number },
): Promise<Turn[]> {
  const turns: Turn[] = [];
  let room = TURN_EVENTS_MAX;
  let bytes = TURN_BYTES_MAX;
  for (const [index, task] of page.entries()) {
    const events: WireEvent[] = [];
    for await (const event of listedEvents(tasks, principal, task)) {
      events.push(event);
      room -= 1;
      bytes -= await jsonBytes(event);
      if (room < 0 || bytes < 0) {
        throw new Refusal("too_large", "Session has too many events. Please use pagination with smaller turn limits.");
      }
    }
    const shown = await withTree(tasks, principal, task);
    const about = { number: offset + index + 1, events, withPayload, now };
    turns.push(await toldInTurns(() => turnOf(shown, about)));
  }
  return turns;
}

/** The newest tasks of a conversation, newest first, at most `HISTORY_TASKS_MAX`. */
async function newestTasks(tasks: Pick<Tasks, "list">, principal: Principal, conversation: string) {
  const newest: Task[] = [];
  let total = 0;
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page = await tasks.list(
      principal,
      { conversation },
      { limit: PAGE_LIMIT_MAX, whole: true, ...(cursor !== null && { cursor }) },
    );
    newest.push(...page.tasks);
    total = page.total;
    cursor = page.next;
    pages += 1;
  } while (cursor !== null && newest.length < HISTORY_TASKS_MAX && pages < HISTORY_PAGES_MAX);
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
  const page: Task[] = [];
  while (page.length < end - offset) {
    const rest = { limit: end - offset - page.length, offset: total - end + page.length, whole: true };
    const found = await tasks.list(principal, { conversation }, rest);
    if (found.tasks.length === 0) break;
    page.push(...found.tasks);
  }
  return { total, page: page.reverse() };
}
