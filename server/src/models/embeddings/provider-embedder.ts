/** Embeds at a provider: OpenAI, Ollama, or any server with an OpenAI-compatible `/embeddings`. One request per call. */
import type { EmbeddingModelV4 } from "@ai-sdk/provider";
import { dropBlankAddresses } from "../blank-addresses.ts";
import type { ProviderConfig } from "../configuration.ts";
import type { Embedder } from "../embedding.ts";
import { ESTIMATED, statedCount } from "../estimated-usage.ts";
import { modelError } from "../failure.ts";
import { tokensOf } from "../last-tokens.ts";
import { ModelError, type PaidCall } from "../model.ts";
import type { Price } from "../price-table.ts";
import { costUsd } from "../prices.ts";
import { baseUrlOf, reachOf } from "../provider-url.ts";
import { providerFetch } from "../wire/provider-fetch.ts";

/** With chunks of 4,096 tokens each, about the 300,000 tokens that OpenAI takes at once. */
const BATCH_MAX = 64;
/** Bytes of an answer; 64 vectors of 3,072 numbers take 4 MB as text. */
const ANSWER_BYTES_MAX = 8 << 20;
/** A provider that has not answered by then has stalled. */
const ANSWER_MS_MAX = 60_000;
/** Dimensions known without a request. */
const DIMENSIONS: Readonly<Record<string, number>> = {
  "text-embedding-3-small": 1_536,
  "text-embedding-3-large": 3_072,
  "text-embedding-ada-002": 1_536,
  "nomic-embed-text": 768,
  "mxbai-embed-large": 1_024,
  "all-minilm": 384,
};

/** `rate` is null if no price is known. */
export type ProviderModel = { provider: string; name: string; config: ProviderConfig; rate: Price | null };

export function providerEmbedder(
  { provider, name, config, rate }: ProviderModel,
  answerMsMax = ANSWER_MS_MAX,
): Embedder {
  let opened: EmbeddingModelV4 | undefined;
  let dimensions = DIMENSIONS[name] ?? 0;
  return {
    model: `${provider}:${name}`,
    get dimensions() {
      return dimensions;
    },
    batchMax: BATCH_MAX,
    price: rate,
    async embed(texts, { signal, headers, onPaid }) {
      const timeout = AbortSignal.timeout(answerMsMax);
      try {
        opened ??= await open(provider, name, config);
        const abortSignal = AbortSignal.any([signal, timeout]);
        const { embeddings, usage } = await opened.doEmbed({
          values: [...texts],
          abortSignal,
          ...(headers && { headers: { ...headers } }),
        });
        // Paid also if the vectors turn out unusable.
        onPaid?.(await paidFor(texts, usage?.tokens, { provider, name, rate }));
        const vectors = embeddings.map((embedding) => ofLengthOne(Float32Array.from(embedding)));
        dimensions = checked(vectors, texts.length, provider);
        return vectors;
      } catch (error) {
        if (signal.aborted) throw new ModelError("aborted", "the embedding was called off", { cause: error });
        if (timeout.aborted)
          throw new ModelError("unavailable", `${provider} has not answered for ${answerMsMax / 1_000} s`, {
            cause: error,
          });
        throw modelError(error, provider, Date.now());
      }
    },
  };
}

/** By the provider's count, or our own if it states none. */
async function paidFor(
  texts: readonly string[],
  stated: number | undefined,
  { provider, name, rate }: Pick<ProviderModel, "provider" | "name" | "rate">,
): Promise<PaidCall> {
  const count = statedCount(stated);
  const inputTokens = count || (await tokensOf(texts));
  const usage = { inputTokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const rawUsage = count === 0 ? ESTIMATED : { tokens: stated };
  return { provider, model: name, usage, rawUsage, costUsd: costUsd(usage, rate) };
}

/** The vectors' length, after a check that there is one vector for each text. */
function checked(vectors: readonly Float32Array[], count: number, provider: string): number {
  const dimensions = vectors[0]?.length ?? 0;
  const areSound =
    vectors.length === count && vectors.every((vector) => vector.length === dimensions && isSound(vector));
  if (!areSound || (count > 0 && dimensions === 0)) {
    throw new ModelError("bad_answer", `${provider} has sent other vectors than were asked for`);
  }
  return dimensions;
}

function isSound(vector: Float32Array): boolean {
  return vector.every((value) => Number.isFinite(value));
}

function ofLengthOne(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}

async function open(provider: string, name: string, config: ProviderConfig): Promise<EmbeddingModelV4> {
  const baseURL = baseUrlOf(config);
  const settings = {
    baseURL,
    ...reachOf(config, providerFetch(ANSWER_BYTES_MAX)),
    ...(config.apiKey !== undefined && { apiKey: config.apiKey }),
  };
  dropBlankAddresses();
  if (config.type === "openai") {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return createOpenAI(settings).embedding(name);
  }
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  return createOpenAICompatible({ ...settings, name: provider }).embeddingModel(name);
}
