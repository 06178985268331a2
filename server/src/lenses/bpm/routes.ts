/** The BPM lens: tasks of every kind as work for people, under the paths of three generations of that API. */
import { HTTP_STATUS } from "../error-answer.ts";
import type { GreetedServer, Greeting, Lens } from "../lens.ts";
import { documentRoute } from "../openapi.ts";
import { actionRoutes } from "./action-routes.ts";
import { createRoutes } from "./create-routes.ts";
import { invalidRequest, renderError, renderUnrouted } from "./errors.ts";
import { fieldRoutes } from "./field-routes.ts";
import { identityRoutes } from "./identity-routes.ts";
import { Links } from "./links.ts";
import { listRoutes } from "./list-routes.ts";
import { bpmOpenapi } from "./openapi.ts";
import { payloadRoutes } from "./payload-routes.ts";
import { remarkRoutes } from "./remark-routes.ts";
import { taskRoutes } from "./task-routes.ts";
import { shownTask } from "./task-view.ts";
import { STATUS_OF } from "./vocabulary.ts";

const BASE = "/bpm/api/4.0";

/** Without a request there is no address: links are relative to the root of the server. */
const RELATIVE = new Links({ origin: () => "", mount: BASE });

export const bpmLens: Lens = {
  name: "bpm",
  port: null,
  mount: "",
  variants: [BASE, "/bpm/api/3.0", "/ic/api/process/v1"],
  routes: [
    ...listRoutes,
    ...createRoutes,
    ...identityRoutes,
    ...taskRoutes,
    ...actionRoutes,
    ...fieldRoutes,
    ...payloadRoutes,
    ...remarkRoutes,
    documentRoute(() => bpmLens, { path: "/openapi.json" }),
  ],
  caller: {
    secrets: [
      { in: "authorization", scheme: "basic" },
      { in: "authorization", scheme: "bearer" },
    ],
  },
  invalid: invalidRequest,
  keyReuse: "conflict",
  errors: HTTP_STATUS,
  renderError,
  renderUnrouted,
  states: STATUS_OF,
  show: (task) => shownTask(RELATIVE, task),
  greeting,
  openapi: bpmOpenapi,
};

/** Its page in `docs` has commands. */
function greeting({ url }: GreetedServer): Greeting {
  return { title: "BPM", place: `${url}${BASE}/tasks`, commands: [] };
}
