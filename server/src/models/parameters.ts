/**
 * Generation parameters in the request of each provider: the ones it takes, their names there, and the ones it cannot do. Those that
 * work for every provider (stop sequences, a time limit, the length of the input) are in `reading.ts` and `last-tokens.ts`.
 */

import type { LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider";
import type { GenerationParameters, IgnoredParameter } from "../task/agent/generation-parameters.ts";
import type { Extension, ProviderConfig } from "./configuration.ts";

type Parameter = IgnoredParameter["parameter"];

/** A provider, as far as requests differ. `local` is the offline model. */
export type Host = { name: string; type: ProviderConfig["type"] | "local"; extensions: readonly Extension[] };

const EXTENSION_OF = {
  topK: "top_k",
  typicalP: "typical_p",
  minNewTokens: "min_tokens",
  repetitionPenalty: "repetition_penalty",
} as const;

/** Parameters with a field of their own, by provider. */
const TAKES: Record<Host["type"], ReadonlySet<Parameter>> = {
  openai: new Set(["decoding", "temperature", "topP", "seed", "maxNewTokens"]),
  anthropic: new Set(["decoding", "temperature", "topP", "topK", "maxNewTokens"]),
  ollama: new Set(["decoding", "temperature", "topP", "seed", "maxNewTokens"]),
  "openai-compatible": new Set(["decoding", "temperature", "topP", "seed", "maxNewTokens"]),
  // It draws nothing: it is greedy, and repeats itself under any seed.
  local: new Set(["decoding", "seed", "maxNewTokens"]),
};
/** Parameters that this server does itself, for every provider. */
const DONE_HERE: ReadonlySet<Parameter> = new Set([
  "stopSequences",
  "includeStopSequence",
  "timeLimitMs",
  "truncateInputTokens",
]);
/** Parameters without effect under `greedy`. */
const DRAWING = ["temperature", "topP", "topK", "typicalP"] as const;
/** OpenAI's own limit; the others are looked for here. */
const NATIVE_STOPS_MAX = 4;
/** OpenAI refuses a smaller bound: an answer is then cut here. */
export const OPENAI_TOKENS_MIN = 16;
/** Each piece of an answer is searched for the beginnings of all sequences: longer ones are ignored, here and at a provider. */
const STOP_CHARACTERS_MAX = 1_000;
const TOP_LOGPROBS_MAX = 20;

export type ParameterRequest = { options: Partial<LanguageModelV4CallOptions>; ignored: IgnoredParameter[] };

/** The options of one request for `parameters`, and the parameters that the provider cannot do. */
export function parameterRequest(asked: GenerationParameters, host: Host, model: string): ParameterRequest {
  const parameters = effective(asked);
  const extended = extensionsOf(parameters, host);
  const logprobs = logprobsWanted(parameters);
  const says = logprobs > 0 && saysLogprobs(host, model);
  const fields = {
    ...extended,
    ...(says && host.type !== "openai" && { logprobs: true, top_logprobs: logprobs }),
  };
  const native = nativeStops(parameters);
  return {
    options: {
      ...(parameters.decoding === "greedy" && TAKES[host.type].has("temperature") && { temperature: 0 }),
      ...taken(parameters, host),
      ...(native.length > 0 && host.type !== "local" && { stopSequences: native }),
      providerOptions: {
        ...(Object.keys(fields).length > 0 && { [host.name]: fields }),
        ...(says && host.type === "openai" && { openai: { logprobs } }),
      },
    },
    ignored: [
      ...ignoredBy(parameters, host, new Set(Object.keys(extended)), logprobs > 0 && !says),
      ...tooLongStops(parameters),
    ],
  };
}

/** Parameters that a provider's package has left out of a request, by its own report. */
export function ignoredByPackage(
  warnings: readonly SharedV4Warning[],
  asked: GenerationParameters,
): IgnoredParameter[] {
  return warnings.flatMap((warning): IgnoredParameter[] => {
    if (warning.type !== "unsupported") return [];
    const reason = warning.details ?? "The model does not take it.";
    switch (warning.feature) {
      case "temperature":
        return [{ parameter: asked.decoding === "greedy" ? "decoding" : "temperature", reason }];
      case "topP":
      case "topK":
      case "seed":
        return [{ parameter: warning.feature, reason }];
      case "maxOutputTokens":
        return [{ parameter: "maxNewTokens", reason }];
      case "logprobs":
        return [{ parameter: "returns", reason }];
      default:
        return [];
    }
  });
}

/** The number of tokens after which an answer is cut here, as its provider gives more; null if it keeps to the bound. */
export function cutAfter({ maxNewTokens = 0 }: GenerationParameters, { type }: Host): number | null {
  return type === "openai" && maxNewTokens > 0 && maxNewTokens < OPENAI_TOKENS_MIN ? maxNewTokens : null;
}

/** The number of alternatives to ask for with log-probabilities; 0 if none are wanted. */
export function logprobsWanted({ returns = {} }: GenerationParameters): number {
  const { generatedTokens, tokenLogprobs, tokenRanks, topTokens = 0 } = returns;
  if (!generatedTokens && !tokenLogprobs && !tokenRanks && topTokens === 0) return 0;
  // A rank is a place among the alternatives: the more of them, the more often it is known.
  return tokenRanks ? TOP_LOGPROBS_MAX : Math.max(1, topTokens);
}

/** Without parameters that another one makes pointless, and without values without meaning. */
function effective(asked: GenerationParameters): GenerationParameters {
  const parameters = { ...asked };
  if (asked.decoding === "greedy") for (const name of DRAWING) delete parameters[name];
  // Both mean the provider's own.
  if (asked.maxNewTokens === 0) delete parameters.maxNewTokens;
  if (asked.minNewTokens === 0) delete parameters.minNewTokens;
  if (asked.beamWidth !== undefined && asked.beamWidth <= 1) delete parameters.beamWidth;
  if (asked.repetitionPenalty === 1) delete parameters.repetitionPenalty;
  if (asked.typicalP === 1) delete parameters.typicalP;
  return parameters;
}

function taken({ temperature, topP, topK, seed, maxNewTokens }: GenerationParameters, { type }: Host) {
  const takes = TAKES[type];
  const tokensMin = type === "openai" ? OPENAI_TOKENS_MIN : 0;
  return {
    ...(temperature !== undefined && takes.has("temperature") && { temperature }),
    ...(topP !== undefined && takes.has("topP") && { topP }),
    ...(topK !== undefined && takes.has("topK") && { topK }),
    ...(seed !== undefined && takes.has("seed") && { seed }),
    ...(maxNewTokens !== undefined &&
      takes.has("maxNewTokens") && {
        maxOutputTokens: Math.max(maxNewTokens, tokensMin),
      }),
  };
}

function extensionsOf(parameters: GenerationParameters, { type, extensions }: Host): Record<string, number> {
  const fields: Record<string, number> = {};
  if (type !== "openai-compatible") return fields;
  for (const name of ["topK", "typicalP", "minNewTokens", "repetitionPenalty"] as const) {
    const value = parameters[name];
    if (value !== undefined && extensions.includes(EXTENSION_OF[name])) fields[EXTENSION_OF[name]] = value;
  }
  return fields;
}

/** A provider stops by itself only if nobody needs to know at which sequence, or when. */
function nativeStops(parameters: GenerationParameters): string[] {
  if (parameters.includeStopSequence || parameters.minNewTokens !== undefined) return [];
  return stopsOf(parameters)
    .filter((sequence) => sequence.trim() !== "")
    .slice(0, NATIVE_STOPS_MAX);
}

/** OpenAI's reasoning models refuse a request that asks for log-probabilities. */
function saysLogprobs({ type }: Host, model: string): boolean {
  if (type === "openai") return !/^(o\d|gpt-5)/.test(model);
  return type === "ollama" || type === "openai-compatible";
}

function ignoredBy(
  parameters: GenerationParameters,
  host: Host,
  extended: ReadonlySet<string>,
  withoutLogprobs: boolean,
): IgnoredParameter[] {
  const ignored: IgnoredParameter[] = [];
  const reason = `${host.name} has no such parameter.`;
  for (const parameter of Object.keys(parameters)) {
    if (!isParameter(parameter) || parameter === "returns") continue;
    if (DONE_HERE.has(parameter) || TAKES[host.type].has(parameter)) continue;
    if (isExtended(parameter) && extended.has(EXTENSION_OF[parameter])) continue;
    ignored.push({ parameter, reason });
  }
  const { returns } = parameters;
  if (withoutLogprobs) ignored.push({ parameter: "returns", reason: `${host.name} tells nothing of single tokens.` });
  if (returns?.inputTokens) {
    ignored.push({ parameter: "returns", reason: `${host.name} does not tell the tokens of the input.` });
  }
  return ignored;
}

const NAMES: Readonly<Record<Parameter, true>> = {
  ...{ decoding: true, temperature: true, topP: true, topK: true, typicalP: true, seed: true, beamWidth: true },
  ...{ repetitionPenalty: true, lengthPenalty: true, maxNewTokens: true, minNewTokens: true, stopSequences: true },
  ...{ includeStopSequence: true, timeLimitMs: true, truncateInputTokens: true, returns: true },
};

function isParameter(name: string): name is Parameter {
  return Object.hasOwn(NAMES, name);
}

function isExtended(parameter: Parameter): parameter is keyof typeof EXTENSION_OF {
  return Object.hasOwn(EXTENSION_OF, parameter);
}

/** The sequences that end an answer: here and at a provider. */
export function stopsOf({ stopSequences = [] }: GenerationParameters): string[] {
  return stopSequences.filter(({ length }) => length <= STOP_CHARACTERS_MAX);
}

function tooLongStops(parameters: GenerationParameters): IgnoredParameter[] {
  if (stopsOf(parameters).length === (parameters.stopSequences?.length ?? 0)) return [];
  return [{ parameter: "stopSequences", reason: `One has more than ${STOP_CHARACTERS_MAX} characters.` }];
}
