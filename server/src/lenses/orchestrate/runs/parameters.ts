/**
 * `llm_params` and `guardrails` of the wire, and what an agent is asked with. On the wire every field is there and null
 * where nobody has set it; an agent is asked with the others alone, so that one way loses what the other does not need.
 */

import {
  type GenerationParameters,
  generationParameters,
  type IgnoredParameter,
} from "../../../task/agent/generation-parameters.ts";
import type { Guardrail, Guardrails } from "../../../task/agent/guardrails.ts";
import { isJson, isJsonObject, type JsonObject } from "../../../task/json/json.ts";
import { type TextGenerationParameters, textGenerationParameters, type WireGuardrails } from "./schema.ts";

/** The wire's name of each field that is a value by itself. */
const FIELDS = {
  beamWidth: "beam_width",
  decoding: "decoding_method",
  includeStopSequence: "include_stop_sequence",
  maxNewTokens: "max_new_tokens",
  minNewTokens: "min_new_tokens",
  seed: "random_seed",
  repetitionPenalty: "repetition_penalty",
  stopSequences: "stop_sequences",
  temperature: "temperature",
  timeLimitMs: "time_limit",
  topK: "top_k",
  topP: "top_p",
  truncateInputTokens: "truncate_input_tokens",
  typicalP: "typical_p",
} as const;
const PENALTY = { decayFactor: "decay_factor", startIndex: "start_index" } as const;
const RETURNS = {
  generatedTokens: "generated_tokens",
  inputParameters: "input_parameters",
  inputText: "input_text",
  inputTokens: "input_tokens",
  tokenLogprobs: "token_logprobs",
  tokenRanks: "token_ranks",
  topTokens: "top_n_tokens",
} as const;

type Names = Readonly<Record<string, string>>;

export function parametersOf({
  length_penalty,
  return_options,
  ...rest
}: TextGenerationParameters): GenerationParameters {
  return generationParameters.parse({
    ...ourNames(rest, FIELDS),
    ...(length_penalty && { lengthPenalty: ourNames(length_penalty, PENALTY) }),
    ...(return_options && { returns: ourNames(return_options, RETURNS) }),
  });
}

export function llmParamsOf({ lengthPenalty, returns, ...rest }: GenerationParameters): TextGenerationParameters {
  return textGenerationParameters.parse({
    ...wireNames(rest, FIELDS),
    length_penalty: lengthPenalty ? wireNames(lengthPenalty, PENALTY) : null,
    return_options: returns ? wireNames(returns, RETURNS) : null,
  });
}

/** What the wire calls a parameter of ours. */
export function wireNameOf(parameter: IgnoredParameter["parameter"]): string {
  if (parameter === "returns") return "return_options";
  return parameter === "lengthPenalty" ? "length_penalty" : FIELDS[parameter];
}

/** What nobody has set is left out; fields that only the client knows are kept apart. */
function ourNames(wire: Readonly<Record<string, unknown>>, names: Names): JsonObject {
  const own: JsonObject = {};
  const more: Record<string, unknown> = { ...wire };
  for (const [name, wireName] of Object.entries(names)) {
    const value = wire[wireName];
    delete more[wireName];
    if (isJson(value) && value !== null) own[name] = typeof value === "number" ? representable(value) : value;
  }
  return Object.keys(more).length > 0 && isJsonObject(more) ? { ...own, more } : own;
}

function wireNames({ more = {}, ...own }: JsonObject, names: Names): JsonObject {
  const wire: JsonObject = {};
  for (const [name, wireName] of Object.entries(names)) wire[wireName] = own[name] ?? null;
  return isJsonObject(more) ? { ...wire, ...more } : wire;
}

/** The wire's whole numbers may have 64 bits. */
function representable(value: number): number {
  if (!Number.isInteger(value)) return value;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
}

export function guardrailsOf({ hap, social_bias, pii }: WireGuardrails): Guardrails {
  return {
    ...(hap && { hap: guardrailOf(hap) }),
    ...(social_bias && { socialBias: guardrailOf(social_bias) }),
    ...(pii && { pii: guardrailOf(pii) }),
  };
}

function guardrailOf({ input, output, mask }: NonNullable<WireGuardrails["hap"]>): Guardrail {
  return {
    ...(input && { input }),
    ...(output && { output }),
    ...(mask && { mask: { removeEntityValue: mask.remove_entity_value } }),
  };
}

export function wireGuardrailsOf({ hap, socialBias, pii }: Guardrails): WireGuardrails {
  const wire = (rail: Guardrail | undefined) =>
    rail && {
      input: rail.input ?? null,
      output: rail.output ?? null,
      mask: rail.mask ? { remove_entity_value: rail.mask.removeEntityValue } : null,
    };
  return { hap: wire(hap) ?? null, social_bias: wire(socialBias) ?? null, pii: wire(pii) ?? null };
}
