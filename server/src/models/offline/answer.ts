/**
 * Finds the offline model's answer: the question, part by part, is offered to an ordered list of skills. The first skill
 * that knows a reply gives it. The same prompt always has the same answer.
 */

import { type Conversation, isResearch } from "./conversation.ts";
import { report } from "./report.ts";
import type { Reply, Skill } from "./skill.ts";
import { calculation } from "./skills/calculation.ts";
import { calendar } from "./skills/calendar.ts";
import { conversion } from "./skills/conversion.ts";
import { asking, consulting, namedTool, research } from "./skills/delegation.ts";
import { geography } from "./skills/geography.ts";
import { introduction, plainly } from "./skills/introduction.ts";
import { memory } from "./skills/memory.ts";
import { listening, reading } from "./skills/reading.ts";
import { summarizing } from "./skills/summarizing.ts";
import { vocabulary } from "./skills/vocabulary.ts";

export type Answer = { text: string; calls: { name: string; input: Record<string, unknown> }[] };

/** From the surest sign of what is meant to the vaguest. */
const skills: readonly Skill[] = [
  namedTool,
  consulting,
  asking,
  summarizing,
  introduction,
  memory,
  conversion,
  calendar,
  calculation,
  reading,
  geography,
  vocabulary,
  listening,
  research,
];

const partsMax = 8;

/** Answers the last question of a conversation: with text, or with the tool calls that must come first. */
export function answer(conversation: Conversation): Answer {
  const replyTo = remembering((part) => firstReply(part, conversation));
  const parts = partsOf(conversation.question, replyTo);
  const replies = parts.map(replyTo);
  const calls = replies.flatMap((reply) => (reply !== undefined && "call" in reply ? [reply.call] : []));
  if (calls.length > 0) return { text: "", calls: distinct(calls) };
  if (isResearch(conversation.instructions)) {
    const reply = report(conversation, directly(replies));
    return "call" in reply ? { text: "", calls: [reply.call] } : { text: reply.say, calls: [] };
  }
  const said = replies.flatMap((reply, index) => {
    if (reply !== undefined && "say" in reply) return [reply.say];
    return [plainly(parts[index] ?? "")];
  });
  return { text: [...new Set(said)].join("\n\n"), calls: [] };
}

/** The answers to the parts of a question, joined, if there are any. */
function directly(replies: readonly (Reply | undefined)[]): string | undefined {
  const said = replies.flatMap((reply) => (reply !== undefined && "say" in reply ? [reply.say] : []));
  return said.length === replies.length ? said.join("\n\n") : undefined;
}

/** Two parts of a question may need the same tool with the same input. */
function distinct(calls: Answer["calls"]): Answer["calls"] {
  return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];
}

type ReplyTo = (part: string) => Reply | undefined;

/** Splitting a question tries every part, and reading a long text twice takes twice as long. */
function remembering(replyTo: ReplyTo): ReplyTo {
  const replies = new Map<string, Reply | undefined>();
  return (part) => {
    if (!replies.has(part)) replies.set(part, replyTo(part));
    return replies.get(part);
  };
}

function firstReply(part: string, conversation: Conversation): Reply | undefined {
  for (const skill of skills) {
    const reply = skill(part, conversation);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

/**
 * "What is 2 + 2, and what is the capital of Peru?" is two questions, if each of them can be answered; else it is one question with an
 * "and" in it.
 */
function partsOf(question: string, replyTo: ReplyTo): string[] {
  const parts = question
    .split(
      /(?<=[?.!])\s+(?=\S)|[,;]?\s+and\s+(?:also\s+)?(?=(?:what|who|where|when|which|why|how|i|my|is|are|does|do|did|define|convert|calculate|compute|tell)\b)|\n+/i,
    )
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (parts.length < 2 || parts.length > partsMax) return [question];
  return parts.every((part) => replyTo(part) !== undefined) ? parts : partsThatAsk(question, parts, replyTo);
}

/** "I am in a hurry. What is 2 + 2?" is one question: a part without an answer that is no question is talk around it. */
function partsThatAsk(question: string, parts: readonly string[], replyTo: ReplyTo): string[] {
  if (replyTo(question) !== undefined) return [question];
  const asking = parts.filter((part) => part.endsWith("?") || replyTo(part) !== undefined);
  return asking.length === 0 ? [question] : [...asking];
}
