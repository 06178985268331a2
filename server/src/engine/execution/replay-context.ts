/**
 * The context that a handler's code calls, one for each branch. Every call has a position in its branch; the journal
 * says whether it has taken effect before.
 */
import { z } from "zod";
import type { JournalEntry } from "../../store/store.ts";
import type { artifactUpdate } from "../../task/artifact.ts";
import { type Message, message } from "../../task/conversation.ts";
import { Refusal } from "../../task/errors.ts";
import { type Emission, emittedEvent } from "../../task/events/event.ts";
import {
  type Answer,
  type Context,
  type Handler,
  type Question,
  type StepContext,
  StepError,
  type StepOptions,
} from "../../task/handler.ts";
import { type Json, type JsonObject, json } from "../../task/json.ts";
import type { Step } from "../../task/step.ts";
import { NO_USAGE, type Prompt, prompt, type UsageTotals } from "../../task/task.ts";
import { addUsage, type UsageCall, usageCall } from "../../task/usage.ts";
import type { PartialWrite } from "./attempt-port.ts";
import { artifactWrite, clampFraction } from "./effects.ts";
import { type Call, type CallPlace, callKey, entryOf, JournalMismatch } from "./journal.ts";
import type { Run } from "./run.ts";
import { StepExecution } from "./step-execution.ts";

/** What entries of each kind hold as their result. */
const sleeping = z.object({ until: z.int() });
const asked = z.object({ prompt, until: z.int().nullable() });
const answered = z.object({ value: json, by: z.string(), at: z.int() }).nullable();
const childOf = z.object({ child: z.string() });
const messages = z.array(message.extend({ n: z.int(), task: z.string().nullable(), at: z.int() }));

/** Runs a handler over the journal of a run: what it did before is given back to it, and not done again. */
export function replay(run: Run, handler: Handler): Promise<void> {
  return run.start(() => new ReplayContext(run, "").traced((ctx) => handler.run(ctx, run.task.input)));
}

