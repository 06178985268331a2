/** What `waybill.config.ts` (or .js, .json) may declare, how it is found, and how it is read. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { guardrailsConfig } from "./guardrails/configuration.ts";
import { configuredAgent } from "./handlers/agent/definition.ts";
import type { Tool } from "./handlers/agent/tool.ts";
import { remoteAgents } from "./handlers/remote-agent/input.ts";
import { sharesConfig } from "./http/shares/configuration.ts";
import { cardKeyIn } from "./lenses/a2a/card/signature.ts";
import { modelsConfig, offlineWordsPerS } from "./models/configuration.ts";
import { embeddingsConfig } from "./models/embeddings/embedders.ts";
import { allowedPlace } from "./outgoing/reach.ts";
import { ANSWER_WITHIN_MS_MAX, SLUG_LENGTH_MAX } from "./task/agent/agent.ts";
import { agentReach } from "./task/agent/agent-reach.ts";
import { type Handler, isEnginesOwn } from "./task/handler.ts";
import { directoryConfig } from "./task/people/directory.ts";
import { fieldErrors } from "./task/text/spelling.ts";

export const portNumber = z.int().min(0).max(65_535);

/** Ports by the names of lenses; other names are refused. */
export function lensPortsOf(names: readonly string[]) {
  return z.partialRecord(z.enum(names), portNumber);
}

export const placeText = z
  .string()
  .max(300)
  .refine(
    (text) => allowedPlace(text) !== null,
    "must be a name, an address or a range, such as localhost:9000 or 10.1.0.0/16",
  );

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

const handler = z
  .custom<Handler>(
    (value) =>
      hasShape(value, { kind: "string", version: "number", input: "object", accept: "function", run: "function" }),
    "must be made by defineHandler",
  )
  .refine(
    ({ kind }) => !isEnginesOwn(kind),
    "must have a kind that does not begin with waybill.: those are the engine's own",
  );
/** The kinds of a deployment, as its code hands them over. */
export const givenHandlers = z.array(handler).max(1_000);
const tool = z.custom<Tool>(
  (value) => hasShape(value, { name: "string", description: "string", prepare: "function" }),
  "must be made by defineTool",
);

/** Bounds that a deployment may move. Each has a default that suits one machine. */
const limits = z.strictObject({
  /** Tasks whose handlers run at once. */
  running: z.int().min(1).max(100_000).default(200),
  /** Of these, those of one tenant, at most; all when absent. */
  runningOfTenant: z.int().min(1).max(100_000).optional(),
  /** Beyond `running`, each for a tenant of which nothing runs; a tenth of `running` when absent. */
  runningReserve: z.int().min(0).max(100_000).optional(),
  /** Bytes of tasks kept in memory for reading. */
  recentBytes: z
    .int()
    .min(1_048_576)
    .max(64 * 1024 ** 3)
    .default(64 * 1024 * 1024),
  /** Generations of children below a task that a caller has submitted. */
  depth: z.int().min(1).max(10_000).default(100),
  connections: z.int().min(1).max(1_000_000).default(14_000),
  /** Requests of one connection in work at once: what a client sends ahead of its answers. */
  requestsOfConnection: z.int().min(1).max(10_000).default(16),
  /** Open event streams. */
  streams: z.int().min(1).max(1_000_000).default(12_000),
  /** Requests in work at once, streams and held answers included. */
  requests: z.int().min(1).max(1_000_000).default(20_000),
  /** Bytes of one JSON body, where its API has no other bound. */
  bodyBytes: z
    .int()
    .min(1_024)
    .max(64 * 1024 * 1024)
    .default(4 * 1024 * 1024),
  /** Values of one JSON body: numbers, texts, lists and objects. */
  bodyValues: z.int().min(100).max(10_000_000).default(100_000),
  /** Bytes of all bodies whose requests are in work. */
  bodiesBytes: z
    .int()
    .min(1_048_576)
    .max(64 * 1024 ** 3)
    .default(256 * 1024 * 1024),
  /** Seconds in which the head of a request has to be there. */
  headS: z.number().min(1).max(600).default(20),
  /** Seconds in which a JSON body has to be there, from its head on. */
  bodyS: z.number().min(1).max(86_400).default(300),
  /** Bytes of each second that a body has to come with. */
  bodyBytesPerS: z.int().min(1).max(1_000_000_000).default(500),
  /** Seconds from its head on in which it may come more slowly. */
  bodyGraceS: z.number().min(1).max(3_600).default(20),
  /** Seconds for which no byte of a body may come. */
  bodyStalledS: z.number().min(1).max(3_600).default(60),
  /** Files that callers upload at this moment. */
  uploads: z.int().min(1).max(10_000).default(64),
  /** Of these, those of one user. */
  uploadsOfUser: z.int().min(1).max(10_000).default(16),
});

