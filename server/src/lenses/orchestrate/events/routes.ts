/** What a run has done, at any time: all of its events so far. */
import { z } from "zod";
import { jsonWithList } from "../../body/json-list.ts";
import { JSON_TYPE, type Route, route } from "../../route.ts";
import { foundAs } from "../errors.ts";
import { taskNamed } from "../names.ts";
import { param, whole } from "../pydantic.ts";
import { success } from "../success.ts";
import type { TimedOut } from "../vocabulary.ts";
import { eventsSoFar } from "./log.ts";
import { runEvent } from "./schema.ts";

const WAIT_MS = { usual: 1_000, max: 300_000 };

export function eventRoutes(timedOut: TimedOut): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/orchestrate/runs/{run_id}/events",
      id: "get_orchestrate_run_events",
      scope: "tasks",
      tag: "Orchestrate Agent",
      summary: "Get Run Events",
      description:
        "Everything so far, oldest first. Waits up to `stream_timeout` milliseconds for the run to end or to ask something.",
      params: { run_id: { about: "A run's id", is: () => true } },
      query: z.object({ stream_timeout: param(whole({ ge: 0 }), WAIT_MS.usual) }),
      quiet: true,
      refuses: ["unauthenticated", "not_found", "invalid"],
      answers: success(z.array(runEvent)),
      handle: async ({ principal, verbs: { tasks, ...verbs }, params, query, left }) => {
        const { id } = await foundAs("Run", taskNamed({ tasks, ...verbs }, principal, params.run_id));
        const task = await tasks.settled(principal, id, Math.min(query.stream_timeout, WAIT_MS.max), left());
        const file = jsonWithList((list) => list, eventsSoFar(tasks, principal, task, timedOut));
        return { status: 200, file, headers: { "content-type": JSON_TYPE } };
      },
    }),
  ];
}
