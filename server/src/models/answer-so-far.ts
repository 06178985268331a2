/** The parts of one streamed answer so far, within bounds, and the answer at its end. */

import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import { isJsonObject } from "../task/json/json.ts";
import { ESTIMATED, estimatedUsage, statedCount } from "./estimated-usage.ts";
import { cutStream, modelError } from "./failure.ts";
import type { EarlyStop, Generation } from "./generation.ts";
import {
  type ModelAnswer,
  type ModelCall,
  ModelError,
  type PromptTurn,
  type ProviderState,
  type Reasoning,
  type ToolCall,
  type Usage,
} from "./model.ts";
import { WellFormedPieces, wellFormed } from "./well-formed.ts";

export type Reading = Pick<
  ModelAnswer,
  "text" | "reasoning" | "toolCalls" | "finish" | "usage" | "rawUsage" | "generation"
> & {
  /** The provider's name of the model; undefined if it states none. */
  model: string | undefined;
};

/** The request, as far as the answer needs it. */
export type Asked = { provider: string; prompt: readonly PromptTurn[]; tools: ModelCall["tools"] };

/** A part without content counts as this much, so that a stream of pings only ends too. */
const PART_BYTES_MIN = 16;

export class AnswerSoFar {
  readonly #asked: Asked;
  readonly #bytesMax: number;
  readonly #generation: Generation | null;
  readonly #pieces = new WellFormedPieces();
  readonly #text: string[] = [];
  readonly #reasoning = new Map<string, Reasoning>();
  readonly #toolCalls: ToolCall[] = [];
  #bytes = 0;
  /** Something of the model itself has come, and not only of the connection. */
  #hasBegun = false;
  #model: string | undefined;
  #finish: { reason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage } | undefined;

  constructor(asked: Asked, bytesMax: number, generation: Generation | null) {
    this.#asked = asked;
    this.#bytesMax = bytesMax;
    this.#generation = generation;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  get model(): string | undefined {
    return this.#model;
  }

  get stopped(): EarlyStop | null {
    return this.#generation?.stopped ?? null;
  }

