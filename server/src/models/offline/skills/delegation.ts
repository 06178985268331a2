import { extractAnswers } from "../../../reference/text/extract.ts";
import type { Conversation, Offer } from "../conversation.ts";
import { capitalised, offered, outcomeOf, type Reply, resultText, type Skill, say, type ToolSort } from "../skill.ts";

/** "Use the weather tool for Paris.", "Call lookup_order with {"id": 7}": a tool that the question names is called. */
export const namedTool: Skill = (part, conversation) => {
  if (!/\b(?:use|using|call|run|invoke|with the|via)\b/i.test(part)) return undefined;
  const offer = conversation.offers.find(({ name }) => mentions(part, name));
  if (offer === undefined) return undefined;
  const input = inputFor(offer, part);
  return input === undefined
    ? undefined
    : called(conversation, offer.name, input, (output) => say(`${offer.name} answered: ${output}`));
};

const consult: ToolSort = {
  name: /agent|colleague|delegat|consult/i,
  roles: {
    agent: /^(?:agent|colleague|name|slug|to)$/i,
    question: /^(?:question|query|task|prompt|message|request)$/i,
  },
  needs: ["agent", "question"],
};

/** "Ask the poet: what rhymes with rose?": with a tool for asking other agents, the named one is asked. */
export const consulting: Skill = (part, conversation) => {
  const offer = offered(conversation.offers, consult);
  const [agent, question] = ["agent", "question"].map((role) =>
    offer?.properties.find(({ name }) => consult.roles[role]?.test(name)),
  );
  if (offer === undefined || agent === undefined || question === undefined) return undefined;
  const asked = /\b(?:ask|consult|check with)\s+(?:the\s+)?(.{1,500})$/i.exec(part.trim())?.[1] ?? "";
  const who = agent.choices.find((choice) => beginsWith(asked, choice));
  if (who === undefined) return undefined;
  const rest = asked
    .slice(who.length)
    .replace(/^\s*(?:agent\b)?[\s,:]*(?:(?:for|about|to|whether|if)\b)?[\s:]*/i, "")
    .trim();
  const input = { [agent.name]: who, [question.name]: rest === "" ? part.trim() : rest };
  return called(conversation, offer.name, input, (output) => say(`${who} says: ${output}`));
};

/** `word-smith` is also called "word smith". */
function beginsWith(text: string, slug: string): boolean {
  const name = text.slice(0, slug.length).toLowerCase().replaceAll(/\s/g, "-");
  return name === slug.toLowerCase() && !/^[\w-]/.test(text.slice(slug.length));
}

const askPerson: ToolSort = {
  name: /ask|human|person|approv|user_?input|clarif/i,
  roles: { question: /^(?:question|prompt|message|text|query|request)$/i },
  needs: ["question"],
};

