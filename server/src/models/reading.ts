/**
 * Reads one streamed answer to its end: text as it comes, tool calls, counts. It holds the two bounds of a stream,
 * how long it may be silent and how much it may hold, and turns every way to fail into a `ModelError`.
 */

import type {
  LanguageModelV4,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { cutStream, modelError } from "./failure.ts";
import { type EarlyStop, Generation } from "./generation.ts";
import { type ModelAnswer, type ModelCall, ModelError, type ToolCall, type Usage } from "./model.ts";
import type { Host } from "./parameters.ts";
import { callOptions } from "./prompt.ts";
import { afterMs } from "./timer.ts";

export type ReadingLimits = { streamIdleMs: number; outputBytesMax: number };

export type Reading = Pick<ModelAnswer, "text" | "toolCalls" | "finish" | "usage" | "rawUsage" | "generation"> & {
  /** The model's name as the provider states it; undefined when it does not. */
  model: string | undefined;
};

/** A part without content still counts this much, so that a stream of nothing but pings ends too. */
const partBytesMin = 16;

/**
 * Asks `model` once and reads the answer. Rejects with `ModelError` only; the request is over when it settles. Where the
 * call has parameters, the answer may end earlier than the provider would have ended it.
 */
export async function readAnswer(
  model: LanguageModelV4,
  call: ModelCall,
  host: Host,
  limits: ReadingLimits,
): Promise<Reading> {
  if (call.signal.aborted) throw new ModelError("aborted", "the call was aborted before it began");
  const request = new AbortController();
  const abort = () => request.abort(call.signal.reason);
  call.signal.addEventListener("abort", abort, { once: true });
  const stalled = new ModelError("unavailable", `${host.name} said nothing for ${limits.streamIdleMs} ms`);
  const idle = afterMs(limits.streamIdleMs, () => request.abort(stalled));
  const generation = call.parameters ? await Generation.of(call, call.parameters, host, model.modelId) : null;
  const timeUp = generation?.timeLimitMs != null ? afterMs(generation.timeLimitMs, () => request.abort(TIME_UP)) : null;
  const answer = new AnswerSoFar(host.name, limits.outputBytesMax, generation);
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  try {
    const asked = generation ? { ...call, prompt: generation.prompt } : call;
    const options = callOptions(asked, request.signal, generation?.options);
    const { stream } = await unlessAborted(model.doStream(options), request.signal);
    reader = stream.getReader();
    for (;;) {
      const { done, value: part } = await unlessAborted(reader.read(), request.signal);
      if (done) break;
      idle.refresh();
      const piece = await answer.add(part);
      if (piece !== "" && !request.signal.aborted) call.onText?.(piece);
      if (answer.stopped) return await answer.left("stop_sequence");
    }
    return answer.finished(call.onText);
  } catch (error) {
    if (call.signal.aborted) throw new ModelError("aborted", "the call was aborted", { cause: call.signal.reason });
    if (request.signal.reason === TIME_UP) return await answer.left("time_limit", call.onText);
    if (request.signal.aborted) throw stalled;
    throw modelError(error, host.name, Date.now());
  } finally {
    clearTimeout(idle);
    if (timeUp !== null) clearTimeout(timeUp);
    call.signal.removeEventListener("abort", abort);
    // Whatever is still on the wire is let go, however the reading ended.
    request.abort();
    reader?.cancel().catch(() => {});
  }
}

/** The reason of an abort by the call's own time limit. */
const TIME_UP = new Error("the call's time limit");

class AnswerSoFar {
  readonly #provider: string;
  readonly #bytesMax: number;
  readonly #generation: Generation | null;
  readonly #text: string[] = [];
  readonly #toolCalls: ToolCall[] = [];
  #bytes = 0;
  #model: string | undefined;
  #finish: { reason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage } | undefined;

  constructor(provider: string, bytesMax: number, generation: Generation | null) {
    this.#provider = provider;
    this.#bytesMax = bytesMax;
    this.#generation = generation;
  }

  get stopped(): boolean {
    return this.#generation?.stopped ?? false;
  }

  /** Takes the next part of the stream and returns the piece of text that it brought, often none. */
  async add(part: LanguageModelV4StreamPart): Promise<string> {
    this.#generation?.note(part);
    switch (part.type) {
      case "text-delta": {
        this.#count(part.delta);
        const piece = this.#generation ? await this.#generation.push(part.delta) : part.delta;
        this.#text.push(piece);
        return piece;
      }
      case "reasoning-delta":
      case "tool-input-delta":
        this.#count(part.delta);
        return "";
      case "tool-call":
        this.#count(part.input);
        // A tool that the provider runs on its own side is not ours to answer.
        if (part.providerExecuted !== true) this.#toolCalls.push(toolCall(part.toolCallId, part.toolName, part.input));
        return "";
      case "response-metadata":
        this.#model = part.modelId ?? this.#model;
        return "";
      case "finish":
        this.#finish = { reason: part.finishReason, usage: part.usage };
        return "";
      case "error":
        throw modelError(part.error, this.#provider, Date.now());
      default:
        this.#count("");
        return "";
    }
  }

  /** The answer, which the reader has left before the provider ended it. */
  async left(early: EarlyStop, onText?: ModelCall["onText"]): Promise<Reading> {
    if (early === "time_limit") this.#handOnRest(onText);
    const usage = (await this.#generation?.estimatedUsage()) ?? NO_USAGE;
    const finish = "stop";
    return {
      text: this.#text.join(""),
      toolCalls: [],
      finish,
      usage,
      rawUsage: { estimated: true },
      model: this.#model,
      ...(this.#generation && { generation: this.#generation.report(finish, early) }),
    };
  }

  finished(onText?: ModelCall["onText"]): Reading {
    if (this.#finish === undefined) throw cutStream(this.#provider);
    const { reason, usage } = this.#finish;
    if (reason.unified === "interrupted") throw cutStream(this.#provider);
    if (reason.unified === "error") {
      throw new ModelError(
        "unavailable",
        `${this.#provider} ended its answer with an error (${reason.raw ?? "unnamed"})`,
      );
    }
    this.#handOnRest(onText);
    const finish = finishOf(reason.unified, this.#toolCalls.length > 0);
    return {
      text: this.#text.join(""),
      toolCalls: this.#toolCalls,
      finish,
      usage: usageOf(usage),
      rawUsage: usage.raw ?? null,
      model: this.#model,
      ...(this.#generation && { generation: this.#generation.report(finish, null) }),
    };
  }

  /** What was held back for a stop sequence that did not come. */
  #handOnRest(onText: ModelCall["onText"]): void {
    const rest = this.#generation?.rest() ?? "";
    if (rest === "") return;
    this.#text.push(rest);
    onText?.(rest);
  }

  #count(content: string): void {
    this.#bytes += Math.max(partBytesMin, Buffer.byteLength(content));
    if (this.#bytes > this.#bytesMax) {
      throw new ModelError("bad_answer", `${this.#provider} sent more than ${this.#bytesMax} bytes without an end`);
    }
  }
}

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** A provider that ignores the abort signal does not hold the caller. */
async function unlessAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  // Work that is left behind may still fail, and nobody is there to hear it.
  work.then(undefined, () => {});
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}

function toolCall(id: string, name: string, json: string): ToolCall {
  // A tool without parameters may be called with nothing at all.
  if (json.trim() === "") return { id, name, input: {} };
  try {
    const input: unknown = JSON.parse(json);
    return { id, name, input };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { id, name, input: json, invalid: `the arguments are not JSON: ${reason}` };
  }
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

/** The interface states the total with both cache counts inside; a provider that gives no counts has used none. */
function usageOf(usage: LanguageModelV4Usage): Usage {
  const cacheReadTokens = usage.inputTokens.cacheRead ?? 0;
  const cacheWriteTokens = usage.inputTokens.cacheWrite ?? 0;
  return {
    inputTokens: usage.inputTokens.total ?? (usage.inputTokens.noCache ?? 0) + cacheReadTokens + cacheWriteTokens,
    outputTokens: usage.outputTokens.total ?? (usage.outputTokens.text ?? 0) + (usage.outputTokens.reasoning ?? 0),
    cacheReadTokens,
    cacheWriteTokens,
  };
}
