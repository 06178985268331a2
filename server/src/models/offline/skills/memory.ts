import type { Conversation } from "../conversation.ts";
import { capitalised, type Skill, say } from "../skill.ts";

/** Remembers facts that people tell of themselves: "My name is Ada." … "What is my name?" */
export const memory: Skill = (part, conversation) => recall(part, conversation) ?? acknowledge(part);

type Fact = { about: string; value: string; sentence: string };

const valueCharsMax = 200;

/** The fact about the speaker in one sentence; undefined if there is none, or if it is a question. */
function factIn(sentence: string): Fact | undefined {
  const text = sentence
    .trim()
    .replace(/^(?:(?:hi|hello|hey|please|and|so|well|ok|okay)\b[\s,!.]*)+/i, "")
    .replace(/^(?:please )?(?:remember|note|keep in mind|know)(?: that)?[\s,:]+/i, "");
  if (text.length > 500 || text.endsWith("?")) return undefined;
  const bare = text.replace(/[.!\s]+$/, "");
  const name =
    /^(?:my name(?: is|'s|’s)|(?:please )?call me|i am called|i'm called)\s+(\p{L}[\p{L}\p{M} .'’-]{0,60})$/iu.exec(
      bare,
    )?.[1];
  if (name !== undefined) return { about: "name", value: trimmed(name), sentence: `your name is ${trimmed(name)}` };
  const mine = /^my ([\p{L}][\p{L} '’-]{0,50}?) (is|are|was|were) (.{1,200})$/iu.exec(bare);
  if (mine !== null) {
    const [, about = "", verb = "is", value = ""] = mine;
    if (about.toLowerCase() === "name")
      return { about: "name", value: trimmed(value), sentence: `your name is ${trimmed(value)}` };
    return {
      about: about.toLowerCase(),
      value,
      sentence: `your ${about.toLowerCase()} ${verb.toLowerCase()} ${secondPerson(value)}`,
    };
  }
  const introduced =
    /^(?:i am|i'm|i’m) (\p{Lu}[\p{L}\p{M}'’-]+(?: \p{Lu}[\p{L}\p{M}'’-]+){0,3})(?:,? .{0,100})?$/u.exec(
      bare.replace(/^I\b/, "i"),
    )?.[1];
  if (introduced !== undefined) return { about: "name", value: introduced, sentence: `your name is ${introduced}` };
  const verb =
    /^i (live in|live at|work as|work at|work for|work in|like|love|hate|dislike|prefer|have|own|speak|study|come from|was born in|was born on|need|want|am|use|drive|play) (.{1,200})$/i.exec(
      bare.replace(/^i['’]m /i, "I am "),
    );
  // A request for help is no fact about the speaker.
  if (verb !== null && !/^help\b/i.test(verb[2] ?? "")) {
    const [, doing = "", value = ""] = verb;
    const said = doing.toLowerCase() === "am" ? "are" : doing.toLowerCase().replace(/^was /, "were ");
    return { about: doing.toLowerCase(), value, sentence: `you ${said} ${secondPerson(value)}` };
  }
  return undefined;
}

/** The facts of the conversation, newest first. */
function facts(conversation: Conversation): Fact[] {
  const sentences = conversation.earlier
    .filter(({ by }) => by === "user")
    .flatMap(({ text }) => text.split(/(?<=[.!?])\s+|\n+|,? and (?=(?:i|my)\b)/i));
  return [...sentences, ...conversation.question.split(/(?<=[.!?])\s+|,? and (?=(?:i|my)\b)/i)]
    .flatMap((sentence) => factIn(sentence) ?? [])
    .reverse();
}

function recall(part: string, conversation: Conversation): ReturnType<Skill> {
  const text = part
    .trim()
    .replace(/[?.!\s]+$/, "")
    .replace(
      /^(?:(?:and|so|now|then|please|ok|can you|could you|do you (?:know|remember|recall)|tell me|remind me(?: of)?)[\s,]+)+/i,
      "",
    );
  if (
    /^(?:what did i (?:just )?(?:ask|say|tell you)|what was my (?:last|previous|first) (?:question|message))\b/i.test(
      text,
    )
  ) {
    const mine = conversation.earlier.filter(({ by }) => by === "user");
    const which = /\bfirst\b/i.test(text) ? mine[0] : mine.at(-1);
    return say(
      which === undefined
        ? "This is the first message of our conversation."
        : `You said: “${which.text.slice(0, 500)}”`,
    );
  }
  if (
    /^(?:what do you know about me|what have i told you(?: about (?:me|myself))?|what do you remember(?: about me)?)$/i.test(
      text,
    )
  ) {
    const all = [...new Set(facts(conversation).map(({ sentence }) => sentence))].reverse().slice(0, 20);
    return say(
      all.length === 0
        ? "You have not told me anything about yourself in this conversation."
        : `You told me that ${all.join("; ")}.`,
    );
  }
  if (/^(?:who am i|what am i called|what(?: is|'s|’s) my name|my name)$/i.test(text)) {
    const name = facts(conversation).find(({ about }) => about === "name");
    return say(
      name === undefined ? "You have not told me your name in this conversation." : `Your name is ${name.value}.`,
    );
  }
  const mine =
    /^(?:what|who|when|where|which|how old|how many)(?:\s+[\p{L}]+)??(?: (?:is|are|was|were)|'s|’s) my (.{1,60})$/iu.exec(
      text,
    )?.[1] ?? /^my (.{1,60})$/i.exec(text)?.[1];
  if (mine !== undefined && !/ (?:is|are) /i.test(text.slice(text.toLowerCase().indexOf("my ")))) {
    const fact = facts(conversation).find(({ about }) => about === mine.toLowerCase());
    return fact === undefined
      ? say(`You have not told me your ${mine} in this conversation.`)
      : say(`${capitalised(fact.sentence)}.`);
  }
  const doing =
    /^(?:where|what|which|who|how many|when)(?: [\p{L} ]{1,40}?)?? (?:do|am|was|did) i (live|work|like|love|hate|dislike|prefer|have|own|speak|study|come|born|need|want|use|drive|play)\b/iu
      .exec(text)?.[1]
      ?.toLowerCase();
  if (doing !== undefined) {
    const fact = facts(conversation).find(({ about }) => about.includes(doing));
    return fact === undefined ? undefined : say(`${capitalised(fact.sentence)}.`);
  }
  return undefined;
}

function acknowledge(part: string): ReturnType<Skill> {
  const fact = factIn(part);
  if (fact === undefined) {
    const asked = /^\s*(?:please )?(?:remember|note|keep in mind)(?: that)?[\s,:]+(.{2,500}?)[.!\s]*$/i.exec(part)?.[1];
    return asked === undefined ? undefined : say(`I will remember in this conversation: ${asked}.`);
  }
  return fact.about === "name"
    ? say(`Nice to meet you, ${fact.value}. I will remember your name in this conversation.`)
    : say(`Noted: ${fact.sentence}. I will remember it in this conversation.`);
}

/** "My name is Ada and I …": the name ends where the next clause begins. */
function trimmed(name: string): string {
  return name
    .replace(/\s+(?:and|but|from|by the way|nice to)\b.*$/i, "")
    .trim()
    .slice(0, valueCharsMax);
}

function secondPerson(text: string): string {
  return text
    .replace(/\bmy\b/gi, "your")
    .replace(/\bmine\b/gi, "yours")
    .replace(/\bi am\b/gi, "you are")
    .replace(/\bI\b/g, "you");
}
