/** Tasks: cancel, pause, resume. An empty or malformed body is as good as none: it carries a reason and no more. */
import type { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { stepsGoingOn } from "../../task/pause.ts";
import { isTerminal, type State, type TerminalState } from "../../task/states.ts";
import type { Pausing, Steering } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import type { Acknowledged } from "../../verbs/tasks.ts";
import { type Answer, anyQuery, type Call, type Route, route } from "../route.ts";
import { renderErrorOf } from "./errors.ts";
import { replayHeaders, taskParams } from "./parameters.ts";
import { cancelAnswer, signalAnswer, steeringBody } from "./schema.ts";
import { plainStatus } from "./vocabulary.ts";

const STEERING_BYTES_MAX = 64 * 1024;

const steering = {
  method: "POST",
  // Here what cannot be an id is nobody's.
  params: { id: { about: taskParams.id.about, is: () => true } },
  query: anyQuery,
  body: steeringBody,
  reads: "lenient",
  bodyBytesMax: STEERING_BYTES_MAX,
  idempotent: true,
} as const;

type SteeringCall = Call<"id", unknown, z.infer<typeof steeringBody>>;

export const steeringRoutes: readonly Route[] = [
  route({
    ...steering,
    path: "/api/v1/tasks/{id}/cancel",
    id: "post_tasks_id_cancel",
    scope: "tasks",
    summary: "Cancel a task",
    description: "Ends it, and what it had started. One that has ended is told as `success: false`.",
    refuses: ["unauthenticated", "forbidden", "not_found"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to cancel task" }),
    answers: [{ status: 202, about: "OK", schema: cancelAnswer }],
    handle: async (call) => {
      const { principal, verbs, params, headers } = call;
      const done = await unlessWrongState(call, () => verbs.tasks.cancel(principal, params.id, steeringOf(call)));
      if ("task" in done || done.state === "cancelled") {
        const body = { success: true, message: "Task cancelled successfully" };
        return { status: 202, body, headers: replayHeaders(headers, "task" in done && done.replayed) };
      }
      const status = plainStatus(done.state);
      const message = `Task is already in terminal state: ${status}`;
      return { status: 202, body: { success: false, message, status, error: message } };
    },
  }),
  route({
    ...steering,
    path: "/api/v1/tasks/{id}/pause",
    id: "post_tasks_id_pause",
    scope: "tasks",
    summary: "Pause a task at its next checkpoint",
    description:
      "Which is after the steps in flight, which `still_running` names. With `now` they are stopped, and done again.",
    refuses: ["unauthenticated", "forbidden", "not_found", "not_allowed_in_state"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to pause task" }),
    answers: [{ status: 202, about: "OK", schema: signalAnswer }],
    handle: async (call) => {
      const { principal, verbs, params } = call;
      const done = await unlessWrongState(call, () => verbs.tasks.pause(principal, params.id, pausingOf(call)));
      return signalled(call, done, "Pause signal sent", notPausable);
    },
  }),
  route({
    ...steering,
    path: "/api/v1/tasks/{id}/resume",
    id: "post_tasks_id_resume",
    scope: "tasks",
    summary: "Resume a paused task",
    refuses: ["unauthenticated", "forbidden", "not_found", "not_allowed_in_state"],
    renderError: renderErrorOf({ noun: "Task", failure: "Failed to resume task" }),
    answers: [{ status: 202, about: "OK", schema: signalAnswer }],
    handle: async (call) => {
      const { principal, verbs, params } = call;
      const done = await unlessWrongState(call, () => verbs.tasks.resume(principal, params.id, steeringOf(call)));
      return signalled(call, done, "Resume signal sent", notResumable);
    },
  }),
];

type Done = Acknowledged | { state: State };

/** What the act came to, or the state that did not permit it. */
async function unlessWrongState(
  { principal, verbs, params }: SteeringCall,
  act: () => Promise<Acknowledged>,
): Promise<Done> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_allowed_in_state") throw error;
    const { state }: Task = await verbs.tasks.get(principal, params.id);
    return { state };
  }
}

function signalled({ headers }: SteeringCall, done: Done, message: string, refused: (state: State) => string): Answer {
  if (!("task" in done)) throw new Refusal("not_allowed_in_state", refused(done.state), { state: done.state });
  const steps = stepsGoingOn(done.task);
  const body = { success: true, message, task_id: done.task.id, ...(steps.length > 0 && { still_running: steps }) };
  return { status: 202, body, headers: replayHeaders(headers, done.replayed) };
}

const ENDED: Readonly<Record<TerminalState, string>> = {
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
  timed_out: "timed out",
  rejected: "failed",
};

function notPausable(state: State): string {
  return isTerminal(state) ? `cannot pause ${ENDED[state]} task` : "task is already paused";
}

function notResumable(state: State): string {
  return isTerminal(state) ? `cannot resume ${ENDED[state]} task` : "task is not paused";
}

function steeringOf({ body: { reason }, idempotency }: SteeringCall): Steering {
  return { ...(reason !== undefined && { reason }), ...(idempotency && { idempotency }) };
}

function pausingOf(call: SteeringCall): Pausing {
  return { ...steeringOf(call), ...(call.body.now && { now: true }) };
}
