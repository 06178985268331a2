/** What the stories of engine life share: who acts, how kinds are made, and how a test waits for a task to arrive. */
import { expect } from "vitest";
import { z } from "zod";
import type { TaskEvent } from "../../task/events/event.ts";
import { type Context, defineHandler, type Handler } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { type Principal, SCOPES } from "../../task/principal.ts";
import type { Submission } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import type { StoreFaults } from "./store-faults.ts";

export type EngineLife = {
  verbs: Verbs;
  /** The time that the engine goes by, in Unix milliseconds. */
  now: () => number;
  /** Lets time pass, and what comes due meanwhile come to rest. A virtual clock leaps, a real one waits. */
  pass: (ms: number) => Promise<void>;
  /** Lets time pass without waiting for what follows: for races with what comes due. */
  leap: (ms: number) => Promise<void>;
  /** The time of day is set forward, and no time passes by it: what was due meanwhile comes to rest. */
  setForward: (ms: number) => Promise<void>;
  /** The code at hand computes for so long. */
  spend: (ms: number) => void;
  /** Calls `run` once so much time has passed. */
  after: (ms: number, run: () => void) => void;
  /** Resolves once nothing is under way: what is left waits for time, for an answer or for a test's gate. */
  settle: () => Promise<void>;
  /**
   * The process dies here: nothing of it reaches the store any more. Then a new one starts with these handlers, after
   * `downMs`, with a clock that was set back meanwhile by `setBackMs`. `own`: its own code ended it, and that is known; else
   * it may as well have been killed.
   */
  crash: (
    handlers?: readonly Handler[],
    death?: { own?: boolean; downMs?: number; setBackMs?: number },
  ) => Promise<EngineLife>;
  /** The process stops in good order, and a new one starts with these handlers. */
  restart: (handlers?: readonly Handler[]) => Promise<EngineLife>;
  /** What becomes of the store meanwhile. */
  faults: StoreFaults;
  /** What the log has warned of since the first of its processes began. */
  warnings: readonly string[];
  end: () => Promise<void>;
};

export type EngineSetup = (handlers: readonly Handler[], limits?: { concurrency: number }) => Promise<EngineLife>;

export const ada: Principal = { tenant: "acme", user: "ada", scopes: new Set(SCOPES), keyId: "of ada" };
export const bob: Principal = { tenant: "acme", user: "bob", scopes: new Set(["tasks"]), keyId: "of bob" };

/** A gate that a test opens, in the place of time passing. */
export function gate<Value = void>() {
  return Promise.withResolvers<Value>();
}

/** Does something after so many turns of the queue of promises: two such races meet in each of their moments. */
export async function inTurns<Result>(turns: number, act: () => Result): Promise<Awaited<Result>> {
  for (let turn = 0; turn < turns; turn++) await null;
  return await act();
}

export function kind(
  name: string,
  run: (ctx: Context, input: Json) => Promise<Json>,
  more: Partial<Handler> = {},
): Handler {
  return { ...defineHandler({ kind: name, input: z.json() as z.ZodType<Json>, run }), ...more };
}

/** Starts an engine for the test at hand; it is ended after it. */
export type Begin = (handlers: readonly Handler[], limits?: { concurrency: number }) => Promise<EngineLife>;

export async function submit(
  life: EngineLife,
  kind: string,
  more: Partial<Submission> = {},
  who = ada,
): Promise<string> {
  return (await life.verbs.tasks.submit(who, "native", { kind, input: {}, ...more })).task.id;
}

export function at(life: EngineLife, id: string): Promise<Task> {
  return life.verbs.tasks.get(ada, id);
}

export function events(life: EngineLife, id: string): Promise<TaskEvent[]> {
  return life.verbs.tasks.events(ada, id, 0, 1_000);
}

export async function types(life: EngineLife, id: string): Promise<string[]> {
  return (await events(life, id)).map((event) => event.type);
}

/** The task once everything has come to rest, which must be in this state. */
export async function arrives(life: EngineLife, id: string, state: Task["state"]): Promise<Task> {
  await life.settle();
  const task = await at(life, id);
  expect(task.state, JSON.stringify(task)).toBe(state);
  return task;
}

export function paidCall(key: string): UsageCall {
  return {
    key,
    provider: "p",
    model: "m",
    agent: "",
    inputTokens: 10,
    outputTokens: 5,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 0.5,
    raw: null,
  };
}
