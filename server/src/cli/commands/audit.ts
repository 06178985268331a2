import type { AuditEntry, AuditOptions, Waybill } from "@waybill/sdk";
import type { Command } from "commander";
import { atLeastOne, momentOrAgo, wholeNumber } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { moment } from "../terminal/moment.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & {
  limit: number;
  task?: string;
  user?: string;
  act?: string;
  address?: string;
  since?: string;
  after?: number;
  follow?: boolean;
  check?: string;
  json?: boolean;
};
type Filter = Omit<AuditOptions, "signal" | "order" | "cursor" | "limit" | "wait">;

const PAGE = 200;
const WAIT_S = 30;

/** `waybill audit`: who did what. */
export function addAudit(program: Command): void {
  addConnectionFlags(
    program
      .command("audit")
      .description(
        "say who did what, newest first: submits, steering, deletes, keys, refused keys; takes the scope admin",
      )
      .option("-n, --limit <N>", "at most so many", atLeastOne, 50)
      .option("--task <ID>", `of one task alone: ${TASK_ID_HELP}`)
      .option("--user <USER>", "what this user did")
      .option("--act <ACT>", "one act, such as submit or keys.create, or all of a noun: keys, files, refused")
      .option("--address <ADDRESS>", "what came from this address")
      .option("--since <TIME>", "not before: a time such as 2026-11-26T20:00Z, or 2h ago as 2h", momentOrAgo)
      .option("--after <N>", "everything after this number, oldest first: nothing is left out", wholeNumber)
      .option("-f, --follow", "go on with what comes")
      .option("--check <FILE>", "check lines that --json printed: each by its hash, the last against the server's own")
      .option("--json", "one JSON object a line, as an export has it"),
  ).action(({ limit, task, user, act, address, since, after, follow, check, json, ...flags }: Flags) =>
    talkTo(flags, async (client) => {
      if (check !== undefined) return (await import("../audit-check.ts")).checkExport(client, check);
      const { out, talk } = openTerminal();
      const filter: Filter = {
        ...(task !== undefined && { task_id: await taskIdOf(client, task) }),
        ...(user !== undefined && { user }),
        ...(act !== undefined && { act }),
        ...(address !== undefined && { address }),
        ...(since !== undefined && { from: since }),
      };
      if (after !== undefined || follow)
        return goThrough(client, filter, { after, follow: follow ?? false, json }, out);
      const entries = await newest(client, filter, limit);
      if (json) for (const entry of entries) out.write(`${JSON.stringify(entry)}\n`);
      else if (entries.length === 0)
        talk.write(Object.keys(filter).length === 0 ? "The audit log is empty.\n" : "No such entries.\n");
      else out.write(table<AuditEntry>(COLUMNS, entries, out));
    }),
  );
}

const COLUMNS = [
  { title: "N", cell: ({ n }: AuditEntry) => String(n) },
  { title: "AT", cell: ({ at }: AuditEntry) => moment(at) },
  { title: "USER", cell: ({ user }: AuditEntry) => user },
  { title: "ACT", cell: ({ act }: AuditEntry) => act },
  { title: "FROM", cell: ({ origin }: AuditEntry) => (origin === null ? "" : `${origin.address} ${origin.lens}`) },
  { title: "TASK", cell: ({ task_id }: AuditEntry) => task_id ?? "" },
  { title: "DETAIL", cell: ({ detail }: AuditEntry) => detailOf(detail), shrinks: true },
];

function detailOf(detail: AuditEntry["detail"]): string {
  const text = JSON.stringify(detail);
  return text === "{}" || text === "null" ? "" : text;
}

/** A page may have fewer than it was asked for where few fit: there is more as long as there is a cursor. */
async function newest(client: Waybill, filter: Filter, limit: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let cursor: string | undefined; entries.length < limit; ) {
    const asked = { ...filter, limit: Math.min(PAGE, limit - entries.length), ...(cursor !== undefined && { cursor }) };
    const { data, next_cursor } = await client.auditPage(asked);
    entries.push(...data);
    if (next_cursor === null) break;
    cursor = next_cursor;
  }
  return entries;
}

/** Oldest first, from after a number on, or from a time, or else from now on; to the end, or for ever. */
async function goThrough(
  client: Waybill,
  filter: Filter,
  { after, follow, json }: { after: number | undefined; follow: boolean; json: boolean | undefined },
  out: Screen,
): Promise<void> {
  const [last] = after === undefined && filter.from === undefined ? await client.audit({ limit: 1 }) : [];
  for (let cursor = String(after ?? last?.n ?? 0); ; ) {
    const wait = follow ? { wait: WAIT_S } : {};
    const { data, next_cursor } = await client.auditPage({ ...filter, ...wait, order: "oldest", limit: PAGE, cursor });
    for (const entry of data) out.write(`${json ? JSON.stringify(entry) : lineOf(entry)}\n`);
    if (!follow && (next_cursor === null || next_cursor === cursor)) return;
    cursor = next_cursor ?? cursor;
  }
}

function lineOf(entry: AuditEntry): string {
  const cells = COLUMNS.map(({ cell }) => cell(entry)).filter((text) => text !== "");
  return harmless(cells.join("  "));
}
