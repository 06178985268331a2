/** The runs of one assistant. */

import { z } from "zod";
import { notFound } from "../../../task/errors.ts";
import { mustHave } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import { jsonWithList } from "../../body/json-list.ts";
import { anyQuery, JSON_TYPE, type Route, route } from "../../route.ts";
import { withTree } from "../../tree-usage.ts";
import { foundAs } from "../errors.ts";
import { answerWithSteps } from "../events/log.ts";
import { taskNamed } from "../names.ts";
import { pageQuery } from "../page-query.ts";
import { success } from "../success.ts";
import type { TimedOut } from "../vocabulary.ts";
import { agentOf } from "./asked.ts";
import { runsOfAgent } from "./list.ts";
import { runOf } from "./run.ts";
import { type AssistantRun, assistantRun } from "./schema.ts";

const TAG = "Assistants";
const assistant = { assistant_id: { about: "An agent's id, or its slug", is: () => true } };
const run = { run_id: { about: "A run's id", is: () => true } };

async function* shown(runs: AsyncIterable<Task>, timedOut: TimedOut): AsyncGenerator<AssistantRun> {
  for await (const run of runs) yield runOf(run, timedOut);
}

export function assistantRoutes(timedOut: TimedOut): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/assistants/{assistant_id}/runs",
      id: "list_assistant_runs",
      scope: "tasks",
      tag: TAG,
      summary: "List Runs of an Assistant",
      description:
        "Newest first, of the last 100,000 runs of all agents; `offset` leads to those behind the first 1,000.",
      params: assistant,
      query: z.object(pageQuery({ usual: 1_000, max: 1_000 })),
      refuses: ["unauthenticated", "not_found", "invalid"],
      answers: success(z.array(assistantRun)),
      handle: async ({ principal, verbs, params, query }) => {
        mustHave(principal, "tasks");
        const { id } = await foundAs("Assistant", verbs.agents.get(principal, params.assistant_id));
        const runs = runsOfAgent(verbs.tasks, principal, id, query);
        const file = jsonWithList((list) => list, shown(runs, timedOut));
        return { status: 200, file, headers: { "content-type": JSON_TYPE } };
      },
    }),
    route({
      method: "GET",
      path: "/v1/assistants/{assistant_id}/runs/{run_id}",
      id: "get_assistant_run",
      scope: "tasks",
      tag: TAG,
      summary: "Get Run of an Assistant",
      params: { ...assistant, ...run },
      query: anyQuery,
      refuses: ["unauthenticated", "not_found"],
      answers: success(assistantRun),
      handle: async ({ principal, verbs, params }) => {
        const task = await foundAs("Run", taskNamed(verbs, principal, params.run_id));
        const { id } = await foundAs("Assistant", verbs.agents.get(principal, params.assistant_id));
        if (agentOf(task) !== id) throw notFound("Run");
        const answer = await answerWithSteps(verbs.tasks, principal, task);
        return { status: 200, body: runOf(await withTree(verbs.tasks, principal, task), timedOut, answer) };
      },
    }),
  ];
}
