/** Commands that tell tasks what to do: each takes any number of ids and a reason, and says what became of each. */
import { type Task, type TaskHandle, WaybillError } from "@waybill/sdk";
import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, explained, talkTo } from "./connection.ts";
import { TASK_ID_HELP, taskIdOf } from "./task-id.ts";
import { styledState } from "./terminal/state-style.ts";
import { openTerminal } from "./terminal/terminal.ts";

type Flags = ConnectionFlags & { reason?: string; json?: boolean };

export type SteeringCommand = {
  name: string;
  about: string;
  act: (task: TaskHandle, options: { reason?: string }) => Promise<Task>;
};

export function addSteering(program: Command, { name, about, act }: SteeringCommand): void {
  addConnectionFlags(
    program
      .command(name)
      .description(about)
      .argument("<id...>", TASK_ID_HELP)
      .option("--reason <TEXT>", "why: it stands in the task and in the audit log")
      .option("--json", "print the tasks as JSON, one a line"),
  ).action((texts: string[], flags: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      for (const text of texts) {
        const id = await taskIdOf(client, text);
        try {
          const task = await act(client.task(id), flags.reason === undefined ? {} : { reason: flags.reason });
          if (flags.json) out.write(`${JSON.stringify(task)}\n`);
          else talk.write(`${styledState(task.state, talk)}  ${task.id}\n`);
        } catch (error) {
          // One that refuses must not keep the others from hearing it.
          if (!(error instanceof WaybillError) || texts.length === 1) throw error;
          talk.write(`${id}: ${explained(error, client.baseUrl)}\n`);
          process.exitCode = 1;
        }
      }
    }),
  );
}
