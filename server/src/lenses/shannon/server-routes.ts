/** What needs no key: whether the server works, and the document of this API. */
import { anyQuery, openRoute, type Route } from "../route.ts";
import { healthAnswer } from "./schema.ts";
import { isoTime } from "./translate.ts";

const answers = [{ status: 200, about: "OK", schema: healthAnswer }];

export const serverRoutes: readonly Route[] = [
  openRoute({
    method: "GET",
    path: "/health",
    id: "get_health",
    summary: "Health",
    description: "200 while the process answers.",
    query: anyQuery,
    answers,
    refuses: [],
    handle: async ({ parts: { version, now } }) => ({
      status: 200,
      body: { status: "healthy", version, time: isoTime(now()), checks: { gateway: "ok" } },
    }),
  }),
  openRoute({
    method: "GET",
    path: "/readiness",
    id: "get_readiness",
    summary: "Readiness",
    description: "200 while tasks are taken. Nothing listens before the engine is ready.",
    query: anyQuery,
    answers,
    refuses: [],
    handle: async ({ parts: { version, now } }) => ({
      status: 200,
      body: { status: "ready", version, time: isoTime(now()), checks: { orchestrator: "ok" } },
    }),
  }),
];