class ReplayContext implements Context {
  readonly #run: Run;
  readonly #path: string;
  readonly #occurrences = new Map<string, number>();
  readonly #inFlight = new Set<string>();
  /** The failed calls of the branch's last rejection, as long as no call has followed it. */
  #rejected: CallPlace[] = [];
  #position = 0;

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
    return this.#once("step", name, async (call) => {
      const { entry } = call;
      // What the body returned is what the journal gives back: JSON of the same type.
      if (entry?.state === "done" || entry?.state === "failed") this.#run.spend(entry.usage);
      if (entry?.state === "done") return entry.result as Result;
      if (entry?.state === "failed")
        throw new StepError(entry.error ?? { code: "internal", message: "no reason was recorded" });
      const step = new StepExecution(this.#run, call, options);
      return step.run(body);
    });
  }

  async parallel<Results extends Record<string, unknown>>(
    branches: {
      [Key in keyof Results]: (ctx: Context) => Promise<Results[Key]>;
    },
  ): Promise<Results> {
    const position = this.#nextPosition();
    const keys: (keyof Results & string)[] = Object.keys(branches);
    const settled = await Promise.allSettled(
      keys.map((key) => new ReplayContext(this.#run, `${this.#path}/${position}.${key}`).traced(branches[key])),
    );
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
    rejections.note(
      first,
      others.flatMap((each) => rejections.callsOf(each)),
    );
    this.#rejected = rejections.callsOf(first);
    throw first;
  }

  /**
   * Runs the code of this branch, and keeps which failed calls its rejection comes of. An error of the code's own, thrown
   * before any other call, stands for the rejection that it follows.
   */
  async traced<Result>(code: (ctx: Context) => Promise<Result>): Promise<Result> {
    try {
      return await code(this);
    } catch (error) {
      const { rejections } = this.#run;
      if (rejections.callsOf(error).length === 0) rejections.note(error, this.#rejected);
      throw error;
    }
  }

  sleep(name: string, ms: number): Promise<void> {
    return this.#once("sleep", name, async (call) => {
      const now = this.#run.port.clock.now();
      const known = call.entry && sleeping.parse(call.entry.result);
      const until = known?.until ?? now + Math.max(0, Math.ceil(ms));
      if (until <= now) {
        if (call.entry?.state !== "done") this.#record(call, {}, { until });
        return;
      }
      if (!known) await this.#run.commit({ journal: [this.#entry(call, "waiting", { until })] });
      return this.#run.waitFor({ on: "timer", key: call.key, since: now, until }, name);
    });
  }

  waitForInput(name: string, question: Question): Promise<Answer | null> {
    return this.#once("input", name, async (call) => {
      const { clock } = this.#run.port;
      if (call.entry?.state === "done") return answered.parse(call.entry.result);
      const now = clock.now();
      const open = call.entry
        ? asked.parse(call.entry.result)
        : { prompt: promptOf(name, question), until: deadlineOf(question, now) };
      const item = this.#run.inbox.take(name);
      if (item) {
        const answer = { value: item.value, by: item.by, at: item.at };
        await this.#run.commit({ journal: [this.#entry(call, "done", answer)], taken: [item.n] });
        return answer;
      }
      if (open.until !== null && open.until <= now) {
        await this.#run.commit({ journal: [this.#entry(call, "done", null)] });
        return null;
      }
      if (!call.entry) await this.#run.commit({ journal: [this.#entry(call, "waiting", open)] });
      return this.#run.waitFor(
        { on: "input", key: call.key, since: now, until: open.until, prompt: open.prompt },
        name,
      );
    });
  }

  child(name: string, kind: string, input: Json): Promise<Json> {
    return this.#once("child", name, async (call) => {
      const { entry } = call;
      if (entry?.state === "done") return entry.result;
      if (entry?.state === "failed" && entry.error) throw new StepError(entry.error);
      const { port } = this.#run;
      const known = entry && childOf.parse(entry.result);
      if (!known || entry?.state === "retrying") {
        const child = await this.#run.through(() =>
          port.child({ kind, input, retryOf: known?.child ?? null }, (child) =>
            this.#run.buffer.take({ journal: [this.#entry(call, "waiting", { child })] }),
          ),
        );
        return this.#waitForChild(call, child);
      }
      const { child } = known;
      const end = await this.#run.through(() => port.endOf(child));
      if (!end) return this.#waitForChild(call, child);
      if ("output" in end) {
        await this.#run.commit({ journal: [this.#entry(call, "done", end.output)] });
        return end.output;
      }
      await this.#run.commit({ journal: [{ ...this.#entry(call, "failed", { child }), error: end.error }] });
      throw new StepError(end.error);
    });
  }

  history(limit: number): Promise<Message[]> {
    return this.#once("read", "history", async (call) => {
      if (call.entry) return messages.parse(call.entry.result);
      const found = await this.#run.through(() => this.#run.port.history(limit));
      this.#record(call, {}, found);
      return found;
    });
  }

  pause(name: string, reason: string): Promise<void> {
    return this.#once("pause", name, async (call) => {
      if (call.entry) return;
      const { port, buffer } = this.#run;
      await this.#run.through(() => port.pause(reason, buffer.take({ journal: [this.#entry(call, "done", null)] })));
      await this.#run.open();
    });
  }

  now(): Promise<number> {
    return this.#once("read", "now", async (call) => {
      if (call.entry) return z.number().parse(call.entry.result);
      const now = this.#run.port.clock.now();
      this.#record(call, {}, now);
      return now;
    });
  }

  random(): Promise<number> {
    return this.#once("read", "random", async (call) => {
      if (call.entry) return z.number().parse(call.entry.result);
      const random = this.#run.port.random();
      this.#record(call, {}, random);
      return random;
    });
  }

  emit<Type extends string>(event: Emission<Type>): void {
    this.#effect("emit", { record: { events: [emittedEvent(event)] } });
  }

  artifact(update: z.input<typeof artifactUpdate>): void {
    this.#effect("artifact", artifactWrite(update));
  }

  details(patch: JsonObject): void {
    this.#effect("details", { record: { details: patch } });
  }

  usage(call: UsageCall): void {
    const checked = usageCall.parse(call);
    this.#effect("usage", { record: { usage: [checked] } }, addUsage(NO_USAGE, checked));
  }

  progress(fraction: number, message = ""): void {
    if (!this.#run.isOver) this.#run.buffer.progress(clampFraction(fraction), message);
  }

  /** Takes the call's position at once, in the order of the code, and waits for the gate before it takes effect. */
  async #once<Result>(kind: Step["kind"], name: string, effect: (call: Call) => Promise<Result>): Promise<Result> {
    if (this.#inFlight.has(name)) {
      throw new Refusal(
        "invalid",
        `"${name}" is still in flight in this branch. Give calls that overlap names of their own, or use parallel().`,
      );
    }
    const position = this.#nextPosition();
    const occurrence = this.#occurrences.get(name) ?? 0;
    this.#occurrences.set(name, occurrence + 1);
    this.#inFlight.add(name);
    try {
      await this.#run.open();
      const entry = this.#run.journal.find(this.#path, position, kind, name, occurrence);
      return await effect(this.#call(kind, name, position, occurrence, entry));
    } catch (error) {
      if (error instanceof JournalMismatch) return this.#run.mismatch(error);
      if (error instanceof StepError) {
        this.#rejected = [{ branch: this.#path, position }];
        this.#run.rejections.note(error, this.#rejected);
      }
      throw error;
    } finally {
      this.#inFlight.delete(name);
    }
  }

  /** An effect outside of any step. */
  #effect(name: string, write: PartialWrite, usage: UsageTotals | null = null): void {
    if (this.#run.isOver) return;
    const position = this.#nextPosition();
    const occurrence = this.#occurrences.get(name) ?? 0;
    this.#occurrences.set(name, occurrence + 1);
    this.#run.spend(usage);
    if (this.#run.journal.find(this.#path, position, "effect", name, occurrence)) return;
    this.#record(this.#call("effect", name, position, occurrence, undefined), write, null, usage);
  }

  #nextPosition(): number {
    this.#rejected = [];
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

function promptOf(name: string, question: Question): Prompt {
  return { name, asks: question.asks, text: question.prompt, schema: question.schema ?? null };
}

function deadlineOf(question: Question, now: number): number | null {
  return question.deadlineMs === undefined ? null : now + question.deadlineMs;
}
