/** Writes and reads daily usage. */
import type { Database } from "better-sqlite3";
import type { UsageFilter, UsageGroup } from "../../../task/daily-usage.ts";
import type { Visible } from "../../../task/visibility.ts";
import { type AddedUsage, DailyUsageDelta } from "../../codec/daily-usage.ts";
import { ANSWER_BYTES_MAX, fitting } from "../bounds.ts";
import { numberIn } from "../column.ts";
import { lateRows, lateRun } from "../late-statements.ts";

const COUNTS = [
  "calls",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "cost_usd",
  "unpriced_calls",
  "estimated_calls",
] as const;

/** Agents and models of a user that have sums of their own on a day, as these are kept for good. */
const OF_A_DAY_MAX = 1_000;
/** Under which name all further ones are added up. */
const OTHERS = "(others)";

export class DailyUsage extends DailyUsageDelta {
  readonly #add;
  readonly #known;
  readonly #count;

  constructor(db: Database) {
    super();
    this.#known = lateRows(
      db,
      "SELECT 1 FROM daily_usage WHERE (tenant, day, user, agent, provider, model) = (?, ?, ?, ?, ?, ?)",
    );
    this.#count = lateRows(db, "SELECT count(*) FROM daily_usage WHERE tenant = ? AND day = ? AND user = ?");
    this.#add = lateRun(
      db,
      `INSERT INTO daily_usage (tenant, day, user, agent, provider, model, ${COUNTS.join(", ")})
       VALUES (${"?, ".repeat(6)}${COUNTS.map(() => "?").join(", ")})
       ON CONFLICT DO UPDATE SET ${COUNTS.map((count) => `${count} = ${bounded(`${count} + excluded.${count}`)}`).join(", ")}`,
    );
  }

  /** At the end of a transaction: what its calls add up to. */
  write(): void {
    for (const { key, added } of this.take()) this.#add.run(...this.#placeOf(key), ...added);
  }

  #placeOf(key: AddedUsage["key"]): AddedUsage["key"] {
    const [tenant, day, user] = key;
    const isNew = this.#known.get(...key) === undefined;
    if (!isNew || numberIn(this.#count.get(tenant, day, user)?.[0]) < OF_A_DAY_MAX) return key;
    return [tenant, day, user, OTHERS, OTHERS, OTHERS];
  }
}

export type DailyUsageQuery = {
  visible: Visible;
  filter: UsageFilter;
  groups: readonly UsageGroup[];
  limit: number;
  /** The last row of the page before, as far as it is grouped. */
  after: readonly (string | number)[] | null;
};

/** In the order of every list. Of a group that is not asked for, the column is null. */
const COLUMNS_OF: [group: UsageGroup, columns: readonly string[]][] = [
  ["day", ["day"]],
  ["user", ["user"]],
  ["agent", ["agent"]],
  ["model", ["provider", "model"]],
];

export function dailyUsageReads(db: Database) {
  // A question has one of hundreds of forms: none of them is kept.
  const prepared = (sql: string) => db.prepare<unknown[], unknown[]>(sql).raw();
  return {
    /** One row more than `limit` says that there are more. */
    dailyUsage: ({ visible, filter, groups, limit, after }: DailyUsageQuery) => {
      const [where, values] = conditions(visible, filter);
      const grouped = COLUMNS_OF.flatMap(([group, columns]) => (groups.includes(group) ? columns : []));
      const shown = COLUMNS_OF.flatMap(([group, columns]) =>
        columns.map((column) => (groups.includes(group) ? column : "NULL")),
      );
      const source = `FROM daily_usage WHERE ${where}`;
      const total = prepared(`SELECT ${sums} ${source}`).get(...values) ?? [];
      // Days go backwards, names forwards: one comparison for both.
      const place = grouped.map((column) => (column === "day" ? "-day" : column)).join(", ");
      const beyond = after === null ? "" : `AND (${place}) > (${grouped.map(() => "?").join(", ")})`;
      const rows = prepared(
        `SELECT ${shown.join(", ")}, ${sums} ${source} ${beyond} GROUP BY ${place} ORDER BY ${place} LIMIT ?`,
      ).iterate(...values, ...(after ?? []), limit + 1);
      const page = fitting(rows, ANSWER_BYTES_MAX);
      return { total, rows: page.rows.slice(0, limit), more: page.more || page.rows.length > limit };
    },
  };
}

const sums = COUNTS.map((count) => bounded(`total(${count})`)).join(", ");

/** Sums stay numbers that can be written. */
function bounded(sum: string): string {
  return sum.includes("cost_usd") ? sum : `min(${sum}, ${Number.MAX_SAFE_INTEGER})`;
}

function conditions({ tenant, user }: Visible, filter: UsageFilter): [where: string, values: (string | number)[]] {
  const wanted: [condition: string, value: string | number | undefined][] = [
    ["tenant = ?", tenant],
    ["user = ?", user ?? undefined],
    ["day >= ?", filter.from],
    ["day < ?", filter.before],
    ["user = ?", filter.user],
    ["agent = ?", filter.agent],
    ["provider = ?", filter.provider],
    ["model = ?", filter.model],
  ];
  const given = wanted.flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]));
  return [[...given.map(({ condition }) => condition), "in_time(day)"].join(" AND "), given.map(({ value }) => value)];
}
