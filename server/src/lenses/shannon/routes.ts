/** The Shannon lens: agent tasks, their streams and sessions, as `/api/v1` of that product. */

import { docsRoute } from "../docs-page.ts";
import { HTTP_STATUS } from "../error-answer.ts";
import type { GreetedServer, Greeting, Lens, LensSettings } from "../lens.ts";
import { documentRoute } from "../openapi.ts";
import { canonicalSecret, chosenIdentity, SECRETS } from "./caller.ts";
import { invalidRequest, renderError, renderUnrouted } from "./errors.ts";
import { PREFLIGHT, responseHeaders } from "./headers.ts";
import { shannonOpenapi } from "./openapi.ts";
import { quotasOf } from "./rate-limits.ts";
import { serverRoutes } from "./server-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { steeringRoutes } from "./steering-routes.ts";
import { streamRoutes } from "./stream-routes.ts";
import { taskRoutes } from "./task-routes.ts";
import { statusOf } from "./translate.ts";
import { STATUS_OF } from "./vocabulary.ts";

const routes = [...taskRoutes, ...steeringRoutes, ...streamRoutes, ...sessionRoutes, ...serverRoutes];

export const shannonLens: Lens = lensWith({ rateLimits: "off" });

function lensWith({ rateLimits }: LensSettings["shannon"]): Lens {
  const lens: Lens = {
    name: "shannon",
    port: 8080,
    mount: "/shannon",
    routes: [...routes, docsRoute(routes, shannonOpenapi), documentRoute(() => lens, { path: "/openapi.json" })],
    caller: { secrets: SECRETS, spelling: canonicalSecret, choose: chosenIdentity },
    invalid: invalidRequest,
    keyReuse: "another",
    errors: HTTP_STATUS,
    renderError,
    renderUnrouted,
    headers: responseHeaders,
    preflight: () => PREFLIGHT,
    states: STATUS_OF,
    show: (task) => statusOf(task),
    greeting,
    openapi: shannonOpenapi,
    ...(rateLimits !== "off" && { quotas: quotasOf(rateLimits) }),
    configured: ({ shannon }) => lensWith(shannon),
  };
  return lens;
}

function greeting({ url, development, developmentKey }: GreetedServer): Greeting {
  const key = development ? `'X-API-Key: ${developmentKey}'` : '"X-API-Key: $WAYBILL_API_KEY"';
  const json = "-H 'Content-Type: application/json'";
  return {
    title: "Shannon API",
    place: `${url}/api/v1${development ? `   (key: ${developmentKey})` : ""}`,
    commands: [`curl -s -H ${key} ${json} ${url}/api/v1/tasks -d '{"query":"What is 17 * 23?"}'`],
  };
}
