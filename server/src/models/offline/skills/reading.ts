import { extractAnswers } from "../../../reference/text/extract.ts";
import { type Skill, say } from "../skill.ts";

/** Answers from the text that came with the question, by the sentences that fit the question. */
export const reading: Skill = (part, conversation) => {
  if (conversation.material === "") return undefined;
  const found = extractAnswers(part, conversation.material);
  return found.length === 0 ? undefined : say(inOrder(found));
};

/** Answers from earlier turns of the conversation. */
export const listening: Skill = (part, conversation) => {
  if (!/\?\s*$/.test(part) && !/^(?:what|who|where|when|which|how|why)\b/i.test(part)) return undefined;
  const told = conversation.earlier.filter(({ by }) => by === "user").map(({ text }) => text);
  const found = extractAnswers(part, told.join("\n\n"), 1);
  return found.length === 0 ? undefined : say(`You told me: “${inOrder(found)}”`);
};

function inOrder(found: readonly { sentence: string; index: number }[]): string {
  return [...found]
    .sort((a, b) => a.index - b.index)
    .map(({ sentence }) => sentence)
    .join(" ");
}
