import { count, money } from "@waybill/sdk/display";
import { type Command, InvalidArgumentError } from "commander";
import { atLeastOne } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { openTerminal } from "../terminal/terminal.ts";

type Amount = number | "none";
type Flags = ConnectionFlags & { tokens?: Amount; usd?: Amount; reason?: string; json?: boolean };

/** `waybill budget`. */
export function addBudget(program: Command): void {
  addConnectionFlags(
    program
      .command("budget")
      .description("give a task that has a budget another one, also while it runs; what was spent counts as before")
      .argument("<id>", TASK_ID_HELP)
      .option(
        "--tokens <N>",
        "for itself and all below it; as it is when left out, no bound with none",
        orNone(atLeastOne),
      )
      .option("--usd <AMOUNT>", "the same in US dollars", orNone(dollars))
      .option("--reason <TEXT>", "why: it stands in the task's log")
      .option("--json", "print the task as JSON"),
  ).action((text: string, { tokens, usd, reason, json, ...flags }: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      const task = await client.task(await taskIdOf(client, text)).setBudget({
        ...(tokens !== undefined && { tokens: amountOf(tokens) }),
        ...(usd !== undefined && { cost_usd: amountOf(usd) }),
        ...(reason !== undefined && { reason }),
      });
      if (json) {
        out.write(`${JSON.stringify(task)}\n`);
        return;
      }
      const { budget } = task;
      const amounts = [
        ...(budget?.tokens ? [`${count(budget.tokens)} tokens`] : []),
        ...(budget?.cost_usd ? [money(budget.cost_usd)] : []),
      ];
      talk.write(`${task.id} may spend ${amounts.join(" and ") || "any amount"}.\n`);
      if (task.state === "paused") talk.write(`It is paused: waybill resume ${task.id}\n`);
    }),
  );
}

function orNone(amount: (text: string) => number): (text: string) => Amount {
  return (text) => (text === "none" ? text : amount(text));
}

function amountOf(given: Amount): number | null {
  return given === "none" ? null : given;
}

function dollars(text: string): number {
  const amount = Number(text);
  if (!(amount > 0) || !Number.isFinite(amount)) throw new InvalidArgumentError("It must be an amount, such as 2.50.");
  return amount;
}
