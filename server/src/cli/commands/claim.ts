import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { openTerminal } from "../terminal/terminal.ts";

type Flags = ConnectionFlags & { release?: boolean; json?: boolean };

/** `waybill claim`: takes work out of a group or role. */
export function addClaim(program: Command): void {
  addConnectionFlags(
    program
      .command("claim")
      .description("take work of your group or role, so that the others leave it alone")
      .argument("<id>", TASK_ID_HELP)
      .option("--release", "give it back")
      .option("--json", "print the task as JSON"),
  ).action((text: string, { release, json, ...flags }: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      const task = await client.human.act(await taskIdOf(client, text), { act: release ? "release" : "claim" });
      if (json) out.write(`${JSON.stringify(task)}\n`);
      else
        talk.write(
          release
            ? "Given back.\n"
            : `It is yours: waybill approve ${task.id}   or   waybill answer ${task.id} OUTCOME\n`,
        );
    }),
  );
}
