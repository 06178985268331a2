/** The runs of one assistant. */

import { z } from "zod";
import { notFound } from "../../../task/errors.ts";
import { anyQuery, type Route, route } from "../../route.ts";
import { foundAs } from "../errors.ts";
import { answerWithSteps } from "../events/log.ts";
import { taskNamed } from "../names.ts";
import type { TimedOut } from "../vocabulary.ts";
import { agentOf } from "./asked.ts";
import { listedRuns } from "./list.ts";
import { runOf } from "./run.ts";
import { assistantRun } from "./schema.ts";

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
  ];
}
