/** Builds the parts from a configuration (`parts/`), starts and stops them. */
import path from "node:path";
import type { Logger } from "pino";
import type { Config, ConfigSources } from "./config.ts";
import { SystemClock } from "./engine/clock.ts";
import { CrashRecordFile, crashRecordFiles } from "./engine/embedded/crash/crash-record-file.ts";
import { forkedProcess } from "./engine/embedded/crash/forked-process.ts";
import type { EmbeddedEngine } from "./engine/embedded/embedded-engine.ts";
import { blame } from "./engine/execution/current-place.ts";
import { Ids, systemRandomBytes } from "./engine/ids.ts";
import { goingOn, greetingOf } from "./greeting.ts";
import { OfflineDetectors } from "./guardrails/offline/offline-detectors.ts";
import { textChecker } from "./guardrails/text-check.ts";
import { assistant } from "./handlers/agent/definition.ts";
import { answering } from "./handlers/agent/lookups.ts";
import type { Host } from "./http/host.ts";
import { allowedModelsOf, heldBoundsOf } from "./http/shares/share.ts";
import { LENSES } from "./lenses/index.ts";
import type { Lens } from "./lenses/lens.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import { reportFatalErrors, watchOwnEnd } from "./own-end.ts";
import { documentPartsOf } from "./parts/documents.ts";
import { engineOver } from "./parts/engine.ts";
import { withError } from "./parts/engine-log.ts";
import { erasingOver } from "./parts/erasing.ts";
import { catalogOf, guardrailsOf, handlersOf } from "./parts/handlers.ts";
import { conditionIn, configured, hostOptionsOf, listening } from "./parts/host.ts";
import { logger } from "./parts/log.ts";
import { noteStart } from "./parts/note-start.ts";
import { Outbox, outgoingClient } from "./parts/outbox.ts";
import { paidRequestsOver } from "./parts/paid-requests.ts";
import { type Preloading, preloadingOf } from "./parts/preloading.ts";
import { issuesOf, refuseWithoutKeys, storeOf } from "./parts/store.ts";
import { telemetryOf } from "./parts/telemetry.ts";
import { tokenSecretIn } from "./parts/token-secret.ts";
import { watchedModels } from "./parts/watched-models.ts";
import type { Store } from "./store/store.ts";
import { Directory } from "./task/people/directory.ts";
import { relayedTo } from "./telemetry/relayed.ts";
import type { Audit } from "./verbs/audit.ts";
import { AgentLookup } from "./verbs/implementation/agent-lookup.ts";
import { createVerbs } from "./verbs/implementation/create-verbs.ts";
import { DocumentSearch } from "./verbs/implementation/document-search.ts";
import { VectorStoreVerbs } from "./verbs/implementation/vector-store-verbs.ts";
import { VERSION } from "./version.ts";

export type Running = {
  /** Root URL of the main listener. */
  url: string;
  /** Root URLs of the lenses that have a port of their own. */
  lensUrls: Readonly<Record<string, string>>;
  /** What to tell the person who started it. */
  greeting: string;
  /** Stops taking, lets running steps end within the grace time, and closes. */
  stop: () => Promise<void>;
  /** Cuts a stop short. */
  hurry: () => void;
};

/** What a stop leaves to answers that are on their way once nothing runs any more. */
const CLOSE_MS = 1_000;

