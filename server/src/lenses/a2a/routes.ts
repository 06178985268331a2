/** The A2A lens: agents of this server as servers of the Agent2Agent protocol, in both versions that live. */
import type { GreetedServer, Greeting, Lens, LensSettings } from "../lens.ts";
import { documentRoute } from "../openapi.ts";
import { httpRoutes } from "./binding/http.ts";
import { rpcRoute } from "./binding/json-rpc.ts";
import { cardRoutes, keysRoute, rootCardRoutes } from "./card/routes.ts";
import { DIALECTS } from "./dialect.ts";
import { renderErrorIn, renderUnrouted, STATUS } from "./errors.ts";
import { InvalidParams } from "./faults.ts";
import { fileRoute } from "./file-route.ts";
import { a2aOpenapi } from "./openapi.ts";
import { operationsWith } from "./operations.ts";
import { canonicalPath } from "./paths.ts";
import { FORMATS } from "./push/config.ts";
import { pushFormats } from "./push/format.ts";
import { shownTask } from "./view/shown.ts";
import { STATE_OF } from "./vocabulary.ts";

const MOUNT = "/a2a";

export const a2aLens: Lens = lensWith({ cardWithoutVersion: "hybrid", cardKey: null, foreignType: 415 });

function lensWith(settings: LensSettings["a2a"]): Lens {
  const { cardKey, foreignType } = settings;
  const operations = operationsWith(cardKey);
  const lens: Lens = {
    name: "a2a",
    port: null,
    mount: MOUNT,
    rewrite: canonicalPath,
    routes: [
      rpcRoute(operations),
      ...httpRoutes(operations, foreignType),
      ...cardRoutes(operations, settings),
      keysRoute(cardKey),
      fileRoute,
      documentRoute(() => lens, { path: "/openapi.json" }),
    ],
    rootRoutes: rootCardRoutes(operations, settings, MOUNT),
    caller: {
      secrets: [
        { in: "authorization", scheme: "bearer" },
        { in: "authorization", scheme: "basic" },
        { in: "header", name: "x-api-key" },
      ],
    },
    invalid: ({ where, issues }) =>
      new InvalidParams(
        issues.map(({ path, message }) => ({ field: [where, ...path].map(String).join("."), description: message })),
      ),
    keyReuse: "conflict",
    errors: STATUS,
    renderError: renderErrorIn(DIALECTS["HTTP+JSON"]["1.0"], foreignType),
    renderUnrouted,
    states: STATE_OF,
    show: shownTask,
    pushFormats: { names: FORMATS, over: pushFormats },
    greeting,
    openapi: a2aOpenapi,
    configured: ({ a2a }) => lensWith(a2a),
  };
  return lens;
}

/** Its page in `docs` has commands. */
function greeting({ url }: GreetedServer): Greeting {
  return { title: "A2A", place: `${url}/`, commands: [] };
}
