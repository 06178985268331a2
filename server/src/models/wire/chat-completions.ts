/**
 * Chat completions, as servers send them that follow OpenAI's example from memory: ids that are numbers, `choices` that
 * are null, arguments that are objects, an end without a reason, errors that are texts.
 */
import { type AnswerRepair, errorOf, fieldsOf, type StreamEvent } from "./answer-repair.ts";
import { argumentsOf, countOf, type Fields, isFields, listOf, textOf } from "./fields.ts";

const DONE = "[DONE]";

export class ChatCompletionsRepair implements AnswerRepair {
  #stage: AnswerRepair["stage"] = "open";
  #calledTools = false;

  get stage(): AnswerRepair["stage"] {
    return this.#stage;
  }

  mended(event: StreamEvent): StreamEvent[] {
    if (event.data.trim() === DONE) return [...this.#reason(), { data: DONE }];
    const chunk = fieldsOf(event);
    if (chunk === null) return [event];
    const mended = mendedChunk(chunk);
    this.#note(mended);
    return [mended === chunk ? event : { data: JSON.stringify(mended) }];
  }

  /** Nothing is missing: packages take the end of the connection for the end of the answer. */
  closing(): StreamEvent[] {
    return [];
  }

  whole(value: Fields): StreamEvent[] | null {
    if ("error" in value) return this.mended({ data: JSON.stringify(value) });
    if (!Array.isArray(value["choices"])) return null;
    const { usage, ...chunk } = value;
    return [
      ...this.mended({ data: JSON.stringify(chunk) }),
      ...this.mended({ data: JSON.stringify({ choices: [], usage }) }),
      ...this.mended({ data: DONE }),
    ];
  }

  #note(chunk: Fields): void {
    const choices = chunk["choices"];
    if (!Array.isArray(choices)) return;
    const [choice] = choices;
    if (isFields(choice)) {
      if (isFields(choice["delta"]) && Array.isArray(choice["delta"]["tool_calls"])) this.#calledTools = true;
      if (typeof choice["finish_reason"] === "string") this.#stage = "complete";
    } else if (this.#stage === "complete" && isFields(chunk["usage"])) {
      this.#stage = "over";
    }
  }

  /** A server that says it is done has answered, though it does not say why it ended. */
  #reason(): StreamEvent[] {
    const isOpen = this.#stage === "open";
    this.#stage = "over";
    if (!isOpen) return [];
    const finish_reason = this.#calledTools ? "tool_calls" : "stop";
    return [{ data: JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason }] }) }];
  }
}

/** The same object where nothing is to be mended, which is nearly always. */
function mendedChunk(chunk: Fields): Fields {
  const error = errorOf(chunk);
  if (error !== null) return { error };
  const choices = listOf(chunk["choices"]).filter(isFields).map(mendedChoice);
  const usage = mendedUsage(chunk["usage"]);
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
  const said = isFields(choice["delta"]) ? choice["delta"] : choice["message"];
  const delta = isFields(said) ? mendedDelta(said) : null;
  const reason = choice["finish_reason"];
  const finish = typeof reason === "string" && reason !== "" ? reason : null;
  const isFine = delta === (choice["delta"] ?? null) && finish === (reason ?? null);
  return isFine ? choice : { ...choice, delta, finish_reason: finish };
}

function mendedDelta(delta: Fields): Fields {
  const { role, content, reasoning_content, reasoning, tool_calls, function_call } = delta;
  const calls = isFields(function_call) ? [{ index: 0, id: "call_0", function: function_call }] : listOf(tool_calls);
  const mendedCalls = calls.filter(isFields).map(mendedCall);
  const isFine =
    isOneOf(role, ["assistant", ""]) &&
    (isTextOrNone(content) || Array.isArray(content)) &&
    isTextOrNone(reasoning_content) &&
    isTextOrNone(reasoning) &&
    (tool_calls == null ? mendedCalls.length === 0 : isSame(mendedCalls, tool_calls));
  if (isFine) return delta;
  return {
    ...delta,
    role: "assistant",
    content: Array.isArray(content) ? content.filter(isFields) : textOf(content),
    reasoning_content: textOf(reasoning_content),
    reasoning: textOf(reasoning),
    ...(mendedCalls.length > 0 ? { tool_calls: mendedCalls } : { tool_calls: null }),
  };
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

/** Counts that are no numbers are counts that did not come. */
function mendedUsage(usage: unknown): unknown {
  if (usage == null) return usage;
  if (!isFields(usage)) return null;
  const counts = ["prompt_tokens", "completion_tokens", "total_tokens"];
  if (counts.every((name) => usage[name] == null || typeof usage[name] === "number")) return usage;
  return { ...usage, ...Object.fromEntries(counts.map((name) => [name, countOf(usage[name])])) };
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
