/**
 * Server-sent events on the raw response. Frames are pulled only while the socket takes bytes: a reader that does not
 * read costs one item and the kernel's buffer, and slows nobody. Closing a stream never cancels what it shows.
 */
import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { EventStream } from "../../lenses/lens-parts.ts";
import { Refusal } from "../../task/errors.ts";
import { type Frame, STREAMS_BYTES_MAX, StalledReaders } from "./stalled-readers.ts";

/** A reader that takes no byte for this long is let go; it may resume where it was. */
const STALLED_MS_MAX = 300_000;
/** A reader that takes nothing more is cut off this long after what ends its stream. */
const CUT_MS = 250;
/** One timer for all streams, since 10,000 of them are 10,000 timers otherwise. */
const TICK_MS = 1_000;
const LINE_FEED = 10;

type Open = {
  request: string;
  raw: ServerResponse;
  heartbeat: string;
  heartbeatMs: number;
  endsWhole: boolean;
  lastWriteAt: number;
  /** What was written ends with the end of a line: a long frame comes in pieces. */
  isWhole: boolean;
  leave: AbortController;
};

/** Nothing is written yet. */
const BEGUN = { lastWriteAt: 0, isWhole: true };

export type Streams = {
  stream: (request: FastifyRequest, reply: FastifyReply, stream: EventStream) => Promise<void>;
  open: () => number;
  /** Ends every stream: clients come back to the next server with their Last-Event-ID. */
  close: () => void;
};

type StreamsParts = {
  streamsMax: number;
  bytesMax?: number;
  log: Logger;
  /** What a stream's head says of its caller's share, which it is part of from then on. Throws `rate_limited`. */
  headersOf?: (request: FastifyRequest) => Readonly<Record<string, string>>;
  /** Resolves when it may open; null when at once. Throws `rate_limited` when too many wait for that. */
  turnOf?: (request: FastifyRequest) => Promise<void> | null;
};

export function createStreams({
  streamsMax,
  bytesMax = STREAMS_BYTES_MAX,
  log,
  headersOf = () => ({}),
  turnOf = () => null,
}: StreamsParts): Streams {
  const open = new Set<Open>();
  const stalled = new StalledReaders<Open>(bytesMax, (one) => {
    one.raw.destroy();
    log.warn({ open: open.size }, "let a stalled stream go: what waits for all of them is too much");
  });
  let timer: NodeJS.Timeout | undefined;
  let closing = false;

  function tick(): void {
    for (const one of open) beat(one, performance.now());
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  async function pump(one: Open, frames: AsyncIterable<Frame>): Promise<void> {
    for await (const frame of frames) {
      if (one.leave.signal.aborted) return;
      if (write(one, frame)) continue;
      stalled.add(one, frame);
      await drained(one);
      stalled.remove(one);
    }
  }

  async function show(one: Open, frames: AsyncIterable<Frame>): Promise<void> {
    const { raw, leave, endsWhole } = one;
    try {
      await pump(one, frames);
      if (leave.signal.aborted && (endsWhole || !one.isWhole)) raw.destroy();
      else raw.end();
    } catch (error) {
      if (!leave.signal.aborted) log.error({ err: error, request: one.request }, "stream broke");
      // Not a clean end: the reader must see that something is missing, and resume.
      if (closing && !endsWhole) raw.end();
      else raw.destroy();
    } finally {
      stalled.remove(one);
      open.delete(one);
    }
  }

  return {
    open: () => open.size,
    close() {
      closing = true;
      for (const { leave } of open) leave.abort();
    },
    async stream(request, reply, { headers, opening, heartbeat, heartbeatMs, endsWhole = false, frames, ended }) {
      if (closing || open.size >= streamsMax) throw tooMany(reply);
      const left = headersOf(request);
      request.held = true;
      // Of a stream whose head alone is asked for, nothing opens.
      if (request.method !== "HEAD") await turnOf(request);
      // Others may have opened while it waited.
      if (closing || open.size >= streamsMax) throw tooMany(reply);
      reply.hijack();
      const { raw } = reply;
      // Its reader has left while it waited: nothing would say so any more.
      if (raw.destroyed || raw.closed) return;
      raw.writeHead(200, headOf(request, { ...left, ...headers }));
      if (request.method === "HEAD") return void raw.end();
      const leave = new AbortController();
      const one: Open = { ...BEGUN, request: request.id, raw, heartbeat, heartbeatMs, endsWhole, leave };
      const stay = ended === undefined ? undefined : ended(() => end(one));
      raw.on("error", () => leave.abort());
      raw.on("close", () => {
        leave.abort();
        stay?.();
      });
      open.add(one);
      timer ??= setInterval(tick, TICK_MS).unref();
      raw.flushHeaders();
      if (opening !== "") write(one, opening);
      // Nothing of its request is held for as long as it is open.
      void show(one, frames(leave.signal));
    },
  };
}

function beat(one: Open, now: number): void {
  if (one.raw.writableNeedDrain) {
    if (now - one.lastWriteAt > STALLED_MS_MAX) one.raw.destroy();
  } else if (one.isWhole && now - one.lastWriteAt >= one.heartbeatMs) {
    write(one, one.heartbeat);
  }
}

/** What it shows ends before its time. */
function end({ raw, leave, endsWhole }: Open): void {
  leave.abort();
  if (endsWhole) raw.destroy();
  else setTimeout(() => raw.destroy(), CUT_MS).unref();
}

function tooMany(reply: FastifyReply): Refusal {
  reply.header("retry-after", "1");
  return new Refusal("unavailable", "Too many event streams are open: try again in a moment.", { retryAfterS: 1 });
}

function headOf(request: FastifyRequest, own: Record<string, string>): Record<string, string> {
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
function drained({ raw, leave: { signal } }: Open): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      raw.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    raw.on("drain", done);
    signal.addEventListener("abort", done);
    if (signal.aborted || !raw.writableNeedDrain) done();
  });
}
