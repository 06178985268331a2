/** The way back for work that a run waits for. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { notFound } from "../../../task/errors.ts";
import { isJsonObject, type Json, json } from "../../../task/json/json.ts";
import { openQuestions } from "../../../task/people/questions.ts";
import type { Outcome } from "../../../verbs/work.ts";
import { anyQuery, type Route, route } from "../../route.ts";
import { foundAs } from "../errors.ts";
import { taskNamed } from "../names.ts";
import { success } from "../success.ts";

const received = z.object({ status: z.literal("received"), correlation_id: z.string() });

/** Of work for other programs, its outcome, whether or not one of them has taken it; of a run that asks something, the answer. */
export const callbackRoute: Route = route({
  method: "POST",
  path: "/v1/tools/{tenant_id}/callback/{correlation_id}",
  id: "tool_callback",
  scope: "tasks",
  tag: "Tools",
  summary: "Deliver What a Run Waits For",
  description:
    "The correlation id is that of work for other programs, whether or not one holds it, or of a run that asks something. " +
    "The body is its outcome or the answer; an object with a text `error` fails the work.",
  params: {
    tenant_id: { about: "The caller's tenant", is: () => true },
    correlation_id: { about: "The id of a run, of a background task or of any task", is: () => true },
  },
  query: anyQuery,
  reads: "typed",
  body: json,
  refuses: ["unauthenticated", "invalid", "not_found", "forbidden", "not_allowed_in_state"],
  answers: success(received),
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
    const outcome = outcomeOf(body);
    const { lastClaim, attempt } = task;
    if (lastClaim === null) await verbs.work.deliver(principal, task.id, { worker: principal.user, ...outcome });
    else {
      const held = { worker: lastClaim.worker, attempt };
      if ("output" in outcome) await verbs.work.complete(principal, task.id, { ...held, ...outcome });
      else await verbs.work.fail(principal, task.id, { ...held, ...outcome, retryable: false });
    }
    return answer;
  },
});

function outcomeOf(body: Json): Outcome {
  const error = isJsonObject(body) ? body["error"] : undefined;
  return typeof error === "string" ? { error: { code: "tool_failed", message: error } } : { output: body };
}
