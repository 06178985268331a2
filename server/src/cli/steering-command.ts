/** Commands that tell tasks what to do: each takes any number of ids and a reason, and says what became of each. */
import { type Task, type TaskHandle, WaybillError } from "@waybill/sdk";
import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, explained, talkTo } from "./connection.ts";
import { TASK_ID_HELP, taskIdOf } from "./task-id.ts";
import { styledState } from "./terminal/state-style.ts";
import { openTerminal } from "./terminal/terminal.ts";
import { onOneLine } from "./terminal/text-width.ts";

type Flags = ConnectionFlags & { reason?: string; now?: boolean; json?: boolean };

export type SteeringCommand = {
  name: string;
  about: string;
  /** More flags, with what they mean. */
  flags?: [flag: string, about: string][];
  act: (task: TaskHandle, options: { reason?: string; now?: boolean }) => Promise<Task>;
  /** What else is to be said of what became of it. */
  said?: (task: Task, handle: TaskHandle) => Promise<string | null>;
};

export function addSteering(program: Command, { name, about, flags: more = [], act, said }: SteeringCommand): void {
  const command = program
    .command(name)
    .description(about)
    .argument("<id...>", TASK_ID_HELP)
    .option("--reason <TEXT>", "why: it stands in the task's log")
    .option("--json", "print the tasks as JSON, one a line");
  for (const [flag, meaning] of more) command.option(flag, meaning);
  addConnectionFlags(command).action((texts: string[], flags: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      for (const text of texts) {
        const id = await taskIdOf(client, text);
        try {
          const { reason, now } = flags;
          const handle = client.task(id);
          const task = await act(handle, { ...(reason !== undefined && { reason }), ...(now && { now }) });
          if (flags.json) out.write(`${JSON.stringify(task)}\n`);
          else talk.write(`${styledState(task.state, talk)}  ${task.id}\n`);
          const more = flags.json ? null : await said?.(task, handle);
          if (more) talk.write(`${onOneLine(more)}\n`);
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
