import { type Skill, say } from "../skill.ts";

const abilities =
  "arithmetic, dates, unit conversions, facts about countries, definitions of words, questions about a text that you give me, summaries, calling a tool that you name, and remembering what you tell me in a conversation";
const howToConnect =
  "To connect a real language model, set OPENAI_API_KEY or ANTHROPIC_API_KEY, or start Waybill with --model ollama:<model>.";

/** The model's description of itself. */
const selfDescription = `I am Waybill's offline model, local:reference. I work without a network and without a key, and I can do ${abilities}. ${howToConnect}`;

/** Greetings, thanks, and questions about the model itself. */
export const introduction: Skill = (part) => {
  const text = part
    .trim()
    .slice(0, 200)
    .toLowerCase()
    .replace(/[?.!,\s]+$/, "");
  if (
    /^(?:hi|hello|hey|hi there|hello there|good (?:morning|afternoon|evening)|greetings|howdy|hello,? world)$/.test(
      text,
    )
  ) {
    return say(
      "Hello! I am the offline model; ask me for arithmetic, dates, units, countries, words, or a summary of a text.",
    );
  }
  if (
    /^(?:thanks|thank you|thank you very much|many thanks|cheers|great|perfect|ok|okay|cool)(?:[\s,]+(?:thanks|thank you|you|a lot|so much))*$/.test(
      text,
    )
  )
    return say("You are welcome.");
  if (/^(?:bye|goodbye|see you|farewell)(?: later)?$/.test(text)) return say("Goodbye!");
  if (/^how are you(?: doing)?(?: today)?$/.test(text))
    return say("I am running well, thank you. What can I do for you?");
  if (/^(?:are you (?:there|ready|ok|working|alive)|ping|test|this is a test|testing)$/.test(text))
    return say("I am here and ready.");
  if (
    /^(?:who|what) are you$|^what(?:'s| is) your name$|^what model (?:is this|are you)$|^(?:are you|is this) (?:a|an|the)? ?(?:ai|llm|language model|offline model|bot|real model)\b|^what can you do|^help(?: me)?$|^introduce yourself$/.test(
      text,
    )
  ) {
    return say(selfDescription);
  }
  return undefined;
};

/** The answer when no skill has one: never a guess. */
export function plainly(question: string): string {
  const asked = question.trim().replace(/\s+/g, " ");
  const about = asked === "" ? "" : ` I cannot answer “${asked.length > 160 ? `${asked.slice(0, 160)}…` : asked}”.`;
  return `I am Waybill's offline model, not a large language model.${about} What I can do: ${abilities}. ${howToConnect}`;
}
