import { WaybillError } from "@waybill/sdk";
import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, explained, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { openTerminal } from "../terminal/terminal.ts";

/** `waybill delete`: hides ended tasks for good. */
export function addDelete(program: Command): void {
  addConnectionFlags(
    program
      .command("delete")
      .description("hide ended tasks from every list and read, for good")
      .argument("<id...>", TASK_ID_HELP),
  ).action((texts: string[], flags: ConnectionFlags) =>
    talkTo(flags, async (client) => {
      const { talk } = openTerminal();
      for (const text of texts) {
        const id = await taskIdOf(client, text);
        try {
          await client.task(id).delete();
          talk.write(`${id} is deleted.\n`);
        } catch (error) {
          // One that refuses must not keep the others.
          if (!(error instanceof WaybillError) || texts.length === 1) throw error;
          talk.write(`${id}: ${explained(error, client.baseUrl)}\n`);
          process.exitCode = 1;
        }
      }
    }),
  );
}
