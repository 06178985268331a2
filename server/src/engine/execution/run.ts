/**
 * One attempt: a handler in motion over its journal. It knows what a call means (once, recorded, replayed) and when a
 * run holds nothing any more; how changes become durable is the host's, which each engine implements.
 *
 * A run ends in one of three ways: the handler returned or threw; it was unwound at waits (or at a pause) with no step
 * in flight; or it was cut off, and whatever it still does goes nowhere. A call that must not go on never settles:
 * nothing then holds the handler's frames, and they are collected.
 */
import type { InboxItem, JournalEntry } from "../../store/store.ts";
import type { ArtifactUpdate } from "../../task/artifact.ts";
import type { Message } from "../../task/conversation.ts";
import type { Recorded } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { type Context, type Handler, StepError, TaskFailure } from "../../task/handler.ts";
import type { Json } from "../../task/json.ts";
import { type Failure, NO_USAGE, type Task, type UsageTotals, type Wait } from "../../task/task.ts";
import { sumOf, type UsageCall } from "../../task/usage.ts";
import type { Clock } from "../clock.ts";
import { Journal, JournalMismatch } from "./journal.ts";
import { ReplayContext } from "./replay-context.ts";
import { WriteBuffer } from "./write-buffer.ts";

/** What a run commits: the record, and what goes with it. */
export type RunWrite = {
  record: Recorded;
  journal: JournalEntry[];
  artifacts: ArtifactUpdate[];
  taken: number[];
};

/** What a run needs of its engine. Each rejects with a `Refusal` `fenced` once the attempt has lost the task. */
export interface AttemptPort {
  readonly clock: Clock;
  random(): number;
  commit(write: RunWrite): Promise<void>;
  /** Stands still at these waits, which may be none while paused. */
  suspend(waits: Wait[], checkpoint: string, write: RunWrite): Promise<void>;
  complete(output: Json, write: RunWrite): Promise<void>;
  fail(error: Failure, retryable: boolean, retryAfterMs: number | undefined, write: RunWrite): Promise<void>;
  reject(error: Failure, write: RunWrite): Promise<void>;
  pause(reason: string, write: RunWrite): Promise<void>;
  /** Makes the child and commits `write` with it; returns its id. */
  child(kind: string, input: Json, write: (child: string) => RunWrite): Promise<string>;
  /** A task's end, or null while it has none. */
  endOf(child: string): Promise<{ output: Json } | { error: Failure } | null>;
  history(limit: number): Promise<Message[]>;
  /** Usage of an attempt that has lost its task. */
  bill(calls: UsageCall[]): Promise<void>;
  /** Called around every body of a step; the first may hold it back. */
  stepBegins(name: string): Promise<void>;
  stepEnds(name: string, ms: number): void;
  /** The run has stopped for good and holds nothing. */
  ended(): void;
  /** Something that no caller sees went wrong. */
  warn(message: string, error: unknown): void;
}

export class Run {
  readonly task: Task;
  readonly host: AttemptPort;
  readonly journal: Journal;
  readonly outbox: WriteBuffer;
  readonly #handler: Handler;
  #inbox: InboxItem[];
  readonly #taken = new Set<number>();
  readonly #abort = new AbortController();
  readonly #waits = new Map<string, Wait>();
  /** Steps whose bodies run: their names by their keys. */
  readonly #inFlight = new Map<string, string>();
  #spent = NO_USAGE;
  #committed: Promise<void> = Promise.resolve();
  /** Commits under way: the run may hold a wait that it does not know of yet. */
  #commits = 0;
  #gate: PromiseWithResolvers<void> | null = null;
  #over = false;
  #checkpoint = "start";
  #idleCheck = false;

