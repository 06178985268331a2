/**
 * What was paid for since the start, as it is committed: each call once, by whichever of its tries, of agents and of
 * whatever else a handler says that it has paid.
 */
import type { CounterSource } from "../http/metrics.ts";
import type { CountedCall } from "../task/usage.ts";
import { LabelBound } from "./label-bound.ts";
import { LabelledCounter } from "./labelled-counter.ts";

const OF_MODEL = ["provider", "model"] as const;

export class PaidCalls {
  readonly #providers = new LabelBound();
  readonly #models = new LabelBound();
  readonly #calls = new LabelledCounter("waybill_model_calls_total", "Paid calls of models.", OF_MODEL);
  readonly #estimated = new LabelledCounter(
    "waybill_estimated_calls_total",
    "Of these, those whose provider stated no counts.",
    OF_MODEL,
  );
  readonly #unpriced = new LabelledCounter(
    "waybill_unpriced_calls_total",
    "Of these, those of models without a known price: the cost lacks them.",
    OF_MODEL,
  );
  readonly #tokens = new LabelledCounter(
    "waybill_tokens_total",
    "Tokens of paid calls: what was sent, without what a cache had or took; what was read from a cache; written to one; the answers.",
    [...OF_MODEL, "direction"],
  );
  readonly #cost = new LabelledCounter("waybill_cost_usd_total", "US dollars that paid calls have cost.", OF_MODEL);

  count(call: CountedCall): void {
    const of = { provider: this.#providers.of(call.provider), model: this.#models.of(call.model) };
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, costUsd } = call;
    this.#calls.add(of, 1);
    if (call.estimated) this.#estimated.add(of, 1);
    if (costUsd === null) this.#unpriced.add(of, 1);
    else this.#cost.add(of, costUsd);
    const uncached = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
    this.#tokens.add({ ...of, direction: "input" }, uncached);
    this.#tokens.add({ ...of, direction: "output" }, outputTokens);
    if (cacheReadTokens > 0) this.#tokens.add({ ...of, direction: "cache_read" }, cacheReadTokens);
    if (cacheWriteTokens > 0) this.#tokens.add({ ...of, direction: "cache_write" }, cacheWriteTokens);
  }

  counters(): CounterSource[] {
    return [this.#calls, this.#estimated, this.#unpriced, this.#tokens, this.#cost];
  }
}
