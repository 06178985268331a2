/** An embedder as searches ask it: what a question has cost is told as totals count it, and is no agent's. */
import type { CountedCall } from "../../task/usage.ts";
import type { Embedder } from "../embedding.ts";
import { countedOf } from "../estimated-usage.ts";

type Options = { purpose: "query"; signal: AbortSignal; onPaid: (call: CountedCall) => void };

export function questionEmbedder({ model, price, embed }: Embedder) {
  return {
    model,
    costs: price !== null,
    embed: (texts: readonly string[], { onPaid, ...options }: Options) =>
      embed(texts, { ...options, onPaid: (paid) => onPaid(countedOf(paid, "")) }),
  };
}
