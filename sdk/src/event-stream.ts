/**
 * A task's log as it grows, over as many connections as it takes: every event once, in order, from after the given
 * number to the terminal one. An event's number is what makes this sure: one that was seen is dropped, and where one is
 * missing the connection is given up for a new one.
 */
import { BACKOFF_FIRST_MS, sleep } from "./backoff.ts";
import { Deadline } from "./deadline.ts";
import { WaybillError } from "./errors.ts";
import { type Event, TERMINAL_EVENTS } from "./generated/api.ts";
import { type SseMessage, SseParser } from "./sse.ts";
import { delayMs, isPassing, type Transport } from "./transport.ts";

/** A connection without a byte for this long is dead: the server sends heartbeats every 15 s. */
const SILENCE_MS_MAX = 60_000;
/** Failures in a row, without one event between them, before the stream gives up: about five minutes. */
const FAILURES_MAX = 40;

const terminal: ReadonlySet<string> = new Set(TERMINAL_EVENTS);

export type EventStreamOptions = {
  /** Number of the last event that the caller has; 0, the default, begins with the first. */
  after?: number;
  signal?: AbortSignal | undefined;
  /** How long a connection may be silent before it counts as dead. Default `SILENCE_MS_MAX`. */
  silenceMs?: number;
  /** Called before each new connection after the first. */
  onReconnect?: (failures: number, error: unknown) => void;
};

/**
 * Ends after the terminal event; at once, without any, when `after` is that event's number or a later one. Rejects when
 * the server refuses, or cannot be reached for minutes.
 */
export async function* eventStream(
  transport: Transport,
  path: string,
  ended: (after: number) => Promise<boolean>,
  options: EventStreamOptions = {},
): AsyncGenerator<Event, void, undefined> {
  const { signal, onReconnect, silenceMs = SILENCE_MS_MAX } = options;
  let after = options.after ?? 0;
  let failures = 0;
  let retryMs = 0;
  for (;;) {
    let broken: unknown;
    try {
      for await (const { message, parser } of messages(transport, path, { after, signal, silenceMs })) {
        retryMs = parser.retryMs ?? retryMs;
        const event = eventOf(message);
        if (event === null || event.seq <= after) continue;
        if (event.seq > after + 1) {
          throw new WaybillError("protocol", `Event ${after + 1} of the log is missing: ${event.seq} came instead.`);
        }
        after = event.seq;
        failures = 0;
        yield event;
        if (terminal.has(event.type)) return;
      }
      // A server that stops ends its streams in good order, and so does one that has nothing left to send.
      if (await ended(after)) return;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      broken = error;
      if (!isPassing(error) && !isTorn(error)) throw error;
    }
    failures += 1;
    if (failures > FAILURES_MAX) {
      throw broken ?? new WaybillError("connection", "The event stream ends again and again without an event.");
    }
    await sleep(Math.max(retryMs, delayMs(broken, failures), BACKOFF_FIRST_MS / 2), signal);
    onReconnect?.(failures, broken);
  }
}

/** True for answers that began well and then broke off. */
function isTorn(error: unknown): boolean {
  return error instanceof WaybillError && error.code === "protocol" && error.status === null;
}

async function* messages(
  transport: Transport,
  path: string,
  { after, signal, silenceMs }: { after: number; signal: AbortSignal | undefined; silenceMs: number },
): AsyncGenerator<{ message: SseMessage; parser: SseParser }, void, undefined> {
  const deadline = new Deadline(transport.timeoutMs, signal);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const headers = { accept: "text/event-stream", "cache-control": "no-cache", "last-event-id": String(after) };
    const response = await transport.open({ method: "GET", path, headers, signal }, deadline);
    if (response.status === 204) return;
    const type = response.headers.get("content-type") ?? "";
    if (!type.startsWith("text/event-stream") || response.body === null) {
      throw new WaybillError("protocol", `The answer is ${type || "nothing"}, not an event stream.`, {
        status: response.status,
      });
    }
    reader = response.body.getReader();
    const parser = new SseParser();
    for (;;) {
      deadline.extend(silenceMs);
      const { done, value } = await read(reader, deadline, signal);
      if (done) return;
      // The reader's own pace is not the server's silence.
      deadline.extend(Number.POSITIVE_INFINITY);
      for (const message of parser.push(value)) yield { message, parser };
    }
  } finally {
    deadline.clear();
    // Closes the connection when the caller leaves early. It may be closed already, which is as good.
    await reader?.cancel().catch(() => undefined);
  }
}

async function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const what = deadline.passed ? "fell silent" : "broke off";
    throw new WaybillError("connection", `The event stream ${what}.`, { cause });
  }
}

/** The event of a frame; null for frames that are no event of the log. */
function eventOf({ data }: SseMessage): Event | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw new WaybillError("protocol", "A frame of the event stream is not JSON.", { cause });
  }
  return isEvent(value) ? value : null;
}

function isEvent(value: unknown): value is Event {
  return (
    typeof value === "object" &&
    value !== null &&
    "seq" in value &&
    Number.isSafeInteger(value.seq) &&
    "type" in value &&
    typeof value.type === "string"
  );
}
