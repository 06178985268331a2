/** An embedder for searches: the cost of a question is reported in the form of totals, and belongs to no agent. */
import type { CountedCall } from "../../task/usage.ts";
import type { Embedder } from "../embedding.ts";
import { countedOf } from "../estimated-usage.ts";

type Options = { purpose: "query"; signal: AbortSignal; onPaid: (call: CountedCall) => void };

const PER_MILLION = 1_000_000;

export function questionEmbedder({ model, price, embed }: Embedder) {
  return {
    model,
    // No text has more tokens than bytes.
    costUsd: (texts: readonly string[]) =>
      (texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) * (price?.input ?? 0)) / PER_MILLION,
    embed: (texts: readonly string[], { onPaid, ...options }: Options) =>
      embed(texts, { ...options, onPaid: (paid) => onPaid(countedOf(paid, "")) }),
  };
}
