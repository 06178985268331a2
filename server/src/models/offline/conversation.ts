/**
 * The parts of a prompt that the offline model uses: the question, the text that came with it, earlier turns, the offered tools and
 * their results. Prompts are untrusted and may be huge, so only bounded parts are read.
 */

import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from "@ai-sdk/provider";

export type Offer = { name: string; description: string; properties: readonly Property[] };
type Property = { name: string; type: string; required: boolean; choices: readonly string[] };
export type Outcome = { tool: string; input: unknown; output: string; failed: boolean };
type Said = { by: "user" | "agent"; text: string };

export type Conversation = {
  /** The question, without the text that it is about. */
  question: string;
  /** The text that came with the question, or that the instructions carry as context. */
  material: string;
  /** Earlier turns, oldest first. */
  earlier: readonly Said[];
  instructions: string;
  offers: readonly Offer[];
  /** Results of tools since the question. */
  outcomes: readonly Outcome[];
};

/** Text beyond these is not read; a book of this size still is. */
const questionCharsMax = 2_000;
const materialCharsMax = 400_000;
const earlierTurnsMax = 200;
const earlierCharsMax = 4_000;
const instructionsCharsMax = 50_000;
const offersMax = 200;

/** Reads a prompt as the model interface hands it over. */
export function readConversation(
  options: Pick<LanguageModelV4CallOptions, "prompt" | "tools" | "toolChoice">,
): Conversation {
  const { prompt } = options;
  const last = prompt.findLastIndex((message) => message.role === "user");
  const instructions = prompt
    .filter((message) => message.role === "system")
    .map((message) => message.content)
    .join("\n\n")
    .slice(0, instructionsCharsMax);
  const { question, material } = readMessage(last === -1 ? "" : textOf(prompt[last]));
  const outcomes = outcomesAfter(prompt, last);
  return {
    question,
    material: material === "" ? contextOf(bounded(instructions)) : material,
    earlier: prompt
      .slice(Math.max(0, last - earlierTurnsMax), Math.max(0, last))
      .flatMap((message): Said[] =>
        message.role === "user" || message.role === "assistant"
          ? [{ by: message.role === "user" ? "user" : "agent", text: textOf(message).slice(0, earlierCharsMax) }]
          : [],
      )
      .filter(({ text }) => text !== ""),
    instructions,
    offers: (options.tools ?? [])
      .filter((tool) => options.toolChoice?.type !== "none" || outcomes.some((outcome) => outcome.tool === tool.name))
      .slice(0, offersMax)
      .flatMap((tool): Offer[] =>
        tool.type === "function"
          ? [{ name: tool.name, description: tool.description ?? "", properties: propertiesOf(tool.inputSchema) }]
          : [],
      ),
    outcomes,
  };
}

