/** Many tasks in one call: each is taken or refused by itself, and those that are taken share commits. */
import { z } from "zod";
import { jsonBody } from "../body/json-body.ts";
import { refusalOf } from "../error-answer.ts";
import { idempotencyOf, type KeyedRequest } from "../idempotency.ts";
import { named } from "../openapi.ts";
import { JSON_TYPE, route } from "../route.ts";
import { shownTask } from "./encoded-task.ts";
import { problemOf } from "./errors.ts";
import { problem, submitBody, task } from "./schema.ts";
import { LENS } from "./task-routes.ts";
import { submissionOf } from "./translate.ts";

/** What the writer commits at once, and what keeps the event loop for some 10 ms. */
const TASKS_AT_ONCE_MAX = 256;

const entry = z.strictObject({
  ...submitBody.shape,
  idempotency_key: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("As the Idempotency-Key of a submit of this task alone: either way the same key is the same task."),
});
named(entry, "BatchEntry");

const batchBody = z
  .strictObject({ tasks: z.array(entry).min(1).max(TASKS_AT_ONCE_MAX) })
  .meta({ example: { tasks: [{ kind: "agent", input: { query: "What is the capital of France?" } }] } });
named(batchBody, "BatchSubmit");

const outcome = z.strictObject({
  status: z.int().describe("As a submit of this task alone would be answered."),
  task: task.nullable().describe("Null where it was refused."),
  replayed: z.boolean().describe("This key had already taken effect."),
  error: problem.nullable(),
});
named(outcome, "BatchOutcome");

/** `POST /v1/tasks:batch`. */
export const batchRoute = route({
  method: "POST",
  path: "/v1/tasks:batch",
  id: "submitTasks",
  scope: "tasks",
  tag: "Tasks",
  summary: "Submit many tasks at once",
  description:
    `At most ${TASKS_AT_ONCE_MAX}, within the bounds of one body. Acknowledged once all that were taken are on disk. Each is taken or ` +
    "refused by itself, as if it had come alone, and counts as a request of its own; `invalid` for a body that does not fit, of which " +
    "nothing is taken. Give each an `idempotency_key`, and an answer that was lost can be asked for again.",
  body: batchBody,
  answers: [
    {
      status: 200,
      about: "What became of each, in their order.",
      schema: z.strictObject({ data: z.array(outcome) }),
    },
  ],
  handle: async ({ principal, verbs, parts, body, sent, mount, count, requestId }) => {
    count(body.tasks.length - 1);
    const asSent = sentTasks.parse(sent).tasks;
    const results = await verbs.tasks.submitAll(
      principal,
      LENS,
      body.tasks.map((given, at) => ({
        submission: submissionOf(given),
        idempotency: idempotencyOf(submitAlone(asSent[at], mount), "conflict"),
      })),
    );
    const data = await Promise.all(
      results.map(async (result): Promise<z.output<typeof outcome>> => {
        if (result.status === "fulfilled") {
          const { task, replayed } = result.value;
          return { status: 202, task: await shownTask(task, { principal, verbs }), replayed, error: null };
        }
        const refusal = refusalOf(result.reason);
        if (refusal.code === "internal") parts.unexpected(result.reason, requestId);
        const error = problemOf(refusal, requestId);
        return { status: error.status, task: null, replayed: false, error };
      }),
    );
    const inputs = data.map(({ task }) => task?.input);
    return { status: 200, bytes: jsonBody({ data }, inputs), headers: { "content-type": JSON_TYPE } };
  },
});

/** A key is bound to what was sent with it, without what the schema adds. */
const sentTasks = z.object({ tasks: z.array(z.looseObject({ idempotency_key: z.string().optional() })) });

/** The request that a submit of this task alone would be. */
function submitAlone(sent: z.output<typeof sentTasks>["tasks"][number] | undefined, mount: string): KeyedRequest {
  const { idempotency_key: key, ...body } = sent ?? {};
  const headers = key === undefined ? {} : { "idempotency-key": key };
  return { method: "POST", url: `${mount}/v1/tasks`, mount, headers, body };
}
