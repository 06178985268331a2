/** Requests for embeddings as parts of the trace of whoever they are made for, by the semantic conventions for generative AI. */
import { randomBytes } from "node:crypto";
import { askedBy, type Embedder } from "../models/embedding.ts";
import { ModelError, type PaidCall } from "../models/model.ts";
import { headersIn } from "../task/trace.ts";
import { callPlace } from "./call-place.ts";
import type { FinishedSpan } from "./span.ts";
import type { Tracing } from "./tracing.ts";

/** The same embedder of a provider. `tracing` is null where nobody is told. */
export function tracedEmbedder(embedder: Embedder, tracing: Tracing | null): Embedder {
  const embed: Embedder["embed"] = (texts, options) => {
    if (tracing !== null) return told(embedder, tracing, texts, options);
    const place = callPlace(null);
    return embedder.embed(texts, place ? { ...options, headers: headersIn(place.trace, place.span) } : options);
  };
  return askedBy(embedder, embed);
}

async function told(
  embedder: Embedder,
  tracing: Tracing,
  texts: readonly string[],
  options: Parameters<Embedder["embed"]>[1],
): Promise<Float32Array[]> {
  const place = callPlace(tracing);
  const id = randomBytes(8).toString("hex");
  const at = embedder.model.indexOf(":");
  const [provider, model] = [embedder.model.slice(0, at), embedder.model.slice(at + 1)];
  const startMs = tracing.now();
  const begun = performance.now();
  let paid: PaidCall | null = null;
  const onPaid = (call: PaidCall) => {
    paid = call;
    options.onPaid?.(call);
  };
  const end = (paid: PaidCall | null, dimensions: number | undefined, error: FinishedSpan["error"]) => {
    const seconds = (performance.now() - begun) / 1_000;
    const tokens = paid && { input: paid.usage.inputTokens, output: null };
    const named = { operation: "embeddings" as const, provider, requestModel: model, responseModel: null };
    tracing.sink.modelCall({ ...named, seconds, firstSeconds: null, tokens, error: error?.type ?? null });
    if (!place?.trace.sampled) return;
    tracing.sink.span({
      name: `embeddings ${model}`,
      kind: "client",
      ...{ trace: place.trace.id, id, state: place.trace.state, remoteParent: false, parent: place.span },
      ...{ startMs, endMs: startMs + seconds * 1_000 },
      attributes: {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.embeddings.dimension.count": dimensions,
        "gen_ai.usage.input_tokens": tokens?.input,
        "waybill.cost_usd": paid?.costUsd ?? undefined,
        "waybill.task.id": place.task ?? undefined,
      },
      error,
    });
  };
  try {
    const headers = place && headersIn(place.trace, id);
    const vectors = await embedder.embed(texts, { ...options, onPaid, ...(headers && { headers }) });
    end(paid, vectors[0]?.length, null);
    return vectors;
  } catch (error) {
    const type = error instanceof ModelError ? error.code : "failed";
    end(paid, undefined, { type, message: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}
