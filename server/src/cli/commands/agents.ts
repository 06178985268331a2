import type { Agent } from "@waybill/sdk";
import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { table } from "../terminal/table.ts";
import { openTerminal } from "../terminal/terminal.ts";

/** `waybill agents`: who there is to ask. */
export function addAgents(program: Command): void {
  addConnectionFlags(
    program
      .command("agents")
      .description("list the agents that the server's configuration declares")
      .option("--json", "one JSON object a line"),
  ).action((flags: ConnectionFlags & { json?: boolean }) =>
    talkTo(flags, async (client) => {
      const { out } = openTerminal();
      const agents = await client.agents.list();
      if (flags.json) {
        for (const agent of agents) out.write(`${JSON.stringify(agent)}\n`);
        return;
      }
      out.write(
        table<Agent>(
          [
            { title: "AGENT", cell: ({ slug }) => slug, style: () => "bold" },
            { title: "MODE", cell: ({ mode }) => mode },
            { title: "MODEL", cell: ({ model }) => model ?? "(the server's default)" },
            { title: "TOOLS", cell: ({ tools }) => (tools === null ? "(all built in)" : tools.join(", ")) },
            { title: "ABOUT", cell: ({ name, description }) => description || name, shrinks: true },
          ],
          agents,
          out,
        ),
      );
    }),
  );
}
