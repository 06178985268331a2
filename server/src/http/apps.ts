/**
 * The apps before any port is bound: the main listener's with every lens, and one for each lens with a port of its own. They share one
 * traffic, one set of streams and one authentication.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Lens } from "../lenses/lens.ts";
import type { LensParts } from "../lenses/lens-parts.ts";
import { mountLens, mountRootRoutes, urlRewriter } from "../lenses/mount.ts";
import { sendBytes } from "../lenses/send-bytes.ts";
import { shortRoutes } from "../lenses/short-routes.ts";
import type { Refusal } from "../task/errors.ts";
import type { Directory } from "../task/people/directory.ts";
import { type AppParts, createApp } from "./app.ts";
import { Bodies } from "./body/body.ts";
import { UnheardBodies } from "./body/unheard-bodies.ts";
import { Connections } from "./connections/connections.ts";
import { createStreams, type Streams } from "./connections/stream.ts";
import { addDashboard } from "./dashboard.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { HourlyCounts, type HourlyLimits } from "./hourly-limits.ts";
import type { Traffic } from "./in-work.ts";
import { createAuthentication } from "./keys/authentication.ts";
import { LateApp, type Served, servedBelow } from "./late-app.ts";
import { createMetricsPage, type MetricSources } from "./metrics.ts";
import { type RequestIds, requestIds } from "./request-ids.ts";
import { addFrontDoor, addHealth, addMetrics, type Loading } from "./server-routes.ts";
import { RequestAdmission } from "./shares/admission.ts";
import type { Shares } from "./shares/share.ts";
import { ShortPath } from "./short-path.ts";

export type AppsOptions = {
  /** In development this machine needs no key, and only local names are answered. */
  development: boolean;
  publicUrl: string | null;
  trustProxy: number;
  limits: {
    connections: number;
    requestsOfConnection: number;
    streams: number;
    requests: number;
    bodyBytes: number;
    bodyValues: number;
    bodiesBytes: number;
    headS: number;
    bodyS: number;
    bodyBytesPerS: number;
    bodyGraceS: number;
    bodyStalledS: number;
  };
  shares: Shares;
};

export type AppsParts = AppsOptions & {
  log: Logger;
  now: () => number;
  version: string;
  verbs: LensParts["verbs"];
  directory?: Directory;
  agents: LensParts["agents"];
  providers: LensParts["providers"];
  /** The first is at the root of the main port; it also renders refusals outside of every lens. */
  lenses: readonly [Lens, ...Lens[]];
  documents: Omit<LensParts["documents"], "take"> & { perHour: HourlyLimits<"upload" | "vector store"> };
  condition: LensParts["condition"];
  /** How many of the tasks open at the start are loaded; null once all are. */
  recovering: () => Loading | null;
  /** The ends of tables to which nothing can be added, as a page is damaged. */
  damagedEnds: readonly string[];
  issues: LensParts["issues"];
  tokenSecret: LensParts["tokenSecret"];
  /** Metrics of the rest of the server. */
  metrics: MetricSources;
};

export type Apps = {
  /** Connections of all listeners. */
  connections: Connections;
  /** The main listener's app: every lens under its prefix, health, metrics, the dashboard. */
  main: () => Promise<Served>;
  /** The short path before it. */
  shortPath: ShortPath;
  /** The app of a lens with its own port: the lens at the root, and health. */
  ofLens: (lens: Lens) => Served;
  /** Loads that the first request would otherwise wait for. */
  loads: readonly (() => Promise<unknown>)[];
  /** Begins to serve; until then every request is answered 503. */
  serve: () => void;
  /** Takes no more requests: ends streams, answers held requests, and answers new ones with 503. */
  refuse: () => void;
};

