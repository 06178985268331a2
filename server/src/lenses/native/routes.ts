/** The native lens: Waybill's own API, at the root of the main port; what the dashboard, the command line and the SDK use. */
import { HTTP_STATUS } from "../error-answer.ts";
import type { GreetedServer, Greeting, Lens } from "../lens.ts";
import { documentRoute } from "../openapi.ts";
import { anyQuery, openRoute, type Route } from "../route.ts";
import { accountRoutes } from "./account-routes.ts";
import { agentRoutes } from "./agent-routes.ts";
import { auditRoutes } from "./audit-routes.ts";
import { batchRoute } from "./batch-route.ts";
import { conversationRoutes } from "./conversation-routes.ts";
import { docsPage } from "./docs.ts";
import { erasureRoutes } from "./erasure-routes.ts";
import { invalidRequest, renderError, renderUnrouted } from "./errors.ts";
import { eventRoutes } from "./event-routes.ts";
import { fileRoutes } from "./file-routes.ts";
import { guardrailRoutes } from "./guardrail-routes.ts";
import { humanRoutes } from "./human-routes.ts";
import { nativeOpenapi } from "./openapi.ts";
import { state } from "./schema.ts";
import { LENS, taskRoutes } from "./task-routes.ts";
import { wireTask } from "./translate.ts";
import { usageRoutes } from "./usage-routes.ts";
import { vectorStoreRoutes } from "./vector-store-routes.ts";
import { webhookFormat } from "./webhook.ts";
import { WEBHOOK_FORMAT } from "./webhook-body.ts";
import { webhookRoutes } from "./webhook-routes.ts";
import { workRoutes } from "./work-routes.ts";

const apiRoutes: readonly Route[] = [
  ...taskRoutes,
  batchRoute,
  ...eventRoutes,
  ...workRoutes,
  ...humanRoutes,
  ...conversationRoutes,
  ...agentRoutes,
  ...guardrailRoutes,
  ...fileRoutes,
  ...vectorStoreRoutes,
  ...webhookRoutes,
  ...usageRoutes,
  ...accountRoutes,
  ...auditRoutes,
  ...erasureRoutes,
];

/** `/docs` has its style inline and loads nothing. */
const DOCS_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const pages = new Map<string, Promise<Buffer>>();

const docsRoute = openRoute({
  method: "GET",
  path: "/docs",
  id: "readDocs",
  hidden: true,
  summary: "The documentation for people",
  query: anyQuery,
  answers: [{ status: 200, about: "A page.", mediaType: "text/html" }],
  handle: async ({ parts: { version } }) => {
    const page = pages.get(version) ?? docsPage({ routes: apiRoutes, version }).then((text) => Buffer.from(text));
    pages.set(version, page);
    return {
      status: 200,
      bytes: await page,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": DOCS_POLICY,
        "cache-control": "no-cache",
      },
    };
  },
});

export const nativeLens: Lens = {
  name: LENS,
  port: null,
  mount: "",
  routes: [
    ...apiRoutes,
    documentRoute(() => nativeLens, {
      path: "/openapi.json",
      hidden: true,
      headers: { "cache-control": "no-cache" },
    }),
    docsRoute,
  ],
  caller: {
    secrets: [
      { in: "authorization", scheme: "any" },
      { in: "header", name: "x-api-key" },
    ],
  },
  invalid: invalidRequest,
  keyReuse: "conflict",
  errors: HTTP_STATUS,
  renderError,
  renderUnrouted,
  states: state.enum,
  pushFormats: { names: [WEBHOOK_FORMAT], over: () => [webhookFormat] },
  show: wireTask,
  greeting,
  openapi: nativeOpenapi,
};

function greeting({ url, development }: GreetedServer): Greeting {
  const curl = `curl -s${development ? "" : ' -H "Authorization: Bearer $WAYBILL_API_KEY"'}`;
  const json = "-H 'Content-Type: application/json'";
  return {
    title: "Native API",
    place: `${url}/v1   (docs: ${url}/docs)`,
    commands: [
      `${curl} ${json} '${url}/v1/tasks?wait=30' -d '{"input":{"query":"What is the capital of France?"}}'`,
      `${curl} '${url}/v1/tasks?limit=5'`,
    ],
  };
}
