/** Tasks: submit, read, steer. */
import type { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { isTaskId } from "../../task/id.ts";
import { isTerminal } from "../../task/states.ts";
import type { Steering } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import type { Acknowledged } from "../../verbs/tasks.ts";
import { conditional } from "../etag.ts";
import type { Show } from "../lens-parts.ts";
import { type Answer, type AnswerDoc, type Call, type Route, route } from "../route.ts";
import { withTree } from "../tree-usage.ts";
import { encodedTask, taskAnswer } from "./encoded-task.ts";
import * as wire from "./schema.ts";
import {
  filterOf,
  plainSubmit,
  submissionOf,
  wireArtifact,
  wireStep,
  wireSummary,
  wireUsageCall,
  wireWhy,
} from "./translate.ts";
import { step, why } from "./why-schema.ts";

export const LENS = "native";
/** Of a task as another lens shows it: its JSON is of that lens's schema, and has no ETag. */
const SHOWN_TYPE = "application/vnd.waybill.shown+json";

export const taskParams = { id: { about: "`task_` and 26 characters.", is: isTaskId, noun: "Task" } };

const shown: AnswerDoc = { status: 200, about: "The task.", schema: wire.task };
export const REPLAYED_HEADER = { "idempotency-replayed": "true" };
export const REPLAYED = { "Idempotency-Replayed": "true when this key had already taken effect." };

export const taskRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/tasks",
    id: "submitTask",
    scope: "tasks",
    short: true,
    tag: "Tasks",
    summary: "Submit a task",
    description:
      "Acknowledged once it is on disk. With `wait` the answer is held until the task has ended, needs input or is " +
      "paused, or the seconds are over. `invalid` for a kind that there is not or an input that does not fit it; " +
      "`not_found` for a conversation id that is none of yours; `conflict` beside an open task of the conversation where the " +
      "strategy is `reject`.",
    query: wire.waitQuery,
    body: wire.submitBody,
    plain: plainSubmit,
    idempotent: true,
    refuses: ["not_found", "conflict"],
    answers: [
      {
        status: 202,
        about: "Accepted: the task as it is.",
        schema: wire.task,
        headers: { Location: "URL of the task.", ...REPLAYED },
      },
      { status: 200, about: "It ended within `wait`.", schema: wire.task, headers: { Location: "URL of the task." } },
    ],
    handle: async ({ principal, verbs, query, body, idempotency, left }) => {
      const { task, replayed } = await verbs.tasks.submit(principal, LENS, submissionOf(body), idempotency);
      const now =
        query.wait === undefined ? task : await verbs.tasks.settled(principal, task.id, query.wait * 1_000, left());
      return taskAnswer({ principal, verbs }, query.wait !== undefined && isTerminal(now.state) ? 200 : 202, now, {
        location: `/v1/tasks/${now.id}`,
        ...(replayed && REPLAYED_HEADER),
      });
    },
  }),
  route({
    method: "GET",
    path: "/v1/tasks",
    id: "listTasks",
    scope: "tasks",
    searches: "q",
    tag: "Tasks",
    summary: "List tasks, newest first",
    description:
      "Those that the key may see; `total` counts all pages. A page ends when it has about 1 MB: `next_cursor` leads on. `invalid` for a " +
      "cursor that no list has given, or a `q` without words or with too many.",
    query: wire.listQuery,
    answers: [{ status: 200, about: "A page.", schema: wire.page(wire.taskSummary) }],
    handle: async ({ principal, verbs, query }) => {
      const { tasks, total, next } = await verbs.tasks.list(principal, filterOf(query), {
        limit: query.limit,
        ...(query.cursor !== undefined && { cursor: query.cursor }),
      });
      return { status: 200, body: { data: tasks.map(wireSummary), total, next_cursor: next } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/tasks/{id}",
    id: "getTask",
    scope: "tasks",
    short: true,
    tag: "Tasks",
    summary: "Read a task",
    description:
      "With `wait` the answer is held until the task has ended, asks a person or is paused, or the seconds are " +
      "over. `invalid` for a `lens` that there is not; `not_found`.",
    params: taskParams,
    query: wire.taskQuery,
    answers: [
      {
        ...shown,
        about: "The task; of a type of its own as another `lens` shows it.",
        mediaType: SHOWN_TYPE,
        headers: { ETag: "Changes with every change of the task. Send it as If-None-Match." },
      },
      { status: 304, about: "It has not changed since the `If-None-Match` that was sent." },
    ],
    handle: async ({ principal, verbs, parts, params, query, headers, left }) => {
      const task =
        query.wait === undefined
          ? await verbs.tasks.get(principal, params.id)
          : await verbs.tasks.settled(principal, params.id, query.wait * 1_000, left());
      if (query.lens !== undefined && query.lens !== LENS) {
        const body = shownAs(query.lens, await withTree(verbs.tasks, principal, task), parts.shows);
        return { status: 200, body, headers: { "content-type": `${SHOWN_TYPE}; charset=utf-8` } };
      }
      return conditional(headers, await encodedTask(task, { principal, verbs }));
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/tasks/{id}",
    id: "deleteTask",
    scope: "tasks",
    tag: "Tasks",
    summary: "Hide an ended task from every list and read",
    description: "`not_found`; `not_allowed_in_state` while it has not ended.",
    params: taskParams,
    answers: [{ status: 204, about: "Deleted." }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.tasks.delete(principal, params.id);
      return { status: 204 };
    },
  }),
  pages(
    "steps",
    "What its handler has journaled",
    "Branch by branch; durations are in milliseconds. A page ends when it has about 256 KB",
    step,
    async ({ principal, verbs, params, query }) => {
      const { steps, next } = await verbs.tasks.steps(principal, params.id, query.cursor);
      return { data: steps.map(wireStep), next };
    },
  ),
  pages(
    "artifacts",
    "What it has produced",
    "As it is by now; `complete` says that no more comes. A page ends when it has about 1 MB, with one artifact at least",
    wire.artifact,
    async ({ principal, verbs, params, query }) => {
      const { artifacts, next } = await verbs.tasks.artifacts(principal, params.id, query.cursor);
      return { data: artifacts.map(wireArtifact), next };
    },
  ),
  pages(
    "usage",
    "Its paid calls",
    "Those of fenced attempts too; costs are in US dollars. A page ends when it has about 256 KB",
    wire.usageCall,
    async ({ principal, verbs, params, query }) => {
      const { calls, next } = await verbs.tasks.usage(principal, params.id, query.cursor);
      return { data: calls.map(wireUsageCall), next };
    },
  ),
  route({
    method: "GET",
    path: "/v1/tasks/{id}/why",
    id: "getWhy",
    scope: "tasks",
    tag: "Tasks",
    summary: "Why it is where it is, and when it goes on",
    description: "Names no task that you may not see. `not_found`.",
    params: taskParams,
    answers: [{ status: 200, about: "Why it is where it is, and when it goes on.", schema: why }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireWhy(await verbs.tasks.why(principal, params.id)),
    }),
  }),
  steer(
    "cancel",
    "Cancel it and its open children",
    "`not_found`; `not_allowed_in_state` when it has ended.",
    ({ principal, verbs, params }, steering) => verbs.tasks.cancel(principal, params.id, steering),
  ),
  steer(
    "pause",
    "Pause it once the steps in flight have ended, or at once",
    "`not_found`; `not_allowed_in_state` when it has ended or is paused, unless `now` stops what still runs.",
    ({ principal, verbs, params, body: { now = false } }, steering) =>
      verbs.tasks.pause(principal, params.id, { ...steering, now }),
    wire.pauseBody,
  ),
  steer(
    "resume",
    "Let it go on",
    "`not_found`; `not_allowed_in_state` when it is not paused.",
    ({ principal, verbs, params }, steering) => verbs.tasks.resume(principal, params.id, steering),
  ),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/budget",
    id: "setBudget",
    scope: "tasks",
    tag: "Tasks",
    summary: "Give it another budget",
    description:
      "For itself and all below it, while it runs as well as paused: then resume it. What it has spent counts for it as before. " +
      "`not_found`; `not_allowed_in_state` when it has ended; `conflict` when it was submitted without a budget.",
    params: taskParams,
    body: wire.budgetBody,
    idempotent: true,
    answers: [{ ...shown, headers: REPLAYED }],
    handle: async (call) => {
      const { principal, verbs, params, body, idempotency } = call;
      const { tokens, cost_usd: costUsd, on_spent: onSpent } = body;
      const amounts = {
        ...(tokens !== undefined && { tokens }),
        ...(costUsd !== undefined && { costUsd }),
        ...(onSpent !== undefined && { onSpent }),
      };
      return acknowledged(
        call,
        await verbs.tasks.setBudget(principal, params.id, amounts, steeringOf(body, idempotency)),
      );
    },
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/retry",
    id: "retryTask",
    scope: "tasks",
    tag: "Tasks",
    summary: "Try it again as a new task",
    description:
      "Of the same owner, with the same input. `not_found`; `not_allowed_in_state` while the first one has not " +
      "ended; `invalid` when its kind is gone or no longer takes its input.",
    params: taskParams,
    body: wire.retryBody,
    idempotent: true,
    answers: [
      {
        status: 202,
        about: "The new task; its `retry_of` is the old one.",
        schema: wire.task,
        headers: { Location: "URL of the new task.", ...REPLAYED },
      },
    ],
    handle: async ({ principal, verbs, params, body, idempotency }) => {
      const { task, replayed } = await verbs.tasks.retry(principal, params.id, {
        reuseJournal: body.reuse_journal,
        ...steeringOf(body, idempotency),
      });
      return taskAnswer({ principal, verbs }, 202, task, {
        location: `/v1/tasks/${task.id}`,
        ...(replayed && REPLAYED_HEADER),
      });
    },
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/input",
    id: "sendInput",
    scope: "tasks",
    tag: "Tasks",
    summary: "Answer its question, or leave a message for its next one",
    description:
      "`not_found`; `not_allowed_in_state` when it has ended, asks other questions than the named one, or does not ask that any more; `conflict` when another input came under this `message_id`; " +
      "`rate_limited` when 1,000 inputs, or 8 MB of them, wait that it has not taken.",
    params: taskParams,
    body: wire.inputBody,
    idempotent: true,
    answers: [{ ...shown, headers: REPLAYED }],
    handle: async ({ principal, verbs, params, body, idempotency }) =>
      acknowledged(
        { principal, verbs },
        await verbs.tasks.input(
          principal,
          params.id,
          {
            ...(body.text === undefined ? { value: body.value ?? null } : { value: body.text, words: true }),
            ...(body.prompt !== undefined && { prompt: body.prompt }),
            ...(body.message_id !== undefined && { messageId: body.message_id }),
          },
          steeringOf({}, idempotency),
        ),
      ),
  }),
];

