/**
 * Builds `Models` from a configuration: the providers, the model that a name means, one call to one of them. Provider packages and the
 * offline model are loaded at their first use, so that a server starts without them.
 */

import type { LanguageModelV4 } from "@ai-sdk/provider";
import { dropBlankAddresses } from "./blank-addresses.ts";
import {
  EXTENSIONS,
  type ModelsConfigInput,
  modelsConfig,
  OPENAI_MODEL,
  type ProviderConfig,
  type ProviderType,
} from "./configuration.ts";
import { contextTokensOf } from "./context-window.ts";
import { ModelError, type ModelId, type Models } from "./model.ts";
import { type Host, OPENAI_TOKENS_MIN } from "./parameters.ts";
import { costUsd, priceOf } from "./prices.ts";
import { baseUrlOf, reachOf } from "./provider-url.ts";
import { type Priced, readAnswer } from "./reading.ts";
import { loadConnections } from "./wire/provider-connections.ts";
import { providerFetch } from "./wire/provider-fetch.ts";

/** The offline model, which always exists. */
const offlineModelId: ModelId = "local:reference";

/** A provider's model when nobody names one. Ollama has the models that its owner pulled; this is its own example. */
const sensibleDefaults: Record<ProviderType, string | undefined> = {
  openai: OPENAI_MODEL,
  anthropic: "claude-sonnet-4-5",
  ollama: "llama3.2",
  "openai-compatible": undefined,
};

/** The models of a configuration. Throws a `ZodError` for one that is not valid and `unknown_model` for a default that cannot be. */
export function createModels(config: ModelsConfigInput = {}): Models {
  const { providers, tiers, prices, ...settings } = modelsConfig.parse(config);
  const fetch = providerFetch(settings.outputBytesMax);
  const opened = new Map<ModelId, Promise<LanguageModelV4>>();
  const names = [...Object.keys(providers), "local"];
  const resolve = resolverOf(providers, names);

  const open = (id: ModelId): Promise<LanguageModelV4> => {
    const known = opened.get(id);
    if (known !== undefined) return known;
    const provider = id.slice(0, id.indexOf(":"));
    const opening = openModel(
      provider,
      id.slice(provider.length + 1),
      providers[provider],
      fetch,
      settings.offlineWordsPerS,
    );
    // Ids come from callers: the map is a cache, and a bounded one.
    if (opened.size >= openModelsMax) opened.clear();
    opened.set(id, opening);
    return opening;
  };

  const firstDefault = Object.entries(providers)
    .map(([name, provider]) => ({ name, model: defaultOf(provider) }))
    .find(({ model }) => model !== undefined);
  const fallback: ModelId = firstDefault === undefined ? offlineModelId : `${firstDefault.name}:${firstDefault.model}`;
  const defaultModel = settings.default === undefined ? fallback : resolve(settings.default);
  const ofTier = {
    small: tiers.small === undefined ? defaultModel : resolve(tiers.small),
    medium: tiers.medium === undefined ? defaultModel : resolve(tiers.medium),
    large: tiers.large === undefined ? defaultModel : resolve(tiers.large),
  };

  const rateOf = (id: ModelId) => {
    const provider = id.slice(0, id.indexOf(":"));
    return priceOf(id, hostOf(provider, providers[provider]).type, prices);
  };
  return {
    defaultModel,
    forTier: (tier) => ofTier[tier],
    resolve,
    providers: () => [...names],
    // The offline model either answers or calls.
    speaksBeforeCalls: (id) => id !== offlineModelId,
    answerTokensMin: (id) => {
      const provider = id.slice(0, id.indexOf(":"));
      return hostOf(provider, providers[provider]).type === "openai" ? OPENAI_TOKENS_MIN : 1;
    },
    price: rateOf,
    firstTokenMs: (id) => {
      const provider = id.slice(0, id.indexOf(":"));
      return id === offlineModelId ? 0 : firstTokenMsOf(providers[provider], settings.firstTokenMs);
    },
    contextTokens: (id) => contextTokensOf(id, settings.contextTokens),
    async call(call) {
      const id = resolve(call.model);
      const provider = id.slice(0, id.indexOf(":"));
      const host = hostOf(provider, providers[provider]);
      const rate = rateOf(id);
      const priced: Priced = ({ usage, rawUsage, model }) => ({
        ...{ usage, rawUsage, provider },
        model: model ?? id.slice(provider.length + 1),
        costUsd: costUsd(usage, rate),
      });
      const limits = { ...settings, firstTokenMs: firstTokenMsOf(providers[provider], settings.firstTokenMs) };
      const reading = await readAnswer(await open(id), call, host, limits, priced);
      return { ...reading, ...priced(reading) };
    },
  };
}

/** Loads that the first call to each configured provider would otherwise wait for. */
export function modelLoads({ providers = {} }: ModelsConfigInput): (() => Promise<unknown>)[] {
  const types = new Set(Object.values(providers).map(({ type }) => type));
  return types.size === 0 ? [packages.local] : [loadConnections, ...Array.from(types, (type) => packages[type])];
}

/** A local model may have to be loaded first, and reads a prompt slowly. */
function firstTokenMsOf(config: ProviderConfig | undefined, byDefault: number): number {
  if (config?.firstTokenMs !== undefined) return config.firstTokenMs;
  const isNear = config !== undefined && isNearby(new URL(baseUrlOf(config)).hostname);
  return isNear ? byDefault * NEARBY_FIRST_TOKEN_FACTOR : byDefault;
}