  /** Takes the next part of the stream and returns the piece of text that it brought, often none. */
  async add(part: LanguageModelV4StreamPart): Promise<string> {
    this.#generation?.note(part);
    switch (part.type) {
      case "text-delta": {
        this.#count(part.delta);
        return this.#addText(this.#pieces.push(part.delta));
      }
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end":
        this.#count("delta" in part ? part.delta : "", part.providerMetadata);
        this.#addReasoning(part);
        return "";
      case "tool-input-delta":
        this.#count(part.delta);
        return "";
      case "tool-call":
        this.#count(part.input, part.providerMetadata);
        // A tool that runs on the provider's side is not ours to answer.
        if (part.providerExecuted !== true) this.#toolCalls.push(toolCall(part));
        return "";
      case "response-metadata":
        this.#model = part.modelId ?? this.#model;
        return "";
      case "finish":
        this.#finish = { reason: part.finishReason, usage: part.usage };
        return "";
      case "error":
        throw modelError(part.error, this.#asked.provider, Date.now());
      default:
        this.#take(PART_BYTES_MIN);
        return "";
    }
  }

  /** Takes plain text of an answer without parameters; returns the part that ends with a whole character. */
  addPlain(text: string): string {
    this.#count(text);
    const piece = this.#pieces.push(text);
    this.#text.push(piece);
    return piece;
  }

  /** The provider's name of the model, past the parts of its package. */
  named(model: string): void {
    this.#model = model;
  }

  /** The answer, ended by its reader before the provider ended it. */
  async left(early: EarlyStop, onText?: ModelCall["onText"]): Promise<Reading> {
    if (early !== "stop_sequence") await this.#handOnRest(onText);
    return this.#answer({ toolCalls: [], finish: "stop", early, ...(await this.estimated()) });
  }

  /** Rejects with `unavailable` if the provider broke off or failed. */
  async finished(onText?: ModelCall["onText"]): Promise<Reading> {
    const { provider } = this.#asked;
    if (this.#finish === undefined) throw cutStream(provider);
    const { reason, usage } = this.#finish;
    if (reason.unified === "interrupted") throw cutStream(provider);
    if (reason.unified === "error") {
      throw new ModelError("unavailable", `${provider} ended its answer with an error (${reason.raw ?? "unnamed"})`);
    }
    await this.#handOnRest(onText);
    const finish = finishOf(reason.unified, this.#toolCalls.length > 0);
    return this.#answer({ toolCalls: this.#toolCalls, finish, early: null, ...(await this.#counted(usage)) });
  }

  /** Usage of the answer so far, by this server's own count. */
  async estimated(): Promise<{ usage: Usage; rawUsage: unknown }> {
    const { prompt, tools } = this.#asked;
    return { usage: await estimatedUsage(prompt, tools, this.#said()), rawUsage: ESTIMATED };
  }

  /** A provider without counts has used tokens all the same: budgets rely on them. */
  async #counted(stated: LanguageModelV4Usage): Promise<{ usage: Usage; rawUsage: unknown }> {
    const usage = usageOf(stated);
    const misses = usage.inputTokens === 0 || (usage.outputTokens === 0 && this.#said().some((text) => text !== ""));
    if (!misses) return { usage, rawUsage: stated.raw ?? null };
    const { usage: own, rawUsage } = await this.estimated();
    return {
      usage: {
        ...usage,
        inputTokens: usage.inputTokens || own.inputTokens,
        outputTokens: usage.outputTokens || own.outputTokens,
      },
      rawUsage,
    };
  }

  #answer({
    early,
    ...answer
  }: Pick<Reading, "toolCalls" | "finish" | "usage" | "rawUsage"> & { early: EarlyStop | null }): Reading {
    const reasoning = [...this.#reasoning.values()].filter(({ text, state }) => text !== "" || state !== undefined);
    return {
      ...answer,
      text: this.#text.join(""),
      model: this.#model,
      ...(reasoning.length > 0 && { reasoning }),
      ...(this.#generation && { generation: this.#generation.report(answer.finish, early) }),
    };
  }

  async #addText(text: string): Promise<string> {
    const piece = this.#generation && text !== "" ? await this.#generation.push(text) : text;
    this.#text.push(piece);
    return piece;
  }

  #addReasoning(part: { id: string; delta?: string; providerMetadata?: SharedV4ProviderMetadata }): void {
    const known = this.#reasoning.get(part.id);
    const state = merged(known?.state, part.providerMetadata);
    const text = (known?.text ?? "") + (part.delta ?? "");
    this.#reasoning.set(part.id, { text, ...(state && { state }) });
  }

  /** Passes on held text: half a character, and a possible stop sequence that was none. */
  async #handOnRest(onText: ModelCall["onText"]): Promise<void> {
    const half = await this.#addText(this.#pieces.end());
    const rest = this.#generation?.rest() ?? "";
    this.#text.push(rest);
    if (half + rest !== "") onText?.(half + rest);
  }

  #said(): string[] {
    return [
      this.#text.join(""),
      ...Array.from(this.#reasoning.values(), ({ text }) => text),
      ...this.#toolCalls.map(({ name, input }) => `${name}${JSON.stringify(input) ?? ""}`),
    ];
  }

  #count(content: string, metadata?: SharedV4ProviderMetadata): void {
    this.#hasBegun ||= content !== "";
    const stated = metadata === undefined ? 0 : JSON.stringify(metadata).length;
    this.#take(Math.max(PART_BYTES_MIN, Buffer.byteLength(content) + stated));
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#bytesMax) return;
    throw new ModelError("bad_answer", `${this.#asked.provider} sent more than ${this.#bytesMax} bytes without an end`);
  }
}

/** Data that a provider wants back, by the provider's name; later pieces add to it. */
function merged(
  state: ProviderState | undefined,
  more: SharedV4ProviderMetadata | undefined,
): ProviderState | undefined {
  if (more === undefined || !isJsonObject(more)) return state;
  const both: ProviderState = { ...state };
  for (const [provider, fields] of Object.entries(more)) {
    if (isJsonObject(fields)) both[provider] = { ...both[provider], ...fields };
  }
  return both;
}

function toolCall(part: {
  toolCallId: string;
  toolName: string;
  input: string;
  providerMetadata?: SharedV4ProviderMetadata;
}): ToolCall {
  const { toolCallId, toolName, input } = part;
  const state = merged(undefined, part.providerMetadata);
  const call = { id: toolCallId.toWellFormed(), name: toolName.toWellFormed(), ...(state && { state }) };
  // A tool without parameters may be called without any input.
  if (input.trim() === "") return { ...call, input: {} };
  try {
    return { ...call, input: wellFormed(argumentsIn(input)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...call, input: input.toWellFormed(), invalid: `the arguments are not JSON: ${reason.toWellFormed()}` };
  }
}

/** Arguments written as JSON twice, or as nothing, are what they stand for. */
function argumentsIn(input: string): unknown {
  const value: unknown = JSON.parse(input);
  if (typeof value !== "string") return value ?? {};
  const inner: unknown = value.trimStart().startsWith("{") ? JSON.parse(value) : value;
  return inner;
}

function finishOf(
  reason: Exclude<LanguageModelV4FinishReason["unified"], "error" | "interrupted">,
  calledTools: boolean,
): ModelAnswer["finish"] {
  switch (reason) {
    case "stop":
      // Some compatible APIs say `stop` although tools are to be called.
      return calledTools ? "tool_calls" : "stop";
    case "tool-calls":
      return "tool_calls";
    case "length":
      return "length";
    case "content-filter":
      return "content_filter";
    case "other":
      return "other";
  }
}

/**
 * The interface states the total with both cache counts inside; a provider without counts counts as zero. A total smaller than its
 * cached part leaves that part out.
 */
function usageOf({ inputTokens: input, outputTokens: output }: LanguageModelV4Usage): Usage {
  const cacheReadTokens = statedCount(input.cacheRead);
  const cacheWriteTokens = statedCount(input.cacheWrite);
  const cached = cacheReadTokens + cacheWriteTokens;
  const total = statedCount(input.total ?? statedCount(input.noCache) + cached);
  return {
    inputTokens: total !== 0 && total < cached ? total + cached : total,
    outputTokens: statedCount(output.total ?? statedCount(output.text) + statedCount(output.reasoning)),
    cacheReadTokens,
    cacheWriteTokens,
  };
}
