/** A person's answers to what a task asks: yes, no, or in words. */
import type { Json, Prompt, Waybill } from "@waybill/sdk";
import { isYesOrNo } from "@waybill/sdk/display";
import type { GivenJson } from "./arguments.ts";
import { BAD_USAGE, Exit } from "./exit.ts";
import { taskIdOf } from "./task-id.ts";
import { openTerminal } from "./terminal/terminal.ts";
import { harmless } from "./terminal/text-width.ts";

export type AnswerFlags = { input?: GivenJson; json?: boolean };

/** JSON, or words that are read as the question wants them. */
export type Told = { value: Json } | { text: string };

/** Sends what `answerTo` makes of the open question. Ends the command when the task asks nothing. */
export async function answer(
  client: Waybill,
  text: string,
  flags: AnswerFlags,
  answerTo: (question: Prompt) => Told,
): Promise<void> {
  const { out, talk } = openTerminal();
  const handle = client.task(await taskIdOf(client, text));
  const { input_required: question, state } = await handle.get();
  if (question === null) {
    throw new Exit(1, `Task ${handle.id} asks nothing: it is ${state}. What waits for a person: waybill list --asks`);
  }
  const told = flags.input ? { value: flags.input.json } : answerTo(question);
  const options = { prompt: question.name };
  const task = "text" in told ? await handle.say(told.text, options) : await handle.input(told.value, options);
  if (flags.json) out.write(`${JSON.stringify(task)}\n`);
  else talk.write(`Answered: ${harmless(question.text)}\n`);
}

/** What a person can do about a question, as commands. */
export function answerCommands(asks: string, id: string): string {
  return isYesOrNo(asks) ? `waybill approve ${id}   or   waybill reject ${id}` : `waybill approve ${id} "your answer"`;
}

/** What to do about a question that wants words. */
export function wantsWords(question: Prompt, id: string): Exit {
  const form = question.schema === null ? "" : `\nIts form, for --input: ${JSON.stringify(question.schema)}`;
  return new Exit(
    BAD_USAGE,
    `The task asks: ${harmless(question.text)}\nAnswer it in words: waybill approve ${id} "…"${form}`,
  );
}
