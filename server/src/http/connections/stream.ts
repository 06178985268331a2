/**
 * Server-sent events on the raw response. Frames are pulled only while the socket takes bytes: a stalled reader costs one frame and the
 * kernel's buffer, and slows down nobody else. A stream with nothing to show is one record, with nothing pending. To close a stream
 * does not cancel its task.
 */
import type { ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Incoming } from "../../lenses/incoming.ts";
import type { EventStream, Frame, Frames } from "../../lenses/lens-parts.ts";
import { Refusal } from "../../task/errors.ts";
import { ENDED, LATER } from "../../task/events/log-reader.ts";
import { LongWrites } from "./long-writes.ts";
import { PulledFrames } from "./pulled-frames.ts";
import { STREAMS_BYTES_MAX, StalledReaders } from "./stalled-readers.ts";

/** A reader that takes no byte for this long is disconnected; it may resume where it was. */
const STALLED_MS_MAX = 300_000;
/** After the end of its stream, a reader that takes no more bytes is cut off after this time. */
const CUT_MS = 250;
/** One timer for all streams: 10,000 streams would be 10,000 timers. */
const TICK_MS = 1_000;
const LINE_FEED = 10;

/** Streams with news that are written to in one turn of the event loop. */
const SHOWN_AT_ONCE = 512;

type Open = {
  request: string;
  raw: ServerResponse;
  heartbeat: string;
  heartbeatMs: number;
  endsWhole: boolean;
  lastWriteAt: number;
  /** The last write ended a line: a long frame comes in pieces. */
  isWhole: boolean;
  frames: Frames;
  /** Frames are being written, or wait for the socket. */
  isShowing: boolean;
  hasNews: boolean;
  isOver: boolean;
  /** Called when the socket takes bytes again, or is closed. */
  goOn: () => void;
  /** Unbinds it from the signals that end it. */
  stay: (() => void) | undefined;
};

const nothing = () => {};
const BEGUN = { lastWriteAt: 0, isWhole: true, isShowing: false, hasNews: false, isOver: false, goOn: nothing };

export type Streams = {
  stream: (request: Incoming, raw: ServerResponse, stream: EventStream) => Promise<void>;
  open: () => number;
  /** Ends every stream: clients resume at the next server with their Last-Event-ID. */
  close: () => void;
};

type StreamsParts = {
  streamsMax: number;
  bytesMax?: number;
  log: Logger;
  /** Headers that tell the caller's share, in which the stream counts from then on. Throws `rate_limited`. */
  headersOf?: (request: Incoming) => Readonly<Record<string, string>>;
  /** Resolves when it may open; null for at once. Throws `rate_limited` when too many wait to open. */
  turnOf?: (request: Incoming) => Promise<void> | null;
};

export function createStreams({
  streamsMax,
  bytesMax = STREAMS_BYTES_MAX,
  log,
  headersOf = () => ({}),
  turnOf = () => null,
}: StreamsParts): Streams {
  const streams = new OpenStreams(bytesMax, log);
  const isFull = () => streams.isClosing || streams.size >= streamsMax;
  return {
    open: () => streams.size,
    close: () => streams.close(),
    async stream(request, raw, stream) {
      if (isFull()) throw tooMany();
      const left = headersOf(request);
      request.held = true;
      // For a HEAD request no stream opens.
      if (request.method !== "HEAD") await turnOf(request);
      // Others may have opened during the wait.
      if (isFull()) throw tooMany();
      // Its reader has left during the wait: no event would tell of that any more.
      if (raw.destroyed || raw.closed) return;
      raw.writeHead(200, headOf(request, { ...left, ...stream.headers }));
      if (request.method === "HEAD") return void raw.end();
      raw.flushHeaders();
      // The stream keeps nothing of its request while it is open.
      streams.add(raw, request.id, stream);
    },
  };
}

class OpenStreams {
  isClosing = false;
  readonly #log: Logger;
  readonly #open = new Set<Open>();
  readonly #stalled: StalledReaders<Open>;
  /** Streams with news. */
  readonly #due: Open[] = [];
  readonly #longWrites = new LongWrites();
  #timer: NodeJS.Timeout | undefined;