  constructor(
    host: AttemptPort,
    handler: Handler,
    task: Task,
    journal: readonly JournalEntry[],
    inbox: readonly InboxItem[],
  ) {
    this.host = host;
    this.task = task;
    this.journal = new Journal(journal);
    this.#handler = handler;
    this.#inbox = [...inbox];
    this.outbox = new WriteBuffer(host.clock, () => void this.commit({}));
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What the calls reached so far add up to: the same at the same call of every attempt. */
  get spent(): UsageTotals {
    return this.#spent;
  }

  /** Names of the steps whose bodies run now. */
  get running(): string[] {
    return [...this.#inFlight.values()];
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Runs the handler. Its end reaches the host; this never rejects. */
  async start(): Promise<void> {
    const ctx: Context = new ReplayContext(this, "");
    try {
      const output = await this.#handler.run(ctx, this.task.input);
      await this.open();
      await this.#finish(() => this.host.complete(output, this.outbox.take()));
    } catch (error) {
      await this.open();
      await this.#finish(() => this.#failWith(error));
    }
  }

  /** New calls wait from now on; when no step is in flight any more, the run is unwound. */
  pause(): void {
    this.#gate ??= Promise.withResolvers();
    this.#checkIdle();
  }

  /** Goes on, if it was not unwound yet. */
  resume(): void {
    this.#gate?.resolve();
    this.#gate = null;
  }

  /** Cuts the run off: its signal fires, its calls never settle, its writes are dropped, except usage. */
  cutOff(reason: string): void {
    if (this.#over) return;
    this.#abort.abort(new Refusal("fenced", reason));
    this.#end();
    const { usage } = this.outbox.take().record;
    if (usage) this.host.bill(usage).catch((error: unknown) => this.host.warn("Late usage was not recorded.", error));
  }

  /** What the inbox holds by now: an input may arrive while the run goes on. */
  refill(inbox: readonly InboxItem[]): void {
    this.#inbox = inbox.filter((item) => !this.#taken.has(item.n));
  }

  /** Takes the oldest input that answers `prompt`. */
  takeInput(prompt: string): InboxItem | undefined {
    const at = this.#inbox.findIndex((item) => answers(item, prompt));
    const item = at === -1 ? undefined : this.#inbox.splice(at, 1)[0];
    if (item) this.#taken.add(item.n);
    return item;
  }

  /** Settles when calls may go on: at once, after a resume, or never. */
  open(): Promise<void> {
    if (this.#over) return never();
    return this.#gate ? this.#gate.promise.then(() => this.open()) : Promise.resolve();
  }

  /** The call waits. Never settles: the wait's end starts the handler anew. */
  waitFor<Result>(wait: Wait, checkpoint: string): Promise<Result> {
    this.#waits.set(wait.key, wait);
    this.#checkpoint = checkpoint;
    this.#checkIdle();
    return never();
  }

  stepBegins(key: string, name: string): Promise<void> {
    this.#inFlight.set(key, name);
    return this.through(() => this.host.stepBegins(name));
  }

  stepEnds(key: string, name: string, ms: number): void {
    this.#inFlight.delete(key);
    this.#checkpoint = name;
    this.host.stepEnds(name, ms);
    this.#checkIdle();
  }

  /** Counts what a call cost when it was made, or is replayed. */
  spend(usage: UsageTotals | null): void {
    if (usage) this.#spent = sumOf(this.#spent, usage);
  }

  /** Says what the next commit makes durable, at the latest in the next turn of the event loop. */
  record(write: Partial<RunWrite>): void {
    for (const entry of write.journal ?? []) this.journal.put(entry);
    this.outbox.say(write);
  }

  /** A durable write of this attempt. Never settles once the attempt has lost its task. */
  commit(write: Partial<RunWrite>): Promise<void> {
    if (this.#over) return never();
    for (const entry of write.journal ?? []) this.journal.put(entry);
    this.#committed = this.through(() => this.host.commit(this.outbox.take(write)));
    return this.#committed;
  }

  /** Settles when all that was said is on disk: before that, no body of a step begins. */
  durable(): Promise<void> {
    return this.outbox.isEmpty ? this.#committed : this.commit({});
  }

  /** The same for the verbs of the host that commit in their own way. */
  async through<Result>(verb: () => Promise<Result>): Promise<Result> {
    if (this.#over) return never();
    this.#commits += 1;
    try {
      const result = await verb();
      return this.#over ? never() : result;
    } catch (error) {
      return this.#lost(error);
    } finally {
      this.#commits -= 1;
      this.#checkIdle();
    }
  }

  /** The journal and the code disagree: the task fails at once, whatever the handler would make of an error. */
  mismatch<Result>(mismatch: JournalMismatch): Promise<Result> {
    void this.#finish(() =>
      this.host.fail({ code: "journal_mismatch", message: mismatch.message }, false, undefined, this.outbox.take()),
    );
    return never();
  }

  /** Looks, once the handler's own code has come to rest, whether there is nothing left to do but wait. */
  #checkIdle(): void {
    if (this.#idleCheck || !this.#isWaiting) return;
    this.#idleCheck = true;
    setImmediate(() => {
      this.#idleCheck = false;
      if (this.#over || !this.#isWaiting || this.#inFlight.size > 0 || this.#commits > 0) return;
      const waits = [...this.#waits.values()];
      void this.#finish(() => this.host.suspend(waits, this.#checkpoint, this.outbox.take()));
    });
  }

  get #isWaiting(): boolean {
    return this.#waits.size > 0 || this.#gate !== null;
  }

  async #finish(last: () => Promise<void>): Promise<void> {
    if (this.#over) return;
    this.#end();
    try {
      await last();
    } catch (error) {
      if (!(error instanceof Refusal && (error.code === "fenced" || error.code === "not_allowed_in_state"))) {
        this.host.warn("A run's end could not be recorded.", error);
      }
    } finally {
      this.host.ended();
    }
  }

  #failWith(error: unknown): Promise<void> {
    const write = this.outbox.take();
    if (error instanceof TaskFailure) {
      return error.rejected
        ? this.host.reject(error.failure, write)
        : this.host.fail(error.failure, false, undefined, write);
    }
    if (error instanceof JournalMismatch) {
      return this.host.fail({ code: "journal_mismatch", message: error.message }, false, undefined, write);
    }
    if (error instanceof StepError) {
      write.journal.push(...this.journal.reopened(error.failure.step));
      return this.host.fail(error.failure, true, undefined, write);
    }
    return this.host.fail(failureOf(error), isRetryable(error), retryAfterOf(error), write);
  }

  #end(): void {
    this.#over = true;
    this.#waits.clear();
    this.outbox.close();
  }

  /** A write was refused: another attempt, a cancel or a deadline has the task now, or the store failed. */
  #lost<Result>(error: unknown): Promise<Result> {
    if (!(error instanceof Refusal && (error.code === "fenced" || error.code === "not_allowed_in_state"))) {
      this.host.warn("A run's write failed; the task goes on from its journal at the next start.", error);
    }
    if (!this.#over) {
      this.cutOff("The attempt has lost its task.");
      this.host.ended();
    }
    return never();
  }
}

/** An input without the name of a question answers whichever is asked next. */
export function answers(item: InboxItem, prompt: string): boolean {
  return item.prompt === null || item.prompt === prompt;
}

/** A promise that never settles; a new one each time, so that nothing gathers on it. */
export function never<Result>(): Promise<Result> {
  return new Promise(() => {});
}

export function failureOf(error: unknown): Failure {
  if (error instanceof StepError) return error.failure;
  const code = property(error, "code");
  return {
    code: typeof code === "string" && code !== "" ? code : "handler_error",
    message: error instanceof Error ? error.message || error.name : String(error),
  };
}

export function isRetryable(error: unknown): boolean {
  return property(error, "retryable") !== false;
}

export function retryAfterOf(error: unknown): number | undefined {
  const ms = property(error, "retryAfterMs");
  return typeof ms === "number" && Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