/** "Ask me which colour I want.": with a tool for asking a person, the person is asked. */
export const asking: Skill = (part, conversation) => {
  const text = part.trim().slice(0, 500);
  const asked =
    /\b(?:ask (?:me|the user|a person|a human|someone|us)|check with (?:me|a person|a human)|get (?:my|a person['’]s|human) (?:approval|permission|confirmation))\b[\s,:]*(?:(?:for|about|to confirm|whether|if|to)\b)?\s*(.*)$/i.exec(
      text,
    );
  const offer = asked === null ? undefined : offered(conversation.offers, askPerson);
  const property = offer?.properties.find(({ name }) => askPerson.roles["question"]?.test(name));
  if (asked === null || offer === undefined || property === undefined) return undefined;
  const about = (asked[1] ?? "").replace(/[?.!\s]+$/, "").replace(/,?\s+(?:and|then|before)\b.*$/i, "");
  const question = about === "" ? text : `${capitalised(about.replace(/\bmy\b/gi, "your").replace(/\bI\b/g, "you"))}?`;
  return called(conversation, offer.name, { [property.name]: question }, (output) => say(`You answered: ${output}`));
};

const lookUp: ToolSort = {
  name: /search|look_?up|reference|retriev|knowledge|wiki|find/i,
  roles: { query: /^(?:query|q|question|topic|term|text|search|search_?query|keywords?|name|subject)$/i },
  needs: ["query"],
};

/** A question without another answer goes to a tool that looks things up, and is answered from its result. */
export const research: Skill = (part, conversation) => {
  if (!/\?\s*$|^\s*(?:what|who|whom|whose|where|when|which|how|why|find|search|look up|research)\b/i.test(part))
    return undefined;
  const offer = offered(conversation.offers, lookUp);
  const property = offer?.properties.find(({ name }) => lookUp.roles["query"]?.test(name));
  if (offer === undefined || property === undefined) return undefined;
  if (offer.properties.some(({ name, required }) => required && name !== property.name)) return undefined;
  const query = part
    .trim()
    .replace(/[?.!\s]+$/, "")
    .slice(0, 300);
  const outcome = outcomeOf(conversation.outcomes, offer.name, { [property.name]: query });
  if (outcome?.failed === true) return undefined;
  return called(conversation, offer.name, { [property.name]: query }, (output) => {
    const found = extractAnswers(part, output);
    if (found.length > 0) return say(found.map(({ sentence }) => sentence).join(" "));
    return output === "" || foundNothing.test(output)
      ? undefined
      : say(`${offer.name} found: ${output.slice(0, foundCharsMax)}`);
  });
};

const foundCharsMax = 1_000;
/** How tools report an empty result. */
const foundNothing = /^no (?:documents?|results?|matches|entries)\b/i;

function called(
  conversation: Conversation,
  name: string,
  input: Record<string, unknown>,
  word: (output: string) => Reply | undefined,
): Reply | undefined {
  const outcome = outcomeOf(conversation.outcomes, name, input);
  if (outcome === undefined) return { call: { name, input } };
  if (outcome.failed) return say(`The tool ${name} failed: ${outcome.output.slice(0, foundCharsMax)}`);
  return word(resultText(outcome.output));
}

/** `get_weather` is also named by "get weather" and "the weather tool". */
function mentions(part: string, tool: string): boolean {
  const text = ` ${part.toLowerCase().replace(/[^a-z0-9_]+/g, " ")} `;
  const name = tool.toLowerCase();
  const spoken = name.replace(/[^a-z0-9]+/g, " ").trim();
  if (text.includes(` ${name} `) || (spoken !== "" && text.includes(` ${spoken} `))) return true;
  const noun = spoken.replace(/^(?:get|call|run|do|fetch|lookup|look up) /, "");
  return noun !== "" && text.includes(` ${noun} tool `);
}

/** The tool's input in the question: JSON, `name=value` pairs, or one text for its only parameter. */
function inputFor(offer: Offer, part: string): Record<string, unknown> | undefined {
  const json = /\{[\s\S]{0,4000}\}/.exec(part)?.[0];
  if (json !== undefined) {
    try {
      const parsed: unknown = JSON.parse(json);
      if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
        return Object.fromEntries(Object.entries(parsed));
    } catch {
      // Braces that are no JSON are part of the sentence.
    }
  }
  const input: Record<string, unknown> = {};
  for (const { name, type } of offer.properties) {
    const given = new RegExp(
      String.raw`\b${name.replace(/[^\w]/g, ".")}\s*(?:=|:|\bis\b|\bof\b)\s*(?:"([^"]{0,500})"|([^\s,;]{1,200}))`,
      "i",
    ).exec(part);
    const value = given?.[1] ?? given?.[2]?.replace(/[.?!]$/, "");
    if (value !== undefined) input[name] = typed(value, type);
  }
  const missing = offer.properties.filter(({ name, required }) => required && !Object.hasOwn(input, name));
  const [only] = missing;
  if (missing.length === 1 && only !== undefined) {
    const rest = /\b(?:for|with|on|about|of|to|in)\s+(?!the \S+ tool)["“']?(.{1,300}?)["”']?[.?!]?\s*$/i.exec(
      part,
    )?.[1];
    if (rest === undefined) return undefined;
    input[only.name] = typed(rest, only.type);
    return input;
  }
  return missing.length === 0 ? input : undefined;
}

function typed(value: string, type: string): unknown {
  if ((type === "number" || type === "integer") && value.trim() !== "" && Number.isFinite(Number(value)))
    return Number(value);
  if (type === "boolean") return /^(?:true|yes|on|1)$/i.test(value);
  return value;
}
