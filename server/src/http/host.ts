/**
 * All that is heard and said over HTTP: the main listener with every lens, and the lenses' own ports. It is handed the
 * lenses and the verbs, and knows neither what a task is nor who moves it.
 */
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Lens } from "../lenses/lens.ts";
import type { LensParts } from "../lenses/lens-parts.ts";
import { mountLens, mountRootRoutes } from "../lenses/mount.ts";
import { createApp, type Traffic } from "./app.ts";
import { createAuthentication } from "./authentication.ts";
import { addDashboard } from "./dashboard.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { BindError, type Listener, listen } from "./listener.ts";
import { createMetricsPage, type MetricSources } from "./metrics.ts";
import { addFrontDoor, addHealth, addMetrics } from "./server-routes.ts";
import { createStreams } from "./stream.ts";

/** Bytes of all bodies that are being read at once. */
const BODIES_BYTES_MAX = 256 * 1024 * 1024;

export type HostOptions = {
  /** In development this machine needs no key, and only local names are answered. */
  development: boolean;
  /** Null: both loopback addresses. */
  hosts: readonly string[] | null;
  port: number;
  /** Lenses with a port of their own. */
  lensPorts: readonly { name: string; port: number }[];
  /** A lens port that is taken is an error, not a note: somebody asked for it. */
  lensPortsAsked: boolean;
  publicUrl: string | null;
  trustProxy: number;
  limits: { connections: number; streams: number; requests: number; bodyBytes: number };
};

export type HostParts = HostOptions & {
  log: Logger;
  now: () => number;
  version: string;
  verbs: LensParts["verbs"];
  agents: LensParts["agents"];
  /** The first is at the root of the main port; it also says what is refused outside of any lens. */
  lenses: readonly [Lens, ...Lens[]];
  /** What `/metrics` tells of the rest of the server. */
  metrics: MetricSources;
};

export type Host = {
  /** Root URL of the main listener. */
  url: string;
  /** Root URLs of the lenses that have a port of their own. */
  lensUrls: Readonly<Record<string, string>>;
  /** What the one who started it should know: ports that were taken, lenses that are not here. */
  notes: readonly string[];
  /** Begins to serve; until then every request is told to come again. */
  serve: () => void;
  /** Stops taking: ends streams, answers what is held, tells the rest to come again. */
  refuse: () => void;
  /** Lets answers out that are on their way, then cuts the rest. */
  close: (graceMs: number) => Promise<void>;
};

/** Binds every port. Throws `BindError`, and then none is bound. */
export async function openHost(parts: HostParts): Promise<Host> {
  const { log, version, development, lenses } = parts;
  const [root, ...others] = lenses;
  const stopping = new AbortController();
  const traffic: Traffic = { inFlight: 0, stage: "starting" };
  const streams = createStreams({ streamsMax: parts.limits.streams, log });
  const authentication = createAuthentication({ keys: parts.verbs.keys, development, now: parts.now });
  const durations = new DurationHistogram(
    "waybill_http_request_duration_seconds",
    "Time from a request's head to its end.",
  );
  const lensParts: LensParts = {
    verbs: { ...parts.verbs, keys: authentication.keys },
    agents: parts.agents,
    version,
    shows: new Map(lenses.map(({ name, show }) => [name, show])),
    authenticate: authentication.authenticate,
    stream: streams.stream,
    stopping: stopping.signal,
    now: parts.now,
  };

  const newApp = (lens: Lens) =>
    createApp({
      lens,
      log,
      durations,
      traffic,
      bodies: { bytesMax: parts.limits.bodyBytes, bytesInFlightMax: BODIES_BYTES_MAX },
      requestsMax: parts.limits.requests,
      trustProxy: parts.trustProxy,
      hosts: development ? namesOf(parts.publicUrl) : null,
    });

  const mainApp = async (): Promise<FastifyInstance> => {
    const app = newApp(root);
    for (const lens of lenses) {
      await mountLens(app, lens, lensParts, { prefix: lens.mount, ownsListener: lens === root });
      await mountRootRoutes(app, lens, lensParts);
    }
    addHealth(app, { version });
    addMetrics(app, {
      authenticate: authentication.authenticate,
      page: createMetricsPage({
        histograms: [durations, ...parts.metrics.histograms],
        gauges: [
          { name: "waybill_streams_open", help: "Open event streams.", value: streams.open },
          { name: "waybill_requests_in_flight", help: "Requests in work.", value: () => traffic.inFlight },
          ...parts.metrics.gauges,
        ],
        counters: parts.metrics.counters,
      }),
    });
    addDashboard(app);
    addFrontDoor(app, { name: "waybill", version, api: "/v1", openapi: "/openapi.json", docs: "/docs" });
    return app;
  };

  const lensApp = async (lens: Lens): Promise<FastifyInstance> => {
    const app = newApp(lens);
    await mountLens(app, lens, lensParts, { prefix: "", ownsListener: true });
    await mountRootRoutes(app, lens, lensParts);
    if (!app.hasRoute({ method: "GET", url: "/health" })) addHealth(app, { version });
    return app;
  };

  const listeners: Listener[] = [];
  const close = async (graceMs: number) => {
    await Promise.all(listeners.map((listener) => listener.close(graceMs)));
  };
  const bind = async (app: FastifyInstance, port: number): Promise<string> => {
    const listener = await listen(app, { hosts: parts.hosts, port, connectionsMax: parts.limits.connections });
    listeners.push(listener);
    return urlOf(listener, development);
  };

  try {
    const url = await bind(await mainApp(), parts.port);
    const lensUrls: Record<string, string> = {};
    const notes: string[] = [];
    for (const { name, port } of parts.lensPorts) {
      const lens = others.find((other) => other.name === name);
      if (lens === undefined) {
        notes.push(`This version has no ${name} lens: port ${port} stays free.`);
        continue;
      }
      try {
        lensUrls[name] = await bind(await lensApp(lens), port);
      } catch (error) {
        if (parts.lensPortsAsked || !(error instanceof BindError)) throw error;
        notes.push(`${error.message}: the ${name} lens is at ${url}${lens.mount} only.`);
      }
    }
    return {
      url,
      lensUrls,
      notes,
      serve: () => {
        traffic.stage = "serving";
      },
      refuse: () => {
        traffic.stage = "stopping";
        stopping.abort();
        streams.close();
      },
      close,
    };
  } catch (error) {
    await close(0);
    throw error;
  }
}

/** The names under which a development server may be asked for, besides those of the machine itself. */
function namesOf(publicUrl: string | null): ReadonlySet<string> {
  return new Set(publicUrl === null ? [] : [new URL(publicUrl).hostname.toLowerCase()]);
}

function urlOf({ port, addresses: [address = "127.0.0.1"] }: Listener, development: boolean): string {
  const any = address === "0.0.0.0" || address === "[::]";
  return `http://${development || any ? "localhost" : address}:${port}`;
}
