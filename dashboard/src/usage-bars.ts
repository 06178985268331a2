/** What the picture of usage shows: for each day how much the dearest names have taken, and all others together. */
import type { UsageRow, UsageSum } from "@waybill/sdk";
import { count, money } from "@waybill/sdk/display";

export const MEASURES = {
  cost: { label: "Cost", of: (sum: UsageSum) => sum.cost_usd, text: money },
  tokens: { label: "Tokens", of: (sum: UsageSum) => sum.input_tokens + sum.output_tokens, text: count },
  calls: { label: "Calls", of: (sum: UsageSum) => sum.calls, text: count },
} as const;
export type Measure = keyof typeof MEASURES;

export type Grouping = "model" | "agent" | "user";

/** Names with a colour of their own. */
export const NAMED_MAX = 6;
const OTHERS = "all others";

type Part = { name: string; value: number; rank: number };
export type DayBar = { day: string; total: number; parts: Part[] };

export function nameOf(row: UsageRow, by: Grouping): string {
  if (by === "model") return `${row.provider ?? ""}:${row.model ?? ""}`;
  const name = row[by] ?? "";
  return name === "" ? `no ${by}` : name;
}

/** Rows with the largest first. */
export function ranked(rows: readonly UsageRow[], measure: Measure): UsageRow[] {
  const { of } = MEASURES[measure];
  return [...rows].sort((a, b) => of(b) - of(a) || b.input_tokens - a.input_tokens);
}

/**
 * A bar for each day from `from` to `to`, both included. `all` has the days' totals, `named` the days of each of the
 * largest: what of a day is nobody's of them is all others'.
 */
export function dayBars(
  { from, to }: { from: string; to: string },
  all: readonly UsageRow[],
  named: readonly { name: string; rows: readonly UsageRow[] }[],
  measure: Measure,
): DayBar[] {
  const { of } = MEASURES[measure];
  const totals = valuesByDay(all, of);
  const parts = named.map(({ name, rows }, rank) => ({ name, rank, days: valuesByDay(rows, of) }));
  return daysFrom(from, to).map((day) => {
    const total = totals.get(day) ?? 0;
    const known = parts.flatMap(({ name, rank, days }) => {
      const value = days.get(day) ?? 0;
      return value > 0 ? [{ name, value, rank }] : [];
    });
    const rest = total - known.reduce((sum, { value }) => sum + value, 0);
    // What is left of sums of fractions is no part.
    const others = rest > total * 1e-9 ? [{ name: OTHERS, value: rest, rank: NAMED_MAX }] : [];
    return { day, total, parts: [...known, ...others] };
  });
}

function valuesByDay(rows: readonly UsageRow[], of: (sum: UsageSum) => number): Map<string, number> {
  return new Map(rows.map((row) => [row.day ?? "", of(row)]));
}

function daysFrom(from: string, to: string): string[] {
  const days: string[] = [];
  const last = Date.parse(to);
  for (let at = Date.parse(from); at <= last; at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