const keyDays = z.number().min(0.01).max(36_500);

/** What is taken of documents. */
const documents = z.strictObject({
  /** Bytes of one file. */
  fileBytes: z
    .int()
    .min(1_024)
    .max(16 * 1024 ** 3)
    .default(512 * 1024 ** 2),
  /**
   * Files may be fetched from addresses that callers name: `public` from those of the internet, `any` from those of this
   * machine and its network too.
   */
  urls: z.enum(["off", "public", "any"]).default("off"),
  /** Of one user; no limit when absent. */
  uploadsPerHour: z.int().min(1).max(10_000_000).optional(),
  vectorStoreActsPerHour: z.int().min(1).max(10_000_000).optional(),
});

/** Whereto callers may send this server: receivers of webhooks, other agents. */
const outgoing = z.strictObject({
  /** Beside the internet: names, addresses and ranges, with a port when it is for one alone. In `dev` this machine when absent. */
  allow: z.array(placeText).max(1_000).optional(),
  /** Of the internet. What is allowed by name is so on every port. */
  ports: z.union([z.literal("any"), z.array(portNumber).min(1).max(1_000)]).default([80, 443, 8_080, 8_443]),
  /** What tools of agents that callers have made may reach; whatever the server may when absent. */
  agents: agentReach.optional(),
});

function isCardKey(pem: string): boolean {
  try {
    cardKeyIn(pem);
    return true;
  } catch {
    return false;
  }
}

const requests = z.int().min(1).max(1_000_000_000);
const quotaLimits = z.strictObject({ minute: requests, hour: requests, day: requests });

const shannonSettings = z.strictObject({
  /**
   * Requests of a key within a minute, an hour and a day, by its tier: beside the tiers of the contract, or in their
   * place. Off in `dev` when absent.
   */
  rateLimits: z.union([z.literal("off"), z.record(z.string().min(1).max(255), quotaLimits)]).optional(),
});
const orchestrateSettings = z.strictObject({
  /** The status that callers without an accepted key are answered with. */
  strangers: z.union([z.literal(401), z.literal(403)]).default(401),
  /** What a run is called whose time was over. Most clients wait for `failed`, and on `expired` for ever. */
  timedOut: z.enum(["expired", "failed"]).default("expired"),
  /** How long a run waits for what it has asked a person. */
  answerWithinMs: z.int().min(1_000).max(ANSWER_WITHIN_MS_MAX).default(86_400_000),
});
const a2aSettings = z.strictObject({
  /** The card that a client is shown which does not say its version. */
  cardWithoutVersion: z.enum(["hybrid", "1.0", "0.3"]).default("hybrid"),
  /** A private key as PEM (Ed25519, P-256 or RSA) that cards are signed with; one of the server's own when absent. */
  cardKey: z.string().refine(isCardKey, "must be a private key as PEM: Ed25519, P-256 or RSA").nullable().default(null),
  /** Over HTTP, the status of a body whose type is no JSON: 415 as version 1.0.0 of the protocol has it, 400 as 1.0.1 does. */
  foreignType: z.union([z.literal(415), z.literal(400)]).default(415),
});

