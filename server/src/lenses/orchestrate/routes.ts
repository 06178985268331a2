/** The Orchestrate lens: runs of agents, their threads and background tasks, for clients of watsonx Orchestrate. */

import { docsRoute } from "../docs-page.ts";
import type { GreetedServer, Greeting, Lens, LensSettings } from "../lens.ts";
import { documentRoute } from "../openapi.ts";
import { accountRoutes } from "./account/routes.ts";
import { keyOf } from "./account/token.ts";
import { agentRoutes } from "./agents/routes.ts";
import { preflight, responseHeaders, SECRETS } from "./caller.ts";
import { chatRoutes } from "./chats/routes.ts";
import { renderErrorTo, renderUnrouted, STATUS } from "./errors.ts";
import { eventRoutes } from "./events/routes.ts";
import { uploadRoutes } from "./files/routes.ts";
import { invalidRequest } from "./invalid-request.ts";
import { indexRoutes } from "./knowledge-bases/index-routes.ts";
import { knowledgeBaseRoutes } from "./knowledge-bases/routes.ts";
import { listingRoutes } from "./listings/routes.ts";
import { messageRoutes } from "./messages/routes.ts";
import { orchestrateOpenapi } from "./openapi.ts";
import { canonicalPath } from "./paths.ts";
import { assistantRoutes } from "./runs/assistant-routes.ts";
import { runRoutes } from "./runs/routes.ts";
import { runOf } from "./runs/run.ts";
import { serverRoutes } from "./server-routes.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { threadRoutes } from "./threads/routes.ts";
import { callbackRoute } from "./tools/routes.ts";
import { STATUS_OF } from "./vocabulary.ts";

export const orchestrateLens: Lens = lensWith({ strangers: 401, timedOut: "expired", answerWithinMs: 86_400_000 });

function lensWith(settings: LensSettings["orchestrate"]): Lens {
  const { strangers, timedOut } = settings;
  const routes = [
    ...runRoutes(settings),
    ...eventRoutes(timedOut),
    ...chatRoutes(settings),
    ...threadRoutes,
    ...messageRoutes,
    ...agentRoutes,
    ...knowledgeBaseRoutes,
    ...indexRoutes,
    ...uploadRoutes,
    ...assistantRoutes(timedOut),
    callbackRoute,
    ...listingRoutes,
    ...accountRoutes,
    ...taskRoutes,
    ...serverRoutes,
  ];
  const lens: Lens = {
    name: "orchestrate",
    port: 4321,
    mount: "/orchestrate",
    rewrite: canonicalPath,
    routes: [...routes, docsRoute(routes, orchestrateOpenapi), documentRoute(() => lens, { path: "/openapi.json" })],
    caller: { secrets: SECRETS, spelling: (secret, { tokenSecret }) => keyOf(secret, tokenSecret) },
    invalid: invalidRequest,
    keyReuse: "another",
    errors: STATUS,
    renderError: renderErrorTo(strangers),
    renderUnrouted,
    headers: responseHeaders,
    preflight,
    states: STATUS_OF,
    show: (task) => runOf(task, timedOut),
    greeting,
    openapi: orchestrateOpenapi,
    configured: ({ orchestrate }) => lensWith(orchestrate),
  };
  return lens;
}

/** Its commands would be the fourth and more of what a person is to paste at a start: its page in `docs` has them. */
function greeting({ url }: GreetedServer): Greeting {
  return { title: "Orchestrate", place: `${url}/v1/orchestrate/runs`, commands: [] };
}
