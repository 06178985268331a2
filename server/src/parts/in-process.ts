/** An engine in the process of its user: the same tasks, rules and promises as a server, without one. */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ConfigError } from "../config-error.ts";
import { describe, givenHandlers } from "../config-file.ts";
import { SystemClock } from "../engine/clock.ts";
import { CrashRecordFile, crashRecordFiles } from "../engine/embedded/crash/crash-record-file.ts";
import { EmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import { blame } from "../engine/execution/current-place.ts";
import { ownCopy } from "../engine/execution/handed-over.ts";
import { Ids, systemRandomBytes } from "../engine/ids.ts";
import { surviveStrays } from "../own-end.ts";
import { openStore } from "../store/open.ts";
import type { TaskEvent } from "../task/events/event.ts";
import type { Handler } from "../task/handler.ts";
import type { Json } from "../task/json/json.ts";
import { jsonPieces } from "../task/json/json-pieces.ts";
import { isPlain } from "../task/new-task.ts";
import { type Principal, SCOPES } from "../task/principal.ts";
import { type InputSubmission, type Submission, submission } from "../task/submission.ts";
import type { Task } from "../task/task.ts";
import { earlierAnswer } from "../verbs/implementation/answer-check.ts";
import { createVerbs } from "../verbs/implementation/create-verbs.ts";
import { damageTo } from "./damage-lines.ts";
import { engineLog } from "./engine-log.ts";
import { logger } from "./log.ts";
import { slowCallsTo } from "./slow-calls.ts";
import { upgradeTo } from "./upgrade-line.ts";

const GRACE_MS = 10_000;
/** Waits for a task take as long as the task. */
const WAIT_MS_MAX = 2 ** 31 - 1;
const LENS = "native";

export type EngineOptions = {
  /** The data folder, which this process owns until the engine is closed. */
  data: string;
  /** The kinds of tasks. */
  handlers: readonly Handler[];
  /** The tenant of these tasks; that of `waybill dev` when absent. */
  tenant?: string;
  user?: string;
  /** Tasks whose handlers run at once. */
  running?: number;
  /** Days after which ended tasks are removed. */
  retentionDays?: number;
};

/** A task as it is at one moment. */
export type TaskView = Pick<Task, "id" | "kind" | "state" | "title" | "input" | "progress" | "metadata" | "createdAt"> &
  Pick<Task, "endedAt" | "attempt" | "conversation" | "parent"> & {
    /** Of a completed task. */
    output?: Json;
    /** Of a task that has ended otherwise, if there is something to tell. */
    error?: { code: string; message: string; step?: string | undefined };
  };

export type Engine = {
  /** Resolves once the task is on disk. The same `idempotencyKey` with the same submission returns the same task for a day. */
  submit(task: Submission, options?: { idempotencyKey?: string }): Promise<TaskView>;
  /** The task once it has ended, is paused or asks a person; or its current state when `signal` fires. */
  settled(id: string, signal?: AbortSignal): Promise<TaskView>;
  get(id: string): Promise<TaskView>;
  /** Its events after this number, then live ones, until the task has ended or `signal` fires. */
  follow(id: string, after?: number, signal?: AbortSignal): AsyncIterable<TaskEvent>;
  /** Answers the task's question, or waits for its next one. */
  input(id: string, input: InputSubmission): Promise<TaskView>;
  pause(id: string, reason?: string): Promise<TaskView>;
  resume(id: string): Promise<TaskView>;
  cancel(id: string, reason?: string): Promise<TaskView>;
  /** Lets steps in flight end within `graceMs`; open tasks go on when the data folder is opened again. */
  close(graceMs?: number): Promise<void>;
};

/**
 * Opens a data folder, and continues its open tasks. Throws for a handler that `defineHandler` has not made, and when another process
 * owns the folder.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const given = givenHandlers.safeParse(options.handlers);
  if (!given.success) throw new ConfigError(`handlers.${given.error.issues.map(describe).join("; handlers.")}`);
  const log = logger({ logLevel: "warn", models: {} });
  surviveStrays((error) => {
    const owner = blame(error);
    if (owner) log.error({ ...owner, err: error }, "code of a handler threw where nothing awaits it");
    return owner !== null;
  });
  const record = new CrashRecordFile(crashRecordFiles(options.data));
  const store = await openStore(options, {
    onFatal: (error) => log.fatal({ err: error }, "the store has died"),
    onDamage: damageTo(log),
    onUpgrade: upgradeTo(log),
    onSlow: slowCallsTo(log),
    onLogGrows: (error) => log.warn({ err: error }, "the database's log grows, as it cannot be written back"),
  });
  const { handlers, running, retentionDays } = options;
  const own = { clock: new SystemClock(), random: Math.random, ids: new Ids(systemRandomBytes) };
  const limits = { ...(running && { concurrency: running }), ...(retentionDays && { retentionDays }) };
  const engine = new EmbeddedEngine({
    ...own,
    store,
    handlers,
    limits,
    record,
    log: engineLog(log),
    answerTo: earlierAnswer,
  });
  const { tasks } = createVerbs({ ...own, engine, store });
  try {
    await engine.start();
  } catch (error) {
    await store.close();
    throw error;
  }
  return acting(options, tasks, async (graceMs) => {
    await engine.stop(graceMs);
    await store.close();
  });
}

function acting(
  { tenant = "default", user = "developer" }: EngineOptions,
  tasks: ReturnType<typeof createVerbs>["tasks"],
  close: (graceMs: number) => Promise<void>,
): Engine {
  const who: Principal = { tenant, user, scopes: new Set(SCOPES), keyId: "in process" };
  const because = (reason?: string) => (reason === undefined ? {} : { reason });
  let closed: Promise<void> | undefined;
  return {
    submit: async (given, { idempotencyKey: key } = {}) => {
      // An idempotency key is bound to the whole submission, defaults included.
      const wanted = await ownCopy(key === undefined && isPlain(given) ? plainOf(given) : submission.parse(given));
      const idempotency = key === undefined ? undefined : { key, hash: await hashOf(wanted) };
      return viewOf((await tasks.submit(who, LENS, wanted, idempotency)).task);
    },
    settled: async (id, signal) => viewOf(await tasks.settled(who, id, WAIT_MS_MAX, signal)),
    get: async (id) => viewOf(await tasks.get(who, id)),
    follow: async function* (id, after = 0, signal = new AbortController().signal) {
      for await (const batch of tasks.follow(who, id, after, signal)) yield* await ownCopy(batch);
    },
    input: async (id, input) => viewOf((await tasks.input(who, id, await ownCopy(input))).task),
    pause: async (id, reason) => viewOf((await tasks.pause(who, id, because(reason))).task),
    resume: async (id) => viewOf((await tasks.resume(who, id)).task),
    cancel: async (id, reason) => viewOf((await tasks.cancel(who, id, because(reason))).task),
    close: (graceMs = GRACE_MS) => {
      closed ??= close(graceMs);
      return closed;
    },
  };
}

/** Fields are read by name: a getter of a class or prototype is not an own field, and counts too. */
function plainOf({ kind, input, priority }: Submission): Submission {
  return priority === undefined ? { kind, input } : { kind, input, priority };
}

async function hashOf(wanted: unknown): Promise<string> {
  const hash = createHash("sha256");
  for (const piece of jsonPieces(wanted)) {
    hash.update(piece);
    await nextTurn();
  }
  return hash.digest("hex");
}

/** A copy: the caller may change it. */
async function viewOf(task: Task): Promise<TaskView> {
  const { id, kind, state, title, input, progress, metadata, createdAt, endedAt, attempt, conversation, parent } = task;
  const values = { input, metadata, ...(task.state === "completed" && { output: task.output }) };
  const copied = ownCopy(values);
  return {
    ...(copied instanceof Promise ? await copied : copied),
    ...{ id, kind, state, title, progress, createdAt, endedAt, attempt, conversation, parent },
    ...("error" in task && task.error && { error: { ...task.error } }),
  };
}
