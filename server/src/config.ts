/**
 * Flags, environment and file into one typed, frozen value; in that order of precedence, then the defaults. It decides
 * nothing that has to look at the machine: what is bound or opened is `main.ts`'s to find out.
 */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "./config-error.ts";
import {
  type ConfigFileRead,
  describe,
  LOG_LEVELS,
  lensPortsOf,
  placeText,
  portNumber,
  readConfigFile,
} from "./config-file.ts";
import { environmentName, FLAGS, type FlagName } from "./flags.ts";
import { sharesOf } from "./http/shares/configuration.ts";
import type { Shares } from "./http/shares/share.ts";
import { LENSES } from "./lenses/index.ts";
import type { Lens, LensSettings } from "./lenses/lens.ts";
import { type ModelsConfigInput, withEnvironment } from "./models/configuration.ts";
import { type EmbeddingsConfig, isFolder } from "./models/embeddings/embedders.ts";
import type { KeyLifetimes } from "./task/key.ts";
import { didYouMean } from "./task/text/spelling.ts";
import { type TelemetrySettings, telemetrySettings } from "./telemetry/settings.ts";

/** About what a hosted model does: whoever tries it out can watch it, pause it and stop it. */
const OFFLINE_WORDS_PER_S = 15;

export type Config = Readonly<{
  /** Null where no address is set. */
  telemetry: TelemetrySettings | null;
  /** What of the environment is not as it can be: for whoever starts the server. */
  notes: readonly string[];
  mode: "dev" | "serve";
  /** Absolute path of the data folder. */
  data: string;
  /** Null: both loopback addresses. */
  host: string | null;
  port: number;
  /** Ports at whose root a lens is served. One that was not asked for may be taken by somebody else. */
  lensPorts: Readonly<Partial<Record<string, number>>>;
  lensPortsAsked: boolean;
  publicUrl: string | null;
  /** Number of proxies whose `X-Forwarded-For` is believed. */
  trustProxy: number;
  graceMs: number;
  logLevel: (typeof LOG_LEVELS)[number];
  /** The default one first. */
  agents: ConfigFileRead["agents"];
  tools: ConfigFileRead["tools"];
  handlers: ConfigFileRead["handlers"];
  remoteAgents: ConfigFileRead["remoteAgents"];
  models: ModelsConfigInput;
  /** A model that is a folder by its absolute path. */
  embeddings: EmbeddingsConfig;
  guardrails: ConfigFileRead["guardrails"];
  directory: ConfigFileRead["directory"];
  limits: Readonly<ConfigFileRead["limits"]>;
  shares: Shares;
  documents: Readonly<ConfigFileRead["documents"]>;
  /** Whereto callers may send this server. */
  outgoing: { readonly allow: readonly string[] } & Readonly<Pick<ConfigFileRead["outgoing"], "ports" | "agents">>;
  /** Web pages of these origins may call; in `dev` those of this machine too. */
  corsOrigins: readonly string[];
  /** What foreign APIs leave a deployment to choose. */
  lenses: LensSettings;
  /** Names of those that are not served. */
  lensesOff: readonly string[];
  retentionDays: number;
  auditDays: number;
  auditEntries: number;
  /** How long keys are good. */
  keys: KeyLifetimes;
  /** The configuration file that was read. */
  file: string | null;
}>;

const MAIN_PORT = 7420;
/**
 * Whoever may call a server in `dev` is on its machine, and reaches the same ports without it; and a receiver under
 * development is on that machine too. Web pages, which are not trusted so, are refused by their origin.
 */
const LOOPBACK_PLACES = ["localhost", "127.0.0.0/8", "::1"];
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

const whole = z
  .string()
  .regex(/^\d{1,9}$/, "must be a whole number")
  .transform(Number);
const text = z.string().min(1);

/** What flags and environment say, which is always text. */
function textsOf(lenses: readonly string[]) {
  return z.strictObject({
    data: text,
    host: text.max(255),
    port: whole.pipe(portNumber),
    lensPort: z.union([z.literal("none"), text.transform(parseLensPorts).pipe(lensPortsOf(lenses))]),
    model: text,
    database: text,
    temporal: text,
    publicUrl: z.url({ protocol: /^https?$/ }),
    outgoingAllow: z.union([
      z.literal("none").transform(() => []),
      text.transform((places) => places.split(",").map((place) => place.trim())).pipe(z.array(placeText)),
    ]),
    trustProxy: whole.pipe(z.int().max(16)),
    graceS: z
      .string()
      .regex(/^\d{1,4}(\.\d+)?$/, "must be a number of seconds")
      .transform(Number)
      .pipe(z.number().max(3_600)),
    logLevel: z.enum(LOG_LEVELS),
    config: text,
  } satisfies Record<FlagName, z.ZodType>);
}
type Texts = Partial<z.output<ReturnType<typeof textsOf>>>;

