/**
 * Reads a streamed answer directly from its connection, before `fetch`: the three streams between the connection and a reader of the
 * body cost several times as much per token as all other work on it. A body that is no event stream, or is compressed, is passed on to
 * `fetch` unchanged.
 */
import type { Dispatcher } from "undici";
import { leaveBehind } from "./connection-end.ts";
import { isEventStream, LONGEST_FIELD, withoutBlanks } from "./first-bytes.ts";
import type { RepairedAnswer } from "./repaired-stream.ts";

/** An answer that begins with more of them is passed on to `fetch`, whose bytes are counted as they are read. */
const BLANK_BYTES_MAX = 16_384;

type Handler = Dispatcher.DispatchHandler;
type Controller = Dispatcher.DispatchController;

export class EarlyAnswer {
  readonly #answer: RepairedAnswer;
  readonly #isHere = Promise.withResolvers<boolean>();
  /** Whether it is read here; null until that is known. */
  #here: boolean | null = null;
  #first: Buffer = Buffer.alloc(0);
  #firstBytes = 0;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;
  #paused: Controller | null = null;

  constructor(answer: RepairedAnswer) {
    this.#answer = answer;
  }

  /** Whether it is read here: then the body of `fetch`'s response stays empty. */
  get isHere(): Promise<boolean> {
    return this.#isHere.promise;
  }

  /** `body` is that of `fetch`'s response: it releases the connection, after its end if the answer is complete. */
  letGoBy(body: ReadableStreamDefaultReader<Uint8Array>): void {
    const leave = () => {
      const left: Promise<unknown> = this.#hasEnded ? body.read() : body.cancel();
      left.catch(() => {});
    };
    const letGo = () => {
      this.#resume();
      if (this.#answer.isComplete) leaveBehind(this.#ended.promise, leave);
      else leave();
    };
    this.#answer.comesFrom({ more: () => this.#resume(), letGo });
  }

  /** Stands between a connection and `fetch`. */
  before(next: Handler): Handler {
    return {
      onRequestStart: (...given) => next.onRequestStart?.(...given),
      onRequestUpgrade: (...given) => next.onRequestUpgrade?.(...given),
      onResponseStart: (controller, status, headers, message) => {
        const coding = headers["content-encoding"] ?? "identity";
        if (status >= 300 || coding !== "identity") this.#decide(false);
        next.onResponseStart?.(controller, status, headers, message);
      },
      onResponseData: (controller, chunk) => {
        if (this.#here === null) this.#look(controller, chunk, next);
        else if (this.#here) this.#take(controller, chunk);
        else next.onResponseData?.(controller, chunk);
      },
      onResponseEnd: (controller, trailers) => {
        this.#passOn(controller, next);
        this.#hasEnded = true;
        if (this.#here) this.#answer.end();
        next.onResponseEnd?.(controller, trailers);
        this.#ended.resolve();
      },
      onResponseError: (controller, error) => {
        this.#passOn(controller, next);
        if (this.#here) this.#answer.fail(error);
        next.onResponseError?.(controller, error);
        this.#ended.resolve();
      },
    };
  }

  #look(controller: Controller, chunk: Buffer, next: Handler): void {
    this.#firstBytes += chunk.length;
    this.#first = withoutBlanks(Buffer.concat([this.#first, chunk]));
    const isTold = this.#first.length >= LONGEST_FIELD;
    if (isTold && isEventStream(this.#first)) {
      this.#decide(true);
      this.#take(controller, this.#first);
    } else if (isTold || this.#firstBytes > BLANK_BYTES_MAX) this.#passOn(controller, next);
  }

  /** The connection is paused until this chunk has been processed. */
  #take(controller: Controller, chunk: Buffer): void {
    this.#answer.take(chunk);
    if (!this.#answer.isBehind) return;
    controller.pause();
    this.#paused = controller;
  }

  #resume(): void {
    if (this.#answer.isBehind) return;
    const paused = this.#paused;
    this.#paused = null;
    paused?.resume();
  }

  /** Chunks not read here are passed on, with all later ones. */
  #passOn(controller: Controller, next: Handler): void {
    if (this.#here !== null) return;
    this.#decide(false);
    if (this.#first.length > 0) next.onResponseData?.(controller, this.#first);
  }

  #decide(here: boolean): void {
    this.#here = here;
    this.#isHere.resolve(here);
  }
}
