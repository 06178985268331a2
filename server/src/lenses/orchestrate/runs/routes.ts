/** Runs: begin, stream, read, list, cancel. */

import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import { isTerminal } from "../../../task/states.ts";
import type { Task } from "../../../task/task.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { jsonBody } from "../../body/json-body.ts";
import { anyQuery, type Call, JSON_TYPE, type Route, route } from "../../route.ts";
import { withTree, withTrees } from "../../tree-usage.ts";
import { foundAs } from "../errors.ts";
import { answerWithSteps } from "../events/log.ts";
import { eventStream } from "../events/stream.ts";
import { runIdOf, taskNamed } from "../names.ts";
import { pageQuery } from "../page-query.ts";
import { success } from "../success.ts";
import { runStatusOf, type TimedOut } from "../vocabulary.ts";
import { threadOf } from "./asked.ts";
import { beginRun, type RunSettings } from "./begin.ts";
import { listedRuns } from "./list.ts";
import { runOf } from "./run.ts";
import { assistantRun, assistantRunResponse, cancelAnswer, runList, runOrchestrate, runQuery } from "./schema.ts";

const TAG = "Orchestrate Agent";
const runParams = { run_id: { about: "A run's id", is: () => true } };

export function runRoutes(settings: RunSettings): readonly Route[] {
  const { timedOut } = settings;
  return [
    creation(settings),
    streaming(settings),
    reading(timedOut),
    list(timedOut),
    cancelling(timedOut, "/v1/orchestrate/runs/cancel/{run_id}", "cancel_orchestrate_run"),
    cancelling(timedOut, "/v1/orchestrate/runs/{run_id}/cancel", "cancel_orchestrate_run_by_id"),
  ];
}

const beginning = {
  method: "POST",
  tag: TAG,
  description:
    "Answered once the run is on disk. Where the latest run of the thread asks something, this answers it: the same run " +
    "goes on, with a further background task. A reader that leaves a stream leaves the run alone, and so does the end of " +
    "the stream's time.",
  query: runQuery,
  reads: "typed",
  body: runOrchestrate,
  refuses: ["unauthenticated", "not_found", "invalid"],
} as const;

function creation({ timedOut, answerWithinMs }: RunSettings): Route {
  return route({
    ...beginning,
    path: "/v1/orchestrate/runs",
    id: "create_orchestrate_run",
    scope: "tasks",
    summary: "Start Orchestrate Run",
    mayStream: true,
    answers: success(assistantRunResponse),
    handle: async ({ principal, verbs, parts, query, body }) => {
      const { task, answer, since } = await beginRun({ principal, verbs, parts, answerWithinMs }, body);
      if (!query.stream) return { status: 200, body: answer };
      return { stream: eventStream(verbs.tasks, { principal, task, since, timedOut }, query.stream_timeout) };
    },
  });
}

function streaming({ timedOut, answerWithinMs }: RunSettings): Route {
  return route({
    ...beginning,
    path: "/v1/orchestrate/runs/stream",
    id: "stream_orchestrate_run",
    scope: "tasks",
    summary: "Start Orchestrate Run and Stream Its Events",
    answers: [{ status: 200, about: "A line of JSON for each event", mediaType: "text/event-stream" }],
    handle: async ({ principal, verbs, parts, query, body }) => {
      const { task, since } = await beginRun({ principal, verbs, parts, answerWithinMs }, body);
      return { stream: eventStream(verbs.tasks, { principal, task, since, timedOut }, query.stream_timeout) };
    },
  });
}

function reading(timedOut: TimedOut): Route {
  /** Keyed by the object itself: a task that changes is another object. */
  const encoded = new WeakMap<Task, string>();
  const encode = async (
    { principal, verbs }: Pick<Call<never, unknown, unknown>, "principal" | "verbs">,
    task: Task,
  ) => {
    const answer = await answerWithSteps(verbs.tasks, principal, task);
    const shown = await withTree(verbs.tasks, principal, task);
    const bytes = jsonBody(runOf(shown, timedOut, answer));
    // What those below it spend does not change the task itself.
    if (shown === task && typeof bytes === "string") encoded.set(task, bytes);
    return bytes;
  };
  return route({
    method: "GET",
    path: "/v1/orchestrate/runs/{run_id}",
    id: "get_orchestrate_run",
    scope: "tasks",
    tag: TAG,
    summary: "Get Orchestrate Assistant Run",
    params: runParams,
    query: anyQuery,
    quiet: true,
    refuses: ["unauthenticated", "not_found"],
    answers: success(assistantRun),
    handle: async ({ principal, verbs, params }) => {
      const task = await foundAs("Run", taskNamed(verbs, principal, params.run_id));
      const bytes = encoded.get(task) ?? (await encode({ principal, verbs }, task));
      return { status: 200, bytes, headers: { "content-type": JSON_TYPE } };
    },
  });
}

function list(timedOut: TimedOut): Route {
  return route({
    method: "GET",
    path: "/v1/orchestrate/runs",
    id: "list_orchestrate_runs",
    scope: "tasks",
    tag: TAG,
    summary: "List Runs",
    description: "Newest first.",
    query: z.object(pageQuery({ usual: 50, max: 1_000 })),
    refuses: ["unauthenticated", "invalid"],
    answers: success(runList),
    handle: async ({ principal, verbs, query: { limit, offset } }) => {
      const { runs, total } = await listedRuns(verbs.tasks, principal, {}, { limit, offset });
      const shown = await withTrees(verbs.tasks, principal, runs);
      return { status: 200, body: { total, limit, offset, data: shown.map((run) => runOf(run, timedOut)) } };
    },
  });
}

function cancelling(timedOut: TimedOut, path: `${string}{run_id}${string}`, id: string): Route {
  return route({
    method: "POST",
    path,
    id,
    scope: "tasks",
    tag: TAG,
    summary: "Cancel Run",
    description: "One that has ended stays as it is, and is told as it is.",
    params: runParams,
    query: anyQuery,
    reads: "lenient",
    body: z.unknown(),
    refuses: ["unauthenticated", "not_found"],
    answers: success(cancelAnswer),
    handle: async ({ principal, verbs, params }) => {
      const found = await foundAs("Run", taskNamed(verbs, principal, params.run_id));
      const task = isTerminal(found.state) ? found : await cancelled(verbs, principal, found);
      const status = runStatusOf(task, timedOut);
      return { status: 200, body: { run_id: runIdOf(task), thread_id: threadOf(task), status } };
    },
  });
}

/** The task with its end, whichever it was. */
async function cancelled({ tasks }: Verbs, principal: Principal, { id }: Task): Promise<Task> {
  try {
    return (await tasks.cancel(principal, id)).task;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_allowed_in_state") throw error;
    return tasks.get(principal, id);
  }
}
