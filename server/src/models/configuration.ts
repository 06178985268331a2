/**
 * The configuration of language models: providers, default, tiers, prices and limits. The environment is one more source; it is read by
 * a pure function, so that a test passes in its own.
 */

import { z } from "zod";
import { ModelError } from "./model.ts";
import { price } from "./price-table.ts";

const providerTypes = ["openai", "anthropic", "ollama", "openai-compatible"] as const;

/** Fields beyond OpenAI's own that many compatible servers take. */
export const EXTENSIONS = ["top_k", "typical_p", "min_tokens", "repetition_penalty"] as const;
export type Extension = (typeof EXTENSIONS)[number];

/** OpenAI's model when nobody names one. */
export const OPENAI_MODEL = "gpt-5-mini";

const keyed: ReadonlySet<string> = new Set(["openai", "anthropic"]);

const providerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/i, "a provider's name is letters, digits, - and _")
  .refine((name) => name !== "local", "the name `local` belongs to the offline model");

const providerConfig = z.strictObject({
  type: z.enum(providerTypes),
  /** Where the API lives, with its version segment: `https://api.openai.com/v1`. Ollama's may lack it. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  apiKey: z.string().min(1).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** The model meant when only the provider is named. */
  defaultModel: z.string().min(1).optional(),
  /** How long its first token may take; without it `models.firstTokenMs`, or three times that on a local machine or network. */
  firstTokenMs: z.int().positive().optional(),
  /** Of a compatible server: the fields beyond OpenAI's own that it takes; all of them when absent. */
  extensions: z.array(z.enum(EXTENSIONS)).optional(),
});

const namedProvider = providerConfig
  .refine(
    (provider) => provider.apiKey !== undefined || !keyed.has(provider.type),
    "this type of provider needs an apiKey",
  )
  .refine(
    (provider) => provider.baseUrl !== undefined || provider.type !== "openai-compatible",
    "an openai-compatible provider needs a baseUrl",
  );

/** How fast the offline model speaks; 0 is as fast as it can. */
export const offlineWordsPerS = z.number().min(0).max(10_000);

export const modelsConfig = z.strictObject({
  default: z.string().min(1).optional(),
  tiers: z
    .strictObject({ small: z.string().min(1), medium: z.string().min(1), large: z.string().min(1) })
    .partial()
    .default({}),
  providers: z.record(providerName, namedProvider).default({}),
  /** US dollars per million tokens, by `provider:model` or by model, before the shipped table. */
  prices: z.record(z.string(), price).default({}),
  /** Tokens of a model's context, prompt and answer together, by `provider:model` or by model; precedes the known size. */
  contextTokens: z.record(z.string(), z.int().positive()).default({}),
  offlineWordsPerS: offlineWordsPerS.default(0),
  /** An answer whose first token has not come after this long will not come. */
  firstTokenMs: z.int().positive().default(300_000),
  /** A stream that says nothing more for this long has stalled. */
  streamIdleMs: z.int().positive().default(60_000),
  /** The size of one answer, text and tool calls together. */
  outputBytesMax: z
    .int()
    .positive()
    .default(4 * 1024 * 1024),
});

export type ProviderType = (typeof providerTypes)[number];
export type ProviderConfig = z.infer<typeof providerConfig>;
/** The configuration as a person writes it, with everything optional. */
export type ModelsConfigInput = z.input<typeof modelsConfig>;

/** The providers that an environment names: OPENAI_API_KEY, ANTHROPIC_API_KEY, OLLAMA_BASE_URL or OLLAMA_HOST, and their base URLs. */
export function providersFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, ProviderConfig> {
  const providers: Record<string, ProviderConfig> = {};
  const openai = openaiFrom(env);
  if (openai !== undefined) providers["openai"] = openai;
  const anthropic = setting(env, "ANTHROPIC_API_KEY");
  if (anthropic !== undefined) {
    providers["anthropic"] = {
      type: "anthropic",
      apiKey: anthropic,
      ...baseUrl(addressIn(env, "ANTHROPIC_BASE_URL")),
      ...model(setting(env, "ANTHROPIC_MODEL")),
    };
  }
  const ollama = addressIn(env, "OLLAMA_BASE_URL") ?? addressIn(env, "OLLAMA_HOST");
  if (ollama !== undefined) {
    providers["ollama"] = { type: "ollama", baseUrl: ollamaUrl(ollama, env), ...model(setting(env, "OLLAMA_MODEL")) };
  }
  return providers;
}

/**
 * A base URL that is not OpenAI's own is that of a compatible server: it has chat completions, rarely all of Responses, and often needs
 * no key.
 */
function openaiFrom(env: Readonly<Record<string, string | undefined>>): ProviderConfig | undefined {
  const apiKey = setting(env, "OPENAI_API_KEY");
  const baseUrl = addressIn(env, "OPENAI_BASE_URL");
  const named = model(setting(env, "OPENAI_MODEL"));
  if (baseUrl !== undefined && !isOpenai(baseUrl)) {
    const keyed = apiKey === undefined ? {} : { apiKey };
    return { type: "openai-compatible", ...keyed, baseUrl, defaultModel: OPENAI_MODEL, ...named };
  }
  if (apiKey === undefined) return undefined;
  return { type: "openai", apiKey, ...(baseUrl !== undefined && { baseUrl }), ...named };
}

/** The vendor itself, in any of its regions, and not a compatible server. */
export function isOpenai(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && /(^|\.)openai\.com$/.test(new URL(baseUrl).hostname);
}

/** A configuration completed from the environment, key by key of a provider; the configuration wins. */
export function withEnvironment(
  config: ModelsConfigInput,
  env: Readonly<Record<string, string | undefined>>,
): ModelsConfigInput {
  const providers: NonNullable<ModelsConfigInput["providers"]> = { ...config.providers };
  for (const [name, named] of Object.entries(providersFromEnvironment(env))) {
    const configured = config.providers?.[name];
    // A key must not be sent to another vendor that is configured under its name.
    if (configured === undefined || configured.type === named.type || configured.type === name) {
      providers[name] = { ...named, ...configured };
    }
  }
  return { ...config, providers };
}

/**
 * Ollama's own OLLAMA_HOST may be `host`, `host:port` or a URL, and may be the address that a server binds;
 * a client reaches 0.0.0.0 as loopback.
 */
function ollamaUrl(address: string, env: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  const said = setting(env, "OLLAMA_BASE_URL") ?? setting(env, "OLLAMA_HOST") ?? "";
  if (!HAS_SCHEME.test(said) && url.port === "" && !/:80$/.test(said)) url.port = "11434";
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  return url.href.replace(/\/+$/, "");
}

const HAS_SCHEME = /^https?:\/\//i;

/** An address, possibly without a scheme. Throws `unknown_model` with the variable's name for an invalid one. */
function addressIn(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const said = setting(env, name);
  if (said === undefined) return undefined;
  const url = HAS_SCHEME.test(said) ? said : `http://${said}`;
  if (URL.canParse(url) && !/:\/\/.*:\/\//.test(url)) return url;
  throw new ModelError("unknown_model", `${name} cannot be "${said}": it is a URL such as http://localhost:8000/v1.`);
}

function setting(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

function baseUrl(url: string | undefined): { baseUrl?: string } {
  return url === undefined ? {} : { baseUrl: url };
}

function model(name: string | undefined): { defaultModel?: string } {
  return name === undefined ? {} : { defaultModel: name };
}
