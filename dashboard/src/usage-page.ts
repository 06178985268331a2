/** The page of usage: what was paid for by day, and who or what it was that cost so much. */
import type { UsageFilter, UsagePage, UsageRow, UsageSum } from "@waybill/sdk";
import { count, money } from "@waybill/sdk/display";
import { byId, element, notice } from "./element.ts";
import { PageHead } from "./page-head.ts";
import { Refresher } from "./refresher.ts";
import { Session } from "./session.ts";
import { dayBars, type Grouping, MEASURES, type Measure, NAMED_MAX, nameOf, ranked } from "./usage-bars.ts";
import { swatch, usageChart } from "./usage-chart.ts";

const REFRESH_MS = 30_000;
const DAY_MS = 86_400_000;
const PAGE = 200;
/** Names that are looked at for the largest of them. */
const NAMES_MAX = 1_000;
/** Rows of the table. */
const SHOWN_MAX = 100;

const session = new Session();
const head = new PageHead("Usage", session, () => void refresher.now());
const problem = byId("notice", HTMLParagraphElement);
const picture = byId("picture", HTMLElement);
const sums = byId("sums", HTMLElement);
const table = byId("names", HTMLElement);
const span = byId("span", HTMLSelectElement);
const grouping = byId("by", HTMLSelectElement);
const measured = byId("measure", HTMLSelectElement);

const refresher = new Refresher(REFRESH_MS, head, problem, async () => {
  const by = groupingOf(grouping.value);
  const to = new Date().toISOString().slice(0, 10);
  const days = { from: dayBefore(to, Number(span.value) - 1), to };
  const [all, names] = await Promise.all([rowsOf({ ...days, group_by: ["day"] }), rowsOf({ ...days, group_by: [by] })]);
  const measure = measureOf(measured.value, all.total);
  const largest = ranked(names.rows, measure);
  const named = await Promise.all(
    largest.slice(0, NAMED_MAX).map(async (row) => ({
      name: nameOf(row, by),
      rows: (await rowsOf({ ...days, group_by: ["day"], ...only(row, by) })).rows,
    })),
  );
  return () => {
    picture.replaceChildren(usageChart(dayBars(days, all.rows, named, measure), measure, widthOf(picture)));
    sums.replaceChildren(...sumsOf(all.total));
    table.replaceChildren(tableOf(largest, by, MEASURES[measure].of));
    notice(problem, names.more ? `There are more than ${count(NAMES_MAX)} names: the largest of these are shown.` : "");
    return `${money(all.total.cost_usd)} in ${span.value} days`;
  };
});

/** Within its padding. */
function widthOf(place: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(place);
  return place.clientWidth - (Number.parseFloat(paddingLeft) || 0) - (Number.parseFloat(paddingRight) || 0);
}

async function rowsOf(filter: UsageFilter): Promise<{ rows: UsageRow[]; total: UsageSum; more: boolean }> {
  const rows: UsageRow[] = [];
  let last: UsagePage | undefined;
  for await (const page of session.client.usage({ ...filter, limit: PAGE }).pages()) {
    rows.push(...page.items);
    last = page;
    if (rows.length >= NAMES_MAX) break;
  }
  if (last === undefined) throw new Error("The server gave no page.");
  return { rows, total: last.total, more: last.next !== null };
}

/** The filter that leaves this row alone. */
function only({ provider, model, agent, user }: UsageRow, by: Grouping): UsageFilter {
  if (by === "model") return { ...(provider !== null && { provider }), ...(model !== null && { model }) };
  if (by === "agent") return agent === null ? {} : { agent };
  return user === null ? {} : { user };
}

/** Where nothing has a price, tokens say more than a row of zeros. */
function measureOf(chosen: string, { cost_usd }: UsageSum): Measure {
  if (chosen === "tokens" || chosen === "calls" || chosen === "cost") return chosen;
  return cost_usd > 0 ? "cost" : "tokens";
}

function groupingOf(chosen: string): Grouping {
  return chosen === "agent" || chosen === "user" ? chosen : "model";
}

function sumsOf(total: UsageSum): HTMLElement[] {
  const facts: [name: string, value: string][] = [
    ["Cost", money(total.cost_usd)],
    ["Calls", count(total.calls)],
    ["Input tokens", count(total.input_tokens)],
    ["of these from a cache", count(total.cache_read_tokens)],
    ["Output tokens", count(total.output_tokens)],
    ["Estimated calls", count(total.estimated_calls)],
    ["Calls without a price", count(total.unpriced_calls)],
  ];
  return facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
}

function tableOf(rows: readonly UsageRow[], by: Grouping, of: (sum: UsageSum) => number): HTMLElement {
  const whole = rows.reduce((sum, row) => sum + of(row), 0);
  const heads = [by, "cost", "share", "calls", "input", "output", "estimated"];
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)))),
    element(
      "tbody",
      {},
      ...rows.slice(0, SHOWN_MAX).map((row, at) => {
        const share = whole === 0 ? "" : `${((of(row) / whole) * 100).toFixed(1)} %`;
        const name = element("th", { scope: "row", dir: "auto" }, swatch(Math.min(at, NAMED_MAX)), nameOf(row, by));
        const cost = row.unpriced_calls > 0 ? `${money(row.cost_usd)} + ?` : money(row.cost_usd);
        const cells = [cost, share, count(row.calls), count(row.input_tokens), count(row.output_tokens)];
        const estimated = row.estimated_calls === 0 ? "" : count(row.estimated_calls);
        return element("tr", {}, name, ...[...cells, estimated].map((text) => element("td", {}, text)));
      }),
    ),
  );
}

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}

for (const choice of [span, grouping, measured]) choice.addEventListener("change", () => void refresher.now());

void refresher.now();