/** Of an API that is served or, with `false`, is not. */
const served = z.boolean().default(true);

/** What foreign APIs leave a deployment to choose; `false` is one that is not served at all. */
const lensSettings = z
  .strictObject({
    shannon: z.union([z.literal(false), shannonSettings]).prefault({}),
    documents: served,
    orchestrate: z.union([z.literal(false), orchestrateSettings]).prefault({}),
    a2a: z.union([z.literal(false), a2aSettings]).prefault({}),
    bpm: served,
  })
  .transform(({ shannon, orchestrate, a2a, ...others }) => ({
    off: Object.entries({ shannon, orchestrate, a2a, ...others }).flatMap(([name, is]) => (is === false ? [name] : [])),
    shannon: shannon || shannonSettings.parse({}),
    orchestrate: orchestrate || orchestrateSettings.parse({}),
    a2a: a2a || a2aSettings.parse({}),
  }));

const pageOrigin = z
  .string()
  .max(300)
  .refine(
    (text) => text === "*" || (URL.canParse(text) && new URL(text).origin === text),
    "must be an origin, such as https://app.example.com, or *",
  );

/** `lenses` are the names that may have a port. */
function configFileOf(lenses: readonly string[]) {
  return z.strictObject({
    data: z.string().min(1).optional(),
    host: z.string().min(1).max(255).optional(),
    port: portNumber.optional(),
    lensPorts: z.union([z.literal("none"), lensPortsOf(lenses)]).optional(),
    /** `provider:model` used when nobody names one. */
    model: z.string().min(1).optional(),
    publicUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Origins of web pages that may call the APIs which have no rule of their own for that; `*` for all. */
    corsOrigins: z.array(pageOrigin).max(1_000).default([]),
    trustProxy: z.int().min(0).max(16).optional(),
    graceS: z.number().min(0).max(3_600).optional(),
    logLevel: z.enum(LOG_LEVELS).optional(),
    agents: z.array(configuredAgent).max(1_000).default([]),
    /** Slug of the agent that is meant where none is named; the first of `agents` when absent. */
    defaultAgent: z.string().max(SLUG_LENGTH_MAX).optional(),
    tools: z.array(tool).max(1_000).default([]),
    handlers: givenHandlers.default([]),
    /** Providers, tiers, prices and limits of language models. */
    models: modelsConfig.partial().extend({ offlineWordsPerS: offlineWordsPerS.optional() }).optional(),
    /** What documents and questions are embedded with. */
    embeddings: embeddingsConfig.prefault({}),
    /** What every agent's run is guarded by, and who looks. */
    guardrails: guardrailsConfig.default({}),
    /** Who there is: users with their managers, groups and roles. */
    directory: directoryConfig.prefault({}),
    limits: limits.prefault({}),
    /** What everybody has of the server: a key, a tenant, an address. */
    shares: sharesConfig.prefault({}),
    documents: documents.prefault({}),
    /** Agents of other servers, by name. */
    remoteAgents: remoteAgents.prefault({}),
    outgoing: outgoing.prefault({}),
    lenses: lensSettings.prefault({}),
    /** Days that an ended task is kept. */
    retentionDays: z.int().min(7).max(36_500).default(30),
    /** Days that an entry of the audit log is kept. */
    auditDays: z.int().min(7).max(36_500).default(365),
    /** Entries of the audit log that are kept, the newest, however young the others are: 300 bytes each. */
    auditEntries: z.int().min(1_000).max(1_000_000_000).default(10_000_000),
    /** Days that a key is good which does not say it, and at most; without them, for good. */
    keys: z.strictObject({ usualDays: keyDays.optional(), longestDays: keyDays.optional() }).prefault({}),
  });
}
export type ConfigFile = z.input<ReturnType<typeof configFileOf>>;
export type ConfigFileRead = z.output<ReturnType<typeof configFileOf>>;

