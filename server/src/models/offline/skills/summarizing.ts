import { numberNamed } from "../../../reference/number-words.ts";
import { summarize } from "../../../reference/text/summary.ts";
import type { Conversation } from "../conversation.ts";
import { type Skill, say } from "../skill.ts";

/** "Summarize this in two sentences: …", also as points, also of the conversation. */
export const summarizing: Skill = (part, conversation) => {
  if (
    !/\b(?:summari[sz]e|summary|sum up|tl;?dr|shorten|condense|key points|main points|key takeaways|takeaways|main ideas?|gist)\b/i.test(
      part,
    )
  )
    return undefined;
  const text = textToSummarize(part, conversation);
  if (text === "") {
    // "Research the population of Germany and summarize" names a subject, not a text.
    const namesAText = /\b(?:this|that|it|text|document|article|following|above|file|attachment|message)\b/i.test(part);
    if (!namesAText && part.trim().split(/\s+/).length > 2) return undefined;
    return say("Give me the text that I am to summarize, and I will pick its most telling sentences.");
  }
  const asPoints = /\b(?:points|bullets?|takeaways|list)\b/i.test(part);
  const sentences = summarize(text, countIn(part) ?? (asPoints ? 5 : undefined));
  return say(asPoints ? sentences.map((sentence) => `- ${sentence}`).join("\n") : sentences.join(" "));
};

function textToSummarize(part: string, conversation: Conversation): string {
  if (conversation.material !== "") return conversation.material;
  if (/\b(?:conversation|chat|discussion|so far|what (?:we|i) (?:said|discussed))\b/i.test(part))
    return conversation.earlier.map(({ text }) => text).join("\n\n");
  if (/\b(?:it|that|this|the above|your (?:last )?answer|previous)\b/i.test(part))
    return conversation.earlier.at(-1)?.text ?? "";
  return "";
}

function countIn(part: string): number | undefined {
  const said =
    /\b(\d{1,2}|an?|one|single|two|three|four|five|six|seven|eight|nine|ten)(?: (?:short|brief|key|main|bullet|concise))* (?:sentences?|lines?|points?|bullets?|bullet points|takeaways)\b/i.exec(
      part,
    )?.[1];
  return said === undefined ? undefined : Math.max(1, numberNamed(said) ?? 1);
}
