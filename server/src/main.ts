/** Builds the parts from a configuration, starts and stops them; the only file that knows every concrete class. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { pino } from "pino";
import { ZodError } from "zod";
import type { Config } from "./config.ts";
import { describe, type LensName } from "./config-file.ts";
import { systemClock } from "./engine/clock.ts";
import { EmbeddedEngine } from "./engine/embedded/engine.ts";
import { greetingOf } from "./greeting.ts";
import { agentHandler } from "./handlers/agent/agent.ts";
import { assistant } from "./handlers/agent/definition.ts";
import { externalHandler } from "./handlers/external/external.ts";
import { createApp, type Traffic } from "./http/app.ts";
import { addDashboard } from "./http/dashboard.ts";
import { createDoor } from "./http/door.ts";
import { Durations } from "./http/durations.ts";
import { addFrontDoor, addHealth, addMetrics } from "./http/front.ts";
import { BindError, type Listener, listen } from "./http/listener.ts";
import { createMetricsPage } from "./http/metrics.ts";
import { createStreams } from "./http/stream.ts";
import type { Lens, LensParts } from "./lenses/lens.ts";
import { nativeLens } from "./lenses/native/routes.ts";
import { shannonLens } from "./lenses/shannon/routes.ts";
import { ModelError, type Models } from "./models/model.ts";
import { createModels } from "./models/models.ts";
import { openSqliteStore } from "./store/sqlite/store.ts";
import type { Store } from "./store/store.ts";
import { Refusal } from "./task/errors.ts";
import type { Handler } from "./task/handler.ts";
import { TransitionCounts } from "./transition-counts.ts";
import { VERSION } from "./version.ts";

/** The server cannot start: a sentence for whoever started it. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** What was asked for cannot be, as against what the machine does not give. */
  readonly badUsage: boolean;

  constructor(message: string, badUsage = false) {
    super(message);
    this.badUsage = badUsage;
  }
}

export type Running = {
  /** Root URL of the main listener. */
  url: string;
  /** Root URLs of the lenses that have a port of their own. */
  lensUrls: Readonly<Partial<Record<LensName, string>>>;
  /** What to tell the person who started it. */
  greeting: string;
  /** Stops taking, lets running steps end within the grace time, and closes. */
  stop: () => Promise<void>;
  /** Cuts a stop short. */
  hurry: () => void;
};

/** Foreign lenses, each under its name on the main port and at the root of its own. */
const LENSES: Readonly<Partial<Record<LensName, Lens>>> = { shannon: shannonLens };

/** What a stop leaves to answers that are on their way once nothing runs any more. */
const CLOSE_MS = 1_000;
const BODIES_IN_FLIGHT_BYTES_MAX = 256 * 1024 * 1024;