export type ConfigSources = {
  mode: Config["mode"];
  flags: Readonly<Record<string, string | undefined>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start and the file is looked for. */
  folder: string;
  /** The lenses of this server, the root's first. */
  lenses?: readonly [Lens, ...Lens[]];
  /** A file is read where flags or the environment name it, and none that only lies there. */
  namedFileOnly?: boolean;
};

/** The configuration that these sources add up to. Throws `ConfigError` with a sentence that names the culprit. */
export async function loadConfig({
  mode,
  flags,
  env,
  folder,
  lenses = LENSES,
  namedFileOnly = false,
}: ConfigSources): Promise<Config> {
  const [, ...others] = lenses;
  const names = others.map(({ name }) => name);
  const texts = textsOf(names);
  const said: Texts = { ...readTexts(texts, env, environmentName), ...readTexts(texts, flags, (name) => name) };
  const file = await readConfigFile(folder, said.config ?? (namedFileOnly ? null : undefined), names);
  refuseUnsupported(said);

  const host = said.host ?? file.host ?? null;
  if (mode === "dev" && host !== null && !LOOPBACK_HOSTS.has(host)) {
    throw new ConfigError(
      `waybill dev answers this machine only and cannot bind ${host}. To serve others: waybill serve --host ${host}`,
    );
  }
  const ports = said.lensPort ?? file.lensPorts;
  const model = said.model ?? file.model;
  const { settings: telemetry, notes } = telemetrySettings(env);
  const shares = sharesOf(mode, file.shares);
  mustTakeBodies(file.limits, shares);
  return Object.freeze({
    ...{ mode, telemetry, notes },
    data: resolve(folder, said.data ?? file.data ?? ".waybill"),
    host: host === "localhost" ? null : host,
    port: said.port ?? file.port ?? MAIN_PORT,
    lensPorts: portsOf(ports, others, file.lenses.off),
    lensPortsAsked: ports !== undefined,
    publicUrl: (said.publicUrl ?? file.publicUrl)?.replace(/\/+$/, "") ?? null,
    corsOrigins: file.corsOrigins,
    trustProxy: said.trustProxy ?? file.trustProxy ?? 0,
    graceMs: (said.graceS ?? file.graceS ?? 20) * 1_000,
    logLevel: said.logLevel ?? file.logLevel ?? "info",
    agents: defaultFirst(file),
    tools: file.tools,
    handlers: file.handlers,
    remoteAgents: file.remoteAgents,
    models: modelsOf(
      { offlineWordsPerS: OFFLINE_WORDS_PER_S, ...file.models, ...(model !== undefined && { default: model }) },
      env,
    ),
    embeddings: placed(file.embeddings, file.path === null ? folder : dirname(file.path)),
    guardrails: file.guardrails,
    directory: file.directory,
    limits: file.limits,
    shares,
    documents: file.documents,
    outgoing: {
      ports: file.outgoing.ports,
      agents: file.outgoing.agents,
      allow: said.outgoingAllow ?? file.outgoing.allow ?? (mode === "dev" ? LOOPBACK_PLACES : []),
    },
    lensesOff: file.lenses.off,
    lenses: {
      orchestrate: file.lenses.orchestrate,
      a2a: file.lenses.a2a,
      shannon: { rateLimits: file.lenses.shannon.rateLimits ?? (mode === "dev" ? "off" : {}) },
    },
    retentionDays: file.retentionDays,
    auditDays: file.auditDays,
    auditEntries: file.auditEntries,
    keys: lifetimesOf(file.keys),
    file: file.path,
  });
}

function lifetimesOf({ usualDays, longestDays }: ConfigFileRead["keys"]): KeyLifetimes {
  return { usualMs: msOf(usualDays), longestMs: msOf(longestDays) };
}

function msOf(days: number | undefined): number | null {
  return days === undefined ? null : days * 86_400_000;
}

