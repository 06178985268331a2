/**
 * The worker thread of the offline model as the server's thread sees it: a prompt goes in, an answer and its token counts come back.
 * The thread starts with the first question, ends when it is idle, and does not keep the process alive. If it dies, its open questions
 * fail, and the next question starts a new one.
 */

import { Worker } from "node:worker_threads";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { ModelError } from "../model.ts";
import type { LimitedAnswer, TokenCounts, WorkerRequest, WorkerResponse } from "./worker-message.ts";

/** Bound on one answer; the longest true ones, over megabytes of text, take about a fifth of this. */
const answerMsMax = 30_000;
const memoryMbMax = 512;
/** The thread with its tables holds some 100 MB, which an idle server gets back. */
const idleMs = 5 * 60_000;

type Open = {
  answer: PromiseWithResolvers<LimitedAnswer>;
  counts: PromiseWithResolvers<TokenCounts>;
  timer: NodeJS.Timeout;
};

export class WorkerChannel {
  readonly #open = new Map<number, Open>();
  #worker: Worker | undefined;
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;

  /** Both promises reject with `unavailable` when the thread takes too long or dies. */
  ask({ prompt, tools, toolChoice, maxOutputTokens = Number.MAX_SAFE_INTEGER }: LanguageModelV4CallOptions): {
    answer: Promise<LimitedAnswer>;
    counts: Promise<TokenCounts>;
  } {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    this.#lastId += 1;
    const open: Open = {
      answer: Promise.withResolvers(),
      counts: Promise.withResolvers(),
      timer: setTimeout(() => void worker.terminate(), answerMsMax),
    };
    // A caller who reads only the answer must not leave an unhandled rejection.
    open.answer.promise.catch(() => {});
    open.counts.promise.catch(() => {});
    this.#open.set(this.#lastId, open);
    if (this.#open.size === 1) worker.ref();
    clearTimeout(this.#idle);
    worker.postMessage({
      id: this.#lastId,
      prompt: { prompt, ...(tools !== undefined && { tools }), ...(toolChoice !== undefined && { toolChoice }) },
      maxOutputTokens,
    } satisfies WorkerRequest);
    return { answer: open.answer.promise, counts: open.counts.promise };
  }

  #start(): Worker {
    // Sources run as TypeScript, the package as JavaScript: the worker's file has the extension of this one.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const worker = new Worker(new URL(`./worker${ending}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMbMax },
    });
    worker.unref();
    worker.on("message", (message: WorkerResponse) => this.#received(worker, message));
    worker.on("error", (cause) =>
      this.#lost(worker, new ModelError("unavailable", "the offline model broke off", { cause })),
    );
    worker.on("exit", () => this.#lost(worker, new ModelError("unavailable", "the offline model stopped")));
    return worker;
  }

  #received(worker: Worker, message: WorkerResponse): void {
    const open = this.#open.get(message.id);
    if (open === undefined) return;
    if ("answer" in message) {
      open.answer.resolve(message.answer);
      return;
    }
    open.counts.resolve(message.counts);
    clearTimeout(open.timer);
    this.#open.delete(message.id);
    if (this.#open.size > 0) return;
    worker.unref();
    this.#idle = setTimeout(() => {
      this.#worker = undefined;
      void worker.terminate();
    }, idleMs).unref();
  }

  #lost(worker: Worker, error: ModelError): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const open of this.#open.values()) {
      clearTimeout(open.timer);
      open.answer.reject(error);
      open.counts.reject(error);
    }
    this.#open.clear();
  }
}
