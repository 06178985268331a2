import { TaskEnded, TaskNeedsInput } from "@waybill/sdk";
import type { Command } from "commander";
import { answerCommands } from "../answer.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { Exit } from "../exit.ts";
import { EXITS_HELP, STATE_EXITS } from "../state-exit.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { openTerminal } from "../terminal/terminal.ts";
import { writeOutput } from "../watch-task.ts";

type Flags = ConnectionFlags & { wait: boolean; json?: boolean };

/** `waybill result`: the output and nothing else. */
export function addResult(program: Command): void {
  addConnectionFlags(
    program
      .command("result")
      .description("print a task's output; waits for its end")
      .argument("<id>", TASK_ID_HELP)
      .option("--no-wait", "exit 1 at once when it has not ended")
      .option("--json", "print the whole output as JSON instead of its text"),
  )
    .addHelpText("after", `\n${EXITS_HELP}`)
    .action((text: string, flags: Flags) =>
      talkTo(flags, async (client) => {
        const { out } = openTerminal();
        const handle = client.task(await taskIdOf(client, text));
        if (!flags.wait) {
          const { state, ended_at, id } = await handle.get();
          if (ended_at === null) throw new Exit(STATE_EXITS[state], `Task ${id} has not ended: it is ${state}.`);
        }
        try {
          const output = await handle.result({ onInputRequired: "reject" });
          if (flags.json) out.write(`${JSON.stringify(output)}\n`);
          else writeOutput(output, out);
        } catch (error) {
          if (!(error instanceof TaskEnded || error instanceof TaskNeedsInput)) throw error;
          const { state, input_required, id } = error.task;
          const todo = input_required === null ? "" : `\n${answerCommands(input_required.asks, id)}`;
          throw new Exit(STATE_EXITS[state], error.message + todo);
        }
      }),
    );
}
