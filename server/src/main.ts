/** Builds the parts from a configuration, starts and stops them; the only file that knows every concrete class. */
import path from "node:path";
import { type Logger, pino } from "pino";
import { ZodError } from "zod";
import { conditionOf } from "./condition.ts";
import type { Config, ConfigSources } from "./config.ts";
import { describe } from "./config-file.ts";
import { systemClock } from "./engine/clock.ts";
import { CrashRecordFile, crashRecordFiles } from "./engine/embedded/crash-record-file.ts";
import { EmbeddedEngine, type EngineParts } from "./engine/embedded/embedded-engine.ts";
import { forkedProcess } from "./engine/embedded/forked-process.ts";
import { blame } from "./engine/execution/current-place.ts";
import { Ids, systemRandomBytes } from "./engine/ids.ts";
import { engineLog, withError } from "./engine-log.ts";
import { ProcessExtraction } from "./extraction/process-extraction.ts";
import { checkUrl, downloadOf, fetchingOf } from "./fetching.ts";
import { goingOn, greetingOf } from "./greeting.ts";
import { configuredGuardrails } from "./guardrails/configuration.ts";
import { OfflineDetectors } from "./guardrails/offline/offline-detectors.ts";
import { textChecker } from "./guardrails/text-check.ts";
import { agentCatalog, agentHandler } from "./handlers/agent/agent.ts";
import { assistant } from "./handlers/agent/definition.ts";
import { answering, type Lookups } from "./handlers/agent/lookups.ts";
import type { GuardrailParts } from "./handlers/agent/run-guard.ts";
import { documentHandlers } from "./handlers/documents/documents.ts";
import type { Embedders } from "./handlers/documents/parts.ts";
import { summarizeWith } from "./handlers/documents/summarize.ts";
import { textProcesses } from "./handlers/documents/text-processes.ts";
import { externalHandler } from "./handlers/external/external.ts";
import { humanHandler } from "./handlers/human/human.ts";
import { openTo } from "./http/cross-origin.ts";
import { type Host, type HostOptions, type HostParts, openHost } from "./http/host.ts";
import { lastingSharesOf } from "./http/shares/share.ts";
import { LENSES } from "./lenses/index.ts";
import type { Lens } from "./lenses/lens.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import { modelsConfig } from "./models/configuration.ts";
import type { Embedder } from "./models/embedding.ts";
import { createEmbedder } from "./models/embeddings/embedders.ts";
import { ModelError, type Models } from "./models/model.ts";
import { createModels } from "./models/models.ts";
import { Outbox, outgoingClient } from "./outbox.ts";
import type { GuardedClient } from "./outgoing/guarded-client.ts";
import { reportFatalErrors, watchOwnEnd } from "./own-end.ts";
import { remoteAgentHandlerOf, toolsOf } from "./remote-agents.ts";
import { openStore, storageOf } from "./store/open.ts";
import type { Store } from "./store/store.ts";
import { Directory } from "./task/directory.ts";
import { DOCUMENT_KINDS } from "./task/document.ts";
import { Refusal } from "./task/errors.ts";
import type { Handler } from "./task/handler.ts";
import { Handlers } from "./task/handlers.ts";
import { tracedModels } from "./telemetry/model-calls.ts";
import { Tracing } from "./telemetry/tracing.ts";
import { tokenSecretIn } from "./token-secret.ts";
import { AgentLookup } from "./verbs/implementation/agent-lookup.ts";
import { createVerbs } from "./verbs/implementation/create-verbs.ts";
import { DocumentSearch } from "./verbs/implementation/document-search.ts";
import { type Retrieval, VectorStoreVerbs } from "./verbs/implementation/vector-store-verbs.ts";
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
  const lenses = configured(served, config);
  const metrics = new ServerMetrics();
  const telemetry = await telemetryOf(config, log);
  const tracing = telemetry?.tracing ?? null;
  const models = metrics.providers.watched(tracedModels(modelsOf(config), tracing));
  const search = new DocumentSearch();
  const directory = new AgentLookup();
  const detectors = new OfflineDetectors();
  const lookups = { documents: search, directory };
  const guardrails = guardrailsOf(config, models, detectors);
  const handlers = handlersOf(config, models, guardrails, lookups);
  const documents = documentPartsOf(config, models);
  const leaves = [documents, detectors, ...(telemetry ? [telemetry.sink] : [])];
  const record = new CrashRecordFile(crashRecordFiles(config.data));
  const store = await storeOf(config, record, log, metrics.written);
  try {
    await refuseWithoutKeys(config, store);
    const ids = new Ids(systemRandomBytes);
    const crashes = { record, ...(sources && { launch: forkedProcess(RUN_PROCESS, sources, answering(lookups)) }) };
    const all = [...handlers, ...documents.handlers(store)];
    const engine = engineOver({ store, handlers: all, ids, ...crashes }, config, { log, metrics, tracing });
    const retrieval = documents.retrieval(store);
    const catalog = agentCatalog({ models, agents: config.agents, tools: toolsOf(config), documents: search });
    const people = new Directory(config.directory);
    const outbox = new Outbox(lenses, outgoingClient(config.outgoing));
    const verbs = createVerbs({
      ...{ engine, store, clock: systemClock, ids, random: Math.random, retrieval, catalog },
      ...(tracing && { trace: tracing.begins }),
      directory: people,
      receivers: outbox.receivers(),
      checkText: textChecker(guardrails),
      lastingBounds: lastingSharesOf(config.shares),
    });
    search.over(verbs.vectorStores);
    directory.over(verbs.agents);
    const stores = new VectorStoreVerbs({ engine, store, clock: systemClock, ids }, retrieval);
    const measured = metrics.sources(engine, () => systemClock.now(), [outbox.metrics()]);
    telemetry?.sink.measure(measured);
    const host = await listening({
      ...hostOptionsOf(config, documents.fetching),
      ...{ log, version: VERSION, verbs },
      now: () => systemClock.now(),
      directory: people,
      agents: config.agents.length > 0 ? config.agents : [assistant],
      providers: models.providers(),
      lenses,
      metrics: measured,
      condition: conditionIn(engine, models),
      issues: () => issuesOf(store),
      tokenSecret: await tokenSecretIn(store),
    });
    for (const note of [...config.notes, ...host.notes]) log.warn(note);
    if (sources) watchEnd(config, record, log);
    const { flights } = record.last();
    try {
      await engine.start();
      const warn = (message: string, facts: Record<string, unknown>) => log.warn(withError(facts), message);
      await outbox.start(verbs, { store, clock: systemClock, random: Math.random, warn });
    } catch (error) {
      await host.close(0);
      throw error;
    }
    host.serve();
    stores
      .moveToUsualModel()
      .catch((error: unknown) => log.warn({ err: error }, "vector stores keep their older model"));
    log.info({ version: VERSION, mode: config.mode, url: host.url, data: config.data }, "started");
    return {
      url: host.url,
      lensUrls: host.lensUrls,
      greeting: greetingOf({ config, host, lenses, models, goesOn: await goingOn(flights, engine.transitions) }),
      ...stopping({ config, log, store, engine, host, leaves: [...leaves, outbox] }),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Throws `StartError` when a port cannot be had. */
async function listening(parts: HostParts): Promise<Host> {
  try {
    return await openHost(parts);
  } catch (error) {
    throw new StartError(`waybill cannot listen: ${sentence(error)}. Choose other ports with --port and --lens-port.`);
  }
}

function conditionIn(engine: EmbeddedEngine, { defaultModel }: Models): HostParts["condition"] {
  return conditionOf(() => {
    const { running, ready } = engine.stats();
    return { running, queued: ready, languageModel: !defaultModel.startsWith("local:"), embedding: true };
  });
}

/** What the log may hold back while nobody takes it: what is more is dropped. */
const LOG_BYTES_MAX = 1 << 20;

/** A log that cannot be written, as on a full disk, stops nothing. */
function logger({ logLevel }: Config): Logger {
  const out = pino.destination({ fd: 2, sync: true, maxLength: LOG_BYTES_MAX });
  out.on("error", () => {});
  return pino({ level: logLevel, base: null }, out);
}

/** Both ways to end it. The order is that of the parts: nobody is called who is already gone. */
function stopping({
  config,
  log,
  store,
  engine,
  host,
  leaves,
}: {
  config: Config;
  log: Logger;
  store: Store;
  engine: EmbeddedEngine;
  host: Host;
  /** What has threads and processes of its own. */
  leaves: readonly { close: () => Promise<void> }[];
}): Pick<Running, "stop" | "hurry"> {
  const hurried = Promise.withResolvers<void>();
  const stop = async () => {
    log.info("stopping");
    host.refuse();
    await Promise.race([engine.stop(config.graceMs), hurried.promise.then(() => engine.stop(0))]);
    await host.close(CLOSE_MS);
    await Promise.all([...leaves, store].map((part) => part.close()));
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

/** Where traces and metrics go out; null, and nothing of it is loaded, where no address is set. */
async function telemetryOf({ telemetry }: Config, log: Logger) {
  if (telemetry === null) return null;
  const { OpenTelemetry } = await import("./telemetry/open-telemetry.ts");
  const sink = new OpenTelemetry(telemetry, VERSION, log);
  return { sink, tracing: new Tracing(sink, telemetry, () => systemClock.now()) };
}

/** The engine, with what is logged and counted of it. */
function engineOver(
  parts: Pick<EngineParts, "store" | "handlers" | "ids" | "record" | "launch">,
  { limits, retentionDays, auditDays, directory }: Config,
  { log, metrics, tracing }: { log: Logger; metrics: ServerMetrics; tracing: Tracing | null },
): EmbeddedEngine {
  const people = new Directory(directory);
  const told = engineLog(log);
  return new EmbeddedEngine({
    ...parts,
    clock: systemClock,
    random: Math.random,
    limits: {
      concurrency: limits.running,
      concurrencyOfTenant: limits.runningOfTenant,
      concurrencyReserve: limits.runningReserve,
      recentBytes: limits.recentBytes,
      depthMax: limits.depth,
      retentionDays,
      auditDays,
    },
    escalatesTo: (task) => people.escalationOf(task),
    log: {
      ...told,
      taskChanged: (change) => {
        metrics.taskChanged(change);
        tracing?.taskChanged(change);
        told.taskChanged(change);
      },
      stepEnded: (task, step, ms, tried) => {
        metrics.stepEnded(task.kind, ms);
        tracing?.stepEnded(task, step, ms, tried);
      },
    },
  });
}

function configured(
  [root, ...others]: readonly [Lens, ...Lens[]],
  { lenses, corsOrigins, mode }: Config,
): [Lens, ...Lens[]] {
  const origins = { listed: corsOrigins, local: mode === "dev" };
  const as = (lens: Lens) => openTo(lens.configured?.(lenses) ?? lens, origins);
  return [as(root), ...others.map(as)];
}

/** A store that cannot be read is what keeps a server from working that answers. */
async function issuesOf(store: Store): Promise<string[]> {
  try {
    await store.countKeys();
    return [];
  } catch (error) {
    return [error instanceof Refusal ? error.message : "The database cannot be read."];
  }
}

function hostOptionsOf(config: Config, fetching: GuardedClient | null): HostOptions & Pick<HostParts, "documents"> {
  const { mode, host, lensPorts } = config;
  const development = mode === "dev";
  return {
    development,
    hosts: host === null && development ? null : [host ?? "127.0.0.1"],
    port: config.port,
    lensPorts: Object.entries(lensPorts).flatMap(([name, port]) => (port === undefined ? [] : [{ name, port }])),
    lensPortsAsked: config.lensPortsAsked,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    limits: config.limits,
    shares: config.shares,
    documents: documentSettingsOf(config.documents, fetching),
  };
}

function documentSettingsOf(
  { fileBytes, uploadsPerHour, vectorStoreActsPerHour }: Config["documents"],
  fetching: GuardedClient | null,
): HostParts["documents"] {
  return {
    fileBytesMax: fileBytes,
    checkUrl: fetching && ((url) => checkUrl(url, fetching)),
    perHour: {
      ...(uploadsPerHour !== undefined && { upload: uploadsPerHour }),
      ...(vectorStoreActsPerHour !== undefined && { "vector store": vectorStoreActsPerHour }),
    },
  };
}

async function refuseWithoutKeys({ mode }: Config, store: Store): Promise<void> {
  if (mode !== "serve" || (await store.countKeys()) > 0) return;
  throw new StartError(
    "There is no API key yet, and waybill serve answers nobody without one. Make the first: waybill keys create",
  );
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

async function storeOf(
  config: Config,
  record: CrashRecordFile,
  log: Logger,
  onWritten: (ms: number) => void,
): Promise<Store> {
  const onFatal = (error: Error) => {
    // Nothing can be kept any more. What was acknowledged is on disk, and the next start goes on from there.
    record.ends("outside", "The store has died.");
    log.fatal({ err: error }, "the store has died");
    process.exit(1);
  };
  try {
    const onDamage = (damage: Error) => log.error({ err: damage }, "left out what cannot be read: see waybill doctor");
    return await openStore(config, { onFatal, onDamage, onWritten });
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

/** The parts that read, embed and find documents: they start with the first document. */
type DocumentWork = {
  fetching: GuardedClient | null;
  handlers: (store: Store) => Handler[];
  retrieval: (store: Store) => Retrieval;
  close: () => Promise<void>;
};

function documentPartsOf(config: Config, models: Models): DocumentWork {
  const embedders = embeddersOf(config);
  const extraction = new ProcessExtraction();
  const text = textProcesses();
  const fetching = fetchingOf(config.documents.urls);
  return {
    fetching,
    handlers: ({ documents, chunks, files }) =>
      documentHandlers({
        ...{ documents, chunks, files, extraction, text, embedders, models },
        download:
          fetching && downloadOf(fetching, config.documents.fileBytes, (body, bounds) => files.receive(body, bounds)),
      }),
    retrieval: ({ chunks }) => ({ chunks, embedders, summarize: summarizeWith(text, extraction) }),
    close: async () => {
      await Promise.all([extraction.close(), text.close(), fetching?.close()]);
    },
  };
}

/** The configured model for what is new; whichever else can still be had, for what is embedded already. */
function embeddersOf({ embeddings, models }: Config): Embedders {
  const { providers, prices } = modelsConfig.parse(models);
  const older = new Map<string, Embedder | null>();
  const known = (model: string): Embedder | null => {
    try {
      return createEmbedder({ model }, providers, prices);
    } catch {
      return null;
    }
  };
  try {
    const usual = createEmbedder(embeddings, providers, prices);
    return {
      usual,
      named: (model) => {
        if (model === usual.model) return usual;
        if (!older.has(model)) older.set(model, known(model));
        return older.get(model) ?? null;
      },
    };
  } catch (error) {
    if (error instanceof ModelError) throw new StartError(`embeddings: ${error.message}`, true);
    throw error;
  }
}

/** All handlers that a server of this configuration has but for those of documents, which need its store. Throws `StartError`. */
export function handlersOfConfig(config: Config, lookups: Lookups): Handler[] {
  const models = tracedModels(modelsOf(config), null);
  return handlersOf(config, models, guardrailsOf(config, models, new OfflineDetectors()), lookups);
}

function guardrailsOf({ guardrails }: Config, models: Models, offline: OfflineDetectors): GuardrailParts {
  try {
    return configuredGuardrails(guardrails, models, offline);
  } catch (error) {
    throw new StartError(`guardrails: ${sentence(error)}`, true);
  }
}

function handlersOf(config: Config, models: Models, guardrails: GuardrailParts, lookups: Lookups): Handler[] {
  const own = [
    agentOf(config, models, guardrails, lookups),
    externalHandler(),
    humanHandler(),
    remoteAgentHandlerOf(config, storageOf(config).files),
  ];
  const kinds = new Set([...own.map(({ kind }) => kind), ...DOCUMENT_KINDS]);
  for (const { kind } of config.handlers)
    if (kinds.has(kind)) throw new StartError(`Two handlers are of kind "${kind}": name yours otherwise.`, true);
  const twin = Handlers.twins(config.handlers);
  if (twin)
    throw new StartError(
      `Two handlers are of kind "${twin.kind}" and version ${twin.version}: name one otherwise, or raise its version.`,
      true,
    );
  return [...own, ...config.handlers];
}

function agentOf(config: Config, models: Models, guardrails: GuardrailParts, lookups: Lookups): Handler {
  const { agents } = config;
  try {
    return agentHandler({
      models,
      agents,
      tools: toolsOf(config),
      files: storageOf(config).files,
      guardrails,
      ...lookups,
    });
  } catch (error) {
    throw new StartError(`agents: ${sentence(error)}`, true);
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
