import { isYesOrNo } from "@waybill/sdk/display";
import type { Command } from "commander";
import { type AnswerFlags, answer, wantsWords } from "../answer.ts";
import { givenJson } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP } from "../task-id.ts";

/** `waybill approve`: yes to what a task asks, or the answer to its question. */
export function addApprove(program: Command): void {
  addConnectionFlags(
    program
      .command("approve")
      .description("say yes to what a task asks a person, or answer its question in words")
      .argument("<id>", TASK_ID_HELP)
      .argument("[answer...]", "the answer; of an approval, a comment")
      .option("-i, --input <JSON|@FILE>", "the whole answer as JSON, for a question with a form", givenJson)
      .option("--json", "print the task as JSON"),
  )
    .addHelpText("after", "\nWhat waits for a person: waybill list --asks")
    .action((id: string, words: string[], flags: ConnectionFlags & AnswerFlags) =>
      talkTo(flags, (client) =>
        answer(client, id, flags, (question) => {
          const said = words.join(" ");
          if (isYesOrNo(question.asks)) return { value: { approved: true, ...(said !== "" && { comment: said }) } };
          if (said === "") throw wantsWords(question, id);
          return { text: said };
        }),
      ),
    );
}
