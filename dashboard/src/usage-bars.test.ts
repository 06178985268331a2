import type { UsageRow } from "@waybill/sdk";
import { expect, it } from "vitest";
import { dayBars, nameOf, ranked } from "./usage-bars.ts";

function row(fields: Partial<UsageRow>): UsageRow {
  const counts = { calls: 1, input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
  const names = { day: null, user: null, agent: null, provider: null, model: null };
  return { ...names, ...counts, cost_usd: 0, unpriced_calls: 0, estimated_calls: 0, ...fields };
}

it("every day has a bar, of the largest names by themselves and of all others together", () => {
  const all = [row({ day: "2026-03-01", cost_usd: 0.6 }), row({ day: "2026-02-27", cost_usd: 0.3 })];
  const named = [
    { name: "a", rows: [row({ day: "2026-03-01", cost_usd: 0.1 }), row({ day: "2026-02-27", cost_usd: 0.1 })] },
    { name: "b", rows: [row({ day: "2026-02-27", cost_usd: 0.2 })] },
  ];
  const bars = dayBars({ from: "2026-02-27", to: "2026-03-01" }, all, named, "cost");
  expect(bars.map(({ day, total, parts }) => [day, total, parts.map(({ name, value }) => `${name} ${value}`)])).toEqual(
    [
      ["2026-02-27", 0.3, ["a 0.1", "b 0.2"]],
      ["2026-02-28", 0, []],
      ["2026-03-01", 0.6, ["a 0.1", "all others 0.5"]],
    ],
  );
});

it("the largest comes first, by what is asked for, and what has no name is called so", () => {
  const rows = [
    row({ agent: "", calls: 3 }),
    row({ agent: "b", calls: 2, cost_usd: 9 }),
    row({ agent: "c", calls: 1, input_tokens: 90 }),
  ];
  const names = (measure: "cost" | "tokens" | "calls") => ranked(rows, measure).map((each) => nameOf(each, "agent"));
  expect(names("cost")).toEqual(["b", "c", "no agent"]);
  expect(names("tokens")[0]).toBe("c");
  expect(names("calls")).toEqual(["no agent", "b", "c"]);
  expect(nameOf(row({ provider: "openai", model: "gpt-5" }), "model")).toBe("openai:gpt-5");
});
