/** The documents lens: the Tasks API with files and vector stores, for its own clients and for those of OpenAI. */
import { docsRoute } from "../docs-page.ts";
import { HTTP_STATUS } from "../error-answer.ts";
import type { GreetedServer, Greeting, Lens } from "../lens.ts";
import { documentRoute } from "../openapi.ts";
import { invalidRequest, renderError, renderUnrouted } from "./errors.ts";
import { fileRoutes } from "./file-routes.ts";
import { memberRoutes } from "./member-routes.ts";
import { documentsOpenapi } from "./openapi.ts";
import { serverRoutes } from "./server-routes.ts";
import { taskRoutes } from "./task-routes.ts";
import { taskObject } from "./translate.ts";
import { vectorStoreRoutes } from "./vector-store-routes.ts";
import { STATUS_OF } from "./vocabulary.ts";

const routes = [...taskRoutes, ...fileRoutes, ...vectorStoreRoutes, ...memberRoutes, ...serverRoutes];

export const documentsLens: Lens = {
  name: "documents",
  port: 10_000,
  mount: "/documents",
  routes: [
    ...routes,
    docsRoute(routes, documentsOpenapi),
    documentRoute(() => documentsLens, { path: "/openapi.json" }),
  ],
  caller: { secrets: [{ in: "authorization", scheme: "bearer" }] },
  invalid: invalidRequest,
  keyReuse: "another",
  errors: HTTP_STATUS,
  renderError,
  renderUnrouted,
  states: STATUS_OF,
  show: (task) => taskObject(task),
  greeting,
  openapi: documentsOpenapi,
};

/** Its commands would be the fourth and more of what a person is to paste at a start: its page in `docs` has them. */
function greeting({ url }: GreetedServer): Greeting {
  return { title: "Documents", place: `${url}/v1/files`, commands: [] };
}
