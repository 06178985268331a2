/**
 * Threads that embed, as the server's thread sees them: embedding is arithmetic, and must hold up no request. They start when there is
 * work, end when they are idle, and do not keep the process alive. A call's texts are cut into small parts, and the next free thread
 * takes the next part: cores that others use too are not equally fast. If a thread dies, its open parts fail, and it is replaced.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { EmbeddingPurpose } from "../embedding.ts";
import { ModelError } from "../model.ts";
import type { EmbeddingRequest, EmbeddingResponse } from "./thread-message.ts";

/** Bound on one part of a call; it usually takes seconds even with a large model. */
const PART_MS_MAX = 120_000;
/** Each thread holds its model in memory, which an idle server gets back. */
const IDLE_MS = 5 * 60_000;
/** A thread's objects live for a moment: a larger nursery only takes memory. */
const YOUNG_MB_MAX = 4;
/** Fewer texts are not worth a second thread. */
const PART_TEXTS_MIN = 16;
/** Parts of a call for each thread. */
const PARTS_OF_CALL = 4;
/** So that no thread waits for its next part. */
const PARTS_OF_THREAD_MAX = 2;

/** Nobody waits for the parts of a call that is over. */
type Call = { purpose: EmbeddingPurpose; isOver: boolean };
type Part = {
  call: Call;
  texts: readonly string[];
  resolve: (vectors: Float32Array[]) => void;
  reject: (error: ModelError) => void;
};
type Thread = { worker: Worker; parts: Map<number, Part & { timer: NodeJS.Timeout }> };

export type ThreadsOptions = {
  /** The module that a thread runs, without its extension: `./word-vectors-thread`. */
  module: string;
  data: unknown;
  /** Number of threads at most; by default one for each core. */
  count?: number;
};

export class EmbeddingThreads {
  readonly #options: ThreadsOptions;
  readonly #count: number;
  #threads: Thread[] = [];
  #waiting: Part[] = [];
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#count = options.count ?? availableParallelism();
  }

  /** Rejects with `aborted` at once when the signal fires, with `refused` for an unavailable model, else with `unavailable`. */
  async embed(
    texts: readonly string[],
    { purpose, signal }: { purpose: EmbeddingPurpose; signal: AbortSignal },
  ): Promise<Float32Array[]> {
    if (signal.aborted) throw aborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(aborted());
    signal.addEventListener("abort", abort, { once: true });
    const call: Call = { purpose, isOver: false };
    const all = Promise.all(parted(texts, this.#count).map((part) => this.#queue(call, part)));
    this.#handOut();
    try {
      return (await Promise.race([all, promise])).flat();
    } finally {
      call.isOver = true;
      signal.removeEventListener("abort", abort);
      // A caller that has left must not leave an unhandled rejection.
      all.catch(() => {});
    }
  }

  #queue(call: Call, texts: readonly string[]): Promise<Float32Array[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array[]>();
    const part = { call, texts, resolve, reject };
    // A person waits for it.
    if (call.purpose === "query") this.#waiting.unshift(part);
    else this.#waiting.push(part);
    return promise;
  }

  #handOut(): void {
    this.#waiting = this.#waiting.filter(({ call }) => !call.isOver);
    for (const part of this.#waiting.splice(0, this.#room())) this.#send(part);
  }

  /** Parts that the threads can be given now, including threads not yet started. */
  #room(): number {
    const given = this.#threads.reduce((sum, { parts }) => sum + parts.size, 0);
    return Math.max(0, this.#count * PARTS_OF_THREAD_MAX - given);
  }

  #send(part: Part): void {
    const thread = this.#leastBusy();
    this.#lastId += 1;
    const timer = setTimeout(() => void thread.worker.terminate(), PART_MS_MAX);
    thread.parts.set(this.#lastId, { ...part, timer });
    thread.worker.ref();
    clearTimeout(this.#idle);
    const { texts, call } = part;
    thread.worker.postMessage({ id: this.#lastId, texts, purpose: call.purpose } satisfies EmbeddingRequest);
  }

  #leastBusy(): Thread {
    const free = this.#threads.find(({ parts }) => parts.size === 0);
    if (free) return free;
    if (this.#threads.length < this.#count) return this.#start();
    return this.#threads.reduce((least, thread) => (thread.parts.size < least.parts.size ? thread : least));
  }

  #start(): Thread {
    // Sources run as TypeScript, the package as JavaScript: the thread's file has the extension of this one.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const worker = new Worker(new URL(`${this.#options.module}${ending}`, import.meta.url), {
      workerData: this.#options.data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB_MAX },
    });
    const thread: Thread = { worker, parts: new Map() };
    worker.on("message", (response: EmbeddingResponse) => this.#received(thread, response));
    worker.on("error", (cause) => this.#lost(thread, new ModelError("unavailable", "embedding broke off", { cause })));
    worker.on("exit", () => this.#lost(thread, new ModelError("unavailable", "embedding stopped")));
    worker.unref();
    this.#threads.push(thread);
    return thread;
  }

  #received(thread: Thread, response: EmbeddingResponse): void {
    const part = thread.parts.get(response.id);
    if (!part) return;
    thread.parts.delete(response.id);
    clearTimeout(part.timer);
    if ("error" in response) part.reject(new ModelError(response.code, response.error));
    else part.resolve(rowsOf(response.numbers, response.dimensions));
    this.#handOut();
    if (thread.parts.size > 0) return;
    thread.worker.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#giveUp(), IDLE_MS).unref();
  }

  #giveUp(): void {
    const idle = this.#threads.filter(({ parts }) => parts.size === 0);
    this.#threads = this.#threads.filter((thread) => !idle.includes(thread));
    for (const { worker } of idle) void worker.terminate();
  }

  #lost(thread: Thread, error: ModelError): void {
    this.#threads = this.#threads.filter((other) => other !== thread);
    for (const part of thread.parts.values()) {
      clearTimeout(part.timer);
      part.call.isOver = true;
      part.reject(error);
    }
    thread.parts.clear();
    this.#handOut();
  }
}

function rowsOf(numbers: Float32Array, dimensions: number): Float32Array[] {
  const count = dimensions === 0 ? 0 : numbers.length / dimensions;
  return Array.from({ length: count }, (_, row) => numbers.subarray(row * dimensions, (row + 1) * dimensions));
}

/** In equal parts, several for each of `threads`; a single thread has nobody to share with. */
function parted(texts: readonly string[], threads: number): (readonly string[])[] {
  const most = threads === 1 ? 1 : threads * PARTS_OF_CALL;
  const parts = Math.max(1, Math.min(most, Math.floor(texts.length / PART_TEXTS_MIN)));
  const size = Math.ceil(texts.length / parts);
  return Array.from({ length: parts }, (_, part) => texts.slice(part * size, (part + 1) * size));
}

function aborted(): ModelError {
  return new ModelError("aborted", "the embedding was called off");
}
