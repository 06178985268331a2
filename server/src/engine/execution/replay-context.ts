/**
 * The context that a handler's code calls, one for each branch. Every call has a position in its branch; the journal
 * says whether it has taken effect before.
 */
import { z } from "zod";
import type { JournalEntry } from "../../store/store.ts";
import { artifactUpdate } from "../../task/artifact.ts";
import { type Message, message } from "../../task/conversation.ts";
import { Refusal } from "../../task/errors.ts";
import { type EventDraft, eventType } from "../../task/event.ts";
import {
  type Answer,
  type Context,
  type Question,
  type StepContext,
  StepError,
  type StepOptions,
} from "../../task/handler.ts";
import { isJson, type Json, type JsonObject, json } from "../../task/json.ts";
import type { Step } from "../../task/step.ts";
import { NO_USAGE, type Prompt, prompt, type UsageTotals } from "../../task/task.ts";
import { addUsage, type UsageCall, usageCall } from "../../task/usage.ts";
import { callKey, JournalMismatch } from "./journal.ts";
import type { Run } from "./run.ts";
import { StepExecution } from "./step-execution.ts";
import type { Said } from "./write-buffer.ts";

/** What entries of each kind hold as their result. */
const sleeping = z.object({ until: z.int() });
const asked = z.object({ prompt, until: z.int().nullable() });
const answered = z.object({ value: json, by: z.string(), at: z.int() }).nullable();
const childOf = z.object({ child: z.string() });
const messages = z.array(message.extend({ n: z.int(), task: z.string().nullable(), at: z.int() }));

/** One call of the code on its branch. `entry` is what the journal holds of it. */
export type Call = {
  position: number;
  name: string;
  occurrence: number;
  key: string;
  kind: Step["kind"];
  entry: JournalEntry | undefined;
};

