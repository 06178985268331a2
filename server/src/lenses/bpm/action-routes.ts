/** Acts of people on one task, or on several at once. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { mustHave } from "../../task/principal.ts";
import { jsonBody } from "../body/json-body.ts";
import { firstParam } from "../paging.ts";
import { type Answer, JSON_TYPE, type Route, route } from "../route.ts";
import { withoutNulls } from "../without-nulls.ts";
import { acted } from "./acting.ts";
import { type ActionBody, actionBody, actionWordOf, actOf, optionsOf } from "./actions.ts";
import { Caller, numberOf } from "./caller.ts";
import { ACTION_FIELD, itemProblem } from "./errors.ts";
import { boundTo, etagOf } from "./if-match.ts";
import { whole } from "./page.ts";
import { shownAnswer, taskQuery, type View, viewParam } from "./schema.ts";
import { shownAs, taskParams, viewOf } from "./task-routes.ts";

const inQuery = firstParam(z.string().max(64).optional(), { type: "string" }).describe(
  "As clients of an older API name it, when the body does not",
);

/** For a task that is no longer there. */
const purgedAnswer = z.strictObject({ title: z.string() });

/** Tasks that one request acts on. */
const BULK_MAX = 100;
const BULK_ACTIONS: ReadonlySet<string> = new Set([
  "APPROVE",
  "REJECT",
  "REASSIGN",
  "DELEGATE",
  "WITHDRAW",
  "SUSPEND",
  "RESUME",
  "DELETE",
  "PURGE",
  "ESCALATE",
]);

const bulkBody = withoutNulls(
  actionBody.extend({
    tasks: z
      .array(z.union([z.int().positive(), z.string().regex(/^\d{1,15}$/)]))
      .min(1, "must name a task")
      .max(BULK_MAX),
  }),
  "3.0.3",
);

const NOTHING_EXPANDED = { expand: new Set<never>(), metadataFlag: false };

export const actionRoutes: readonly Route[] = [
  route({
    method: "PUT",
    path: "/tasks/{id}",
    id: "update_task",
    scope: "tasks",
    tag: "tasks",
    summary: "Act on a task",
    description: "Of two people who act at the same moment one wins, and the other is told 409.",
    params: taskParams,
    query: taskQuery.extend({ action: inQuery }),
    // Clients of an older API send everything in the query.
    body: withoutNulls(actionBody, "3.0.3").prefault({}),
    headers: { "If-Match": "The ETag of the task as it was read: 409 when it has changed since" },
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found", "not_allowed_in_state", "conflict"],
    answers: [{ status: 200, about: "The task after it", schema: z.union([shownAnswer, purgedAnswer]) }],
    handle: async (call): Promise<Answer> => {
      const { query, body, headers, mount } = call;
      const caller = new Caller(call);
      const said = actionWordOf(body, query.action);
      const task = await caller.find(call.params.id);
      const act = actOf(said, body, task);
      const after = await acted(caller, task, act, { ...optionsOf(body), ...boundTo(headers, task) });
      if (after === null) return { status: 200, body: purged(numberOf(task)) };
      const shown = await shownAs(caller, after, query, viewOf(query.view, mount));
      return {
        status: 200,
        bytes: jsonBody(shown),
        headers: { "content-type": JSON_TYPE, etag: etagOf(after) },
      };
    },
  }),
  route({
    method: "PUT",
    path: "/tasks",
    id: "update_tasks",
    scope: "tasks",
    tag: "tasks",
    summary: "Act on several tasks, each by itself",
    query: z.object({ view: viewParam, action: inQuery }),
    body: bulkBody,
    refuses: ["invalid", "unauthenticated", "not_found"],
    answers: [
      { status: 200, about: "An item for each task: the task, or what was refused", schema: z.looseObject({}) },
    ],
    handle: async (call) => {
      const { body, query } = call;
      mustHave(call.principal, "tasks");
      const caller = new Caller(call);
      const said = actionWordOf(body, query.action);
      if (!BULK_ACTIONS.has(said))
        throw new Refusal("invalid", `${said} is no action on several tasks.`, { field: ACTION_FIELD });
      const numbers = [...new Set(body.tasks.map(Number))];
      const items: object[] = [];
      let visible = 0;
      for (const number of numbers) {
        const { item, found } = await actedOn(caller, number, said, body, query.view ?? "worklist");
        items.push(item);
        if (found) visible += 1;
      }
      if (visible === 0) throw new Refusal("not_found", "None of these tasks is visible to the caller.");
      return { status: 200, body: { ...whole(items), links: [caller.links.to("self", "/tasks")] } };
    },
  }),
];

/** One of several: a refusal is its own item, and does not affect the others. */
async function actedOn(
  caller: Caller,
  number: number,
  said: string,
  body: ActionBody,
  view: View,
): Promise<{ item: object; found: boolean }> {
  let found = false;
  try {
    const task = await caller.find(String(number));
    found = true;
    const after = await acted(caller, task, actOf(said, body, task), optionsOf(body));
    if (after === null) return { item: { number, status: 200, ...purged(number) }, found };
    return { item: await shownAs(caller, after, NOTHING_EXPANDED, view), found };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, title, detail } = itemProblem(error);
    return { item: { number, status, title, detail }, found };
  }
}

function purged(number: number) {
  return { title: `Task ${number} was purged.` };
}