/** The task as another lens would show it. Throws `invalid` with the names of those that there are. */
function shownAs(lens: string, task: Task, shows: ReadonlyMap<string, Show>): unknown {
  const show = shows.get(lens);
  if (show !== undefined) return show(task);
  const known = [...shows.keys()].join(", ");
  throw new Refusal("invalid", `There is no lens of this name. There are: ${known}.`, { field: "query.lens" });
}

type TaskCall<Query, Body> = Call<"id", Query, Body>;

/** What hangs on a task, from its beginning or where `cursor` leads on. */
function pages<Item extends z.ZodType>(
  noun: string,
  summary: string,
  description: string,
  item: Item,
  page: (
    call: TaskCall<z.infer<typeof wire.cursorQuery>, undefined>,
  ) => Promise<{ data: z.output<Item>[]; next: string | null }>,
): Route {
  return route({
    method: "GET",
    path: `/v1/tasks/{id}/${noun}`,
    id: `get${noun[0]?.toUpperCase()}${noun.slice(1)}`,
    scope: "tasks",
    tag: "Tasks",
    summary,
    description:
      `${description}; \`next_cursor\` leads on, and is null on the last. \`invalid\` for a cursor that no page has ` +
      "given; `not_found`.",
    params: taskParams,
    query: wire.cursorQuery,
    answers: [{ status: 200, about: "A page.", schema: wire.paged(item) }],
    handle: async (call) => {
      const { data, next } = await page(call);
      return { status: 200, body: { data, next_cursor: next } };
    },
  });
}

