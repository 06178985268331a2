/**
 * `local:reference`, the model that needs no key and no network, behind the same interface as any provider's. It is
 * deterministic and streams word by word. The thinking happens in a worker thread that starts with the first question
 * and keeps no process alive.
 */

import { Worker } from "node:worker_threads";
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { ModelError } from "../model.ts";
import type { DeskAnswer, DeskCounts, DeskQuestion, GivenAnswer } from "./worker-messages.ts";

const modelId = "reference";
/** Bounds on one answer; the longest honest ones, over megabytes of text, take about a fifth of this. */
const answerMsMax = 30_000;
const memoryMbMax = 512;
/** The worker with its tables holds some 100 MB, which a server that is no longer asked gets back. */
const idleMs = 5 * 60_000;

/** The offline model. */
export const referenceModel: LanguageModelV4 = {
  specificationVersion: "v4",
  provider: "local",
  modelId,
  supportedUrls: {},

  async doGenerate(options) {
    const { answer, counts } = ask(options);
    const given = await answer;
    const { text, calls } = given;
    return {
      content: [
        ...(text === "" ? [] : [{ type: "text" as const, text }]),
        ...calls.map((call, index) => toolCall(options, call, index)),
      ],
      finishReason: finishReason(given),
      usage: usageOf(await counts),
      response: { modelId },
      warnings: [],
    };
  },

  async doStream(options) {
    const { answer, counts } = ask(options);
    const parts = stream(options, answer, counts);
    return { stream: ReadableStream.from(parts) };
  },
};

async function* stream(
  options: LanguageModelV4CallOptions,
  answer: Promise<GivenAnswer>,
  counts: Promise<DeskCounts["counts"]>,
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: "stream-start", warnings: [] };
  yield { type: "response-metadata", modelId };
  const given = await answer;
  const { text, calls } = given;
  if (text !== "") {
    yield { type: "text-start", id: "0" };
    for (const delta of text.match(/\s*\S+|\s+$/g) ?? []) {
      options.abortSignal?.throwIfAborted();
      yield { type: "text-delta", id: "0", delta };
    }
    yield { type: "text-end", id: "0" };
  }
  for (const [index, call] of calls.entries()) {
    const part = toolCall(options, call, index);
    yield { type: "tool-input-start", id: part.toolCallId, toolName: part.toolName };
    yield { type: "tool-input-delta", id: part.toolCallId, delta: part.input };
    yield { type: "tool-input-end", id: part.toolCallId };
    yield part;
  }
  yield { type: "finish", finishReason: finishReason(given), usage: usageOf(await counts) };
}

/** An id that no earlier call of the same prompt has, and the same for the same prompt. */
function toolCall(
  options: LanguageModelV4CallOptions,
  call: GivenAnswer["calls"][number],
  index: number,
): Extract<LanguageModelV4Content, { type: "tool-call" }> {
  return {
    type: "tool-call",
    toolCallId: `call_${options.prompt.length}_${index}`,
    toolName: call.name,
    input: JSON.stringify(call.input),
  };
}

function finishReason({ calls, cut }: GivenAnswer): LanguageModelV4FinishReason {
  if (calls.length > 0) return { unified: "tool-calls", raw: "tool_calls" };
  return cut ? { unified: "length", raw: "length" } : { unified: "stop", raw: "stop" };
}

function usageOf({ input, output }: DeskCounts["counts"]): LanguageModelV4Usage {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
    raw: { input_tokens: input, output_tokens: output, encoding: "o200k_base" },
  };
}

type Asked = {
  answer: PromiseWithResolvers<GivenAnswer>;
  counts: PromiseWithResolvers<DeskCounts["counts"]>;
  timer: NodeJS.Timeout;
};

let desk: Desk | undefined;

function ask(options: LanguageModelV4CallOptions): {
  answer: Promise<GivenAnswer>;
  counts: Promise<DeskCounts["counts"]>;
} {
  if (desk === undefined) {
    const opened = new Desk(() => {
      if (desk === opened) desk = undefined;
    });
    desk = opened;
  }
  return desk.ask(options);
}

/** The worker and the questions that it has not answered. A worker that dies takes those with it; the next question gets a new one. */
class Desk {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #gone: () => void;
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(gone: () => void) {
    this.#gone = gone;
    // The sources run as TypeScript, the package as JavaScript: the worker's file has the ending of this one.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    this.#worker = new Worker(new URL(`./worker${ending}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMbMax },
    });
    this.#worker.unref();
    this.#worker.on("message", (message: DeskAnswer | DeskCounts) => this.#answered(message));
    this.#worker.on("error", (cause) => {
      gone();
      this.#fail(new ModelError("unavailable", "the offline model broke off", { cause }));
    });
    this.#worker.on("exit", () => {
      gone();
      this.#fail(new ModelError("unavailable", "the offline model stopped"));
    });
  }

  ask({ prompt, tools, toolChoice, maxOutputTokens = Number.MAX_SAFE_INTEGER }: LanguageModelV4CallOptions): {
    answer: Promise<GivenAnswer>;
    counts: Promise<DeskCounts["counts"]>;
  } {
    this.#lastId += 1;
    const id = this.#lastId;
    const timer = setTimeout(() => void this.#worker.terminate(), answerMsMax);
    const asked = {
      answer: Promise.withResolvers<GivenAnswer>(),
      counts: Promise.withResolvers<DeskCounts["counts"]>(),
      timer,
    };
    // Whoever stops reading after the answer must not leave a rejection that nobody handles.
    asked.answer.promise.catch(() => {});
    asked.counts.promise.catch(() => {});
    this.#asked.set(id, asked);
    if (this.#asked.size === 1) this.#worker.ref();
    clearTimeout(this.#idle);
    const options = {
      prompt,
      ...(tools !== undefined && { tools }),
      ...(toolChoice !== undefined && { toolChoice }),
    };
    this.#worker.postMessage({ id, options, maxOutputTokens } satisfies DeskQuestion);
    return { answer: asked.answer.promise, counts: asked.counts.promise };
  }

  #answered(message: DeskAnswer | DeskCounts): void {
    const asked = this.#asked.get(message.id);
    if (asked === undefined) return;
    if ("answer" in message) {
      asked.answer.resolve(message.answer);
      return;
    }
    asked.counts.resolve(message.counts);
    clearTimeout(asked.timer);
    this.#asked.delete(message.id);
    if (this.#asked.size > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => {
      this.#gone();
      void this.#worker.terminate();
    }, idleMs).unref();
  }

  #fail(error: ModelError): void {
    for (const asked of this.#asked.values()) {
      clearTimeout(asked.timer);
      asked.answer.reject(error);
      asked.counts.reject(error);
    }
    this.#asked.clear();
  }
}