/** Starts a server; resolves once it answers. Throws `StartError`. */
export async function startServer(config: Config): Promise<Running> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  const models = modelsOf(config);
  const agents = config.agents.length > 0 ? config.agents : [assistant];
  const handlers = handlersOf(config, models);

  const store = await openStore(config, (error) => {
    // Nothing can be kept any more. What was acknowledged is on disk, and the next start goes on from there.
    log.fatal({ err: error }, "the store has died");
    process.exit(1);
  });
  const opened: { stop: (graceMs: number) => Promise<unknown> }[] = [{ stop: () => store.close() }];
  const undo = async () => {
    for (const part of opened.toReversed()) await part.stop(0);
  };

  try {
    if (config.mode === "serve" && (await store.countKeys()) === 0) {
      throw new StartError(
        "There is no API key yet, and waybill serve answers nobody without one: waybill keys create",
      );
    }
    const transitions = new TransitionCounts();
    const steps = new Durations("waybill_step_duration_seconds", "Time that the body of a step took.");
    const engine = new EmbeddedEngine({
      store,
      handlers,
      clock: systemClock,
      random: Math.random,
      randomBytes,
      limits: {
        concurrency: config.limits.running,
        recentBytes: config.limits.recentBytes,
        retentionDays: config.retentionDays,
      },
      log: {
        warn: (message, facts) => log.warn(withError(facts), message),
        taskChanged: (change) => transitions.count(change),
        stepEnded: (kind, _step, ms) => steps.observe(kind, "", ms, () => ({ kind })),
      },
    });

    const stopping = new AbortController();
    const traffic: Traffic = { inFlight: 0, stage: "starting", stopping: stopping.signal };
    const streams = createStreams({ streamsMax: config.limits.streams, log });
    const door = createDoor({ keys: engine.verbs.keys, development: config.mode === "dev", now: systemClock.now });
    const durations = new Durations("waybill_http_request_duration_seconds", "Time from a request's head to its end.");
    const metricsPage = createMetricsPage([durations, steps], async () => {
      const { running, ready, open } = engine.stats();
      return [
        { name: "waybill_tasks_running", help: "Tasks whose handler runs.", type: "gauge", value: running },
        { name: "waybill_tasks_ready", help: "Tasks that wait for a slot.", type: "gauge", value: ready },
        { name: "waybill_tasks_open", help: "Tasks that have not ended.", type: "gauge", value: open },
        { name: "waybill_streams_open", help: "Open event streams.", type: "gauge", value: streams.open() },
        { name: "waybill_requests_in_flight", help: "Requests in work.", type: "gauge", value: traffic.inFlight },
        ...transitions.facts(),
      ];
    });

    const parts: LensParts = {
      verbs: { ...engine.verbs, keys: door.keys },
      agents,
      version: VERSION,
      who: door.who,
      stream: streams.stream,
      now: systemClock.now,
    };
    const newApp = () =>
      createApp({
        log,
        durations,
        traffic,
        bodies: { bytesMax: config.limits.bodyBytes, bytesInFlightMax: BODIES_IN_FLIGHT_BYTES_MAX },
        requestsMax: config.limits.requests,
        trustProxy: config.trustProxy,
        hosts: config.mode === "dev" ? localNames(config) : null,
      });
    const bind = async (app: ReturnType<typeof newApp>, port: number): Promise<Listener> => {
      const hosts = config.host === null && config.mode === "dev" ? null : [config.host ?? "127.0.0.1"];
      const listener = await listen(app, { hosts, port, connectionsMax: config.limits.connections });
      opened.push({ stop: listener.close });
      return listener;
    };

    const mainApp = newApp();
    // At the root itself: what is refused outside of any lens is worded as the native one would.
    nativeLens().mount(mainApp, parts);
    for (const [name, lens] of Object.entries(LENSES)) {
      await mainApp.register(async (app) => lens.mount(app, parts), { prefix: `/${name}` });
    }
    addHealth(mainApp, parts);
    addMetrics(mainApp, { page: metricsPage, who: door.who });
    addDashboard(mainApp);
    addFrontDoor(mainApp, { name: "waybill", version: VERSION, api: "/v1", openapi: "/openapi.json", docs: "/docs" });
    const main = await bind(mainApp, config.port).catch((error: unknown) => {
      throw new StartError(`waybill cannot listen: ${sentence(error)}. Another --port makes room.`);
    });

    const lensUrls: Partial<Record<LensName, string>> = {};
    const notes: string[] = [];
    for (const [name, port] of lensPortsOf(config)) {
      const lens = LENSES[name];
      if (lens === undefined) {
        notes.push(`This version has no ${name} lens: port ${port} stays free.`);
        continue;
      }
      const app = newApp();
      lens.mount(app, parts);
      await app.after();
      if (!app.hasRoute({ method: "GET", url: "/health" })) addHealth(app, parts);
      try {
        lensUrls[name] = urlOf(config, await bind(app, port));
      } catch (error) {
        if (config.lensPortsAsked || !(error instanceof BindError)) {
          throw new StartError(`waybill cannot listen for the ${name} lens: ${sentence(error)}.`);
        }
        await app.close();
        notes.push(`${sentence(error)}: the ${name} lens is at ${urlOf(config, main)}/${name} only.`);
      }
    }
    for (const note of notes) log.warn(note);

    await engine.start();
    opened.push({ stop: (graceMs) => engine.stop(graceMs) });
    traffic.stage = "serving";
    const url = urlOf(config, main);
    log.info({ version: VERSION, mode: config.mode, url, data: config.data }, "started");

    let stopped: Promise<void> | undefined;
    const hurried = Promise.withResolvers<void>();
    const stop = async () => {
      log.info("stopping");
      traffic.stage = "stopping";
      stopping.abort();
      streams.close();
      await Promise.race([engine.stop(config.graceMs), hurried.promise.then(() => engine.stop(0))]);
      opened.pop();
      for (const part of opened.toReversed()) await part.stop(CLOSE_MS);
      log.info("stopped");
    };
    return {
      url,
      lensUrls,
      greeting: greetingOf({ config, url, lensUrls, defaultModel: models.defaultModel, version: VERSION }),
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
      hurry: hurried.resolve,
    };
  } catch (error) {
    await undo();
    throw error;
  }
}

async function openStore(config: Config, onFatal: (error: Error) => void): Promise<Store> {
  try {
    await mkdir(config.data, { recursive: true });
    return await openSqliteStore(config.data, { onFatal });
  } catch (error) {
    if (error instanceof Refusal) throw new StartError(error.message);
    throw new StartError(`The data folder ${config.data} cannot be opened: ${sentence(error)}.`);
  }
}

function modelsOf(config: Config): Models {
  try {
    return createModels(config.models);
  } catch (error) {
    if (error instanceof ModelError) throw new StartError(error.message, true);
    if (error instanceof ZodError) throw new StartError(`models: ${error.issues.map(describe).join("; ")}`, true);
    throw error;
  }
}

function handlersOf(config: Config, models: Models): Handler[] {
  const own = [agentOf(config, models), externalHandler()];
  const kinds = new Set(own.map(({ kind }) => kind));
  for (const { kind } of config.handlers) {
    if (kinds.has(kind)) throw new StartError(`Two handlers are of kind "${kind}": name yours otherwise.`, true);
    kinds.add(kind);
  }
  return [...own, ...config.handlers];
}

function agentOf({ agents, tools }: Config, models: Models): Handler {
  try {
    return agentHandler({ models, agents, tools });
  } catch (error) {
    throw new StartError(`agents: ${sentence(error)}`, true);
  }
}

function lensPortsOf({ lensPorts }: Config): [LensName, number][] {
  return (["shannon", "documents", "orchestrate"] as const).flatMap((name) => {
    const port = lensPorts[name];
    return port === undefined ? [] : [[name, port] as [LensName, number]];
  });
}

/** The names under which this server may be asked for, besides those of the machine itself. */
function localNames({ publicUrl }: Config): ReadonlySet<string> {
  return new Set(publicUrl === null ? [] : [new URL(publicUrl).hostname.toLowerCase()]);
}

function urlOf(config: Config, { port, addresses: [address = "127.0.0.1"] }: Listener): string {
  const host = config.mode === "dev" || address === "0.0.0.0" || address === "[::]" ? "localhost" : address;
  return `http://${host}:${port}`;
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Errors are logged by pino's own serializer, under the name that it knows. */
function withError({ error, ...facts }: Record<string, unknown>): Record<string, unknown> {
  return error === undefined ? facts : { ...facts, err: error };
}
