/** The routes of a listener beside its lenses: health, metrics and the front page. */
import type { FastifyInstance } from "fastify";
import type { LensParts } from "../lenses/lens-parts.ts";
import { authorizedTwice, isAuthorizedTwice, secretsOf } from "../lenses/secrets.ts";
import { mustHave } from "../task/principal.ts";
import { linesFor, type MetricsPage } from "./metrics.ts";

/** How many of the tasks open at the start are loaded. `all` is 0 until their number is known. */
export type Loading = { read: number; all: number };

/**
 * `GET /health`: 200 while the server is ready; before that, and while it stops, every route is 503. `recovering` says that tasks open
 * at the start are still being loaded, and the share that is loaded; later ones have to wait. `refuses_writes` says that nothing can be
 * added to the tables that `damaged` names until the server is restarted, as a page is damaged.
 */
export function addHealth(
  app: FastifyInstance,
  parts: { version: string; recovering: () => Loading | null; damagedEnds: readonly string[] },
): void {
  app.get("/health", { exposeHeadRoute: true }, (_request, reply) => {
    const { version, damagedEnds } = parts;
    const loading = parts.recovering();
    const far = loading && { recovering: true, recovered: shareOf(loading) };
    const refuses = damagedEnds.length > 0 && { refuses_writes: true, damaged: damagedEnds };
    return reply.header("cache-control", "no-store").send({ status: "ok", version, ...far, ...refuses });
  });
}

/** Hundredths instead of numbers of tasks: this answer needs no key. */
function shareOf({ read, all }: Loading): number {
  return all === 0 ? 0 : Math.floor((read / all) * 100) / 100;
}

/**
 * `GET /metrics`, in Prometheus' text format. A key with the scope `metrics` gets the whole page, one with `admin` the page without the
 * lines of other tenants. Every other key is `forbidden`; `dev` needs none.
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

/** `GET /`: the dashboard for browsers, a few facts for programs. */
export function addFrontDoor(app: FastifyInstance, facts: Record<string, string>): void {
  app.get("/", { exposeHeadRoute: true }, (request, reply) => {
    if (request.headers.accept?.includes("text/html")) return reply.redirect("/dashboard/");
    return reply.send(facts);
  });
}
