/**
 * One attempt: a handler in motion. It knows when calls may go on, what is in flight, and when the run holds nothing
 * any more; what a call means is `ReplayContext`'s, and how changes become durable is the engine's `AttemptPort`.
 *
 * A run ends in one of three ways: the handler returned or threw; it was unwound at waits (or at a pause) with no step
 * in flight; or it was cut off, and whatever it still does goes nowhere. A call that must not go on never settles:
 * nothing then holds the handler's frames, and they are collected.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { InboxItem, JournalEntry } from "../../store/store.ts";
import type { ArtifactSize } from "../../task/artifact.ts";
import { isRefusedByDamage, Refusal } from "../../task/errors.ts";
import type { EventDraft } from "../../task/events/event.ts";
import { MissingCode, StepError, TaskFailure } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import type { OpenQuestion } from "../../task/people/questions.ts";
import { NO_USAGE, type Task, type UsageTotals, type Wait } from "../../task/task.ts";
import type { LogLine } from "../../task/text/log-line.ts";
import { sumOf, type UsageCall } from "../../task/usage.ts";
import { ArtifactSizes } from "./artifact-sizes.ts";
import { AskedQuestions } from "./asked-questions.ts";
import type { AttemptPort, AttemptRun, EndedTry, PartialWrite, RunEnd, RunObserver } from "./attempt-port.ts";
import { type CodeOwner, nothingToFail, runIn, runOutside } from "./current-place.ts";
import { errorOf, failureOf, inTime, isInOwnWords, reasonOf, refusedWrite, stackOf } from "./failure.ts";
import { jsonAtOnce, jsonInTurns } from "./handed-over.ts";
import { type Asked, Inbox } from "./inbox.ts";
import { Journal } from "./journal.ts";
import { never } from "./never.ts";
import { Rejections } from "./rejections.ts";
import { endAfter, failingAtRest } from "./run-end.ts";
import { StopSignal } from "./stop-signal.ts";
import { emptyWrite, WriteBuffer } from "./write-buffer.ts";

export type RunParts = {
  port: AttemptPort;
  observer: RunObserver;
  task: Task;
  journal: readonly JournalEntry[];
  inbox: readonly InboxItem[];
  /** Of the artifacts that it has made so far. */
  artifacts: readonly ArtifactSize[];
  /** Of a run that begins while its task is on the way to the disk; rejects when that does not come there. */
  onDisk?: Promise<void> | undefined;
};

/** Calls in one turn of the event loop. To replay so many takes a millisecond, to begin as many children 20. */
export const CALLS_PER_TURN = 100;
/** Lines of its own code that a task keeps. */
const LOG_LINES_MAX = 1_000;

export class Run implements AttemptRun {
  readonly task: Task;
  readonly port: AttemptPort;
  readonly journal: Journal;
  readonly rejections = new Rejections();
  readonly inbox: Inbox;
  readonly artifactSizes: ArtifactSizes;
  readonly buffer: WriteBuffer;
  /** Resolves when the run has stopped for good: it holds nothing and writes nothing any more. */
  readonly ended: Promise<RunEnd>;
  /** Whose its code is, and all that this sets off. */
  readonly owner: CodeOwner;
  readonly #observer: RunObserver;
  readonly #markEnded: (end: RunEnd) => void;
  /** Whoever listens is code of the handler: what it throws is its own. */
  readonly #stop = new StopSignal((code) => runIn(this.owner, null, code));
  readonly #waits = new Map<string, Wait>();
  /** Those of `#waits` whose end this run can take while it lives. */
  readonly #questions: AskedQuestions;
  /** What shows the questions that no commit has shown yet, by their keys. */
  readonly #untold = new Map<string, PartialWrite>();
  /** Steps whose bodies run: their names by their keys. */
  readonly #inFlight = new Map<string, string>();
  #spent = NO_USAGE;
  #calls = 0;
  #lines = 0;
  /** The turn of the event loop in which calls go on. */
  #turn: Promise<void> | undefined;
  #committed: Promise<unknown>;
  /** Commits under way: the run may hold a wait that it does not know of yet. */
  #commits = 0;
  #gate: PromiseWithResolvers<void> | null = null;
  #over = false;
  #checkpoint = "start";
  #idleCheck = false;

