/**
 * What the package of chat completions would be told of an answer that is only text, which has gone past it: model, reason of the end,
 * and counts. These events are held until another kind comes, and the package then reads all of them; an answer that stays plain to its
 * end needs no package, whose streams and schemas are a twentieth of an agent's work.
 */
import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import { isJsonObject, type JsonObject } from "../../task/json/json.ts";
import type { Heard, PlainEnd, StreamEvent } from "./answer-repair.ts";
import { countOf, type Fields, isFields } from "./fields.ts";

/** Reasons of an end with the same name in the package. */
const REASONS = new Map<unknown, PlainEnd["finishReason"]>([
  ["stop", { unified: "stop", raw: "stop" }],
  ["length", { unified: "length", raw: "length" }],
  ["content_filter", { unified: "content-filter", raw: "content_filter" }],
]);

/** Characters held of one answer: more are neither names, nor an end, nor counts, but a server that repeats empty chunks. */
const HELD_CHARACTERS_MAX = 64 << 10;
/** Characters of an event beside its text. */
const EVENT_CHARACTERS = 100;

export class PlainAnswer {
  readonly #heard: Heard;
  readonly #held: StreamEvent[] = [];
  #room = HELD_CHARACTERS_MAX;
  #isNamed = false;
  #finishReason: PlainEnd["finishReason"] | null = null;
  #usage: JsonObject | null = null;

  constructor(heard: Heard) {
    this.#heard = heard;
  }

  /** Its end; null until that has come. */
  get end(): PlainEnd | null {
    return this.#finishReason && { finishReason: this.#finishReason, usage: usageOf(this.#usage) };
  }

  /** All held events. */
  get held(): readonly StreamEvent[] {
    return this.#held;
  }

  /** Holds the event of a chunk; false if it has other contents, has a form that its package may refuse, or is one too many. */
  holds(chunk: Fields, event: StreamEvent): boolean {
    this.#room -= event.data.length + EVENT_CHARACTERS;
    if (this.#room < 0) return false;
    const { choices, usage, id, model, created } = chunk;
    if ("error" in chunk || !Array.isArray(choices) || choices.length > 1) return false;
    if (usage != null && !isUsage(usage)) return false;
    // The package takes these from the first chunk with one of them.
    const names = Boolean(id) || Boolean(model);
    if (!this.#isNamed && !names && created) return false;
    const [choice] = choices;
    if (choices.length === 1 && !this.#takes(choice)) return false;
    if (usage != null) this.#usage = usage;
    if (names && !this.#isNamed) {
      this.#isNamed = true;
      if (typeof model === "string") this.#heard.named(model);
    }
    this.#held.push(event);
    return true;
  }

  #takes(choice: unknown): boolean {
    if (!isFields(choice) || !isEmpty(choice["delta"])) return false;
    const reason = choice["finish_reason"];
    if (reason == null) return true;
    const known = REASONS.get(reason);
    if (known === undefined) return false;
    this.#finishReason = known;
    return true;
  }
}

/** It says nothing. */
function isEmpty(delta: unknown): boolean {
  if (delta == null) return true;
  if (!isFields(delta)) return false;
  for (const name in delta) {
    const value = delta[name];
    const says = name === "role" ? value !== "assistant" && value !== "" : name !== "content" || value !== "";
    if (value != null && says) return false;
  }
  return true;
}

/** The counts that its package reads, and their places. */
const COUNTS = ["prompt_tokens", "completion_tokens", "total_tokens"];
const DETAILS = {
  prompt_tokens_details: ["cached_tokens"],
  completion_tokens_details: ["reasoning_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"],
};
/** Names that its package refuses in JSON. */
const FORBIDDEN = /"(?:__proto__|constructor)"/;

function isUsage(usage: unknown): usage is JsonObject {
  if (!isJsonObject(usage) || FORBIDDEN.test(JSON.stringify(usage)) || !areCounts(usage, COUNTS)) return false;
  return Object.entries(DETAILS).every(([of, names]) => usage[of] == null || areCounts(usage[of], names));
}

function areCounts(fields: unknown, names: readonly string[]): boolean {
  return isFields(fields) && names.every((name) => fields[name] == null || Number.isFinite(fields[name]));
}

/** In the package's form. */
function usageOf(usage: JsonObject | null): LanguageModelV4Usage {
  if (usage === null) {
    const inputTokens = { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
    return { inputTokens, outputTokens: { total: undefined, text: undefined, reasoning: undefined } };
  }
  const [input, output] = [countIn(usage, "prompt_tokens"), countIn(usage, "completion_tokens")];
  const cacheRead = countIn(usage["prompt_tokens_details"], "cached_tokens");
  const reasoning = countIn(usage["completion_tokens_details"], "reasoning_tokens");
  return {
    inputTokens: { total: input, noCache: input - cacheRead, cacheRead, cacheWrite: undefined },
    outputTokens: { total: output, text: Math.max(0, output - reasoning), reasoning },
    raw: usage,
  };
}

function countIn(fields: unknown, name: string): number {
  return (isFields(fields) && countOf(fields[name])) || 0;
}
