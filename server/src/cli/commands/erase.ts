import { setTimeout } from "node:timers/promises";
import type { Erasure, Waybill } from "@waybill/sdk";
import { count } from "@waybill/sdk/display";
import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { moment } from "../terminal/moment.ts";
import { openTerminal } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & { user?: string; conversation?: string; yes?: boolean; json?: boolean; wait: boolean };

const LOOK_EVERY_MS = 500;

/** `waybill erase`: all of a user, or of a conversation, for good. */
export function addErase(program: Command): void {
  addConnectionFlags(
    program
      .command("erase")
      .description("erase all of a user, or of a conversation, for good, and say what backups still hold")
      .option("--user <NAME>", "this user of your tenant; takes a key with the scope admin")
      .option("--conversation <ID>", "this conversation")
      .option("--yes", "it is meant: there is no way back")
      .option("--no-wait", "return once it has begun; it goes on by itself")
      .option("--json", "print the report as JSON"),
  )
    .addHelpText(
      "after",
      "\nWith neither --user nor --conversation it lists the erasures that there were.\nAn erasure goes on over restarts of the server.",
    )
    .action((flags: Flags) => {
      const { user, conversation } = flags;
      if (user !== undefined && conversation !== undefined)
        throw new Exit(BAD_USAGE, "Name a user or a conversation, not both.");
      const subject = user !== undefined ? { user } : conversation !== undefined ? { conversation } : null;
      if (subject && !flags.yes)
        throw new Exit(BAD_USAGE, "Nothing of it comes back. If it is meant, say so with --yes.");
      return talkTo(flags, async (client) => {
        const reports = subject ? [await erased(client, subject, flags.wait)] : await client.erasures.list();
        for (const report of reports) tell(report, flags.json ?? false);
      });
    });
}

async function erased(
  client: Waybill,
  subject: Parameters<Waybill["erasures"]["begin"]>[0],
  wait: boolean,
): Promise<Erasure> {
  let report = await client.erasures.begin(subject);
  while (wait && report.state === "running") {
    await setTimeout(LOOK_EVERY_MS);
    report = await client.erasures.get(report.id);
  }
  return report;
}

function tell(report: Erasure, json: boolean): void {
  const { out } = openTerminal();
  if (json) {
    out.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const { id, state, user, conversation, completed_at, removed, kept, backups } = report;
  const of = user === null ? `conversation ${conversation}` : `user ${harmless(user)}`;
  out.write(`${id}  ${of}  ${completed_at === null ? state : `erased ${moment(completed_at)}`}\n`);
  const gone = Object.entries(removed).map(([kind, many]) => `${count(many)} ${kind}`);
  const none = completed_at === null ? "nothing yet" : "nothing";
  out.write(`  removed: ${gone.length === 0 ? none : gone.join(", ")}\n`);
  for (const sentence of kept) out.write(`  kept: ${sentence}\n`);
  for (const { path, made_at } of backups) out.write(`  still in the backup ${harmless(path)} of ${moment(made_at)}\n`);
}