/** Where a process for suspects begins. */
const RUN_PROCESS = new URL(`./cli/run-process.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

/**
 * Starts a server with these lenses, the root's first; resolves once it answers. Throws `StartError`. `sources` is what
 * the configuration was made of, when this process is there for the server alone: its end is then watched, and others
 * are started that run the same handlers.
 */
export async function startServer(
  config: Config,
  served: readonly [Lens, ...Lens[]] = LENSES,
  sources?: Pick<ConfigSources, "mode" | "flags" | "folder">,
): Promise<Running> {
  const log = logger(config);
  const own = { clock: new SystemClock(), random: Math.random, ids: new Ids(systemRandomBytes) };
  const lenses = configured(served, config);
  const metrics = new ServerMetrics();
  const telemetry = await telemetryOf(config, log, own.clock);
  const tracing = telemetry?.tracing ?? null;
  const { models, embedder } = watchedModels(config, metrics, tracing);
  const detectors = new OfflineDetectors();
  const lookups = { documents: new DocumentSearch(), directory: new AgentLookup() };
  const guardrails = guardrailsOf(config, models, detectors);
  const handlers = handlersOf(config, models, guardrails, lookups);
  const documents = documentPartsOf(config, models, embedder);
  const leaves = [documents, detectors, ...(telemetry ? [telemetry.sink] : [])];
  const record = new CrashRecordFile(crashRecordFiles(config.data));
  const { store, damagedEnds } = await storeOf(config, record, log, metrics);
  try {
    await refuseWithoutKeys(config, store);
    const lookUp = relayedTo(telemetry?.sink ?? null, answering(lookups));
    const crashes = { record, ...(sources && { launch: forkedProcess(RUN_PROCESS, sources, lookUp) }) };
    const all = [...handlers, ...documents.handlers(store)];
    const engine = engineOver({ ...own, store, handlers: all, ...crashes }, config, { log, metrics, tracing });
    const retrieval = documents.retrieval(store);
    const catalog = catalogOf(config, models, lookups);
    const people = new Directory(config.directory);
    const outbox = new Outbox(served, outgoingClient(config.outgoing));
    const erasing = erasingOver({ ...own, store, engine }, log);
    const paid = paidRequestsOver(store, config, { ...own, metrics, log, tracing, reservations: engine.reservations });
    const verbs = createVerbs({
      ...{ ...own, engine, store, retrieval, catalog, erasing },
      ...(tracing && { trace: tracing.begins }),
      ...{ directory: people, keyLifetimes: config.keys, uploadsAtOnce: config.limits },
      ...{ receivers: outbox.receivers(), checkText: textChecker(guardrails), paid },
      ...{ heldBounds: heldBoundsOf(config.shares), allowedModels: allowedModelsOf(config.shares) },
    });
    lookups.documents.over(verbs.vectorStores);
    lookups.directory.over(verbs.agents);
    const stores = new VectorStoreVerbs({ ...own, engine, store }, retrieval, paid);
    const measured = metrics.sources(engine, () => own.clock.now(), [outbox.metrics()]);
    telemetry?.sink.measure(measured);
    const host = await listening({
      ...hostOptionsOf(config, documents.fetching),
      ...{ log, version: VERSION, verbs, directory: people },
      now: () => own.clock.now(),
      agents: config.agents.length > 0 ? config.agents : [assistant],
      providers: models.providers(),
      lenses,
      metrics: measured,
      ...{ condition: conditionIn(engine, models), recovering: () => engine.recovering, damagedEnds },
      issues: () => issuesOf(store),
      tokenSecret: await tokenSecretIn(store),
    });
    for (const note of [...config.notes, ...host.notes]) log.warn(note);
    if (sources) watchEnd(config, record, log);
    const { flights } = record.last();
    try {
      await engine.start();
      const warn = (message: string, facts: Record<string, unknown>) => log.warn(withError(facts), message);
      await outbox.start(verbs, { ...own, store, warn });
    } catch (error) {
      await host.close(0);
      throw error;
    }
    host.serve();
    noteStart(store.audit, config, lenses, log);
    for (const part of [erasing, paid]) part.goOn();
    stores.moveToUsualModel().catch((err: unknown) => log.warn({ err }, "vector stores keep their older model"));
    const greeting = greetingOf({ config, host, lenses, models, goesOn: await goingOn(flights, engine) });
    const preloading = preloadingOf(config.models, [...host.loads, () => outbox.load()], own.clock, log);
    const ending = [...leaves, outbox, erasing, paid];
    log.info({ version: VERSION, mode: config.mode, url: host.url, data: config.data }, "started");
    return {
      ...{ url: host.url, lensUrls: host.lensUrls, greeting },
      ...stopping({ config, log, store, engine, host, audit: verbs.audit, preloading, leaves: ending }),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Both ways to end it. The order is that of the parts: nobody is called who is already gone. */
function stopping({
  config,
  log,
  store,
  engine,
  host,
  audit,
  preloading,
  leaves,
}: {
  config: Config;
  log: Logger;
  store: Store;
  engine: EmbeddedEngine;
  host: Host;
  audit: Audit;
  preloading: Preloading;
  /** What has threads, processes or turns of its own, some of which end with a word to the store. */
  leaves: readonly { close: () => Promise<void> }[];
}): Pick<Running, "stop" | "hurry"> {
  const hurried = Promise.withResolvers<void>();
  const stop = async () => {
    log.info("stopping");
    host.refuse();
    // Nobody will ask any more for what it would load, and what it makes of a host that is closed nobody would close.
    await preloading.close();
    await Promise.race([engine.stop(config.graceMs), hurried.promise.then(() => engine.stop(0))]);
    await host.close(CLOSE_MS);
    await audit.close();
    try {
      await Promise.all(leaves.map((part) => part.close()));
    } finally {
      await store.close();
    }
    log.info("stopped");
  };
  let stopped: Promise<void> | undefined;
  return {
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    hurry: hurried.resolve,
  };
}

/** Who causes the end of this process is found by what is written down in its last moment. */
function watchEnd({ data }: Config, record: CrashRecordFile, log: Logger): void {
  const { dir, base } = path.parse(crashRecordFiles(data).report);
  reportFatalErrors(dir, base);
  watchOwnEnd(
    (said) => record.ends("own", said),
    (error) => {
      const owner = blame(error);
      if (owner) log.error({ ...owner, err: error }, "code of a handler threw where nothing awaits it");
      return owner !== null;
    },
  );
}
