/** Whatever state a task is in, and whatever it waits for, a program hears why by a code, and a person by a sentence. */
import { expect, it } from "vitest";
import type { SchedulingView } from "../../engine/engine.ts";
import { newTask } from "../../store/suite/new-task.suite.ts";
import { STATES } from "../../task/states.ts";
import { type Prompt, type Task, task as taskSchema, type Wait } from "../../task/task.ts";
import { WHY_REASONS } from "../why.ts";
import { explain } from "./explain.ts";

const NOW = 2_000_000_000_000;
const prompt = (asks: Prompt["asks"]): Prompt => ({ name: "ok", asks, text: "Go on?", schema: null });
const wait = { key: "k", since: NOW, until: null };
const by = { by: "ada", at: NOW, reason: "" };
const asked = (asks: Prompt["asks"]): Wait => ({ on: "input", ...wait, prompt: prompt(asks) });
const lease = { worker: "w1", until: NOW };
const QUEUE = { queue: "gpu", since: 1 };

function task(fields: object): Task {
  return taskSchema.parse({ ...newTask(), ...fields });
}

function whyOf(given: Task, view: Partial<ReturnType<typeof viewOf>> = {}) {
  const scheduling = { ...viewOf(), ...view };
  return explain(given, { scheduling, now: NOW }, [], null);
}

function viewOf(): SchedulingView {
  return {
    running: () => [],
    heldBy: () => [],
    behindKey: () => null,
    before: () => [],
    ahead: () => 0,
    obstacle: () => null,
    workers: () => null,
  };
}

const CASES: [reason: (typeof WHY_REASONS)[number], fields: object, view?: Partial<SchedulingView>][] = [
  ["conversation", { state: "queued" }, { before: () => ["task_1"] }],
  ["conversation", { state: "waiting", waits: [{ on: "conversation", ...wait }] }, { before: () => ["task_1"] }],
  ["stuck", { state: "running" }, { obstacle: () => ({ code: "stuck", sentence: "It cannot be written." }) }],
  ["recovering", { state: "queued" }, { obstacle: () => ({ code: "recovering", sentence: "It has just started." }) }],
  [
    "crash_suspect",
    { state: "running" },
    { obstacle: () => ({ code: "crash_suspect", sentence: "It is a suspect." }) },
  ],
  ["delayed", { state: "queued", notBefore: NOW + 1 }, { ahead: () => null }],
  [
    "delayed",
    { state: "queued", notBefore: NOW + 1 },
    { ahead: () => null, workers: () => ({ ...QUEUE, askedAt: null }) },
  ],
  [
    "no_worker",
    { state: "queued", notBefore: NOW },
    { ahead: () => null, workers: () => ({ ...QUEUE, askedAt: null }) },
  ],
  ["no_slot", { state: "queued", notBefore: NOW }],
  ["no_slot", { state: "queued" }],
  ["concurrency", { state: "queued" }, { behindKey: () => "printer" }],
  ["concurrency", { state: "queued" }, { behindKey: () => "printer", workers: () => ({ ...QUEUE, askedAt: NOW }) }],
  ["no_worker", { state: "queued" }, { workers: () => ({ ...QUEUE, askedAt: null }) }],
  ["awaits_worker", { state: "queued" }, { workers: () => ({ ...QUEUE, askedAt: NOW }) }],
  ["running", { state: "running" }],
  ["leased", { state: "running", lease }],
  ["pausing", { state: "paused", resumesAs: "running", pausedBy: by }],
  ["paused", { state: "paused", resumesAs: "waiting", pausedBy: by }],
  ["paused_by_itself", { state: "paused", resumesAs: "waiting", pausedBy: { ...by, by: "waybill" } }],
  ...(["budget", "days_money"] as const).map((cause): [`paused_by_${typeof cause}`, object] => [
    `paused_by_${cause}`,
    { state: "paused", resumesAs: "waiting", pausedBy: { ...by, by: "waybill", cause } },
  ]),
  ["needs_answer", { state: "input_required", waits: [asked("answer")] }],
  ["needs_approval", { state: "input_required", waits: [asked("approval")] }],
  ["needs_authorization", { state: "input_required", waits: [asked("authorization")] }],
  ["needs_information", { state: "input_required", waits: [asked("information")] }],
  ["timer", { state: "waiting", waits: [{ on: "timer", ...wait }] }],
  ["retry", { state: "waiting", waits: [{ on: "retry", ...wait }] }],
  ["child", { state: "waiting", waits: [{ on: "child", ...wait, child: "task_1" }] }],
  ["no_slot", { state: "waiting", waits: [{ on: "slot", ...wait }] }],
  ["no_slot", { state: "waiting", waits: [] }],
  ["no_code", { state: "waiting", waits: [{ on: "handler", ...wait, code: "handler_version", message: "Gone." }] }],
  ["no_handler", { state: "queued" }, { obstacle: () => ({ code: "no_handler", sentence: "Nobody does it." }) }],
  ["completed", { state: "completed", output: null }],
  ["cancelled", { state: "cancelled", cancelledBy: by }],
  ...(["failed", "timed_out", "rejected"] as const).map((state): [typeof state, object] => [
    state,
    { state, error: { code: "e", message: "No." } },
  ]),
];

