/** Work of kind `external`, done by other programs: the one place with a lease. */

import { type Route, route } from "../route.ts";
import { taskAnswer } from "./encoded-task.ts";
import * as wire from "./schema.ts";
import { taskParams } from "./task-routes.ts";
import { wireTask } from "./translate.ts";
import * as work from "./work-schema.ts";

const held = { status: 200, about: "The task.", schema: wire.task };

export const workRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/work/claim",
    id: "claimWork",
    scope: "work",
    tag: "External work",
    summary: "Take ready tasks of kind external",
    description:
      "Needs the scope `work`. Each task's `attempt` is its fencing token: name it in every further call, with the key that " +
      "claimed it: no other keeps it or hands it in, and once that key has ended the task is offered again. A lease that " +
      "runs out gives the task to the next who asks; the fifth that runs out fails it as `lease_lost`. A task whose " +
      "concurrency key has no room is not given out.",
    body: work.claimBody,
    quiet: true,
    answers: [{ status: 200, about: "The tasks that are now yours, perhaps none.", schema: wire.list(wire.task) }],
    handle: async ({ principal, verbs, body, left }) => {
      const { worker, queue, max, lease_ms, wait_ms } = body;
      const claim = { worker, queue, max, leaseMs: lease_ms, waitMs: wait_ms };
      const tasks = await verbs.work.claim(principal, claim, left());
      return { status: 200, body: { data: tasks.map((task) => wireTask(task)) } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/heartbeat",
    id: "heartbeatWork",
    scope: "work",
    tag: "External work",
    summary: "Keep the lease, and say how far it is",
    description:
      "The lease runs for `lease_ms` milliseconds from here; progress is 0 to 1 and never falls. `fenced` when " +
      "another attempt holds the task: stop working on it. `not_found`.",
    params: taskParams,
    body: work.heartbeatBody,
    quiet: true,
    answers: [held],
    handle: async ({ principal, verbs, params, body: { worker, attempt, lease_ms, progress } }) =>
      taskAnswer(
        { principal, verbs },
        200,
        await verbs.work.heartbeat(principal, params.id, {
          worker,
          attempt,
          leaseMs: lease_ms,
          ...(progress !== undefined && { progress }),
        }),
      ),
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/complete",
    id: "completeWork",
    scope: "work",
    tag: "External work",
    summary: "Hand in the output",
    description:
      "Taken also after the lease ran out, while nobody has claimed the task since. The same again is answered with the " +
      "task as it is. `fenced` when another attempt holds the task, or this one was handed in otherwise. `not_found`.",
    params: taskParams,
    body: work.completeBody,
    quiet: true,
    answers: [held],
    handle: async ({ principal, verbs, params, body }) =>
      taskAnswer({ principal, verbs }, 200, await verbs.work.complete(principal, params.id, body)),
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/fail",
    id: "failWork",
    scope: "work",
    tag: "External work",
    summary: "Say that it cannot be done, now or ever",
    description:
      "One that is `retryable` and has tries left is offered again after its delay. Late and again like a completion. " +
      "`fenced` when another attempt holds the task, or this one was handed in otherwise. `not_found`.",
    params: taskParams,
    body: work.failBody,
    quiet: true,
    answers: [held],
    handle: async ({ principal, verbs, params, body }) =>
      taskAnswer({ principal, verbs }, 200, await verbs.work.fail(principal, params.id, body)),
  }),
];
