/** Runs: begin, read, list, cancel. */

import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { uuidFromTaskId } from "../../task/id.ts";
import { isTerminal } from "../../task/states.ts";
import { anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { foundAs } from "./errors.ts";
import { runOf, threadOf } from "./run.ts";
import { assistantRun, cancelAnswer, pageQuery, runList } from "./schema.ts";
import { taskNamed } from "./task-routes.ts";
import { runStatusOf, type TimedOut } from "./vocabulary.ts";

const TAG = "Orchestrate Agent";
const runParams = { run_id: { about: "A run's id", is: () => true } };

export function runRoutes(timedOut: TimedOut): readonly Route[] {
  const cancelling = {
    method: "POST",
    tag: TAG,
    summary: "Cancel Run",
    description: "One that has ended stays as it is, and is told as it is.",
    params: runParams,
    query: anyQuery,
    reads: "lenient",
    body: z.unknown(),
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Successful Response", schema: cancelAnswer }],
  } as const;
  return [
    route({
      method: "GET",
      path: "/v1/orchestrate/runs/{run_id}",
      id: "get_orchestrate_run",
      tag: TAG,
      summary: "Get Orchestrate Assistant Run",
      params: runParams,
      query: anyQuery,
      quiet: true,
      refuses: ["unauthenticated", "not_found"],
      answers: [{ status: 200, about: "Successful Response", schema: assistantRun }],
      handle: async ({ principal, verbs, params }) => {
        const task = await foundAs("Run", taskNamed(verbs, principal, params.run_id));
        const bytes = Buffer.from(JSON.stringify(runOf(task, timedOut)));
        return { status: 200, bytes, headers: { "content-type": JSON_TYPE } };
      },
    }),
    route({
      method: "GET",
      path: "/v1/orchestrate/runs",
      id: "list_orchestrate_runs",
      tag: TAG,
      summary: "List Runs",
      description: "Newest first.",
      query: z.object(pageQuery({ usual: 50, max: 1_000 })),
      refuses: ["unauthenticated", "invalid"],
      answers: [{ status: 200, about: "Successful Response", schema: runList }],
      handle: async ({ principal, verbs, query: { limit, offset } }) => {
        const { tasks, total } = await verbs.tasks.list(principal, {}, { limit, offset, whole: true });
        return { status: 200, body: { total, limit, offset, data: tasks.map((task) => runOf(task, timedOut)) } };
      },
    }),
    ...["/v1/orchestrate/runs/cancel/{run_id}", "/v1/orchestrate/runs/{run_id}/cancel"].map((path, at) =>
      route({
        ...cancelling,
        path,
        id: at === 0 ? "cancel_orchestrate_run" : "cancel_orchestrate_run_by_id",
        handle: async ({ principal, verbs, params }) => {
          const found = await foundAs("Run", taskNamed(verbs, principal, params.run_id));
          const task = isTerminal(found.state) ? found : await cancelled();
          const status = runStatusOf(task, timedOut);
          return { status: 200, body: { run_id: uuidFromTaskId(task.id), thread_id: threadOf(task), status } };

          async function cancelled() {
            try {
              return (await verbs.tasks.cancel(principal, found.id)).task;
            } catch (error) {
              if (!(error instanceof Refusal) || error.code !== "not_allowed_in_state") throw error;
              return verbs.tasks.get(principal, found.id);
            }
          }
        },
      }),
    ),
  ];
}
