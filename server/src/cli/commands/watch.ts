import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { EXITS_HELP } from "../state-exit.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { openTerminal } from "../terminal/terminal.ts";
import { type WatchFlags, watchTask } from "../watch-task.ts";

/** `waybill watch`: a task as it happens, from its first event to its last. */
export function addWatch(program: Command): void {
  addConnectionFlags(
    program
      .command("watch")
      .description("watch a task live until it ends, then print its output; Ctrl-C leaves it running")
      .argument("<id>", TASK_ID_HELP)
      .option("--exit-status", "exit with the task's outcome, at once when it needs input")
      .option("--json", "print its events, one JSON object a line"),
  )
    .addHelpText("after", `\n${EXITS_HELP}\nWithout --exit-status the code is 0 however the task ended.`)
    .action((id: string, flags: ConnectionFlags & WatchFlags) =>
      talkTo(flags, async (client) => {
        process.exitCode = await watchTask(client, await taskIdOf(client, id), flags, openTerminal());
      }),
    );
}
