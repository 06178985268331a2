/** However many names callers choose, a page has a bounded number of lines. */
import { expect, it } from "vitest";
import { PaidCalls } from "./paid-calls.ts";
import { QUEUES_SHOWN_MAX, queueGauges } from "./queue-gauges.ts";

it("tells the first hundred models apart, and all others together, without losing what they cost", () => {
  const paid = new PaidCalls();
  const tokens = { inputTokens: 5, outputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 2 };
  for (let n = 0; n < 1_000; n++) {
    const names = { provider: `p${n % 3}`, model: `m${n}`, agent: "" };
    paid.count({ ...names, ...tokens, costUsd: 0.5 });
  }
  for (const counter of paid.counters()) {
    const series = [...counter.values()];
    expect(series.length, counter.name).toBeLessThanOrEqual(4 * (100 + 3));
    const sum = series.reduce((total, { value }) => total + value, 0);
    if (counter.name === "waybill_cost_usd_total") expect(sum).toBe(500);
    if (counter.name === "waybill_tokens_total") expect(sum).toBe(6_000);
    if (counter.name === "waybill_model_calls_total")
      expect(series.find(({ labels }) => labels["model"] === "other" && labels["provider"] === "p0")?.value).toBe(300);
  }
});

it("tells the queues apart that wait for longest, and all others together", () => {
  const depths = Array.from({ length: 250 }, (_, n) => ({
    tenant: "t",
    queue: `q${n}`,
    ready: 2,
    oldestAt: 1_000 + n,
  }));
  const [ready, oldest] = queueGauges(
    () => depths,
    () => 11_000,
  );
  const deep = [...(ready?.values?.() ?? [])];
  expect(deep).toHaveLength(QUEUES_SHOWN_MAX + 1);
  expect(deep.reduce((sum, { value }) => sum + value, 0)).toBe(500);
  const old = [...(oldest?.values?.() ?? [])];
  expect([old[0], old.at(-1)]).toEqual([
    { labels: { tenant: "t", queue: "q0" }, value: 10 },
    { labels: { tenant: "other", queue: "other" }, value: 9.9 },
  ]);
});
