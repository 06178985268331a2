/**
 * What a run has said and not yet committed. Effects of the handler's own code ride on its next commit, at the latest
 * in the next turn of the event loop; live text is coalesced, and progress, which never falls, shows its latest value.
 */
import type { JournalEntry } from "../store/store.ts";
import type { ArtifactUpdate } from "../task/artifact.ts";
import type { EventDraft } from "../task/event.ts";
import type { JsonObject } from "../task/json.ts";
import type { UsageCall } from "../task/usage.ts";
import type { RunHost, RunWrite } from "./run.ts";

/** Live text waits this long for more of it, */
export const OUTPUT_MS = 100;
/** or until there is so much. */
export const OUTPUT_CHARACTERS = 4096;
export const PROGRESS_MS = 200;

/** What one call on the context adds to the next commit. */
export type Said = {
  events?: EventDraft[];
  journal?: JournalEntry[];
  artifacts?: ArtifactUpdate[];
  details?: JsonObject;
  usage?: UsageCall[];
};

type LiveText = { step: string; agent: string; text: string };

export class Outbox {
  readonly #host: RunHost;
  readonly #lost: (error: unknown) => void;
  #write: RunWrite = emptyWrite();
  #live: LiveText | null = null;
  #flushAt: number | null = null;
  #cancelFlush: (() => void) | null = null;
  #closed = false;

  constructor(host: RunHost, lost: (error: unknown) => void) {
    this.#host = host;
    this.#lost = lost;
  }

  say(said: Said): void {
    if (this.#closed) return;
    this.#sealText();
    merge(this.#write, said);
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

  /** Everything said so far, followed by `last`: whoever takes it commits it. */
  take(last: Partial<RunWrite> = {}): RunWrite {
    this.#sealText();
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    this.#flushAt = null;
    const write = this.#write;
    this.#write = emptyWrite();
    const { record, journal, artifacts, taken = [] } = last;
    merge(write, { ...record, ...(journal && { journal }), ...(artifacts && { artifacts }) });
    write.taken.push(...taken);
    if (record?.progressed) write.record.progressed = true;
    if (record?.progress) write.record.progress = record.progress;
    return write;
  }

  /** Takes nothing more. What was said is still there to be taken. */
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
    const at = this.#host.clock.now() + ms;
    if (this.#flushAt !== null && this.#flushAt <= at) return;
    this.#cancelFlush?.();
    this.#flushAt = at;
    this.#cancelFlush = this.#host.clock.after(ms, () => {
      this.#cancelFlush = null;
      this.#flushAt = null;
      this.#host.commit(this.take()).catch(this.#lost);
    });
  }
}

function emptyWrite(): RunWrite {
  return { record: { events: [] }, journal: [], artifacts: [], taken: [] };
}

function merge(write: RunWrite, said: Said): void {
  write.record.events.push(...(said.events ?? []));
  write.journal.push(...(said.journal ?? []));
  write.artifacts.push(...(said.artifacts ?? []));
  if (said.details) write.record.details = { ...write.record.details, ...said.details };
  if (said.usage) write.record.usage = [...(write.record.usage ?? []), ...said.usage];
}