/** Types a configuration file; it changes nothing. */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config;
}

const DEFAULT_FILES = ["waybill.config.ts", "waybill.config.js", "waybill.config.json"];

/** Where a configuration is looked for: the first that is there counts. `named` is one that was asked for. */
export function configFilesIn(folder: string, named: string | undefined): string[] {
  return (named === undefined ? DEFAULT_FILES : [named]).map((name) => resolve(folder, name));
}

/** The name of the first default file in `folder`. */
export function defaultFileIn(folder: string): string | undefined {
  return DEFAULT_FILES.find((name) => existsSync(resolve(folder, name)));
}

/** Whether reading a file runs it: all but JSON are programs. */
export function isCode(file: string): boolean {
  return extname(file) !== ".json";
}

/** Reads the file that is named, none for null, or else the first default one in `folder`, or else nothing. */
export async function readConfigFile(
  folder: string,
  named: string | null | undefined,
  lenses: readonly string[],
): Promise<ConfigFileRead & { path: string | null }> {
  const configFile = configFileOf(lenses);
  const found = named === undefined ? defaultFileIn(folder) : named;
  if (found === undefined || found === null) return { ...configFile.parse({}), path: null };
  const path = resolve(folder, found);
  if (!existsSync(path)) throw new ConfigError(`The configuration file ${path} does not exist.`);
  const given = await load(path);
  const parsed = readable(path, () => configFile.safeParse(given, { error: fieldErrors }));
  if (parsed.success) return { ...parsed.data, path };
  throw new ConfigError(
    [`${found} is not a valid configuration:`, ...parsed.error.issues.map((issue) => `  ${describe(issue)}`)].join(
      "\n",
    ),
  );
}

/** A configuration that is longer was written by nobody. */
const CONFIG_BYTES_MAX = 16 << 20;

/** Whoever opens a pipe waits for ever, and a device may never end. */
async function refuseStrange(path: string): Promise<void> {
  const found = await stat(path);
  if (!found.isFile()) throw new ConfigError(`The configuration file ${path} is no file.`);
  if (found.size > CONFIG_BYTES_MAX)
    throw new ConfigError(`The configuration file ${path} has more than ${CONFIG_BYTES_MAX >> 20} MB.`);
}

/** A configuration is code: its fields may throw when they are looked at. */
function readable<Value>(path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ConfigError {
  return new ConfigError(`The configuration file ${path} cannot be read: ${reasonOf(error)}${placeOf(error)}`);
}

async function load(path: string): Promise<unknown> {
  await refuseStrange(path);
  try {
    // Editors of Windows put a mark before it.
    if (!isCode(path)) return JSON.parse((await readFile(path, "utf8")).replace(/^\ufeff/, ""));
    const module: { default?: unknown } = await import(pathToFileURL(path).href);
    if (module.default !== undefined) return module.default;
  } catch (error) {
    throw unreadable(path, error);
  }
  throw new ConfigError(`The configuration file ${path} has no default export: export default defineConfig({ … }).`);
}

/** What it imports and is not installed there is named with the way to install it. */
function reasonOf(error: unknown): string {
  const [, name] = /^Cannot find package '([^']+)'/.exec(error instanceof Error ? error.message : "") ?? [];
  return name === undefined
    ? String(error)
    : `it imports ${name}, which is not installed there. In its folder: npm install ${name}`;
}

/** Where in a file its syntax is at fault: the lines that Node.js puts before the error itself. */
function placeOf(error: unknown): string {
  if (!(error instanceof SyntaxError) || error.stack === undefined) return "";
  const [before = ""] = error.stack.split(/^\w*Error\b/m, 1);
  return before.trim() === "" ? "" : `\n${before.trim().replaceAll(/^/gm, "  ")}`;
}

export function describe(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
}

function hasShape(value: unknown, shape: Record<string, "string" | "number" | "object" | "function">): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(shape).every(([name, type]) => typeof fields.get(name) === type);
}