  constructor({ port, observer, task, journal, inbox, artifacts, onDisk }: RunParts) {
    this.port = port;
    this.task = task;
    this.journal = new Journal(journal);
    this.inbox = new Inbox(inbox);
    this.#questions = new AskedQuestions(
      this.inbox,
      (question) => this.takeAnswer(question),
      (key) => {
        this.#waits.delete(key);
        // Shown after its answer was written, it would be asked again.
        this.#untold.delete(key);
      },
    );
    this.artifactSizes = new ArtifactSizes(artifacts);
    this.buffer = new WriteBuffer(
      port.clock,
      () => this.commit({}),
      () => port.textMs(),
    );
    this.#observer = observer;
    this.owner = {
      kind: task.kind,
      task: task.id,
      trace: task.trace,
      fail: (error, step) => this.#failedApart(error, step),
    };
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    this.ended = promise;
    this.#markEnded = resolve;
    this.#committed = onDisk ? this.#begun(onDisk) : Promise.resolve();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Calls `listener` once the run's signal fires, or at once when it has, until the returned function is called. */
  onStop(listener: (reason: unknown) => void): () => void {
    return this.#stop.onStop(listener);
  }

  /** What the calls reached so far add up to: the same at the same call of every attempt. */
  get spent(): UsageTotals {
    return this.#spent;
  }

  /** Names of the steps whose bodies run now. */
  get running(): string[] {
    return [...this.#inFlight.values()];
  }

  /** It is about to do a step, and has recorded nothing that is not on its way. */
  get isAtStepAlone(): boolean {
    return this.#inFlight.size > 0 && this.buffer.isEmpty;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Runs the handler's code to its output, which completes the task; what it throws fails it. Never rejects. */
  async start(code: () => Promise<Json>): Promise<void> {
    try {
      const given = await runIn(this.owner, null, code);
      const short = jsonAtOnce("The output", given);
      const output = short ? short.json : await jsonInTurns("The output", given);
      if (!this.isOpen) await this.open();
      await this.#finish(() => this.port.complete(output, this.buffer.take()));
    } catch (error) {
      await this.open();
      this.#reportThrown(errorOf(error));
      await this.#finish(() => this.#failWith(error));
    }
  }

  /** Each try of a step was told when it failed. */
  #reportThrown(error: Error): void {
    const isTold = error instanceof StepError || error instanceof MissingCode;
    if (!isTold && !isInOwnWords(error)) this.report("A handler failed.", error);
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
    this.#cutOff(reason, "recorded");
  }

  #cutOff(reason: string, end: RunEnd): void {
    if (this.#over) return;
    this.#signalEnd(reason);
    this.#end();
    this.bill(this.buffer.take().record.usage ?? []);
    this.#markEnded(end);
  }

  #signalEnd(reason: string): void {
    this.#stop.stop(new Refusal("fenced", reason));
  }

