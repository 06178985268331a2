/**
 * Reads one streamed answer to its end: text as it comes, tool calls, counts. It keeps the bounds of a stream: the time until its first
 * token, the silence after it, and its size. Every failure becomes a `ModelError`.
 */

import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { AnswerSoFar, type Reading } from "./answer-so-far.ts";
import { modelError } from "./failure.ts";
import { Generation } from "./generation.ts";
import { type ModelCall, ModelError, type PaidCall } from "./model.ts";
import type { Host } from "./parameters.ts";
import { callOptions } from "./prompt.ts";
import { afterMs } from "./timer.ts";
import { hearPlain } from "./wire/provider-fetch.ts";

export type ReadingLimits = {
  /** Until the first sign of the model: it may have a long prompt to read, or a queue before it. */
  firstTokenMs: number;
  /** Between two pieces from then on. */
  streamIdleMs: number;
  outputBytesMax: number;
};

/** The cost of an answer with these counts. */
export type Priced = (answer: Pick<Reading, "usage" | "rawUsage" | "model">) => PaidCall;

/**
 * Asks `model` once and reads the answer. Rejects with `ModelError` only; the request is over when it settles. With parameters, the
 * answer may end earlier than the provider would have ended it. An answer that fails after it has begun was paid for: its error has the
 * cost.
 */
export async function readAnswer(
  model: LanguageModelV4,
  call: ModelCall,
  host: Host,
  limits: ReadingLimits,
  priced: Priced,
): Promise<Reading> {
  if (call.signal.aborted) throw new ModelError("aborted", "the call was aborted before it began");
  const request = new AbortController();
  const abort = () => request.abort(call.signal.reason);
  call.signal.addEventListener("abort", abort, { once: true });
  const silence = new Silence(host.name, limits, (stalled) => request.abort(stalled), call.onBegun);
  const generation = call.parameters ? await Generation.of(call, call.parameters, host, model.modelId) : null;
  const timeUp = generation?.timeLimitMs != null ? afterMs(generation.timeLimitMs, () => request.abort(TIME_UP)) : null;
  const prompt = generation?.prompt ?? call.prompt;
  const answer = new AnswerSoFar({ provider: host.name, prompt, tools: call.tools }, limits.outputBytesMax, generation);
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  try {
    const options = callOptions({ ...call, prompt }, request.signal, generation?.options);
    const hear = (text: string) => {
      const piece = answer.addPlain(text);
      silence.broken();
      if (piece !== "" && !request.signal.aborted) call.onText?.(piece);
    };
    // With parameters, text is processed asynchronously, and is read through the package.
    if (generation === null) hearPlain(request.signal, hear, (name) => answer.named(name));
    const { stream } = await unlessAborted(model.doStream(options), request.signal);
    reader = stream.getReader();
    while (!answer.isFinished) {
      const { done, value: part } = await unlessAborted(reader.read(), request.signal);
      if (done) break;
      const piece = await answer.add(part);
      if (answer.hasBegun) silence.broken();
      if (piece !== "" && !request.signal.aborted) call.onText?.(piece);
      if (answer.stopped !== null) return await answer.left(answer.stopped, call.onText);
    }
    return await answer.finished(call.onText);
  } catch (error) {
    if (!call.signal.aborted && request.signal.reason === TIME_UP) return await answer.left("time_limit", call.onText);
    const failure = failureOf(error, call.signal, request.signal, host.name);
    if (answer.hasBegun || failure.wasAnswered)
      failure.spent = priced({ ...(await answer.estimated()), model: answer.model });
    throw failure;
  } finally {
    silence.end();
    if (timeUp !== null) clearTimeout(timeUp);
    call.signal.removeEventListener("abort", abort);
    // The rest of the answer is dropped, however the reading ended.
    request.abort(OVER);
    reader?.cancel().catch(() => {});
  }
}

function failureOf(error: unknown, call: AbortSignal, request: AbortSignal, provider: string): ModelError {
  if (call.aborted) return new ModelError("aborted", "the call was aborted", { cause: call.reason });
  return modelError(request.aborted ? request.reason : error, provider, Date.now());
}

/** Reports once that a provider has been silent for too long: before its first token, or since its last piece. */
class Silence {
  readonly #provider: string;
  readonly #idleMs: number;
  readonly #tooLong: (error: ModelError) => void;
  #timer: NodeJS.Timeout;
  readonly #onBegun: (() => void) | undefined;
  #hasBegun = false;

  constructor(
    provider: string,
    limits: ReadingLimits,
    tooLong: (error: ModelError) => void,
    onBegun: (() => void) | undefined,
  ) {
    this.#onBegun = onBegun;
    this.#provider = provider;
    this.#idleMs = limits.streamIdleMs;
    this.#tooLong = tooLong;
    this.#timer = this.#after(limits.firstTokenMs, "had no first token");
  }

  broken(): void {
    if (this.#hasBegun) {
      this.#timer.refresh();
      return;
    }
    this.#hasBegun = true;
    clearTimeout(this.#timer);
    this.#timer = this.#after(this.#idleMs, "said nothing more");
    this.#onBegun?.();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #after(ms: number, what: string): NodeJS.Timeout {
    return afterMs(ms, () =>
      this.#tooLong(new ModelError("unavailable", `${this.#provider} ${what} for ${ms / 1000} s`)),
    );
  }
}

/** The reason of an abort that nobody reads: without one, an error with a stack is made for each call. */
const OVER = new Error("the call is over");
/** The reason of an abort by the call's own time limit. */
const TIME_UP = new Error("the call's time limit");

/** A provider that ignores the abort signal does not hold up the caller. */
async function unlessAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  // Abandoned work may still fail, and nobody listens any more.
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
