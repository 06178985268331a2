/**
 * Research: the offline model looks up one term of the question after the other with the offered tools, and writes a report of its
 * findings, its method and the gaps. That takes as many turns as there are terms.
 */
import { emptyWords } from "../../reference/text/sentences.ts";
import type { Conversation } from "./conversation.ts";
import { capitalised, type Reply, say } from "./skill.ts";
import { geography } from "./skills/geography.ts";
import { plainly } from "./skills/introduction.ts";
import { vocabulary } from "./skills/vocabulary.ts";

const TERMS_MAX = 4;
const TERM_CHARS_MIN = 3;
const FINDING_CHARS_MAX = 700;

/** `direct` is the answer to the question itself; undefined if there is none. */
export function report(conversation: Conversation, direct: string | undefined): Reply {
  const { question } = conversation;
  const findings: string[] = [];
  const missing: string[] = [];
  for (const term of termsOf(question)) {
    const reply = lookUp(term, conversation);
    if (reply !== undefined && "call" in reply) return reply;
    const found = reply?.say ?? "";
    if (found === "" || NOTHING.test(found)) missing.push(`“${term}”`);
    else findings.push(`## ${capitalised(term)}\n\n${found.slice(0, FINDING_CHARS_MAX)}`);
  }
  const summary = direct ?? plainly(question);
  const sections = [`# Research: ${question.trim().slice(0, 200)}`, summary, ...findings, howItWasDone(missing)];
  return say(sections.join("\n\n"));
}

/** How the skills and tools of this model report an empty result. */
const NOTHING = /^(?:I have no |The tool |No )/;

function lookUp(term: string, conversation: Conversation): Reply | undefined {
  const country = /^\p{Lu}/u.test(term) ? geography(`Tell me about ${term}`, conversation) : undefined;
  return country ?? vocabulary(`Define ${term}`, conversation);
}

/** The words of a question that name its subject, in order. */
function termsOf(question: string): string[] {
  const words = question.slice(0, 2_000).match(/[\p{L}][\p{L}'’-]*/gu) ?? [];
  const telling = words.filter((word) => word.length >= TERM_CHARS_MIN && !emptyWords.has(word.toLowerCase()));
  return [...new Map(telling.map((word) => [word.toLowerCase(), word])).values()].slice(0, TERMS_MAX);
}

function howItWasDone(missing: readonly string[]): string {
  const gap = missing.length === 0 ? "" : ` Nothing was found about ${missing.join(", ")}.`;
  return [
    "## How this was done",
    `The question was taken apart into the terms that it is about, and each of them was looked up, one after the other, in what comes with this server: a dictionary, a glossary of computing and the figures of every country.${gap} Nothing was read on the web, no source was compared with another, and no conclusion was drawn from them: the offline model can find and repeat, and it cannot reason.`,
    "Each look-up was a call of its own, so that whoever watches sees what was asked and what came back, can stop between two of them, and can go on from there. A language model plans its own steps, follows up what it finds and weighs one source against another; to have that, connect one and ask again.",
  ].join("\n\n");
}
