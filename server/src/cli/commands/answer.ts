import type { Command } from "commander";
import { type AnswerFlags, answer, wantsWords } from "../answer.ts";
import { givenJson } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP } from "../task-id.ts";

/** `waybill answer`: what a task is told, as it is said: an outcome, words, or JSON for a form. */
export function addAnswer(program: Command): void {
  addConnectionFlags(
    program
      .command("answer")
      .description("answer what a task asks: an outcome of its choice, words, or JSON for a form")
      .argument("<id>", TASK_ID_HELP)
      .argument("[answer...]", "the answer as it is")
      .option("-i, --input <JSON|@FILE>", "the whole answer as JSON, for a question with a form", givenJson)
      .option("--json", "print the task as JSON"),
  )
    .addHelpText("after", "\nWhat waits for you: waybill inbox")
    .action((id: string, words: string[], flags: ConnectionFlags & AnswerFlags) =>
      talkTo(flags, (client) =>
        answer(client, id, flags, (question) => {
          const said = words.join(" ");
          if (said === "") throw wantsWords(question, id);
          return { text: said };
        }),
      ),
    );
}
