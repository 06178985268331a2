/** One chunk of chat completions as its package reads it, made from loose ones. */
import { AnswerFailure } from "./answer-repair.ts";
import { argumentsOf, contentText, countOf, type Fields, isFields, listOf, textOf } from "./fields.ts";

/** The same object if there is nothing to repair, which is nearly always. Throws `AnswerFailure` for an end that is a failure. */
export function mendedChunk(chunk: Fields): Fields {
  const given = listOf(chunk["choices"]).filter(isFields);
  const choices = given.map(mendedChoice);
  const usage = usageIn(chunk, given);
  const isFine =
    isSame(choices, chunk["choices"]) &&
    usage === chunk["usage"] &&
    isTextOrNone(chunk["id"]) &&
    isTextOrNone(chunk["model"]) &&
    (chunk["created"] == null || typeof chunk["created"] === "number");
  if (isFine) return chunk;
  const { id, model, created } = chunk;
  return {
    ...chunk,
    ...{ choices, usage },
    id: textOf(id),
    model: textOf(model),
    created: typeof created === "number" ? created : null,
  };
}

function mendedChoice(choice: Fields): Fields {
  const { text } = choice;
  const said = isFields(choice["delta"]) ? choice["delta"] : choice["message"];
  const delta = isFields(said) ? mendedDelta(said) : typeof text === "string" ? { content: text } : null;
  const reason = choice["finish_reason"];
  const finish = typeof reason === "string" && reason !== "" ? finishOf(reason) : null;
  const isFine = delta === (choice["delta"] ?? null) && finish === (reason ?? null);
  return isFine ? choice : { ...choice, delta, finish_reason: finish };
}

/** Reasons of an end in other servers' words. */
const REASONS: Readonly<Record<string, string>> = {
  ...{ max_tokens: "length", max_output_tokens: "length", model_length: "length", token_limit: "length" },
  ...{ end_turn: "stop", eos: "stop", eos_token: "stop", stop_sequence: "stop", end: "stop", complete: "stop" },
  ...{ tool_use: "tool_calls", tool_call: "tool_calls", tool_calls: "tool_calls" },
  ...{ safety: "content_filter", recitation: "content_filter", blocklist: "content_filter", refusal: "content_filter" },
  ...{ prohibited_content: "content_filter", spii: "content_filter", sensitive: "content_filter" },
  ...{ stop: "stop", length: "length", content_filter: "content_filter" },
};
const FAILURES: ReadonlySet<string> = new Set([
  "error",
  "abort",
  "aborted",
  "cancelled",
  "insufficient_system_resource",
]);

function finishOf(reason: string): string {
  const word = reason.toLowerCase();
  if (FAILURES.has(word)) throw new AnswerFailure({ message: `it ended its answer by itself: ${reason}` });
  return REASONS[word] ?? reason;
}

function mendedDelta(delta: Fields): Fields {
  const { role, content, reasoning_content, reasoning, thinking, refusal, tool_calls, function_call } = delta;
  const calls = isFields(function_call) ? [{ index: 0, id: "call_0", function: function_call }] : listOf(tool_calls);
  const mendedCalls = calls.filter(isFields).map(mendedCall);
  const told = textOf(reasoning_content) ?? textOf(reasoning) ?? textOf(thinking) ?? detailsIn(delta);
  const isFine =
    isOneOf(role, ["assistant", ""]) &&
    (isTextOrNone(content) || (Array.isArray(content) && content.every(isFields))) &&
    isTextOrNone(reasoning_content) &&
    isTextOrNone(reasoning) &&
    told === (reasoning_content ?? reasoning ?? null) &&
    refusal == null &&
    (tool_calls == null ? mendedCalls.length === 0 : isSame(mendedCalls, tool_calls));
  if (isFine) return delta;
  return {
    ...delta,
    role: "assistant",
    content: Array.isArray(content) ? content.map(partOf).filter(isFields) : (textOf(content) ?? textOf(refusal)),
    // A model's refusal in its own words is its text.
    refusal: null,
    reasoning_content: told,
    reasoning: null,
    ...(mendedCalls.length > 0 ? { tool_calls: mendedCalls } : { tool_calls: null }),
  };
}

function partOf(part: unknown): unknown {
  return typeof part === "string" ? { type: "text", text: part } : part;
}

/** A gateway's reasoning, in a list of its own. */
function detailsIn({ reasoning_details: details }: Fields): string | null {
  const text = contentText(
    listOf(details).map((detail) => (isFields(detail) ? (detail["text"] ?? detail["summary"]) : "")),
  );
  return text === "" ? null : text;
}

function mendedCall(call: Fields, place: number): Fields {
  const { id, index } = call;
  const asked = isFields(call["function"]) ? call["function"] : {};
  const { name, arguments: input } = asked;
  const isFine =
    isTextOrNone(id) &&
    (index == null || typeof index === "number") &&
    asked === call["function"] &&
    isTextOrNone(name) &&
    isTextOrNone(input);
  if (isFine) return call;
  const number = Number(index);
  return {
    ...call,
    id: textOf(id),
    index: Number.isInteger(number) ? number : place,
    function: { ...asked, name: textOf(name), arguments: argumentsOf(input) },
  };
}

/** The counts of a chunk, wherever it has them; counts that are no numbers count as absent. */
function usageIn(chunk: Fields, choices: readonly Fields[]): unknown {
  const groq = chunk["x_groq"];
  const elsewhere = [isFields(groq) ? groq["usage"] : null, ...choices.map(({ usage }) => usage)];
  const usage = chunk["usage"] ?? elsewhere.find(isFields) ?? chunk["usage"];
  if (usage == null) return usage;
  if (!isFields(usage)) return null;
  const counts = ["prompt_tokens", "completion_tokens", "total_tokens"];
  const isNamed = usage["prompt_tokens"] != null || usage["input_tokens"] == null;
  if (isNamed && counts.every((name) => usage[name] == null || typeof usage[name] === "number")) return usage;
  return {
    ...usage,
    prompt_tokens: countOf(usage["prompt_tokens"] ?? usage["input_tokens"]),
    completion_tokens: countOf(usage["completion_tokens"] ?? usage["output_tokens"]),
    total_tokens: countOf(usage["total_tokens"]),
  };
}

function isSame(list: readonly unknown[], value: unknown): boolean {
  return Array.isArray(value) && list.length === value.length && list.every((each, place) => each === value[place]);
}

function isTextOrNone(value: unknown): value is string | null | undefined {
  return value == null || typeof value === "string";
}

function isOneOf(value: unknown, texts: readonly string[]): boolean {
  return value == null || (typeof value === "string" && texts.includes(value));
}
