/** Rows of daily usage, and the cursors of their pages. */
import { z } from "zod";
import type { UsageGroup, UsageRow, UsageSum } from "../../task/daily-usage.ts";
import { maybeText, maybeTime, number } from "./cells.ts";
import { cursorTo, notGiven, placeIn } from "./cursor.ts";

const counts = [number, number, number, number, number, number, number, number] as const;
const totalRow = z.tuple(counts);
const usageRow = z.tuple([maybeTime, maybeText, maybeText, maybeText, maybeText, ...counts]);

export function usageSumOf(row: unknown): UsageSum {
  return named(totalRow.parse(row));
}

export function usageRowOf(row: unknown): UsageRow {
  const [day, user, agent, provider, model, ...sums] = usageRow.parse(row);
  return { day, user, agent, provider, model, ...named(sums) };
}

function named([
  calls,
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
  costUsd,
  unpricedCalls,
  estimatedCalls,
]: z.infer<typeof totalRow>): UsageSum {
  return {
    ...{ calls, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd, unpricedCalls, estimatedCalls },
  };
}

const CURSOR_CHARACTERS_MAX = 8_000;
const FIELDS = ["day", "user", "agent", "provider", "model"] as const;

/** Days go backwards. */
export function encodeUsagePlace(row: UsageRow): string {
  const place = FIELDS.flatMap((field) => row[field] ?? []).map((value) =>
    typeof value === "number" ? -value : value,
  );
  return cursorTo(place);
}

/** Throws `invalid` for one that no list by these groups has given. */
export function decodeUsagePlace(cursor: string, groups: readonly UsageGroup[]): (string | number)[] {
  const fields = FIELDS.filter((field) => groups.includes(field === "provider" ? "model" : field));
  const place = z.array(z.union([z.int(), z.string()])).length(fields.length);
  const found = placeIn(cursor, place, CURSOR_CHARACTERS_MAX);
  if (found.every((value, at) => (typeof value === "number") === (fields[at] === "day"))) return found;
  throw notGiven();
}
