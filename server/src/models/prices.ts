/**
 * The cost of a call in US dollars: the provider's token counts times a dated table of list prices. Discounts, batches, service tiers
 * and separately billed tools are not known.
 */

import type { ModelId, Usage } from "./model.ts";
import { listPrices, type Price } from "./price-table.ts";

const free: Price = { input: 0, output: 0 };
const perMillion = 1_000_000;

/** The price of a model, or null if it is unknown. The operator's own prices precede the shipped table. */
export function priceOf(model: ModelId, type: string, overrides: Readonly<Record<string, Price>> = {}): Price | null {
  const name = model.slice(model.indexOf(":") + 1);
  const own = longestPrefix(model, overrides) ?? longestPrefix(name, overrides);
  if (own !== undefined) return own;
  if (type === "local" || type === "ollama") return free;
  return longestPrefix(bareName(name), listPrices) ?? null;
}

/** The cost of `usage`: cached tokens at their own rates, other input at the input rate, each token once. */
export function costUsd(usage: Usage, rate: Price | null): number | null {
  if (rate === null) return null;
  const uncached = Math.max(0, usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens);
  const dollars =
    uncached * rate.input +
    usage.cacheReadTokens * (rate.cacheRead ?? rate.input) +
    usage.cacheWriteTokens * (rate.cacheWrite ?? rate.input) +
    usage.outputTokens * rate.output;
  return dollars / perMillion;
}

/** Gateways name a model `vendor/model`; its list price is the vendor's. */
function bareName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).toLowerCase();
}

/**
 * `gpt-5-mini-2025-08-07` has the price of `gpt-5-mini`, but `gpt-5-minimal` has not, nor has an unknown `gpt-5-ultra` that of `gpt-5`:
 * the prefix must be followed by a date, a version or `latest`.
 */
function longestPrefix(name: string, table: Readonly<Record<string, Price>>): Price | undefined {
  if (Object.hasOwn(table, name)) return table[name];
  let best: string | undefined;
  for (const key of Object.keys(table)) {
    if (name.startsWith(key) && dated.test(name.slice(key.length)) && key.length > (best?.length ?? 0)) best = key;
  }
  return best === undefined ? undefined : table[best];
}

const dated =
  /^[-@:.](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3}|latest|preview|v\d+(?::\d+)?)(?:[-:](?:latest|preview|v\d+))?$/;