function modelsOf(configured: ModelsConfigInput, env: ConfigSources["env"]): ModelsConfigInput {
  try {
    return withEnvironment(configured, env);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

function defaultFirst({ agents, defaultAgent }: ConfigFileRead): Config["agents"] {
  if (defaultAgent === undefined) return agents;
  const slugs = agents.map(({ slug }) => slug);
  const chosen = agents.filter(({ slug }) => slug === defaultAgent);
  if (chosen.length === 0)
    throw new ConfigError(
      `defaultAgent: there is no agent "${defaultAgent}".${didYouMean(defaultAgent, slugs)} Agents: ${slugs.join(", ") || "none"}.`,
    );
  return [...chosen, ...agents.filter(({ slug }) => slug !== defaultAgent)];
}

/** A folder is meant from where the configuration file is. */
function placed(embeddings: EmbeddingsConfig, folder: string): EmbeddingsConfig {
  return isFolder(embeddings.model) ? { ...embeddings, model: resolve(folder, embeddings.model) } : embeddings;
}

/** Throws `ConfigError` for a port of a lens that is not served. */
function portsOf(
  asked: "none" | Partial<Record<string, number>> | undefined,
  lenses: readonly Lens[],
  off: readonly string[],
): Partial<Record<string, number>> {
  if (asked === "none") return {};
  const without = off.find((name) => asked?.[name] !== undefined);
  if (without !== undefined)
    throw new ConfigError(`lensPorts: ${without} has a port and is not served: lenses.${without} is false.`);
  return asked ?? usualPortsOf(lenses.filter(({ name }) => !off.includes(name)));
}

function usualPortsOf(lenses: readonly Lens[]): Record<string, number> {
  return Object.fromEntries(lenses.flatMap(({ name, port }) => (port === null ? [] : [[name, port] as const])));
}

/** Reads each setting by the name that `nameOf` gives it in this source. An empty value is none. */
function readTexts(
  texts: ReturnType<typeof textsOf>,
  source: ConfigSources["env"],
  nameOf: (name: FlagName) => string,
): Texts {
  const given = FLAGS.flatMap(({ name }) => {
    const value = source[nameOf(name)];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  const parsed = texts.partial().safeParse(Object.fromEntries(given));
  if (parsed.success) return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  const flag = FLAGS.find(({ name }) => name === parsed.error.issues[0]?.path[0]);
  const name = flag === undefined ? "?" : nameOf(flag.name);
  const value = JSON.stringify(source[name]);
  const why = parsed.error.issues.map((issue) => describe({ ...issue, path: issue.path.slice(1) })).join("; ");
  throw new ConfigError(`${name === flag?.name ? flag.flag : name} cannot be ${value}: ${why}`);
}

function parseLensPorts(value: string): unknown {
  return Object.fromEntries(
    value.split(",").map((pair) => {
      const [lens = "", port = ""] = pair.split("=", 2);
      return [lens.trim(), /^\d{1,5}$/.test(port.trim()) ? Number(port) : port];
    }),
  );
}

function refuseUnsupported(said: Texts): void {
  if (said.database !== undefined && !said.database.startsWith("sqlite:")) {
    throw new ConfigError(
      "--database: this version keeps its data in SQLite under --data; PostgreSQL is not supported yet.",
    );
  }
  if (said.database !== undefined) {
    throw new ConfigError("--database: leave it out and name the folder of the SQLite database with --data.");
  }
  if (said.temporal !== undefined) {
    throw new ConfigError("--temporal: this version runs tasks on its embedded engine; Temporal is not supported yet.");
  }
}

/** A body that one bound lets in and another one never takes would be sent again and again. */
function mustTakeBodies({ bodyBytes, bodiesBytes }: Config["limits"], { key, tiers, tenant, tenants }: Shares): void {
  const all: [name: string, bytes: number | null][] = [
    ["limits.bodiesBytes", bodiesBytes],
    ["shares.key.bodiesBytes", key.bodiesBytes],
    ...Array.from(tiers, ([name, share]): [string, number | null] => [
      `shares.tiers.${name}.bodiesBytes`,
      share.bodiesBytes,
    ]),
    ["shares.tenant.bodiesBytes", tenant.bodiesBytes],
    ...Array.from(tenants, ([name, share]): [string, number | null] => [
      `shares.tenants.${name}.bodiesBytes`,
      share.bodiesBytes,
    ]),
  ];
  for (const [name, bytes] of all) {
    if (bytes !== null && bytes < bodyBytes)
      throw new ConfigError(
        `${name} is ${bytes} bytes for all bodies in work, and limits.bodyBytes lets one have ${bodyBytes}: such a body would never be taken. Raise the first or lower the second.`,
      );
  }
}