it.each(CASES)("says %s of a task that is so", (reason, fields, view) => {
  const why = whyOf(task(fields), view);
  expect(why.reason).toBe(reason);
  expect(why.summary).toMatch(/^\S.*[^.]\.$/);
});

it("says until when a task is delayed, and once its time has come what it waits for then", () => {
  const seen: Partial<SchedulingView> = { ahead: () => null, workers: () => ({ ...QUEUE, askedAt: null }) };
  const later = task({ state: "queued", notBefore: NOW + 1_000 });
  expect(whyOf(later, seen).summary).toBe("Its submit asked for a delay: it starts at 2033-05-18T03:33:21.000Z.");
  expect(whyOf(task({ state: "queued", notBefore: NOW }), seen).summary).toMatch(/^It is ready, /);
});

it("says once what lets a task go on whose money is spent, and of a day's money not that a resume does", () => {
  const reason = "The day's money is spent. The task goes on by itself at midnight.";
  const spent = { by: "waybill", at: NOW, reason, until: NOW + 1, cause: "days_money" };
  const paused = task({ state: "paused", resumesAs: "waiting", pausedBy: spent });
  expect(whyOf(paused).summary).toBe(`waybill paused it: ${reason}`);
});

it("says of the one that is first in the queue that it is next, and of others how many are before them", () => {
  const queued = task({ state: "queued" });
  expect(whyOf(queued).summary).toBe("It is ready, without a slot: it is next.");
  expect(whyOf(queued, { ahead: () => 2 }).summary).toBe("It is ready, without a slot: 2 before it.");
});

it("leaves out no state and no reason", () => {
  expect(new Set(CASES.map(([reason]) => reason))).toEqual(new Set(WHY_REASONS));
  const tried = new Set(CASES.map(([, fields]) => ("state" in fields ? fields.state : null)));
  expect([...tried].sort()).toEqual([...STATES].sort());
});

it("says what somebody gave as a reason with one full stop, and names one step or several that still run", () => {
  const reason = { ...by, reason: "Too dear." };
  expect(whyOf(task({ state: "cancelled", cancelledBy: reason })).summary).toBe("ada cancelled it: Too dear.");
  const paused = task({ state: "paused", resumesAs: "running", pausedBy: reason });
  expect(whyOf(paused).summary).toBe("ada paused it: Too dear. It is coming to rest.");
  expect(whyOf(paused, { running: () => ["draft"] }).summary).toContain(
    '"draft" still runs, and may cost, until it ends',
  );
  expect(whyOf(paused, { running: () => ["a", "b"] }).summary).toContain(
    '"a", "b" still run, and may cost, until they end',
  );
});
