/** What needs no key: whether the server works, and the document of this API. */
import { z } from "zod";
import { anyQuery, openRoute, type Route } from "../route.ts";
import { success } from "./success.ts";

const answers = success(z.object({ status: z.string() }));

function health(path: string, id: string, status: string): Route {
  return openRoute({
    method: "GET",
    path,
    id,
    tag: "Health",
    summary: "Health",
    query: anyQuery,
    refuses: [],
    answers,
    handle: async () => ({ status: 200, body: { status }, headers: { "cache-control": "no-store" } }),
  });
}

export const serverRoutes: readonly Route[] = [
  health("/health/alive", "health_alive", "alive"),
  health("/health/ready", "health_ready", "ready"),
];