  constructor(bytesMax: number, log: Logger) {
    this.#log = log;
    this.#stalled = new StalledReaders<Open>(bytesMax, (one) => {
      one.raw.destroy();
      log.warn({ open: this.size }, "let a stalled stream go: what waits for all of them is too much");
    });
  }

  get size(): number {
    return this.#open.size;
  }

  add(raw: ServerResponse, request: string, stream: EventStream): void {
    const { opening, heartbeat, heartbeatMs, endsWhole = false, frames, ended } = stream;
    const news = () => this.#heard(one);
    const left = () => {
      this.#end(one, true);
      one.stay?.();
    };
    const shown = typeof frames === "function" ? new PulledFrames(frames) : frames.begin(news);
    const one: Open = { ...BEGUN, request, raw, heartbeat, heartbeatMs, endsWhole, frames: shown, stay: undefined };
    this.#open.add(one);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    one.stay = ended?.(() => {
      this.#breakOff(one);
      setTimeout(() => raw.destroy(), CUT_MS).unref();
    });
    raw.on("error", left);
    raw.on("close", left);
    if (opening !== "" && !one.isOver) write(one, opening);
    void this.#show(one);
  }

  close(): void {
    this.isClosing = true;
    for (const one of this.#open) this.#breakOff(one);
  }

  #tick(): void {
    for (const one of this.#open) beat(one, performance.now());
    if (this.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #heard(one: Open): void {
    if (one.hasNews) return;
    one.hasNews = true;
    if (!one.isShowing && this.#due.push(one) === 1) queueMicrotask(() => this.#showDue());
  }

  #showDue(): void {
    for (const one of this.#due.splice(0, SHOWN_AT_ONCE)) void this.#show(one);
    if (this.#due.length > 0) setImmediate(() => this.#showDue());
  }

  async #show(one: Open): Promise<void> {
    one.isShowing = true;
    try {
      while (!one.isOver) {
        one.hasNews = false;
        const read = one.frames.next();
        const frame = read instanceof Promise ? await read : read;
        if (one.isOver) return;
        if (frame === ENDED) return this.#end(one, false);
        if (frame !== LATER) {
          const turn = this.#longWrites.turn(frame.length);
          if (turn) await turn;
          if (one.isOver) return;
          await this.#written(one, frame);
        } else if (!one.hasNews) break;
      }
      one.isShowing = false;
    } catch (error) {
      if (one.isOver) return;
      this.#log.error({ err: error, request: one.request }, "stream broke");
      // Not a clean end: the reader must see that something is missing, and resume.
      this.#end(one, !this.isClosing || one.endsWhole);
    }
  }

  /** Null if its socket takes more at once. */
  #written(one: Open, frame: Frame): Promise<void> | null {
    if (write(one, frame)) return null;
    this.#stalled.add(one, frame);
    return drained(one).then(() => this.#stalled.remove(one));
  }

  /** Ends it. A clean end says that all was shown, or that its reader may resume. */
  #end(one: Open, isCut: boolean): void {
    if (one.isOver) return;
    one.isOver = true;
    this.#stalled.remove(one);
    this.#open.delete(one);
    one.frames.close();
    one.goOn();
    if (isCut) one.raw.destroy();
    else one.raw.end();
  }

  /** Before its time. */
  #breakOff(one: Open): void {
    this.#end(one, one.endsWhole || !one.isWhole);
  }
}

function beat(one: Open, now: number): void {
  if (one.raw.writableNeedDrain) {
    if (now - one.lastWriteAt > STALLED_MS_MAX) one.raw.destroy();
  } else if (one.isWhole && now - one.lastWriteAt >= one.heartbeatMs) {
    write(one, one.heartbeat);
  }
}

function tooMany(): Refusal {
  return new Refusal("unavailable", "Too many event streams are open: try again in a moment.", { retryAfterS: 1 });
}

function headOf(request: Incoming, own: Record<string, string>): Record<string, string> {
  return {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    "x-request-id": request.id,
    "x-content-type-options": "nosniff",
    ...own,
  };
}

function write(one: Open, frame: Frame): boolean {
  one.lastWriteAt = performance.now();
  one.isWhole = (typeof frame === "string" ? frame.charCodeAt(frame.length - 1) : frame.at(-1)) === LINE_FEED;
  return one.raw.write(frame);
}

/** Resolves when the socket takes bytes again, or the reader has left. */
function drained(one: Open): Promise<void> {
  return new Promise((resolve) => {
    one.goOn = resolve;
    one.raw.once("drain", resolve);
    if (one.isOver || !one.raw.writableNeedDrain) resolve();
  });
}
