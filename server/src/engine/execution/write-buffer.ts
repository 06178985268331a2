/**
 * What a run has recorded and not yet committed. Effects of the handler's own code ride on its next commit, at the latest
 * in the next turn of the event loop; live text is coalesced, and progress, which never falls, shows its latest value.
 */
import type { Clock } from "../clock.ts";
import type { AttemptWrite, PartialWrite } from "./attempt-port.ts";

/** Live text waits this long for more of it, */
const OUTPUT_MS = 100;
/** or until there is so much. */
const OUTPUT_CHARACTERS = 4096;
const PROGRESS_MS = 200;

type LiveText = { step: string; agent: string; text: string };

export class WriteBuffer {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #write: AttemptWrite = emptyWrite();
  #live: LiveText | null = null;
  #flushAt: number | null = null;
  #cancelFlush: (() => void) | null = null;
  #closed = false;

  /** `flush` commits what it then takes. */
  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
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
    this.#flushIn(this.#live.text.length >= OUTPUT_CHARACTERS ? 0 : OUTPUT_MS);
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

  #sealText(): void {
    if (!this.#live) return;
    const { step, agent, text } = this.#live;
    this.#live = null;
    this.#write.record.events.push({ type: "output.delta", data: { text, agent, step } });
  }

  #flushIn(ms: number): void {
    const at = this.#clock.elapsed() + ms;
    if (this.#flushAt !== null && this.#flushAt <= at) return;
    this.#cancelFlush?.();
    this.#flushAt = at;
    this.#cancelFlush = ms === 0 ? soon(this.#flush) : this.#clock.after(ms, this.#flush);
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
  write.journal.push(...journal);
  write.artifacts.push(...artifacts);
  write.taken.push(...taken);
  write.settled.push(...settled);
  const { events = [], details, usage, progressed, progress, asked, closed } = record;
  write.record.events.push(...events);
  if (details) write.record.details = { ...write.record.details, ...details };
  if (usage) write.record.usage = [...(write.record.usage ?? []), ...usage];
  if (progressed) write.record.progressed = true;
  if (asked) write.record.asked = [...(write.record.asked ?? []), ...asked];
  if (closed) write.record.closed = [...(write.record.closed ?? []), ...closed];
  if (progress) write.record.progress = progress;
}