export function createApps(parts: AppsParts): Apps {
  const { version, lenses, publicUrl } = parts;
  const [root] = lenses;
  const stopping = new AbortController();
  const traffic: Traffic = { inFlight: 0, stage: "starting" };
  const { keys, erasures, authenticate, keyEnd, stop } = createAuthentication({
    ...parts,
    ...parts.verbs,
    wrongKeys: parts.shares.address,
  });
  const { connections, admission, streams, bodies } = boundedParts(parts);
  const durations = new DurationHistogram(
    "waybill_http_request_duration_seconds",
    "Time from a request's head to its end.",
  );
  const hourly = new HourlyCounts(parts.documents.perHour, parts.now);
  const lensParts: LensParts = {
    verbs: { ...parts.verbs, keys, erasures },
    ...{ agents: parts.agents, providers: parts.providers, version },
    publicUrl,
    shows: new Map(lenses.map(({ name, show }) => [name, show])),
    authenticate,
    admission,
    keyEnd,
    isOpen: parts.development && publicUrl === null,
    tokenSecret: parts.tokenSecret,
    stream: streams.stream,
    readJson: (request, bytes) => bodies.read(request, bytes),
    stopping: stopping.signal,
    now: parts.now,
    documents: { ...parts.documents, take: (principal, act) => hourly.take(principal, act) },
    condition: parts.condition,
    issues: parts.issues,
    unexpected: (err, request) => parts.log.error({ err, request }, "unexpected error"),
  };
  const shared = { traffic, bodies, unheard: new UnheardBodies(bodies.pace), connections, admission, keyEnd };
  const newRequestId = requestIds();
  const inWork = { ...appParts(parts), ...shared, durations, newRequestId };
  const newApp = (lensAt: AppParts["lensAt"], rewrite: AppParts["rewrite"]) =>
    createApp({ ...inWork, lensAt, rewrite });
  const loads: (() => Promise<unknown>)[] = [];
  const lateApps = lateAppsOf({ ...parts, ...shared, newRequestId }, newApp, lensParts, loads);

  return {
    connections,
    main: async () => {
      const app = newApp((path) => lensBelow(lenses, path) ?? root, urlRewriter(lenses));
      const below = await mountAll(app, parts, lensParts, lateApps.below);
      addHealth(app, parts);
      const page = createMetricsPage(metricsOf(parts.metrics, durations, { streams, traffic, connections }));
      loads.push(page);
      addMetrics(app, { authenticate, page });
      addDashboard(app);
      addFrontDoor(app, { name: "waybill", version, api: "/v1", openapi: "/openapi.json", docs: "/docs" });
      return servedBelow(app, below);
    },
    // Only the framework knows the host of a request that came through a proxy.
    shortPath: new ShortPath(
      { ...inWork, rewrite: urlRewriter(lenses), stream: streams.stream },
      parts.trustProxy > 0 && publicUrl === null ? [] : lenses.flatMap((lens) => shortRoutes(lens, lensParts)),
    ),
    ofLens: lateApps.ofLens,
    loads,
    serve: () => {
      traffic.stage = "serving";
    },
    refuse: () => {
      traffic.stage = "stopping";
      stopping.abort();
      stop();
      streams.close();
    },
  };
}

type LateAppsParts = AppsParts & { connections: Connections; unheard: UnheardBodies; newRequestId: RequestIds };
type NewApp = (lensAt: AppParts["lensAt"], rewrite: AppParts["rewrite"]) => FastifyInstance;

/** Apps that are made at the first request for a lens: below its prefix, and on a port of its own. */
function lateAppsOf(parts: LateAppsParts, newApp: NewApp, lensParts: LensParts, loads: (() => Promise<unknown>)[]) {
  const { log, connections, unheard, newRequestId } = parts;
  const late = ({ renderError }: Lens, make: () => Promise<FastifyInstance>) => {
    const refuse = (request: IncomingMessage, response: ServerResponse, refusal: Refusal) => {
      const { method = "" } = request;
      const id = newRequestId(request);
      const { status, headers, body } = renderError(refusal, { id, unread: true });
      sendBytes({ id, method, counted: null, principal: null }, response, status, headers, body);
    };
    const app = new LateApp(make, { log, connections, unheard, refuse });
    loads.push(() => app.load());
    return app;
  };
  return {
    below: (lens: Lens) =>
      late(lens, async () => {
        const app = newApp(() => lens, urlRewriter([lens]));
        await mountLens(app, lens, lensParts, { prefix: lens.mount, ownsListener: false });
        return app;
      }),
    ofLens: (lens: Lens) =>
      late(lens, async () => {
        const app = newApp(() => lens, urlRewriter([{ ...lens, mount: "" }]));
        await mountLens(app, lens, lensParts, { prefix: "", ownsListener: true });
        await mountRootRoutes(app, lens, lensParts);
        if (!app.hasRoute({ method: "GET", url: "/health" })) addHealth(app, parts);
        return app;
      }),
  };
}