const NEARBY_FIRST_TOKEN_FACTOR = 3;

/** This machine, or a host named without a domain. */
function isNearby(host: string): boolean {
  return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\]$)/.test(host) || /^[^.]+$|\.local$/.test(host);
}

function hostOf(name: string, config: ProviderConfig | undefined): Host {
  return { name, type: config?.type ?? "local", extensions: config?.extensions ?? EXTENSIONS };
}

/** Reads a model's name as callers write it. Throws `ModelError` `unknown_model`. */
function resolverOf(providers: Readonly<Record<string, ProviderConfig>>, names: readonly string[]): Models["resolve"] {
  const unknown = (name: string): ModelError => {
    const hint = connectHint(name.slice(0, Math.max(0, name.indexOf(":"))));
    return new ModelError("unknown_model", `Unknown model ${name}. Configured: ${names.join(", ")}.${hint}`);
  };

  const inProvider = (name: string, provider: string): ModelId => {
    if (!names.includes(provider)) throw unknown(`${provider}:${name}`);
    const bare = name.startsWith(`${provider}:`) ? name.slice(provider.length + 1) : name;
    if (provider === "local") {
      if (bare !== "" && bare !== "reference") throw unknown(`local:${bare}`);
      return offlineModelId;
    }
    const model = bare === "" ? defaultOf(providers[provider]) : bare;
    if (model === undefined) throw unknown(`${provider}: (no model named, and it has no default)`);
    return `${provider}:${model}`;
  };

  return (name, provider) => {
    if (provider !== undefined && provider !== "") return inProvider(name, provider);
    const colon = name.indexOf(":");
    const prefix = name.slice(0, Math.max(0, colon));
    if (names.includes(prefix)) return inProvider(name.slice(colon + 1), prefix);
    if (name === "reference" || name === "local") return offlineModelId;
    if (names.includes(name)) return inProvider("", name);
    const home = homeOf(name, providers);
    if (home === undefined) throw unknown(name);
    return `${home}:${name}`;
  };
}

const openModelsMax = 256;

function defaultOf(provider: ProviderConfig | undefined): string | undefined {
  return provider === undefined ? undefined : (provider.defaultModel ?? sensibleDefaults[provider.type]);
}

/** The provider of a bare model name: by the vendor's naming, else the one that takes any name. */
function homeOf(name: string, providers: Readonly<Record<string, ProviderConfig>>): string | undefined {
  if (name.trim() === "") return undefined;
  const all = Object.entries(providers);
  const ofType = (type: ProviderType) => all.find(([, provider]) => provider.type === type)?.[0];
  const declared = all.find(([, provider]) => provider.defaultModel === name)?.[0];
  if (declared !== undefined) return declared;
  if (/^(gpt-|chatgpt-|codex-|o\d)/.test(name)) return ofType("openai") ?? ofType("openai-compatible");
  if (/^claude-/.test(name)) return ofType("anthropic") ?? ofType("openai-compatible");
  return ofType("ollama") ?? ofType("openai-compatible");
}

function connectHint(provider: string): string {
  switch (provider) {
    case "openai":
      return " Set OPENAI_API_KEY to use OpenAI.";
    case "anthropic":
      return " Set ANTHROPIC_API_KEY to use Anthropic.";
    case "ollama":
      return " Set OLLAMA_BASE_URL to use Ollama.";
    default:
      return "";
  }
}

/**
 * Loaded at their first use. Ollama is reached through its OpenAI-compatible endpoint: it streams text, tool calls and counts there, and the
 * package for it is one that the AI SDK's own authors keep, which no package for Ollama's native API is.
 */
const packages = {
  local: () => Promise.all([import("./offline/offline-model.ts"), import("./offline/pace.ts")]),
  openai: () => import("./openai.ts"),
  anthropic: () => import("@ai-sdk/anthropic"),
  ollama: () => import("./compatible.ts"),
  "openai-compatible": () => import("./compatible.ts"),
} satisfies Record<ProviderType | "local", () => Promise<unknown>>;

async function openModel(
  provider: string,
  model: string,
  config: ProviderConfig | undefined,
  fetch: typeof globalThis.fetch,
  offlineWordsPerS: number,
): Promise<LanguageModelV4> {
  if (config === undefined) {
    const [{ offlineModel }, { paced }] = await packages.local();
    return paced(offlineModel, offlineWordsPerS);
  }
  const shared = {
    ...reachOf(config, fetch),
    ...(config.apiKey === undefined ? {} : { apiKey: config.apiKey }),
  };
  dropBlankAddresses();
  switch (config.type) {
    case "openai": {
      const { openaiModel } = await packages.openai();
      return openaiModel({ ...shared, baseURL: baseUrlOf(config) }, model);
    }
    case "anthropic": {
      const { createAnthropic } = await packages.anthropic();
      return createAnthropic({ ...shared, baseURL: baseUrlOf(config) })(model);
    }
    case "ollama":
    case "openai-compatible": {
      const { compatibleModel } = await packages[config.type]();
      return compatibleModel({ ...shared, baseURL: baseUrlOf(config), name: provider }, model);
    }
  }
}
