import type { AuditEntry } from "@waybill/sdk";
import type { Command } from "commander";
import { atLeastOne } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { moment } from "../terminal/moment.ts";
import { table } from "../terminal/table.ts";
import { openTerminal } from "../terminal/terminal.ts";

type Flags = ConnectionFlags & { limit: number; task?: string; json?: boolean };

/** `waybill audit`: who did what. */
export function addAudit(program: Command): void {
  addConnectionFlags(
    program
      .command("audit")
      .description("list who steered which task and who made which key, newest first; takes a key with the scope admin")
      .option("-n, --limit <N>", "at most so many, up to 200", atLeastOne, 50)
      .option("--task <ID>", `of one task alone: ${TASK_ID_HELP}`)
      .option("--json", "one JSON object a line"),
  ).action(({ limit, task, json, ...flags }: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      const entries = await client.audit({
        limit,
        ...(task !== undefined && { task_id: await taskIdOf(client, task) }),
      });
      if (json) for (const entry of entries) out.write(`${JSON.stringify(entry)}\n`);
      else if (entries.length === 0) talk.write("Nothing is in the audit log yet.\n");
      else
        out.write(
          table<AuditEntry>(
            [
              { title: "AT", cell: ({ at }) => moment(at) },
              { title: "USER", cell: ({ user }) => user },
              { title: "ACT", cell: ({ act }) => act },
              { title: "TASK", cell: ({ task_id }) => task_id ?? "" },
              { title: "DETAIL", cell: ({ detail }) => (detail === null ? "" : JSON.stringify(detail)), shrinks: true },
            ],
            entries,
            out,
          ),
        );
    }),
  );
}
