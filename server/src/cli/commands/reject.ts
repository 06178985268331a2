import { isYesOrNo } from "@waybill/sdk/display";
import type { Command } from "commander";
import { type AnswerFlags, answer } from "../answer.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { TASK_ID_HELP } from "../task-id.ts";
import { harmless } from "../terminal/text-width.ts";

/** `waybill reject`: no to what a task asks. */
export function addReject(program: Command): void {
  addConnectionFlags(
    program
      .command("reject")
      .description("say no to what a task asks a person")
      .argument("<id>", TASK_ID_HELP)
      .argument("[comment...]", "why: the task is told")
      .option("--json", "print the task as JSON"),
  ).action((id: string, words: string[], flags: ConnectionFlags & AnswerFlags) =>
    talkTo(flags, (client) =>
      answer(client, id, flags, (question) => {
        if (!isYesOrNo(question.asks)) {
          throw new Exit(
            BAD_USAGE,
            `The task asks: ${harmless(question.text)}\nThat is no yes or no. ` +
              `Answer it: waybill approve ${id} "…", or end the task: waybill cancel ${id}`,
          );
        }
        const said = words.join(" ");
        return { value: { approved: false, ...(said !== "" && { comment: said }) } };
      }),
    ),
  );
}
