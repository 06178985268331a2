/** The handlers of the simulated kinds: they run programs over the handler context, under the eyes of the step monitor. */
import { z } from "zod";
import type { Clock } from "../../src/engine/clock.ts";
import {
  type Context,
  defineHandler,
  type Effects,
  type Handler,
  type StepContext,
  StepError,
  type StepOptions,
  TaskFailure,
} from "../../src/task/handler.ts";
import type { Json } from "../../src/task/json/json.ts";
import type { UsageCall } from "../../src/task/usage.ts";
import { ticks } from "./event-loop.ts";
import type { Op, Program } from "./program.ts";
import type { StepMonitor } from "./step-monitor.ts";

export const QUEUE = "gpu";
export const TEXT = ["Once ", "upon ", "a ", "time."];
const HANG_TIMEOUT_MS = 20_000;
/** Virtual time may leap while a body works: that is no fault of the body. */
const WORK_TIMEOUT_MS = 1_000 * 86_400_000;

/** What lasts longer than any process. */
export type Outside = {
  programs: Map<string, Program>;
  steps: StepMonitor;
  /** How often each call has thrown that passes at last, by program and call: a retry that is a new task goes on with it. */
  thrown: Map<string, number>;
  cleaned: Map<string, number>;
  limitKeyOf: (task: string) => string | null;
};

/** One process: its code stops dead with it. `crash` ends it, as the code of a step does that cannot be survived. */
export type SimulatedProcess = { isAlive: () => boolean; clock: Clock; crash: () => void };

const input = z.object({ program: z.string() });

export function simulatedHandlers(outside: Outside, own: SimulatedProcess): Handler[] {
  const program = (kind: string) =>
    defineHandler({
      kind,
      input,
      present: ({ program }) => ({ title: program, message: [{ text: program }] }),
      reply: () => [{ text: "done" }],
      run: async (ctx, { program }) => {
        const found = outside.programs.get(program);
        if (!found) throw new Error(`There is no program ${program}.`);
        return new Interpreter(outside, own, program).run(ctx, found.ops);
      },
    });
  return [
    program("tidy"),
    {
      ...program("messy"),
      cleanup: async (_, task) => {
        if (!own.isAlive()) return dead();
        outside.cleaned.set(task.id, (outside.cleaned.get(task.id) ?? 0) + 1);
      },
    },
    defineHandler({ kind: "external", input: z.object({}), queueOf: () => QUEUE, run: async () => null }),
  ];
}

class Interpreter {
  readonly #outside: Outside;
  readonly #own: SimulatedProcess;
  readonly #name: string;

  constructor(outside: Outside, own: SimulatedProcess, name: string) {
    this.#outside = outside;
    this.#own = own;
    this.#name = name;
  }

  async run(ctx: Context, ops: readonly Op[]): Promise<Json> {
    const results: Json[] = [];
    for (const op of ops) results.push(await this.#call(ctx, op));
    return results;
  }

  async #call(ctx: Context, op: Op): Promise<Json> {
    if (!this.#own.isAlive()) return dead();
    switch (op.op) {
      case "step":
        return this.#step(ctx, op);
      case "sleep":
        await ctx.sleep(op.name, op.ms);
        return null;
      case "ask": {
        const question = { asks: "answer", prompt: `What about ${op.id}?` } as const;
        const answer = await ctx.waitForInput(
          op.name,
          op.deadlineMs === null ? question : { ...question, deadlineMs: op.deadlineMs },
        );
        return { asked: op.name, answer: answer?.value ?? null };
      }
      case "child": {
        const output = ctx.child(op.name, "tidy", { program: `${this.#name}/${op.id}` });
        const child = output.then((output): Json => ({ child: output }));
        return op.caught ? child.catch(caught) : child;
      }
      case "parallel": {
        const branches = Object.entries(op.branches).map(([key, ops]) => [key, (ctx: Context) => this.run(ctx, ops)]);
        return await ctx.parallel<Record<string, Json>>(Object.fromEntries(branches));
      }
      case "pause":
        await ctx.pause(op.name, `at ${op.id}`);
        return null;
      case "read":
        if (op.what === "history") return (await ctx.history(5)).length;
        return op.what === "now" ? ctx.now() : ctx.random();
      case "effect":
        addEffect(ctx, op.what, op.id);
        return null;
      case "flaky":
        if (this.#throwsAgain(op)) throw new Error("flaky");
        return null;
      case "broken":
        return this.#watched(ctx, op.name, (step) => this.#brokenBody(step, op), { retries: 0 });
      case "crash":
        if (op.outside) return this.#crash();
        return this.#watched(ctx, op.name, () => this.#crashingBody());
      case "throw":
        if (op.how === "error") throw Object.assign(new Error("thrown"), { retryable: false });
        throw new TaskFailure("thrown", "thrown", { rejected: op.how === "rejected" });
    }
  }

  #throwsAgain(op: Op & { times: number }): boolean {
    const key = `${this.#name} ${op.id}`;
    const thrown = this.#outside.thrown.get(key) ?? 0;
    this.#outside.thrown.set(key, thrown + 1);
    return thrown < op.times;
  }

  async #brokenBody(step: StepContext, op: Op & { op: "broken" }): Promise<Json> {
    await this.#pass(2, 0);
    step.emit({ type: "sim.note", data: { id: op.id } });
    if (this.#throwsAgain(op)) throw Object.assign(new Error("broken"), { code: "broken" });
    return { step: op.id };
  }

  async #crashingBody(): Promise<Json> {
    await this.#pass(2, 0);
    return this.#crash();
  }

