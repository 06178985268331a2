/** Answers to what a task asks a person: yes, no, or in words. */
import type { Json, Prompt, Waybill } from "@waybill/sdk";
import { BAD_USAGE, Exit } from "./exit.ts";
import { taskIdOf } from "./task-id.ts";
import { openTerminal } from "./terminal/terminal.ts";
import { harmless } from "./terminal/text-width.ts";

export type AnswerFlags = { input?: Json; json?: boolean };

/** Sends what `answerTo` makes of the open question. Ends the command when the task asks nothing. */
export async function answer(
  client: Waybill,
  text: string,
  flags: AnswerFlags,
  answerTo: (question: Prompt) => Json,
): Promise<void> {
  const { out, talk } = openTerminal();
  const handle = client.task(await taskIdOf(client, text));
  const { input_required: question, state } = await handle.get();
  if (question === null) {
    throw new Exit(
      1,
      `Task ${handle.id} asks nothing: it is ${state}. What waits for a person: waybill list -s input_required`,
    );
  }
  const task = await handle.input(flags.input ?? answerTo(question), { prompt: question.name });
  if (flags.json) out.write(`${JSON.stringify(task)}\n`);
  else talk.write(`Answered: ${harmless(question.text)}\n`);
}

/** True for questions that yes and no answer. */
export function isYesOrNo({ asks }: Prompt): boolean {
  return asks === "approval" || asks === "authorization";
}

/** What to do about a question that wants words. */
export function wantsWords(question: Prompt, id: string): Exit {
  const form = question.schema === null ? "" : `\nIts form, for --input: ${JSON.stringify(question.schema)}`;
  return new Exit(
    BAD_USAGE,
    `The task asks: ${harmless(question.text)}\nAnswer it in words: waybill approve ${id} "…"${form}`,
  );
}
