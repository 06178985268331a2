/** Creates work for people: a to-do, and a task of a definition. */
import { z } from "zod";
import { type JsonObject, json } from "../../task/json/json.ts";
import { HUMAN_KIND, humanPriority } from "../../task/people/human.ts";
import type { Identity } from "../../task/people/identity.ts";
import { jsonBody } from "../body/json-body.ts";
import type { Call } from "../route.ts";
import { type Answer, JSON_TYPE, type Route, route } from "../route.ts";
import { withoutNulls } from "../without-nulls.ts";
import { payloadObject, wireIdentities } from "./actions.ts";
import { Caller } from "./caller.ts";
import { etagOf } from "./if-match.ts";
import { shownAnswer, type TaskQuery, taskQuery } from "./schema.ts";
import { shownAs, viewOf } from "./task-routes.ts";

/** The category of a to-do, and the pattern by which lists find it. */
const TODO = "ToDo";
const LENS = "bpm";

/** A moment of ISO 8601 or of the worklist; without a zone it is UTC. */
const wireMoment = z
  .string()
  .max(64)
  .transform((given, ctx) => {
    const said = given.trim().replace(" ", "T");
    const isMoment = /^\d{4}-\d\d-\d\d/.test(said);
    const isBare = /^\d{4}-\d\d-\d\d$/.test(said) || /(Z|[+-]\d\d:?\d\d)$/i.test(said);
    const at = isMoment ? Date.parse(isBare ? said : `${said}Z`) : Number.NaN;
    if (!Number.isNaN(at)) return at;
    ctx.addIssue({ code: "custom", message: "must be a moment of ISO 8601" });
    return z.NEVER;
  });

const title = z.string().trim().min(1).max(200);
const label = z.string().min(1).max(255);

const todoBody = z.looseObject({
  title,
  priority: humanPriority.optional(),
  dueDate: wireMoment.optional(),
  startDate: wireMoment.optional(),
  assignees: wireIdentities.optional(),
});

const taskBody = z.looseObject({
  taskDefinitionName: label,
  title: title.optional(),
  payload: json.optional(),
  identificationKey: label.optional(),
  assignees: wireIdentities.optional(),
  priority: humanPriority.optional(),
  dueDate: wireMoment.optional(),
});

const answers = [{ status: 200, about: "The task", schema: shownAnswer }];

export const createRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/tasks/todoTask",
    id: "create_todo",
    scope: "tasks",
    tag: "tasks",
    summary: "Make a to-do, for oneself or for others",
    query: taskQuery,
    body: withoutNulls(todoBody, "3.0.3"),
    idempotent: true,
    refuses: ["invalid", "unauthenticated", "forbidden", "conflict"],
    answers,
    handle: async (call) => {
      const { body, parts } = call;
      const delayMs = body.startDate === undefined ? 0 : body.startDate - parts.now();
      const input = { title: body.title, category: TODO, ...givenIn(body) };
      return await created(call, input, delayMs > 0 ? { delayMs: Math.ceil(delayMs) } : {});
    },
  }),
  route({
    method: "POST",
    path: "/tasks",
    id: "create_task",
    scope: "tasks",
    tag: "tasks",
    summary: "Make a task of a definition",
    query: taskQuery,
    body: withoutNulls(taskBody, "3.0.3"),
    idempotent: true,
    refuses: ["invalid", "unauthenticated", "forbidden", "conflict"],
    answers,
    handle: async (call) => {
      const { body } = call;
      return await created(call, {
        title: body.title ?? body.taskDefinitionName.slice(0, 200),
        definition: body.taskDefinitionName,
        ...(body.payload !== undefined && { payload: payloadObject(body.payload) }),
        ...(body.identificationKey !== undefined && { key: body.identificationKey }),
        ...givenIn(body),
      });
    },
  }),
];

type Given = { priority?: number | undefined; dueDate?: number | undefined; assignees?: Identity[] | undefined };

function givenIn({ priority, dueDate, assignees = [] }: Given): JsonObject {
  return {
    ...(priority !== undefined && { priority }),
    ...(dueDate !== undefined && { due_at: new Date(dueDate).toISOString() }),
    ...(assignees.length > 0 && { assignees: assignees.map(({ id, type }) => ({ id, type })) }),
  };
}

async function created(
  call: Call<never, TaskQuery, unknown>,
  input: JsonObject,
  more: { delayMs?: number } = {},
): Promise<Answer> {
  const { principal, verbs, idempotency, query, mount } = call;
  const { task } = await verbs.tasks.submit(principal, LENS, { kind: HUMAN_KIND, input, ...more }, idempotency);
  const shown = await shownAs(new Caller(call), task, query, viewOf(query.view, mount));
  return {
    status: 200,
    bytes: jsonBody(shown),
    headers: { "content-type": JSON_TYPE, etag: etagOf(task) },
  };
}