  /** The handler's code threw where nothing awaits it. */
  #failedApart(error: unknown, step: string | null): void {
    void this.#finish(() => this.#failWith(error, step));
    this.#signalEnd("The task has failed.");
  }

  /** Nothing new begins: its task is paused, or the server stops. */
  get isHeld(): boolean {
    return this.#gate !== null;
  }

  /** Calls may go on at once. */
  get isOpen(): boolean {
    return !this.#over && this.#gate === null;
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

  /**
   * The call asks: the question is shown at once, beside whatever else runs. Settles with the answer, or with null once its
   * time is over, as long as the run lives; `write` commits with the asking.
   */
  ask(question: OpenQuestion, checkpoint: string, write: PartialWrite): Promise<InboxItem | null> {
    // Its answer may have come while what came before it was judged.
    const own = this.inbox.takeOwn(question);
    if (own) return Promise.resolve(own);
    if (!this.task.waits.some(({ key }) => key === question.key)) {
      for (const entry of write.journal ?? []) this.journal.put(entry);
      this.#untold.set(question.key, { ...write, record: { ...write.record, asked: [question] } });
    }
    const answer = this.#questions.ask(question);
    void this.waitFor(question, checkpoint);
    return answer;
  }

  /**
   * Now and then lets others have their turn: a journal of thousands of calls is replayed without anything to wait for, and
   * thousands of branches begin at once. Those that come meanwhile wait too.
   */
  turn(): Promise<void> | undefined {
    this.#calls += 1;
    if (this.#calls % CALLS_PER_TURN === 0) {
      const turn = this.#turn ? this.#turn.then(() => nextTurn()) : nextTurn();
      this.#turn = turn;
      void turn.then(() => {
        if (this.#turn !== turn) return;
        this.#turn = undefined;
        this.#checkIdle();
      });
    }
    return this.#turn;
  }

  /** What has come into the inbox, and what the task still waits for. */
  refill(items: readonly InboxItem[], waits: readonly Wait[]): void {
    if (this.#over) return;
    this.inbox.add(items);
    this.#questions.refill(waits, this.port.clock.now());
  }

  /** What has come already and answers this question; what came before it and does not fit answers nothing. */
  async takeAnswer(question: Asked): Promise<InboxItem | undefined> {
    const { item, unfit } = await this.inbox.takeFitting(question, (...given) =>
      this.through(() => this.port.answerTo(...given)),
    );
    if (unfit.length > 0) this.record({ taken: unfit });
    return item;
  }

  stepBegins(key: string, name: string): Promise<void> {
    this.#inFlight.set(key, name);
    return this.through(() => this.#observer.stepBegins(this.task, name));
  }

  /** `ms` is null when its body did not begin after all. */
  stepEnded(key: string, name: string, ms: number | null, tried?: EndedTry): void {
    this.#inFlight.delete(key);
    if (ms !== null) this.#checkpoint = name;
    this.#observer.stepEnded(this.task, name, ms, tried);
    this.#checkIdle();
  }

  /** Counts what a call cost when it was made, or is replayed. */
  spend(usage: UsageTotals | null): void {
    if (usage) this.#spent = sumOf(this.#spent, usage);
  }

  /**
   * Adds to what the next commit makes durable, at the latest in the next turn of the event loop. Of what comes after the
   * run's end, what was paid for counts, and nothing else.
   */
  record(write: PartialWrite): void {
    if (this.#over) return void this.bill(write.record?.usage ?? []);
    for (const entry of write.journal ?? []) this.journal.put(entry);
    this.buffer.add(write);
  }

  /** For whoever builds the kind: something in its own code went wrong. */
  report(message: string, error: unknown): void {
    if (!this.#over) this.#observer.report(message, this.task.id, error);
  }

  /**
   * A line of the kind's own code: told at once, and kept by the task as long as it has not too many. One that is for finding
   * faults is none of the task's events, which whoever may see the task reads.
   */
  say(line: LogLine, keep: (events: EventDraft[]) => void): void {
    if (this.#over) return;
    this.#observer.said(this.task, line);
    if (++this.#lines > LOG_LINES_MAX) return;
    keep(line.level === "debug" ? [] : [{ type: "task.logged", data: line }]);
  }

  /** The line was said by an attempt before this one. */
  skipLine(): void {
    this.#lines += 1;
  }

  /** Records calls that were paid for, after the run has ended. */
  bill(calls: UsageCall[]): void {
    if (calls.length === 0) return;
    this.port
      .bill(calls)
      .catch((error: unknown) => this.#observer.warn("Late usage was not recorded.", this.task.id, error));
  }

  /** Writes an entry after the run was cut off, where its attempt still has the task: else it does not matter. */
  takeBack(entry: JournalEntry): void {
    this.port.commit({ ...emptyWrite(), journal: [entry] }).catch(() => {});
  }

  /** A durable write of this attempt. Never settles once the attempt has lost its task. */
  commit(write: PartialWrite): Promise<unknown> {
    if (this.#over) return never();
    for (const entry of write.journal ?? []) this.journal.put(entry);
    this.#committed = this.through(() => this.port.commit(this.buffer.take(write)));
    return this.#committed;
  }

  /** Settles when all that was recorded is on disk: before that, no body of a step and no child begins. */
  durable(): Promise<unknown> {
    return this.buffer.isEmpty ? this.#committed : this.commit({});
  }

  /** Never settles when the task does not come to the disk, or the run ends before. */
  async #begun(onDisk: Promise<void>): Promise<void> {
    try {
      await onDisk;
    } catch (error) {
      return this.#lost(error, "Its submit");
    }
    if (this.#over) return never();
  }

  /** The same for the verbs of the port that commit in their own way. */
  async through<Result>(verb: () => Promise<Result>, what = "What the run recorded"): Promise<Result> {
    if (this.#over) return never();
    this.#commits += 1;
    try {
      const result = await runOutside(verb);
      return this.#over ? never() : result;
    } catch (error) {
      return this.#lost(error, what);
    } finally {
      this.#commits -= 1;
      this.#checkIdle();
    }
  }

  /** The journal and the code disagree: the task stands still at once, whatever the handler would make of an error. */
  mismatch<Result>(mismatch: MissingCode): Promise<Result> {
    const stand = () => this.#finish(() => this.#standStill(mismatch));
    void (this.isOpen ? stand() : this.open().then(stand));
    return never();
  }

  /** What code recorded that does not fit the task goes nowhere, except what it cost. */
  async #standStill({ code, message }: MissingCode): Promise<void> {
    this.#signalEnd(message);
    const { usage } = this.buffer.take().record;
    const write = { ...emptyWrite(), record: { events: [], ...(usage && { usage }) } };
    const since = this.port.clock.now();
    const wait: Wait = { on: "handler", key: "", since, until: null, code, message };
    await this.port.suspend([wait], "journal", write);
  }

  /** Looks, once the handler's own code has come to rest, whether there is nothing left to do but wait. */
  #checkIdle(): void {
    if (this.#idleCheck || !this.#isWaiting) return;
    this.#idleCheck = true;
    setImmediate(() => {
      this.#idleCheck = false;
      if (this.#over || !this.#isWaiting) return;
      if (this.#inFlight.size > 0) return this.#tell();
      if (this.#commits > 0) return;
      this.#tell();
      const waits = [...this.#waits.values()];
      const rest = () => this.port.suspend(waits, this.#checkpoint, this.buffer.take());
      void this.#finish(rest, failingAtRest(this.port, this.ended));
    });
  }

  /** The questions that were asked since are shown by the next commit: the one that brings the task to rest, if it does. */
  #tell(): void {
    for (const write of this.#untold.values()) this.buffer.add(write);
    this.#untold.clear();
  }

  /** As long as calls wait for their turn, it does more than wait. */
  get #isWaiting(): boolean {
    return this.#turn === undefined && (this.#waits.size > 0 || this.#gate !== null);
  }

  /** Writes the end. One that the store refuses for good is a failure of the task: to run it again would lead here again. */
  async #finish(last: () => Promise<unknown>, failsApart: CodeOwner["fail"] = nothingToFail): Promise<void> {
    if (this.#over) return;
    this.#end(failsApart);
    let end: RunEnd = "recorded";
    try {
      await last();
    } catch (error) {
      end = endAfter(error);
      if (end !== "recorded") this.#observer.warn("A run's end could not be recorded.", this.task.id, error);
      if (end === "stuck") end = await this.#failedFor("The run's end", error);
    }
    this.#markEnded(end);
  }

  async #failedFor(what: string, refused: unknown): Promise<RunEnd> {
    if (isRefusedByDamage(refused)) return "stuck";
    try {
      await this.port.fail(refusedWrite(what, refused), false, undefined, emptyWrite());
      return "recorded";
    } catch (error) {
      return endAfter(error);
    }
  }

  #failWith(thrown: unknown, step: string | null = null): Promise<unknown> {
    const error = errorOf(thrown);
    if (error instanceof MissingCode) return this.#standStill(error);
    const write = this.buffer.take();
    write.journal.push(...this.journal.reopened(this.rejections.callsOf(thrown)));
    if (error instanceof TaskFailure && error.rejected) return this.port.reject(failureOf(error), write);
    const reason = inTime(reasonOf("The handler", error), this.task, this.port.clock.now());
    const { failure, retryable, retryAfterMs } = reason;
    const told = { ...failure, ...(step !== null && { step }) };
    const given = [told, retryable, retryAfterMs] as const;
    if (!this.isHeld) return this.port.fail(...given, write, stackOf(error));
    // A paused task is written what its attempt has done, and is not ended by it.
    return this.port.commit(write).then(() => this.port.failAtRest(...given, stackOf(error)));
  }

  #end(failsApart: CodeOwner["fail"] = nothingToFail): void {
    this.#over = true;
    this.owner.fail = failsApart;
    this.#waits.clear();
    this.#questions.clear();
    this.buffer.close();
  }

  /**
   * A write was refused: another attempt, a cancel or a deadline has the task now, or the store was not there. What the
   * store refuses for good fails the task.
   */
  #lost<Result>(error: unknown, what: string): Promise<Result> {
    if (error instanceof Refusal && error.detail.missing) return this.mismatch(new MissingCode(error.message));
    const end = endAfter(error);
    if (end === "stuck") return this.#refused(error, what);
    if (end === "unrecorded") {
      const message = "A run's write failed; the task goes on from its journal at the next start.";
      this.#observer.warn(message, this.task.id, error);
    }
    this.#cutOff("The attempt has lost its task.", end);
    return never();
  }

  #refused<Result>(error: unknown, what: string): Promise<Result> {
    if (this.#over) return never();
    this.#observer.warn("A write of a run was refused for good.", this.task.id, error);
    this.#signalEnd("A write of this run was refused.");
    const paid = this.buffer.take().record.usage ?? [];
    this.#end();
    void this.#failedFor(what, error).then((end) => {
      this.bill(paid);
      this.#markEnded(end);
    });
    return never();
  }
}