function steer(
  verb: string,
  summary: string,
  description: string,
  act: (
    call: TaskCall<Record<string, never>, z.infer<typeof wire.pauseBody>>,
    steering: Steering,
  ) => Promise<Acknowledged>,
  body: z.ZodType<z.infer<typeof wire.pauseBody>> = wire.steeringBody,
): Route {
  return route({
    method: "POST",
    path: `/v1/tasks/{id}/${verb}`,
    id: `${verb}Task`,
    scope: "tasks",
    tag: "Tasks",
    summary,
    description,
    params: taskParams,
    body,
    idempotent: true,
    answers: [{ ...shown, headers: REPLAYED }],
    handle: async (call) => acknowledged(call, await act(call, steeringOf(call.body, call.idempotency))),
  });
}

function steeringOf(body: { reason?: string | undefined }, idempotency: Steering["idempotency"] | undefined): Steering {
  return {
    ...(body.reason !== undefined && { reason: body.reason }),
    ...(idempotency !== undefined && { idempotency }),
  };
}

function acknowledged(
  { principal, verbs }: Pick<Call<never, unknown, unknown>, "principal" | "verbs">,
  { task, replayed }: Acknowledged,
): Answer | Promise<Answer> {
  return taskAnswer({ principal, verbs }, 200, task, replayed ? REPLAYED_HEADER : {});
}