  #crash(): Promise<Json> {
    this.#own.crash();
    return dead();
  }

  /** A step under the eyes of the monitor. Where the process has died, its body does not begin. */
  #watched(
    ctx: Context,
    name: string,
    body: (step: StepContext) => Promise<Json>,
    options: StepOptions = {},
  ): Promise<Json> {
    return ctx.step(
      name,
      async (step) => {
        if (!this.#own.isAlive()) return dead();
        const { id } = ctx.task;
        const place = { task: id, limitKey: this.#outside.limitKeyOf(id), process: this.#own.isAlive };
        const ended = this.#outside.steps.begins(step, place);
        try {
          return await body(step);
        } finally {
          ended();
        }
      },
      { timeoutMs: WORK_TIMEOUT_MS, ...options },
    );
  }

  async #step(ctx: Context, op: Op & { op: "step" }): Promise<Json> {
    const result = this.#watched(ctx, op.name, (step) => this.#body(step, op), {
      retries: op.hangs ? 0 : op.retries,
      ...(op.hangs && { timeoutMs: HANG_TIMEOUT_MS }),
    });
    return op.caught ? result.catch(caught) : result;
  }

  async #body(step: StepContext, op: Op & { op: "step" }): Promise<Json> {
    if (op.hangs) return new Promise<Json>(() => {});
    for (const piece of op.effects.output ? TEXT : []) {
      step.output(piece, op.id);
      await this.#pass(op.ticks / 4, 0);
    }
    await this.#pass(op.ticks, op.ms);
    for (const what of ["usage", "emit", "artifact", "details", "progress"] as const)
      if (op.effects[what]) addEffect(step, what, op.id, step);
    if (step.tries <= op.failures) throw Object.assign(new Error("planned"), { code: "planned", retryable: !op.fatal });
    return { step: op.id };
  }

  async #pass(loop: number, ms: number): Promise<void> {
    await ticks(Math.ceil(loop));
    if (ms > 0) await new Promise<void>((resolve) => this.#own.clock.after(ms, resolve));
    if (!this.#own.isAlive()) return dead();
  }
}

function addEffect(
  to: Effects,
  what: "emit" | "details" | "artifact" | "usage" | "progress",
  id: string,
  step?: StepContext,
): void {
  if (what === "emit") to.emit({ type: "sim.note", data: { id } });
  if (what === "details") to.details({ [id]: true });
  if (what === "artifact") to.artifact({ id: "report", parts: [{ text: id }], append: true, last: false });
  if (what === "progress") to.progress((Number(id.slice(1)) % 10) / 10, id);
  if (what !== "usage") return;
  to.usage(paidCall(id));
  // What each try pays for by itself.
  if (step) to.usage(paidCall(`${id} try ${step.tries}`));
}

export function paidCall(key: string): UsageCall {
  return {
    key,
    provider: "p",
    model: "m",
    agent: "",
    inputTokens: 3,
    outputTokens: 2,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 0.25,
    raw: null,
  };
}

function caught(error: unknown): Json {
  if (error instanceof StepError) return { caught: error.failure.code };
  throw error;
}

/** The process is gone: its code goes no further. */
function dead<Result>(): Promise<Result> {
  return new Promise(() => {});
}
