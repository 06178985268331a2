/**
 * The context that a handler's code calls, one for each branch. Every call has a position in its branch; the journal
 * says whether it has taken effect before.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import type { JournalEntry } from "../../store/store.ts";
import { agentMessage } from "../../task/agent/agent-message.ts";
import type { artifactUpdate } from "../../task/artifact.ts";
import { type HeardMessage, message } from "../../task/conversation.ts";
import { Refusal } from "../../task/errors.ts";
import type { Emission } from "../../task/events/event.ts";
import {
  type Answer,
  type ChildOptions,
  type Context,
  type Handler,
  MissingCode,
  type Question,
  type StepContext,
  StepError,
  type StepOptions,
  TaskFailure,
} from "../../task/handler.ts";
import { type Json, type JsonObject, storedJson } from "../../task/json/json.ts";
import type { Step } from "../../task/step.ts";
import { type Failure, NO_USAGE, type PauseCause, type UsageTotals } from "../../task/task.ts";
import { type Log, logOf } from "../../task/text/log-line.ts";
import { addUsage, type UsageCall } from "../../task/usage.ts";
import type { PartialWrite } from "./attempt-port.ts";
import { asked, childOptionsOf, openedAt, outcomeOf, questionOf } from "./call-arguments.ts";
import { artifactWrite, detailsOf, eventOf, logLineOf, progressOf, usageOf } from "./effects.ts";
import {
  BadValue,
  codeIn,
  countOf,
  jsonAtOnce,
  jsonInTurns,
  msOf,
  objectIn,
  ownCopy,
  pauseOf,
  textOf,
  type ValueBounds,
} from "./handed-over.ts";
import { answerOf } from "./inbox.ts";
import { type Call, callKey, entryOf, type FailedPlace, JournalMismatch, linesOf } from "./journal.ts";
import { LongCalls } from "./long-calls.ts";
import type { Run } from "./run.ts";
import { StepExecution, stepOptionsOf } from "./step-execution.ts";

/** What entries of each kind hold as their result. */
const sleeping = z.object({ until: z.int() });
const answered = z
  .object({ value: storedJson, by: z.string(), at: z.int(), message: agentMessage.optional() })
  .nullable();
const childOf = z.object({ child: z.string() });
const messages = z.array(
  message.pick({ role: true, parts: true }).extend({ n: z.int(), task: z.string().nullable(), at: z.int() }),
);

/** A conversation keeps no more than these. */
const HISTORY_MAX = 1_000;

/** Runs a handler over the journal of a run: what it did before is given back to it, and not done again. */
export function replay(run: Run, handler: Handler): Promise<void> {
  const code = (input: Json) => new ReplayContext(run, "").traced((ctx) => handler.run(ctx, input));
  // Its own copy: what a handler changes in its input is for nobody else to see.
  return run.start(() => {
    const own = ownCopy(run.task.input);
    return own instanceof Promise ? own.then((long) => run.open().then(() => code(long))) : code(own);
  });
}

class ReplayContext implements Context {
  readonly #run: Run;
  readonly #path: string;
  /** Of each name, how many calls there were, and whether one is under way. */
  readonly #calls = new Map<string, { count: number; inFlight: boolean }>();
  /** The failed calls of the branch's last rejection, as long as no call has followed it. */
  #rejected: FailedPlace[] = [];
  readonly #long = new LongCalls();
  #position = 0;
  #lines = 0;

  constructor(run: Run, path: string) {
    this.#run = run;
    this.#path = path;
  }

  get task(): Context["task"] {
    return this.#run.task;
  }

