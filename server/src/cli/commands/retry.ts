import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { EXITS_HELP } from "../state-exit.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { openTerminal } from "../terminal/terminal.ts";
import { watchTask } from "../watch-task.ts";

type Flags = ConnectionFlags & { reuseSteps?: boolean; reason?: string; watch?: boolean; json?: boolean };

/** `waybill retry`: the same work as a new task. */
export function addRetry(program: Command): void {
  addConnectionFlags(
    program
      .command("retry")
      .description("submit the same work again as a new task and print its id")
      .argument("<id>", TASK_ID_HELP)
      .option("--reuse-steps", "keep what finished steps have done: they are not done again")
      .option("--reason <TEXT>", "why, for whoever reads the log of the new task")
      .option("-w, --watch", "watch the new task until it ends")
      .option("--json", "print the new task as JSON; with --watch its events, one a line")
      .addHelpText("after", `\n${EXITS_HELP}\nWithout --watch: 0 once the new task is on the server's disk.`),
  ).action((text: string, flags: Flags) =>
    talkTo(flags, async (client) => {
      const terminal = openTerminal();
      const { reuseSteps = false, reason } = flags;
      const task = client.task(await taskIdOf(client, text));
      const retried = await task.retry({ reuseSteps, ...(reason !== undefined && { reason }) });
      if (flags.watch) {
        terminal.talk.write(`${retried.id}\n`);
        process.exitCode = await watchTask(client, retried.id, { json: flags.json, exitStatus: true }, terminal);
        return;
      }
      terminal.out.write(flags.json ? `${JSON.stringify(await retried.get())}\n` : `${retried.id}\n`);
    }),
  );
}
