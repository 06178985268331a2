/**
 * What a run has recorded and not yet committed. Effects of the handler's own code ride on its next commit, at the latest
 * in the next turn of the event loop; live text is coalesced, and progress, which never falls, shows its latest value.
 * The first text goes at once; what comes while it is written, or soon after it, goes together.
 */
import { type JsonObject, putKey } from "../../task/json/json.ts";
import type { Clock } from "../clock.ts";
import type { AttemptWrite, PartialWrite } from "./attempt-port.ts";

/** So much live text waits for nothing. */
const OUTPUT_CHARACTERS = 4096;
const PROGRESS_MS = 200;
/**
 * Text that was taken late lets the next one go earlier, by up to this share of the time between two. Of a model that speaks just
 * as often as its text may go, each word would otherwise wait for as long as all before it were late, up to all of that time.
 */
const LATE_MAX = 0.5;

type LiveText = { step: string; agent: string; text: string };

export class WriteBuffer {
  readonly #clock: Clock;
  readonly #flush: () => Promise<unknown>;
  readonly #textMs: () => number;
  #write: AttemptWrite = emptyWrite();
  #live: LiveText | null = null;
  /** When text was last taken, or was due where that is not much earlier, by the clock's elapsed time. */
  #textAt = Number.NEGATIVE_INFINITY;
  /** How far apart commits were to be when text last came. */
  #apartMs = 0;
  /** Flushes that are not on disk yet. */
  #flushes = 0;
  #flushAt: number | null = null;
  #cancelFlush: (() => void) | null = null;
  #closed = false;

  /** `flush` commits what it then takes; `textMs` is how far apart commits of live text are to be. */
  constructor(clock: Clock, flush: () => Promise<unknown>, textMs: () => number) {
    this.#clock = clock;
    this.#flush = flush;
    this.#textMs = textMs;
  }

  get isEmpty(): boolean {
    return !this.#live && isEmpty(this.#write);
  }

  add(write: PartialWrite): void {
    if (this.#closed) return;
    this.#sealText();
    merge(this.#write, write);
    this.#flushIn(0);
  }

  progress(fraction: number, message: string): void {
    if (this.#closed) return;
    this.#write.record.progress = { fraction, message };
    this.#flushIn(PROGRESS_MS);
  }

  text(step: string, agent: string, text: string): void {
    if (this.#closed || text === "") return;
    if (this.#live && (this.#live.step !== step || this.#live.agent !== agent)) this.#sealText();
    this.#live ??= { step, agent, text: "" };
    this.#live.text += text;
    this.#flushText();
  }

  /** Everything recorded so far, followed by `last`: whoever takes it commits it. */
  take(last: PartialWrite = {}): AttemptWrite {
    this.#sealText();
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    this.#flushAt = null;
    const write = this.#write;
    this.#write = emptyWrite();
    merge(write, last);
    return write;
  }

  /** Takes nothing more. What was recorded is still there to be taken. */
  close(): void {
    this.#closed = true;
    this.#cancelFlush?.();
    this.#cancelFlush = null;
  }

  #flushText(): void {
    if (!this.#live) return;
    this.#apartMs = this.#textMs();
    if (this.#live.text.length >= OUTPUT_CHARACTERS) this.#flushIn(0);
    else if (this.#flushes === 0) this.#flushIn(Math.max(0, this.#textAt + this.#apartMs - this.#clock.elapsed()));
  }

  #sealText(): void {
    if (!this.#live) return;
    const now = this.#clock.elapsed();
    this.#textAt = Math.min(now, Math.max(this.#textAt + this.#apartMs, now - this.#apartMs * LATE_MAX));
    const { step, agent, text } = this.#live;
    this.#live = null;
    this.#write.record.events.push({ type: "output.delta", data: { text, agent, step } });
  }

  #flushIn(ms: number): void {
    const at = this.#clock.elapsed() + ms;
    if (this.#flushAt !== null && this.#flushAt <= at) return;
    this.#cancelFlush?.();
    this.#flushAt = at;
    const flush = () => void this.#flushed();
    this.#cancelFlush = ms === 0 ? soon(flush) : this.#clock.after(ms, flush);
  }

  async #flushed(): Promise<void> {
    this.#flushes += 1;
    await this.#flush();
    this.#flushes -= 1;
    if (!this.#closed) this.#flushText();
  }
}

export function isEmpty({ record, journal, artifacts, taken }: AttemptWrite): boolean {
  const { events, progress, details, usage, asked, closed } = record;
  const entries = events.length + journal.length + artifacts.length + taken.length;
  return entries === 0 && !progress && !details && !usage && !asked && !closed;
}

export function emptyWrite(): AttemptWrite {
  return { record: { events: [] }, journal: [], artifacts: [], taken: [], settled: [] };
}

/** Once the handler's own code has come to rest: what it records in one go then commits in one go. */
function soon(run: () => void): () => void {
  const immediate = setImmediate(run);
  return () => clearImmediate(immediate);
}

function merge(write: AttemptWrite, given: PartialWrite): void {
  const { record = {}, journal = [], artifacts = [], taken = [], settled = [] } = given;
  append(write.journal, journal);
  append(write.artifacts, artifacts);
  append(write.taken, taken);
  append(write.settled, settled);
  const { events = [], details, usage, progressed, progress, asked, closed } = record;
  append(write.record.events, events);
  // Added to what there is: a copy for each of thousands of calls would take seconds.
  if (details) write.record.details = withKeys(write.record.details, details);
  if (usage) write.record.usage = withItems(write.record.usage, usage);
  if (progressed) write.record.progressed = true;
  if (asked) write.record.asked = withItems(write.record.asked, asked);
  if (closed) write.record.closed = withItems(write.record.closed, closed);
  if (progress) write.record.progress = progress;
}

function withKeys(object: JsonObject = {}, more: JsonObject): JsonObject {
  for (const [key, value] of Object.entries(more)) if (value !== undefined) putKey(object, key, value);
  return object;
}

function withItems<Item>(list: Item[] = [], more: readonly Item[]): Item[] {
  append(list, more);
  return list;
}

/** A step may bring hundreds of thousands, more than a call takes as its arguments. */
function append<Item>(list: Item[], more: readonly Item[]): void {
  for (const item of more) list.push(item);
}
