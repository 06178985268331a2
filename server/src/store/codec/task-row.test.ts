import { expect, test } from "vitest";
import { message } from "../../task/conversation.ts";
import { decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { Task } from "../../task/task.ts";
import { decided } from "../suite/life.suite.ts";
import { newTask, START } from "../suite/new-task.suite.ts";
import { BLANK, fixedOf, readTaskRow, recordOf, taskOf } from "./task-row.ts";
import { parseTolerantly } from "./tolerant.ts";

const WAIT = { on: "timer", key: "k", since: START, until: START + 5 } as const;

/** The row of a task, with its record and what never changes as given. */
function rowOf(task: Task, record = recordOf(task), fixed = fixedOf(task)): unknown[] {
  const { number, id, tenant, user, kind, state, conversation, parent, revision, attempt, lastSeq, progress } = task;
  const { createdAt, endedAt, deletedAt, queue } = task;
  const identity = [number, id, tenant, user, kind, state, conversation, parent, revision, attempt, lastSeq, progress];
  return [...identity, createdAt, endedAt, deletedAt, queue, record, null, fixed, JSON.stringify(task.input)];
}

function read(row: unknown[]): Task {
  const stored = readTaskRow(row);
  return taskOf(stored, { input: JSON.parse(stored.input) });
}

test("a task comes back from its row as it was, whatever has happened to it", () => {
  const task = newTask({ metadata: { zero: 0 }, details: { none: null }, queue: "gpu", priority: -1 });
  const running = decided(submitted(task).task, { do: "start", lease: { worker: "w", until: START + 9 } }).task;
  const asleep = decided(running, { do: "suspend", attempt: 1, waits: [WAIT], checkpoint: "k" }).task;
  const paused = decided(asleep, { do: "pause", by: "ada", reason: "late" }).task;
  const failed = decided(running, { do: "fail", attempt: 1, error: { code: "c", message: "m" }, retryAt: null }).task;
  for (const each of [task, running, asleep, paused, failed]) expect(read(rowOf(each))).toEqual(each);
});

test("what only a newer version knows is kept through a change, at the top and inside", () => {
  const task = decided(submitted(newTask()).task, { do: "start" }).task;
  const asleep = decided(task, { do: "suspend", attempt: 1, waits: [WAIT], checkpoint: "k" }).task;
  const record = { ...JSON.parse(recordOf(asleep)), assignee: { user: "bob" }, waits: [{ ...WAIT, by: "cron" }] };
  const fixed = { ...JSON.parse(fixedOf(asleep)), colour: "blue" };
  const found = read(rowOf(asleep, JSON.stringify(record), JSON.stringify(fixed)));
  const extra = { assignee: { user: "bob" }, colour: "blue" };
  expect(found).toEqual({ ...asleep, ...extra, waits: [{ ...WAIT, by: "cron" }] });
  const paused = decide(found, { do: "pause", by: "ada", reason: "" }, START + 1);
  if (paused instanceof Refusal) throw paused;
  expect(JSON.parse(recordOf(paused.task))).toMatchObject({ ...extra, waits: [{ ...WAIT, by: "cron" }] });
});

test("a field that is missing or of the wrong type is an error all the same", () => {
  const task = newTask();
  expect(() => read(rowOf(task, JSON.stringify({ assignee: "bob" })))).toThrow("stateChangedAt");
  const wrong = { ...JSON.parse(recordOf(task)), assignee: "bob", failures: "many" };
  expect(() => read(rowOf(task, JSON.stringify(wrong)))).toThrow("failures");
});

test("a column that does not fit is an error, and what an old row leaves out of a policy is filled in", () => {
  const task = newTask();
  for (const [at, wrong] of [
    [0, -1],
    [2, null],
    [5, "asleep"],
    [7, 7],
    [8, "1"],
    [11, Number.NaN],
    [12, 1.5],
    [12, 8_640_000_000_000_001],
    [13, -1],
    [14, 8_640_000_000_000_001],
  ] as const)
    expect(() => read(rowOf(task).with(at, wrong)), `column ${at}`).toThrow();
  const fixed = JSON.stringify({ ...JSON.parse(fixedOf(task)), retry: { attempts: 2 } });
  expect(read(rowOf(task, recordOf(task), fixed)).retry).toEqual({
    attempts: 2,
    backoffMs: 1_000,
    backoffMaxMs: 60_000,
  });
});

test("a part with a field of a newer version is read with it", () => {
  const stored = {
    role: "user",
    parts: [{ text: "Hi", language: "en" }, { file: { url: "https://a.test", etag: "x" } }],
  };
  expect(parseTolerantly(message, structuredClone(stored))).toEqual(stored);
  expect(() => parseTolerantly(message, { role: "user", parts: [{ txt: "Hi" }] })).toThrow();
});

/** When this fails, a field that old rows left out would read differently: such a field has to be written always. */
test("what a left-out field means is frozen", () => {
  expect(BLANK).toEqual({
    assignment: null,
    number: 0,
    conversation: null,
    parent: null,
    depth: 0,
    retryOf: null,
    trace: null,
    priority: 0,
    concurrency: null,
    multitaskStrategy: null,
    queue: null,
    metadata: {},
    budget: null,
    budgetFrom: null,
    boundBy: [],
    models: [],
    tier: null,
    children: 0,
    attempt: 0,
    failures: 0,
    crashes: 0,
    lastSeq: 0,
    startedAt: null,
    endedAt: null,
    notBefore: null,
    deadlineAt: null,
    timeLimitMs: null,
    namedDeadlineAt: null,
    limitAt: null,
    limitLeftMs: null,
    deletedAt: null,
    progress: 0,
    progressMessage: "",
    details: {},
    usage: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0 },
    waits: [],
    lease: null,
    lastClaim: null,
    leasesLost: 0,
    stack: null,
    pausedBy: null,
    cancelledBy: null,
  });
});
