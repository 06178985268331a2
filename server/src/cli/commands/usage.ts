import type { Share, UsageRow, UsageSum } from "@waybill/sdk";
import { count, money } from "@waybill/sdk/display";
import type { Command } from "commander";
import { atLeastOne, someOf } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { type Column, table } from "../terminal/table.ts";
import { openTerminal } from "../terminal/terminal.ts";

const GROUPS = ["day", "user", "agent", "model"] as const;
type Group = (typeof GROUPS)[number];

type Flags = ConnectionFlags & {
  by?: Group[];
  from?: string;
  to?: string;
  user?: string;
  agent?: string;
  provider?: string;
  model?: string;
  share?: boolean;
  limit: number;
  json?: boolean;
};

const PAGE = 200;

/** `waybill usage`: what was paid for, and by whom. */
export function addUsage(program: Command): void {
  addConnectionFlags(
    program
      .command("usage")
      .description("add up what models have cost, by day, user, agent and model; of the whole tenant with tasks:all")
      .option("--by <GROUP,…>", `one or more of ${GROUPS.join(", ")}; day when left out`, someOf(GROUPS, "group"))
      .option("--from <DAY>", "the first day, UTC, such as 2026-11-01; 29 days before the last one when left out")
      .option("--to <DAY>", "the last day, included; today when left out")
      .option("--user <USER>", "only what this user's tasks have cost")
      .option("--agent <AGENT>", "only this agent")
      .option("--provider <NAME>", "only models of this provider")
      .option("--model <MODEL>", "only this model, as its provider names it")
      .option("--share", "what you hold (open tasks, money of the day, bytes), and how much there may be, in its place")
      .option("-n, --limit <N>", "at most so many rows", atLeastOne, 50)
      .option("--json", "one JSON object a line, the total last"),
  ).action(({ by = ["day"], from, to, user, agent, provider, model, share, limit, json, ...flags }: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      if (share) {
        const held = await client.share();
        out.write(json ? `${JSON.stringify(held)}\n` : table(SHARE, sharesIn(held), out));
        return;
      }
      const rows: UsageRow[] = [];
      const pages = client.usage({
        group_by: by,
        limit: Math.min(PAGE, limit),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(user !== undefined && { user }),
        ...(agent !== undefined && { agent }),
        ...(provider !== undefined && { provider }),
        ...(model !== undefined && { model }),
      });
      let more = false;
      for await (const page of pages.pages()) {
        const wanted = page.items.slice(0, limit - rows.length);
        rows.push(...wanted);
        more = wanted.length < page.items.length || page.next !== null;
        if (rows.length < limit && page.next !== null) continue;
        if (json) for (const row of [...rows, { total: page.total }]) out.write(`${JSON.stringify(row)}\n`);
        else if (rows.length === 0) talk.write(`Nothing was paid for from ${page.from} to ${page.to}.\n`);
        else out.write(table([...names(by), ...sums()], [...rows, page.total], out));
        break;
      }
      if (more && !json) talk.write(talk.style("dim", "There are more rows: --limit. The total is of all of them.\n"));
    }),
  );
}

type Held = { whose: string; what: string; held: number; most: number | null };

const SHARE: Column<Held>[] = [
  { title: "WHOSE", cell: ({ whose }) => whose },
  { title: "WHAT", cell: ({ what }) => what },
  { title: "HELD", cell: ({ held }) => held.toLocaleString("en"), align: "right" },
  { title: "AT MOST", cell: ({ most }) => (most === null ? "any" : most.toLocaleString("en")), align: "right" },
];

function sharesIn({ user, tenant }: Share): Held[] {
  const lines = (whose: string, share: Share["user"]): Held[] => [
    { whose, what: "open tasks", ...share.open_tasks },
    { whose, what: "US dollars today", ...share.usd_today },
    { whose, what: "stored bytes", ...share.stored_bytes },
  ];
  return [...lines("you", user), ...(tenant === null ? [] : lines("tenant", tenant))];
}

type Line = Partial<UsageRow> & UsageSum;

/** The line of the total has a name in its first column alone. */
function names(by: readonly Group[]): Column<Line>[] {
  return GROUPS.filter((group) => by.includes(group)).map((group, at) => ({
    title: group.toUpperCase(),
    cell: (line) => {
      if (line[group] === undefined) return at === 0 ? "total" : "";
      const name = line[group] ?? "";
      return group === "model" ? `${line.provider ?? ""}:${name}` : name;
    },
    style: (line) => (line[group] === undefined ? "bold" : null),
  }));
}

function sums(): Column<Line>[] {
  const marked = (shown: string, of: number) => (of === 0 ? shown : `${shown}*`);
  return [
    { title: "CALLS", cell: ({ calls }) => count(calls), align: "right" },
    { title: "IN", cell: (line) => marked(count(line.input_tokens), line.estimated_calls), align: "right" },
    {
      title: "CACHED",
      cell: (line) => (line.cache_read_tokens === 0 ? "" : count(line.cache_read_tokens)),
      align: "right",
    },
    { title: "OUT", cell: (line) => marked(count(line.output_tokens), line.estimated_calls), align: "right" },
    { title: "COST", cell: ({ cost_usd }) => (cost_usd === 0 ? "" : money(cost_usd)), align: "right" },
    {
      title: "ESTIMATED*",
      cell: (line) => (line.estimated_calls === 0 ? "" : count(line.estimated_calls)),
      align: "right",
    },
    {
      title: "UNPRICED",
      cell: (line) => (line.unpriced_calls === 0 ? "" : count(line.unpriced_calls)),
      align: "right",
    },
  ];
}