/** Splits a message into its question and the text that the question is about. */
function readMessage(message: string): { question: string; material: string } {
  const text = bounded(message);
  const labelled = /(?:^|\n|[.?!]["')\]]? )(?:question|query|q|task|request|instructions?) ?: ?([^\n]{3,2000})/i.exec(
    text,
  );
  if (labelled !== null && text.length > (labelled[0]?.length ?? 0) + 40) {
    return found(labelled[1] ?? "", text.slice(0, labelled.index) + text.slice(labelled.index + labelled[0].length));
  }
  const lines = text.split("\n").filter((line) => line !== "");
  const [first = "", ...others] = lines;
  const final = lines.at(-1) ?? "";
  if (others.length > 0) {
    const rest = others.join("\n");
    if (asks(first) && first.length <= questionCharsMax && rest.length > first.length / 2) {
      // "Answer from this text." above and the real question below: the question is the one with the mark.
      if (asksAQuestion(final) && !asksAQuestion(first)) return found(final, lines.slice(1, -1).join("\n"));
      return found(first, rest);
    }
    if (asks(final) && final.length <= questionCharsMax) return found(final, lines.slice(0, -1).join("\n"));
  }
  const colon = /^([^:\n]{3,200}):\s+(?=\S)/.exec(text);
  if (colon !== null && asks(colon[1] ?? "")) {
    const rest = text.slice(colon[0].length);
    const closing = lastSentence(rest);
    if (asksAQuestion(closing) && rest.length > closing.length + 20)
      return found(closing, rest.slice(0, -closing.length));
    if (rest.length > 60) return found(colon[1] ?? "", rest);
  }
  const quoted = /(?:^|[\s(:])(["“'‘])([^"“”\n]{25,})["”'’](?=[\s,.?!:;)]|$)/.exec(text);
  if (quoted !== null) {
    const rest = `${text.slice(0, quoted.index)} ${text.slice(quoted.index + quoted[0].length)}`;
    if (asks(rest.trim()) && rest.length <= questionCharsMax) return found(rest, quoted[2] ?? "");
  }
  if (text.length <= longMessageChars) return { question: text, material: "" };
  const closing = lastSentence(text);
  if (asks(closing)) return found(closing, text.slice(0, -closing.length));
  const opening = /^[^.?!\n]{3,300}[.?!:](?=\s)/.exec(text)?.[0] ?? "";
  if (asks(opening)) return found(opening, text.slice(opening.length));
  return found(text.slice(0, questionCharsMax), text);
}

const longMessageChars = 400;

/**
 * The beginning and the end of a text, without runs of blanks: the patterns of this model take time that grows faster
 * than such a run.
 */
function bounded(text: string): string {
  const window =
    text.length <= materialCharsMax
      ? text
      : `${text.slice(0, materialCharsMax - endingCharsMax)}\n${text.slice(-endingCharsMax)}`;
  return window
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n(?: ?\n)*(?: (?=\n))? ?/g, (run) => (run.split("\n").length > 2 ? "\n\n" : "\n"))
    .trim();
}

const endingCharsMax = 50_000;

function found(question: string, material: string): { question: string; material: string } {
  const text = unwrapped(
    material.replace(/^\s*(?:the )?(?:context|text|documents?|passages?|article|background|sources?)\s*:\s*/i, ""),
  );
  return { question: question.trim().slice(0, questionCharsMax), material: text };
}

/** Without the marks that people put around a text. */
function unwrapped(text: string): string {
  const marks = " \n\"'`<>-=#*";
  let [start, end] = [0, text.length];
  while (start < end && marks.includes(text.charAt(start))) start += 1;
  while (end > start && marks.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function asksAQuestion(sentence: string): boolean {
  return /\?["')\]]*\s*$/.test(sentence);
}

function asks(sentence: string): boolean {
  return asksAQuestion(sentence) || imperative.test(sentence.trim());
}

const imperative =
  /^(?:(?:please|now|then|could you|can you|kindly)[\s,]+){0,3}(?:summari[sz]e|sum up|shorten|condense|tl;?dr|give|write|list|extract|find|answer|tell|explain|describe|define|translate|calculate|compute|convert|compare|analy[sz]e|identify|name|show|based on|according to|using|given|from the|read|what|who|whom|whose|where|when|why|which|how|is|are|was|were|does|do|did|can|review|classify|use|call|key points|main points)\b/i;

/** Looks back no further than a question can be long. */
function lastSentence(text: string): string {
  const tail = text.slice(-questionCharsMax);
  const start = [...tail.slice(0, -1).matchAll(/[.?!:]["')\]]*\s+/g)].at(-1);
  return start === undefined ? tail : tail.slice(start.index + start[0].length);
}

/** Passages that a caller put into its instructions, under a heading that says so. */
function contextOf(instructions: string): string {
  const heading =
    /(?:^|\n)(?:#{1,6} ?)?(?:context|documents?|passages?|sources?|retrieved[^\n:]{0,40}|background|knowledge) ?:? ?\n/i.exec(
      instructions,
    );
  return heading === null ? "" : instructions.slice(heading.index + heading[0].length).trim();
}

function textOf(message: LanguageModelV4Prompt[number] | undefined): string {
  if (message === undefined) return "";
  if (typeof message.content === "string") return message.content;
  const texts: string[] = [];
  for (const part of message.content) {
    if (part.type === "text") texts.push(part.text);
    else if (part.type === "file" && part.data.type === "text") texts.push(part.data.text);
    else if (part.type === "file" && part.mediaType.startsWith("text/") && part.data.type === "data") {
      texts.push(
        typeof part.data.data === "string"
          ? Buffer.from(part.data.data, "base64").toString("utf8")
          : Buffer.from(part.data.data).toString("utf8"),
      );
    }
  }
  return texts.join("\n\n");
}

function outcomesAfter(prompt: LanguageModelV4Prompt, question: number): Outcome[] {
  const inputs = new Map<string, unknown>();
  const outcomes: Outcome[] = [];
  for (const message of prompt.slice(question + 1)) {
    if (message.role !== "assistant" && message.role !== "tool") continue;
    for (const part of message.content) {
      if (part.type === "tool-call") inputs.set(part.toolCallId, part.input);
      if (part.type !== "tool-result") continue;
      const { output } = part;
      const failed = output.type === "error-text" || output.type === "error-json" || output.type === "execution-denied";
      outcomes.push({
        tool: part.toolName,
        input: inputs.get(part.toolCallId),
        output: outputText(output).slice(0, materialCharsMax),
        failed,
      });
    }
  }
  return outcomes;
}

type Output = Extract<
  Extract<LanguageModelV4Prompt[number], { role: "tool" }>["content"][number],
  { type: "tool-result" }
>["output"];

function outputText(output: Output): string {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value);
    case "execution-denied":
      return output.reason ?? "the call was denied";
    case "content":
      return output.value.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  }
}

function propertiesOf(schema: object): Property[] {
  const properties = member(schema, "properties");
  if (typeof properties !== "object" || properties === null) return [];
  const required = member(schema, "required");
  return Object.entries(properties).map(([name, of]: [string, unknown]) => {
    const type = member(of, "type");
    const choices = member(of, "enum");
    return {
      name,
      type: typeof type === "string" ? type : "",
      required: Array.isArray(required) && required.includes(name),
      choices: Array.isArray(choices) ? choices.filter((choice) => typeof choice === "string") : [],
    };
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Instructions that ask for a report of research. */
export function isResearch(instructions: string): boolean {
  return /\bresearch this question\b/i.test(instructions);
}
