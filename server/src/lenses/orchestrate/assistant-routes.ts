/** The runs of one assistant, and the way back for work that a run waits for. */

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { notFound, Refusal } from "../../task/errors.ts";
import { isJsonObject, json } from "../../task/json.ts";
import { openQuestions } from "../../task/questions.ts";
import { anyQuery, type Route, route } from "../route.ts";
import { runOf } from "./assistant-run.ts";
import { foundAs } from "./errors.ts";
import { taskNamed } from "./names.ts";
import { agentOf } from "./run.ts";
import { listedRuns } from "./run-list.ts";
import { answerWithSteps } from "./run-log.ts";
import { assistantRun } from "./schema.ts";
import type { TimedOut } from "./vocabulary.ts";

const TAG = "Assistants";
const assistant = { assistant_id: { about: "An agent's id, or its slug", is: () => true } };
const run = { run_id: { about: "A run's id", is: () => true } };
const LOOKED_AT_MAX = 1_000;

export function assistantRoutes(timedOut: TimedOut): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/assistants/{assistant_id}/runs",
      id: "list_assistant_runs",
      tag: TAG,
      summary: "List Runs of an Assistant",
      description: "Newest first, of the last 1,000 runs of all.",
      params: assistant,
      query: anyQuery,
      refuses: ["unauthenticated", "not_found"],
      answers: [{ status: 200, about: "Successful Response", schema: z.array(assistantRun) }],
      handle: async ({ principal, verbs, params }) => {
        const page = { limit: LOOKED_AT_MAX, offset: 0 };
        const { runs } = await listedRuns(verbs.tasks, principal, { kinds: ["agent"] }, page);
        const { id } = await foundAs("Assistant", verbs.agents.get(principal, params.assistant_id));
        return { status: 200, body: runs.filter((task) => agentOf(task) === id).map((task) => runOf(task, timedOut)) };
      },
    }),
    route({
      method: "GET",
      path: "/v1/assistants/{assistant_id}/runs/{run_id}",
      id: "get_assistant_run",
      tag: TAG,
      summary: "Get Run of an Assistant",
      params: { ...assistant, ...run },
      query: anyQuery,
      refuses: ["unauthenticated", "not_found"],
      answers: [{ status: 200, about: "Successful Response", schema: assistantRun }],
      handle: async ({ principal, verbs, params }) => {
        const task = await foundAs("Run", taskNamed(verbs, principal, params.run_id));
        const { id } = await foundAs("Assistant", verbs.agents.get(principal, params.assistant_id));
        if (agentOf(task) !== id) throw notFound("Run");
        const answer = await answerWithSteps(verbs.tasks, principal, task);
        return { status: 200, body: runOf(task, timedOut, answer) };
      },
    }),
    callback,
  ];
}

const received = z.object({ status: z.literal("received"), correlation_id: z.string() });

/** Of work that a worker has taken, its outcome; of a run that asks something, the answer. */
const callback = route({
  method: "POST",
  path: "/v1/tools/{tenant_id}/callback/{correlation_id}",
  id: "tool_callback",
  tag: "Tools",
  summary: "Deliver What a Run Waits For",
  description:
    "The correlation id is that of a task which a worker holds, or of a run that asks something. The body is its outcome " +
    "or the answer; an object with a text `error` fails the work.",
  params: {
    tenant_id: { about: "The caller's tenant", is: () => true },
    correlation_id: { about: "The id of a run, of a background task or of any task", is: () => true },
  },
  query: anyQuery,
  reads: "typed",
  body: json,
  refuses: ["unauthenticated", "invalid", "not_found", "forbidden", "not_allowed_in_state"],
  answers: [{ status: 200, about: "Successful Response", schema: received }],
  handle: async ({ principal, verbs, params: { tenant_id, correlation_id }, body }) => {
    const task = await foundAs("Task", taskNamed(verbs, principal, correlation_id));
    if (tenant_id !== principal.tenant) throw notFound("Tenant");
    const answer = { status: 200, body: { status: "received", correlation_id } };
    const [question] = openQuestions(task);
    if (question !== undefined) {
      const said = { messageId: randomUUID(), prompt: question.prompt.name, value: body };
      await verbs.tasks.input(principal, task.id, said);
      return answer;
    }
    if (task.queue === null || task.lastClaim === null) {
      throw new Refusal("not_allowed_in_state", "Nothing waits for this");
    }
    const held = { worker: task.lastClaim.worker, attempt: task.attempt };
    const error = isJsonObject(body) ? body["error"] : undefined;
    if (typeof error === "string") {
      const failure = { code: "tool_failed", message: error };
      await verbs.work.fail(principal, task.id, { ...held, error: failure, retryable: false });
    } else await verbs.work.complete(principal, task.id, { ...held, output: body });
    return answer;
  },
});
