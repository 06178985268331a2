/** What a listener answers beside its lenses: health, metrics and its front door. */
import type { FastifyInstance } from "fastify";
import type { LensParts } from "../lenses/lens-parts.ts";
import { authorizedTwice, isAuthorizedTwice, secretsOf } from "../lenses/secrets.ts";
import { mustHave } from "../task/principal.ts";
import { linesFor, type MetricsPage } from "./metrics.ts";

/** So many of about all tasks that were open at the start. `all` is 0 while that is not known. */
export type Loading = { read: number; all: number };

/**
 * `GET /health`: 200 once the server is ready; before that, and when it stops, every route is 503. `recovering` while tasks
 * that were open at the start are still on their way into memory, and which share of them is there: what comes behind them waits.
 * `refuses_writes` once a damaged page keeps anything from being kept, until the server is started anew.
 */
export function addHealth(
  app: FastifyInstance,
  parts: { version: string; recovering: () => Loading | null; refusesWrites: () => boolean },
): void {
  app.get("/health", { exposeHeadRoute: true }, (_request, reply) => {
    const { version } = parts;
    const loading = parts.recovering();
    const far = loading && { recovering: true, recovered: shareOf(loading) };
    const refuses = parts.refusesWrites() && { refuses_writes: true };
    return reply.header("cache-control", "no-store").send({ status: "ok", version, ...far, ...refuses });
  });
}

/** In hundredths, and no count: whoever asks needs no key. */
function shareOf({ read, all }: Loading): number {
  return all === 0 ? 0 : Math.floor((read / all) * 100) / 100;
}

/**
 * `GET /metrics`, in the text format of Prometheus. Whole with a key of the scope `metrics`; with `admin` without the lines of
 * other tenants. Any other key is `forbidden`; `dev` needs none.
 */
export function addMetrics(
  app: FastifyInstance,
  { page, authenticate }: { page: () => Promise<MetricsPage>; authenticate: LensParts["authenticate"] },
): void {
  app.get("/metrics", { exposeHeadRoute: true }, async (request, reply) => {
    if (isAuthorizedTwice(request.raw)) throw authorizedTwice();
    const principal = await authenticate(request, secretsOf(request, [{ in: "authorization", scheme: "any" }]));
    const seesAll = principal.scopes.has("metrics");
    if (!seesAll && !principal.scopes.has("admin")) mustHave(principal, "metrics");
    const { contentType, text } = await page();
    return reply.type(contentType).send(seesAll ? text : linesFor(principal.tenant, text));
  });
}

/** `GET /`: the dashboard for people, facts for programs. */
export function addFrontDoor(app: FastifyInstance, facts: Record<string, string>): void {
  app.get("/", { exposeHeadRoute: true }, (request, reply) => {
    if (request.headers.accept?.includes("text/html")) return reply.redirect("/dashboard/");
    return reply.send(facts);
  });
}