/** Mounts lenses on the main listener: those that cannot wait on `app`, the others below the returned prefixes. */
async function mountAll(
  app: FastifyInstance,
  { lenses }: AppsParts,
  lensParts: LensParts,
  late: (lens: Lens) => LateApp,
): Promise<Map<string, LateApp>> {
  const below = new Map<string, LateApp>();
  for (const lens of lenses) {
    const places = placesBelow(lens);
    const ownsListener = lens === lenses[0];
    if (places.length === 0) await mountLens(app, lens, lensParts, { prefix: lens.mount, ownsListener });
    for (const [prefix, variants] of places) below.set(prefix, late({ ...lens, variants }));
    await mountRootRoutes(app, lens, lensParts);
  }
  return below;
}

/** The parts that bound callers. All listeners share them. */
function boundedParts({ limits, shares, trustProxy, log, now }: AppsParts) {
  const isProxied = trustProxy > 0;
  const connections = new Connections({
    max: limits.connections,
    requestsOfOne: limits.requestsOfConnection,
    ofKey: shares.key.connections,
    ofAddress: isProxied ? null : shares.address.connections,
  });
  const admission = new RequestAdmission(shares, connections, {
    ...{ isProxied, now },
    held: (request) => bodies.held(request),
  });
  const streams = createStreams({
    streamsMax: limits.streams,
    log,
    headersOf: (request) => {
      admission.hold(request);
      return admission.headersOf(request);
    },
    turnOf: (request) => admission.streamTurn(request),
  });
  const bodies = new Bodies({
    bytesMax: limits.bodyBytes,
    valuesMax: limits.bodyValues,
    bytesInFlightMax: limits.bodiesBytes,
    msMax: limits.bodyS * 1_000,
    pace: {
      graceMs: limits.bodyGraceS * 1_000,
      bytesPerSMin: limits.bodyBytesPerS,
      stalledMsMax: limits.bodyStalledS * 1_000,
    },
    take: (request, bytes) => admission.takeBytes(request, bytes),
  });
  return { connections, admission, streams, bodies };
}

function metricsOf(
  { histograms, gauges, counters }: MetricSources,
  durations: DurationHistogram,
  { streams, traffic, connections }: { streams: Streams; traffic: Traffic; connections: Connections },
): MetricSources {
  return {
    histograms: [durations, ...histograms],
    gauges: [
      { name: "waybill_streams_open", help: "Open event streams.", value: streams.open },
      { name: "waybill_connections_open", help: "Open connections.", value: () => connections.size },
      { name: "waybill_requests_in_flight", help: "Requests in work.", value: () => traffic.inFlight },
      ...gauges,
    ],
    counters,
  };
}

function appParts({
  log,
  limits,
  trustProxy,
  development,
  publicUrl,
}: AppsParts): Pick<AppParts, "log" | "requestsMax" | "trustProxy" | "hosts"> {
  return {
    log,
    requestsMax: limits.requests,
    trustProxy,
    hosts: development ? namesOf(publicUrl) : null,
  };
}

/** The lens with a prefix above this path; none for the lens at the root. */
function lensBelow(lenses: readonly Lens[], path: string): Lens | undefined {
  return lenses.find(({ mount, variants = [""] }) =>
    variants.some((variant) => {
      const prefix = (mount + variant).split("{", 1)[0] ?? "";
      return prefix !== "" && path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
    }),
  );
}

/** The prefixes that a lens has for itself, with their variants; none if it shares them with others. */
function placesBelow({ mount, variants = [""] }: Lens): [prefix: string, variants: readonly string[]][] {
  if (mount !== "" && variants.includes("")) return [[mount, variants]];
  const prefixes = variants.map((variant) => mount + variant);
  if (prefixes.some((prefix) => prefix === "" || prefix.includes("{"))) return [];
  return variants.map((variant) => [mount + variant, [variant]]);
}

/** Names of a development server beside those of the machine. */
function namesOf(publicUrl: string | null): ReadonlySet<string> {
  return new Set(publicUrl === null ? [] : [new URL(publicUrl).hostname.toLowerCase()]);
}
