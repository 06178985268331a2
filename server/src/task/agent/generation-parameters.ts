/**
 * How a model is asked to generate: where it draws from, where it stops, and what is told of it beside the text. Absent
 * is what the provider does by itself. Providers differ in what they can do; what one cannot is told, not refused.
 */
import { z } from "zod";
import { jsonObject } from "../json/json.ts";

/** Fields that no one here knows are kept for whoever sent them. */
const more = jsonObject.optional();
const SEED_MAX = 4_294_967_295;

export const generationParameters = z.strictObject({
  /** `greedy` takes the likeliest token each time, whatever the other fields of drawing say. */
  decoding: z.enum(["greedy", "sample"]).optional(),
  /** Below 1 is sharper, above it flatter. */
  temperature: z.number().min(0).max(2).optional(),
  /** The share of likelihood that is drawn from; 1 is all. */
  topP: z.number().min(0).max(1).optional(),
  /** How many of the likeliest tokens are drawn from. */
  topK: z.int().min(1).max(100).optional(),
  /** The mass of locally typical tokens that is drawn from; 1 is all. */
  typicalP: z.number().min(0.01).max(1).optional(),
  seed: z.int().min(1).max(SEED_MAX).optional(),
  /** Beams that are searched; 0 and 1 are none. */
  beamWidth: z.int().min(0).max(3).optional(),
  /** 1 is none. */
  repetitionPenalty: z.number().min(1).max(2).optional(),
  /** From that many tokens on, an end gets likelier by the factor with each token. */
  lengthPenalty: z
    .strictObject({ decayFactor: z.number().gt(1).optional(), startIndex: z.int().min(1).optional(), more })
    .optional(),
  maxNewTokens: z.int().min(0).optional(),
  /** Nothing stops the text before this many. */
  minNewTokens: z.int().min(0).optional(),
  /** Each ends the text when it comes. */
  stopSequences: z.array(z.string()).min(1).max(6).optional(),
  /** The one that ended the text stays at its end. */
  includeStopSequence: z.boolean().optional(),
  /** Generation ends then, and what there is of the text is the answer. */
  timeLimitMs: z.int().optional(),
  /** Of the input the last so many are asked; 0 is all. */
  truncateInputTokens: z.int().min(0).optional(),
  /** What is told beside the text. */
  returns: z
    .strictObject({
      generatedTokens: z.boolean().optional(),
      inputParameters: z.boolean().optional(),
      inputText: z.boolean().optional(),
      inputTokens: z.boolean().optional(),
      tokenLogprobs: z.boolean().optional(),
      tokenRanks: z.boolean().optional(),
      /** The likeliest alternatives to each token. */
      topTokens: z.int().min(0).max(5).optional(),
      more,
    })
    .optional(),
  more,
});
export type GenerationParameters = z.infer<typeof generationParameters>;

/** What a provider did not do, and why. */
const ignoredParameter = z.strictObject({
  parameter: generationParameters.omit({ more: true }).keyof(),
  reason: z.string(),
});
export type IgnoredParameter = z.infer<typeof ignoredParameter>;

const likelyToken = z.strictObject({ text: z.string(), logprob: z.number() });
const generatedToken = z.strictObject({
  text: z.string(),
  logprob: z.number().optional(),
  /** From 1, where it was among the alternatives that were told. */
  rank: z.int().optional(),
  top: z.array(likelyToken).optional(),
});
export type GeneratedToken = z.infer<typeof generatedToken>;

const STOP_REASONS = ["end", "max_tokens", "stop_sequence", "time_limit"] as const;

/** How an answer came to its end, and what of the parameters was not done. */
export const generationReport = z.strictObject({
  stopReason: z.enum(STOP_REASONS),
  ignored: z.array(ignoredParameter),
  /** What of `returns` was asked for. */
  inputParameters: generationParameters.optional(),
  inputText: z.string().optional(),
  generatedTokens: z.array(generatedToken).optional(),
});
export type GenerationReport = z.infer<typeof generationReport>;