  get spent(): Context["spent"] {
    return this.#run.spent;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  step<Result extends Json>(
    name: string,
    body: (step: StepContext) => Promise<Result>,
    options: StepOptions = {},
  ): Promise<Result> {
    const given = () => {
      codeIn(`The body of step "${name}"`, body);
      return stepOptionsOf(`step "${name}"`, options);
    };
    // What the body returned is what the journal gives back: JSON of the same type.
    return this.#once("step", name, given, (call, options) => {
      const { entry } = call;
      if (entry?.state === "done" || entry?.state === "failed") this.#run.spend(entry.usage);
      if (entry?.state === "done") return entry.result as Result;
      if (entry?.state === "failed")
        throw new StepError(entry.error ?? { code: "internal", message: "no reason was recorded" });
      const step = new StepExecution(this.#run, call, options());
      return step.run(body) as Promise<Result>;
    });
  }

  async parallel<Results extends Record<string, unknown>>(
    branches: {
      [Key in keyof Results]: (ctx: Context) => Promise<Results[Key]>;
    },
  ): Promise<Results> {
    const position = this.#nextPosition();
    const keys: (keyof Results & string)[] = Object.keys(objectIn("The branches of parallel()", branches));
    const names = keys.map((key) => textOf("The key of a branch", key));
    for (const key of keys) codeIn(`The branch "${key}"`, branches[key]);
    if (new Set(names).size < names.length) throw new BadValue("Two branches have the same key.");
    const mismatch = this.#run.journal.fork({ branch: this.#path, position }, names);
    if (mismatch) return this.#run.mismatch(mismatch);
    const begun: Promise<Results[keyof Results & string]>[] = [];
    for (const [at, key] of keys.entries()) {
      // Thousands of branches, whatever each does before its first call, are as much work as thousands of calls.
      const turn = this.#run.turn();
      if (turn) await turn.then(() => this.#run.open());
      const branch = new ReplayContext(this.#run, `${this.#path}/${position}.${names[at]}`).traced(branches[key]);
      // One may fail before the last has begun; its reason is looked at below.
      branch.catch(() => {});
      begun.push(branch);
    }
    const settled = await Promise.allSettled(begun);
    const results: Partial<Results> = {};
    const reasons: unknown[] = [];
    for (const [at, key] of keys.entries()) {
      const branch = settled[at];
      if (branch?.status === "rejected") reasons.push(branch.reason);
      else if (branch) results[key] = branch.value;
    }
    if (reasons.length === 0) return results as Results;
    const { rejections } = this.#run;
    const [first, ...others] = reasons;
    rejections.note(first, [...others.flatMap((each) => rejections.callsOf(each)), this.#failedAt(position)]);
    this.#rejected = rejections.callsOf(first);
    throw first;
  }

  /**
   * Runs the code of this branch, and keeps which failed calls its rejection comes of. A `TaskFailure` that is thrown before
   * any other call puts the rejection that it follows into the handler's own words.
   */
  async traced<Result>(code: (ctx: Context) => Promise<Result>): Promise<Result> {
    try {
      const result = await code(this);
      const mismatch = this.#missing() && (await this.#missingAtRest());
      return mismatch ? this.#run.mismatch(mismatch) : result;
    } catch (error) {
      const { rejections } = this.#run;
      if (error instanceof TaskFailure && rejections.callsOf(error).length === 0)
        rejections.note(error, this.#rejected);
      throw error;
    }
  }

  /** What the code has done before and has not asked for yet. */
  #missing(): JournalMismatch | null {
    return this.#run.journal.ended({ branch: this.#path, position: this.#position });
  }

  /** The same once calls that nobody awaits have come as far as they come. */
  async #missingAtRest(): Promise<JournalMismatch | null> {
    for (let from = -1; ; ) {
      const mismatch = this.#missing();
      if (!mismatch || from === this.#position) return mismatch;
      from = this.#position;
      await this.#run.turn();
      await nextTurn();
    }
  }

  sleep(name: string, ms: number): Promise<void> {
    const given = () => msOf(`The time of sleep "${name}"`, ms);
    return this.#once("sleep", name, given, async (call, ms) => {
      const now = this.#run.port.clock.now();
      const known = call.entry && sleeping.parse(call.entry.result);
      const until = known?.until ?? now + ms();
      if (until <= now) {
        if (call.entry?.state !== "done") this.#record(call, {}, { until });
        return;
      }
      if (!known) await this.#run.commit({ journal: [this.#entry(call, "waiting", { until })] });
      return this.#run.waitFor({ on: "timer", key: call.key, since: now, until }, call.name);
    });
  }

  waitForInput(name: string, question: Question): Promise<Answer | null> {
    return this.#once(
      "input",
      name,
      () => questionOf(`The question "${name}"`, question),
      async (call, question) => {
        const { clock } = this.#run.port;
        if (call.entry?.state === "done") return answered.parse(call.entry.result);
        const now = clock.now();
        const open = call.entry ? asked.parse(call.entry.result) : openedAt(call.name, question(), now);
        const { key } = call;
        const told = this.#run.task.waits.find((wait) => wait.key === key);
        const wait = { on: "input", key, since: told?.since ?? call.entry?.at ?? now, ...open } as const;
        let item = (await this.#run.takeAnswer(wait)) ?? null;
        const early = call.entry ? [] : this.#run.inbox.takeEarly(call.name);
        if (!item && (open.until === null || open.until > now)) {
          const entry = this.#entry(call, "waiting", open);
          item = await this.#run.ask(wait, call.name, { journal: [entry], taken: early });
        }
        const answer = item && answerOf(item);
        await this.#run.commit({
          journal: [this.#entry(call, "done", answer)],
          taken: [...early, ...(item ? [item.n] : [])],
          record: { closed: [key] },
        });
        return answer;
      },
    );
  }

  child(name: string, kind: string, input: Json, options: ChildOptions = {}): Promise<Json> {
    const what = `The input of child "${name}"`;
    const given = () => ({
      ...childOptionsOf(`child "${name}"`, options),
      kind: textOf(`The kind of child "${name}"`, kind),
      short: jsonAtOnce(what, input),
    });
    return this.#once("child", name, given, async (call, given) => {
      const { entry } = call;
      if (entry?.state === "done") return entry.result;
      // The step that failed is the one that began it: those of the child are the child's.
      const failed = (failure: Failure) => new StepError({ ...failure, step: name });
      if (entry?.state === "failed" && entry.error) throw failed(entry.error);
      const { port } = this.#run;
      const known = childOf.safeParse(entry?.result).data;
      if (!known || entry?.state === "retrying") {
        const refused = port.childRefused();
        if (refused) {
          await this.#run.commit({ journal: [{ ...this.#entry(call, "failed", null), error: refused }] });
          throw failed(refused);
        }
        const { short, ...asked } = given();
        const own = short ? short.json : await jsonInTurns(what, input);
        await this.#run.durable();
        await this.#run.open();
        const submission = { ...asked, input: own, retryOf: known?.child ?? null };
        const child = await this.#run.through(
          () =>
            port.child(submission, (child) =>
              this.#run.buffer.take({ journal: [{ ...this.#entry(call, "waiting", { child }), trace: { child } }] }),
            ),
          `Child "${call.name}"`,
        );
        return this.#waitForChild(call, child);
      }
      const { child } = known;
      const trace = { child, ...(entry && { startedAt: entry.at }) };
      const end = await this.#run.through(() => port.endOf(child));
      if (!end) return this.#waitForChild(call, child);
      if ("output" in end) {
        await this.#run.commit({ journal: [{ ...this.#entry(call, "done", end.output), trace }] });
        return end.output;
      }
      await this.#run.commit({
        journal: [{ ...this.#entry(call, "failed", { child }), error: end.error, trace }],
      });
      throw failed(end.error);
    });
  }

  history(limit: number): Promise<HeardMessage[]> {
    return this.#once(
      "read",
      "history",
      () => countOf("The limit of history", limit),
      async (call, limit) => {
        if (call.entry) return messages.parse(call.entry.result);
        const most = Math.min(limit(), HISTORY_MAX);
        const found = await this.#run.through(() => this.#run.port.history(most));
        const own = ownCopy<Json>(found);
        this.#record(call, {}, own instanceof Promise ? await own : own);
        return found;
      },
    );
  }

  pause(name: string, reason: string, until?: number, cause?: PauseCause): Promise<void> {
    return this.#once(
      "pause",
      name,
      () => pauseOf(`pause "${name}"`, reason, until, cause),
      async (call, given) => {
        if (call.entry) return;
        const { port, buffer } = this.#run;
        const pause = given();
        await this.#run.through(() => port.pause(pause, buffer.take({ journal: [this.#entry(call, "done", null)] })));
        await this.#run.open();
      },
    );
  }

  now(): Promise<number> {
    return this.#once("read", "now", nothing, async (call) => {
      if (call.entry) return z.number().parse(call.entry.result);
      const now = this.#run.port.clock.now();
      this.#record(call, {}, now);
      return now;
    });
  }

  random(): Promise<number> {
    return this.#once("read", "random", nothing, async (call) => {
      if (call.entry) return z.number().parse(call.entry.result);
      const random = this.#run.port.random();
      this.#record(call, {}, random);
      return random;
    });
  }

  /** One more line in the code does not make the journal another one. */
  readonly log: Log = logOf((level, message, facts) => {
    if (this.#run.isOver) return;
    const branch = linesOf(this.#path);
    const position = this.#lines++;
    if (this.#run.journal.has(branch, position)) return this.#run.skipLine();
    const call: Call = {
      branch,
      position,
      name: "log",
      occurrence: position,
      kind: "effect",
      entry: undefined,
      key: "",
    };
    this.#run.say(logLineOf(level, message, facts), (events) => this.#record(call, { record: { events } }, null));
  });

  emit<Type extends string>(event: Emission<Type>): void {
    this.#effect("emit", (bounds) => ({ record: { events: [eventOf(event, bounds)] } }));
  }

  artifact(update: z.input<typeof artifactUpdate>): void {
    this.#effect("artifact", (bounds) => artifactWrite(update, bounds), {
      count: ({ artifacts }) => {
        for (const artifact of artifacts) this.#run.artifactSizes.add(artifact);
      },
    });
  }

  details(patch: JsonObject): void {
    this.#effect("details", (bounds) => ({ record: { details: detailsOf(patch, bounds) } }));
  }

  usage(call: UsageCall): void {
    const checked = usageOf(call);
    this.#effect("usage", () => ({ record: { usage: [checked] } }), { usage: addUsage(NO_USAGE, checked) });
  }

  progress(fraction: number, message = ""): void {
    const shown = progressOf(fraction, message);
    if (!this.#run.isOver) this.#run.buffer.progress(shown.fraction, shown.message);
  }

  /**
   * Takes the call's position and what it was given at once, in the order of the code, and waits for the gate before it
   * takes effect. What does not hold is thrown when `effect` asks for it: a call that the journal knows is not checked again.
   */
  async #once<Given, Result>(
    kind: Step["kind"],
    given: string,
    take: () => Given,
    effect: (call: Call, given: () => Given) => Result | Promise<Result>,
  ): Promise<Result> {
    const name = textOf(`The name of a ${kind}`, given);
    const taken = outcomeOf(take);
    const calls = this.#callsOf(name);
    if (calls.inFlight) {
      throw new Refusal(
        "invalid",
        `"${name}" is still in flight in this branch. Give calls that overlap names of their own, or use parallel().`,
      );
    }
    const position = this.#nextPosition();
    const occurrence = calls.count++;
    calls.inFlight = true;
    try {
      const turn = this.#run.turn();
      if (turn) await turn;
      if (!this.#run.isOpen) await this.#run.open();
      const entry = this.#run.journal.find(this.#path, position, kind, name, occurrence);
      return await effect(this.#call(kind, name, position, occurrence, entry), taken);
    } catch (error) {
      if (error instanceof MissingCode) return this.#run.mismatch(error);
      if (error instanceof StepError) {
        this.#rejected = [this.#failedAt(position)];
        this.#run.rejections.note(error, this.#rejected);
      }
      throw error;
    } finally {
      calls.inFlight = false;
    }
  }

  /** An effect outside of any step. `count` throws when it is too much, and is not called for one that the journal knows. */
  #effect<Write extends PartialWrite>(
    name: string,
    make: (bounds?: ValueBounds) => Write,
    { usage = null, count = nothing }: { usage?: UsageTotals | null; count?: (write: Write) => void } = {},
  ): void {
    if (this.#run.isOver) return void this.#run.record(make());
    const calls = this.#callsOf(name);
    const place = { branch: this.#path, position: this.#position };
    const write = this.#long.made(make, () => this.#run.journal.effectAt(place, name, calls.count));
    const result = this.#long.placed();
    const position = this.#nextPosition();
    const occurrence = calls.count++;
    this.#run.spend(usage);
    try {
      if (this.#run.journal.find(this.#path, position, "effect", name, occurrence)) return;
    } catch (error) {
      // Not thrown: the code may catch it, and go on.
      if (error instanceof JournalMismatch) return void this.#run.mismatch(error);
      throw error;
    }
    count(write);
    this.#record(this.#call("effect", name, position, occurrence, undefined), write, result, usage);
  }

  #callsOf(name: string): { count: number; inFlight: boolean } {
    let calls = this.#calls.get(name);
    if (calls === undefined) {
      calls = { count: 0, inFlight: false };
      this.#calls.set(name, calls);
    }
    return calls;
  }

  #failedAt(position: number): FailedPlace {
    return { branch: this.#path, position, next: this.#position, lines: this.#lines };
  }

  #nextPosition(): number {
    this.#rejected = [];
    this.#long.placed();
    return this.#position++;
  }

  #record(call: Call, write: PartialWrite, result: Json, usage: UsageTotals | null = null): void {
    const entry = { ...this.#entry(call, "done", result), usage };
    this.#run.record({ ...write, journal: [entry] });
  }

  #call(kind: Call["kind"], name: string, position: number, occurrence: number, entry: Call["entry"]): Call {
    return {
      branch: this.#path,
      position,
      name,
      occurrence,
      kind,
      entry,
      key: callKey(this.#path, name, occurrence),
    };
  }

  #entry(call: Call, state: Step["state"], result: Json): JournalEntry {
    return entryOf(call, state, result, this.#run.port.clock.now());
  }

  #waitForChild(call: Call, child: string): Promise<Json> {
    const since = this.#run.port.clock.now();
    return this.#run.waitFor({ on: "child", key: call.key, since, until: null, child }, call.name);
  }
}

function nothing(): void {}