export class ReplayContext implements Context {
  readonly #run: Run;
  readonly #path: string;
  readonly #occurrences = new Map<string, number>();
  readonly #inFlight = new Set<string>();
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
      const step = new StepExecution(this.#run, call, this.#path, options);
      return step.run(body);
    });
  }

  async parallel<Results extends Record<string, unknown>>(
    branches: {
      [Key in keyof Results]: (ctx: Context) => Promise<Results[Key]>;
    },
  ): Promise<Results> {
    const position = this.#position++;
    const keys: (keyof Results & string)[] = Object.keys(branches);
    const settled = await Promise.allSettled(
      keys.map((key) => branches[key](new ReplayContext(this.#run, `${this.#path}/${position}.${key}`))),
    );
    const results: Partial<Results> = {};
    for (const [at, key] of keys.entries()) {
      const branch = settled[at];
      if (branch?.status === "rejected") throw branch.reason;
      if (branch) results[key] = branch.value;
    }
    return results as Results;
  }

  sleep(name: string, ms: number): Promise<void> {
    return this.#once("sleep", name, async (call) => {
      const now = this.#run.host.clock.now();
      const known = call.entry && sleeping.parse(call.entry.result);
      const until = known?.until ?? now + Math.max(0, Math.ceil(ms));
      if (until <= now) {
        if (call.entry?.state !== "done") this.#say(call, {}, { until });
        return;
      }
      if (!known) await this.#run.commit({ journal: [this.#entry(call, "waiting", { until })] });
      return this.#run.waitFor({ on: "timer", key: call.key, since: now, until }, name);
    });
  }

  waitForInput(name: string, question: Question): Promise<Answer | null> {
    return this.#once("input", name, async (call) => {
      const { clock } = this.#run.host;
      if (call.entry?.state === "done") return answered.parse(call.entry.result);
      const now = clock.now();
      const open = call.entry
        ? asked.parse(call.entry.result)
        : { prompt: promptOf(name, question), until: deadlineOf(question, now) };
      const item = this.#run.takeInput(name);
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
      const { host } = this.#run;
      if (!entry) {
        const child = await this.#run.through(() =>
          host.child(kind, input, (child) =>
            this.#run.outbox.take({ journal: [this.#entry(call, "waiting", { child })] }),
          ),
        );
        return this.#waitForChild(call, child);
      }
      const { child } = childOf.parse(entry.result);
      const end = await this.#run.through(() => host.endOf(child));
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
      const found = await this.#run.through(() => this.#run.host.history(limit));
      this.#say(call, {}, found);
      return found;
    });
  }

  pause(name: string, reason: string): Promise<void> {
    return this.#once("pause", name, async (call) => {
      if (call.entry) return;
      const { host, outbox } = this.#run;
      await this.#run.through(() => host.pause(reason, outbox.take({ journal: [this.#entry(call, "done", null)] })));
      await this.#run.open();
    });
  }

  now(): Promise<number> {
    return this.#once("read", "now", async (call) => {
      if (call.entry) return z.number().parse(call.entry.result);
      const now = this.#run.host.clock.now();
      this.#say(call, {}, now);
      return now;
    });
  }

  random(): Promise<number> {
    return this.#once("read", "random", async (call) => {
      if (call.entry) return z.number().parse(call.entry.result);
      const random = this.#run.host.random();
      this.#say(call, {}, random);
      return random;
    });
  }

  emit(event: EventDraft): void {
    this.#effect("emit", { record: { events: [checkedEvent(event)] } });
  }

  artifact(update: z.input<typeof artifactUpdate>): void {
    this.#effect("artifact", artifactSaid(update));
  }

  details(patch: JsonObject): void {
    this.#effect("details", { record: { details: patch } });
  }

  usage(call: UsageCall): void {
    const checked = usageCall.parse(call);
    this.#effect("usage", { record: { usage: [checked] } }, addUsage(NO_USAGE, checked));
  }

  progress(fraction: number, message = ""): void {
    if (!this.#run.isOver) this.#run.outbox.progress(clampFraction(fraction), message);
  }

  /** Takes the call's position at once, in the order of the code, and waits for the gate before it takes effect. */
  async #once<Result>(kind: Step["kind"], name: string, effect: (call: Call) => Promise<Result>): Promise<Result> {
    if (this.#inFlight.has(name)) {
      throw new Refusal(
        "invalid",
        `"${name}" is still in flight in this branch. Give calls that overlap names of their own, or use parallel().`,
      );
    }
    const position = this.#position++;
    const occurrence = this.#occurrences.get(name) ?? 0;
    this.#occurrences.set(name, occurrence + 1);
    this.#inFlight.add(name);
    try {
      await this.#run.open();
      const entry = this.#run.journal.find(this.#path, position, kind, name, occurrence);
      return await effect({ position, name, occurrence, kind, entry, key: callKey(this.#path, name, occurrence) });
    } catch (error) {
      if (error instanceof JournalMismatch) return this.#run.mismatch(error);
      throw error;
    } finally {
      this.#inFlight.delete(name);
    }
  }

  /** An effect outside of any step. */
  #effect(name: string, said: Said, usage: UsageTotals | null = null): void {
    if (this.#run.isOver) return;
    const position = this.#position++;
    const occurrence = this.#occurrences.get(name) ?? 0;
    this.#occurrences.set(name, occurrence + 1);
    this.#run.spend(usage);
    if (this.#run.journal.find(this.#path, position, "effect", name, occurrence)) return;
    this.#say(
      { position, name, occurrence, kind: "effect", entry: undefined, key: callKey(this.#path, name, occurrence) },
      said,
      null,
      usage,
    );
  }

  #say(call: Call, said: Said, result: Json, usage: UsageTotals | null = null): void {
    const entry = { ...this.#entry(call, "done", result), usage };
    this.#run.journal.put(entry);
    this.#run.outbox.say({ ...said, journal: [entry] });
  }

  #entry(call: Call, state: Step["state"], result: Json): JournalEntry {
    return {
      branch: this.#path,
      position: call.position,
      name: call.name,
      occurrence: call.occurrence,
      kind: call.kind,
      state,
      tries: 1,
      at: this.#run.host.clock.now(),
      durationMs: null,
      result,
      error: null,
      usage: null,
    };
  }

  #waitForChild(call: Call, child: string): Promise<Json> {
    const since = this.#run.host.clock.now();
    return this.#run.waitFor({ on: "child", key: call.key, since, until: null, child }, call.name);
  }
}

export function checkedEvent(event: EventDraft): EventDraft {
  if (!isJson(event.data)) throw new Refusal("invalid", `The data of event ${event.type} is not JSON.`);
  return { type: eventType.parse(event.type), data: event.data };
}

export function artifactSaid(update: z.input<typeof artifactUpdate>): Said {
  const artifact = artifactUpdate.parse(update);
  const { append, last } = artifact;
  return {
    artifacts: [artifact],
    record: { events: [{ type: "artifact.updated", data: { artifact, append, last } }] },
  };
}

export function clampFraction(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

function promptOf(name: string, question: Question): Prompt {
  return { name, asks: question.asks, text: question.prompt, schema: question.schema ?? null };
}

function deadlineOf(question: Question, now: number): number | null {
  return question.deadlineMs === undefined ? null : now + question.deadlineMs;
}
