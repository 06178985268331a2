import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HandIn, LEASES_LOST_MAX } from "./claim.ts";
import { type Change, type Command, decide, EVENTS_MAX, submitted } from "./decide.ts";
import { Refusal } from "./errors.ts";
import { STEPS_NAMED_MAX } from "./pause.ts";
import { queuedTask } from "./queued-task.ts";
import { isTerminal, TERMINAL_STATES } from "./states.ts";
import { NO_USAGE, type Task, task as taskSchema, type Wait } from "./task.ts";
import type { UsageCall } from "./usage.ts";

const BORN = 1_000_000;

/**
 * How a task can stand, finer than its state: `slot`, `timer` and `asks` are waits, `leased` runs elsewhere, and
 * `p.` is paused with what it resumes as. All terminal states behave as `ended` does.
 *
 * A cell is how the task stands afterwards; `=` is a change that leaves it standing as it did, `.` the refusal
 * `not_allowed_in_state`, `!` the refusal `fenced`.
 */
const TABLE = `
command       queued    running   leased    slot      timer     asks      p.queued  p.running p.slot    p.timer   p.asks    ended
start         running   .         .         running   .         .         .         .         .         .         .         .
claim         leased    .         .         leased    .         .         .         .         .         .         .         .
recover       .         =         =         .         .         .         .         .         .         .         .         .
blame         =         =         =         =         =         =         =         =         =         =         =         .
suspendTimer  .         timer     timer     .         .         .         .         p.timer   .         .         .         !
suspendInput  .         asks      asks      .         .         .         .         p.asks    .         .         .         !
suspendIdle   .         slot      slot      .         .         .         .         p.slot    .         .         .         !
wake          .         .         .         .         slot      slot      .         .         .         p.slot    p.slot    .
wakeOther     .         .         .         .         .         .         .         .         .         .         .         .
record        .         =         =         .         .         .         .         =         .         .         .         !
bill          =         =         =         =         =         =         =         =         =         =         =         =
grant         =         =         =         =         =         =         =         =         =         =         =         .
setBudget     =         =         =         =         =         =         =         =         =         =         =         .
renew         !         !         =         !         !         !         !         !         !         !         !         !
lapse         .         .         slot      .         .         .         .         .         .         .         .         !
complete      .         completed completed .         .         .         .         .         .         .         .         !
fail          .         failed    failed    .         .         .         .         .         .         .         .         !
failForNow    .         timer     timer     .         .         .         .         .         .         .         .         !
reject        .         rejected  rejected  .         .         .         .         .         .         .         .         !
expire        timed_out timed_out timed_out timed_out timed_out timed_out timed_out timed_out timed_out timed_out timed_out .
cancel        cancelled cancelled cancelled cancelled cancelled cancelled cancelled cancelled cancelled cancelled cancelled .
pause         p.queued  p.running p.slot    p.slot    p.timer   p.asks    .         .         .         .         .         .
pauseNow      p.queued  p.slot    p.slot    p.slot    p.timer   p.asks    .         p.slot    .         .         .         .
resume        .         .         .         .         .         .         slot      running   slot      timer     asks      .
answer        =         =         =         =         =         slot      =         =         =         =         p.slot    .
answerOther   =         =         =         =         =         =         =         =         =         =         =         .
delete        .         .         .         .         .         .         .         .         .         .         .         =
`;

const { standings, rows } = readTable(TABLE);

const QUESTION: Wait = {
  on: "input",
  key: "/ask#0",
  since: BORN,
  until: null,
  prompt: { name: "ask", asks: "answer", text: "Which one?", schema: null },
};
const TIMER: Wait = { on: "timer", key: "/nap#0", since: BORN, until: BORN + 1_000 };
const CALL: UsageCall = {
  key: "call",
  provider: "p",
  model: "m",
  agent: "",
  inputTokens: 3,
  outputTokens: 2,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0.5,
  raw: null,
};
const ERROR = { code: "handler_error", message: "It broke." };

/** What each row of the table means for a task; `attempt` is who says it. */
const COMMANDS: Record<string, (task: Task, attempt: number, fraction: number) => Command> = {
  start: () => ({ do: "start" }),
  claim: () => ({ do: "start", lease: { worker: "w", until: BORN + 5_000 } }),
  recover: () => ({ do: "recover" }),
  blame: (task) => ({ do: "blame", crashes: task.crashes + 1 }),
  suspendTimer: (_, attempt) => ({ do: "suspend", attempt, waits: [TIMER], checkpoint: "nap" }),
  suspendInput: (_, attempt) => ({ do: "suspend", attempt, waits: [TIMER, QUESTION], checkpoint: "ask" }),
  suspendIdle: (_, attempt) => ({ do: "suspend", attempt, waits: [], checkpoint: "here" }),
  // A task whose run goes on waits for nothing but answers, which are stories of their own.
  wake: (task) => ({ do: "wake", key: isMoving(task) ? "/nap#0" : (task.waits[0]?.key ?? "") }),
  wakeOther: () => ({ do: "wake", key: "/another#0" }),
  record: (_, attempt, fraction) => ({
    do: "record",
    attempt,
    record: {
      events: [{ type: "a.b", data: {}, custom: true }],
      progress: { fraction, message: "on it" },
      details: { step: fraction },
      usage: [CALL],
      progressed: true,
    },
  }),
  bill: () => ({ do: "bill", calls: [CALL, CALL] }),
  grant: () => ({ do: "grant", spent: { ...NO_USAGE, calls: 1 } }),
  setBudget: () => ({ do: "set_budget", by: "ada", budget: { tokens: 9, onSpent: "pause" }, reason: "" }),
  renew: (_, attempt) => ({ do: "renew", attempt, worker: "w", until: BORN + 9_000 }),
  lapse: (task, attempt) => ({ do: "lapse", attempt, until: task.lease?.until ?? 0 }),
  complete: (_, attempt) => ({ do: "complete", attempt, output: { done: true } }),
  fail: (_, attempt) => ({ do: "fail", attempt, error: ERROR, retryAt: null }),
  failForNow: (_, attempt) => ({ do: "fail", attempt, error: ERROR, retryAt: BORN + 2_000 }),
  reject: (_, attempt) => ({ do: "reject", attempt, error: ERROR }),
  expire: () => ({ do: "expire" }),
  cancel: () => ({ do: "cancel", by: "ada", reason: "enough" }),
  pause: () => ({ do: "pause", by: "ada", reason: "lunch" }),
  pauseNow: () => ({ do: "pause", by: "ada", reason: "lunch", now: true }),
  resume: () => ({ do: "resume", by: "ada" }),
  answer: () => ({ do: "input", by: "ada", messageId: "m1", prompt: null }),
  answerOther: () => ({ do: "input", by: "ada", messageId: "m2", prompt: "another" }),
  delete: () => ({ do: "delete" }),
};

/** The rows that only the attempt that runs may say. */
const OF_AN_ATTEMPT = [
  "suspendTimer",
  "suspendInput",
  "suspendIdle",
  "record",
  "renew",
  "lapse",
  "complete",
  "fail",
  "failForNow",
  "reject",
];

/** How each standing is reached from a fresh task. */
const PATHS: Record<string, string[]> = {
  queued: [],
  running: ["start"],
  leased: ["claim"],
  slot: ["start", "suspendTimer", "wake"],
  timer: ["start", "suspendTimer"],
  asks: ["start", "suspendInput"],
  "p.queued": ["pause"],
  "p.running": ["start", "pause"],
  "p.slot": ["start", "suspendTimer", "wake", "pause"],
  "p.timer": ["start", "suspendTimer", "pause"],
  "p.asks": ["start", "suspendInput", "pause"],
  completed: ["start", "complete"],
  failed: ["start", "fail"],
  cancelled: ["cancel"],
  timed_out: ["expire"],
  rejected: ["start", "reject"],
};

describe("the transition table", () => {
  test("names every command", () => {
    expect([...rows.keys()]).toEqual(Object.keys(COMMANDS));
  });

  for (const [standing, path] of Object.entries(PATHS)) {
    test(`holds for a task that is ${standing}`, () => {
      const task = reach(path);
      expect(standingOf(task)).toBe(standing);
      const got = [...rows.keys()].map((name) => `${name}: ${outcome(task, decide(task, say(name, task), BORN))}`);
      expect(got).toEqual([...rows.keys()].map((name) => `${name}: ${cell(name, standing)}`));
    });

    test(`fences every older attempt of a task that is ${standing}`, () => {
      const task = reach(path);
      for (const name of OF_AN_ATTEMPT) {
        const decided = decide(task, say(name, task, task.attempt - 1), BORN);
        expect(decided instanceof Refusal && decided.code, name).toBe("fenced");
      }
    });
  }
});

describe("a life in any order", () => {
  const names = [...rows.keys()];
  const goingOn = names.filter((name) => !isEnding(name));
  const endings = names.filter(isEnding);
  const fits = (name: string, standing: string) => !".!".includes(cell(name, standing));
  const act = fc.record({
    // Most fit how the task stands, and few end it, so that lives are long and come everywhere.
    from: fc.oneof(
      { weight: 12, arbitrary: fc.constant("fitting") },
      { weight: 4, arbitrary: fc.constant("any") },
      { weight: 1, arbitrary: fc.constant("endings") },
    ),
    pick: fc.nat(),
    stale: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    late: fc.integer({ min: -5_000, max: 20_000 }),
    fraction: fc.double({ min: -1, max: 2, noNaN: true }),
  });
  type Act = { from: string; pick: number };
  const nameOf = ({ from, pick }: Act, standing: string): string => {
    const some = from === "endings" ? endings : goingOn.filter((name) => from === "any" || fits(name, standing));
    return some[pick % some.length] ?? "bill";
  };

  test("stands as the table says after every command, and only goes forward", () => {
    const succeeded = new Set<string>();
    fc.assert(
      fc.property(fc.array(act, { minLength: 10, maxLength: 80 }), (acts) => {
        let task = submitted(freshTask()).task;
        let standing = "queued";
        for (const { stale, late, fraction, ...rest } of acts) {
          const name = nameOf(rest, standing);
          const isStale = stale && OF_AN_ATTEMPT.includes(name);
          const attempt = isStale ? task.attempt - 1 : task.attempt;
          const decided = decide(task, say(name, task, attempt, fraction), task.updatedAt + late);
          const isLastLease = name === "lapse" && standing === "leased" && task.leasesLost === LEASES_LOST_MAX - 1;
          const expected = isStale ? "!" : isLastLease ? "failed" : cell(name, standing);
          const got = outcome(task, decided);
          if (got !== expected) expect(got, `${name} when ${standing}`).toBe(expected);
          if (decided instanceof Refusal) continue;
          expectForward(task, decided, name);
          if (expected !== "=") standing = expected;
          if (standingOf(decided.task) !== standing) expect(standingOf(decided.task)).toBe(standing);
          task = decided.task;
          succeeded.add(name);
        }
      }),
      { numRuns: 1_000 },
    );
    const unreached = names.filter(
      (name) => !succeeded.has(name) && [...cells(name)].some((c) => c !== "." && c !== "!"),
    );
    expect(unreached).toEqual([]);
  });
});

test("a paused submit with a delay waits for the rest of it", () => {
  const task = reach(["pause"], { notBefore: BORN + 60_000 });
  const resumed = decided(task, { do: "resume", by: "ada" }, BORN + 10_000).task;
  expect(resumed.waits).toEqual([{ on: "timer", key: "", since: BORN + 10_000, until: BORN + 60_000 }]);
  const late = decided(task, { do: "resume", by: "ada" }, BORN + 60_000).task;
  expect(late.waits).toEqual([{ on: "slot", key: "", since: BORN + 60_000, until: null }]);
});

test("a pause takes the lease away, so that its worker is fenced and another may claim it later", () => {
  const paused = decided(reach(["claim"]), { do: "pause", by: "ada", reason: "" }, BORN);
  expect(paused.task.lease).toBeNull();
  expect(paused.events.map((event) => event.type)).toEqual(["task.pausing", "task.paused"]);
});

describe("a lease that has run out", () => {
  const by = { worker: "w", hash: "done" };
  const complete = (by: HandIn, attempt = 1): Command => ({ do: "complete", attempt, output: "late", by });

  test("is a failed try of its own count, and the fifth one fails the task, however its retries are set", () => {
    let task = reach([], { retry: { attempts: 1, backoffMs: 1_000, backoffMaxMs: 1_000 } });
    for (let lost = 1; lost < LEASES_LOST_MAX; lost++) {
      task = decided(decided(task, say("claim", task), BORN).task, say("lapse", reach(["claim"]), lost), BORN).task;
      expect(task).toMatchObject({ state: "waiting", failures: 0, leasesLost: lost, lease: null });
    }
    const claimed = decided(task, say("claim", task), BORN).task;
    const failed = decided(claimed, say("lapse", claimed), BORN).task;
    expect(failed).toMatchObject({ state: "failed", error: { code: "lease_lost" }, failures: 0, leasesLost: 5 });
  });

  test("lets its worker still complete or fail the task, until somebody claims it", () => {
    const lapsed = reach(["claim", "lapse"]);
    expect(decided(lapsed, complete(by), BORN).task).toMatchObject({ state: "completed", output: "late" });
    expect(decided(lapsed, { do: "fail", attempt: 1, error: ERROR, retryAt: null, by }, BORN).task.state).toBe(
      "failed",
    );
    expect(code(lapsed, complete({ ...by, worker: "another" }))).toBe("not_allowed_in_state");
    const next = reach(["claim", "lapse", "claim"]);
    expect(code(next, complete(by))).toBe("fenced");
    expect(code(reach(["claim", "lapse", "cancel"]), complete(by))).toBe("fenced");
    expect(code(reach(["claim", "lapse", "pause"]), complete(by))).toBe("not_allowed_in_state");
  });

  test("does not let a worker that has failed for now complete the same attempt", () => {
    const claimed = reach(["claim"]);
    const failed = decided(claimed, { do: "fail", attempt: 1, error: ERROR, retryAt: BORN, by }, BORN).task;
    const ready = decided(failed, { do: "wake", key: "" }, BORN).task;
    expect(code(failed, complete(by))).toBe("not_allowed_in_state");
    expect(code(ready, complete(by))).toBe("not_allowed_in_state");
  });

  test("does not run out when it was renewed meanwhile", () => {
    const claimed = reach(["claim"]);
    const renewed = decided(claimed, say("renew", claimed), BORN).task;
    expect(code(renewed, say("lapse", claimed))).toBe("not_allowed_in_state");
  });
});

test("the cause of a start says whether it is the first", () => {
  expect(lastEvent(["start"])).toMatchObject({ type: "task.started", data: { attempt: 1, cause: "first" } });
  expect(lastEvent(["pause", "resume", "start"])).toMatchObject({ data: { attempt: 1, cause: "first" } });
  expect(lastEvent(["start", "suspendTimer", "wake", "start"])).toMatchObject({
    data: { attempt: 1, cause: "resumed" },
  });
  expect(lastEvent(["start", "recover"])).toMatchObject({ data: { attempt: 1, cause: "recovered" } });
});

test("a cancel says whether the task was paused", () => {
  expect(lastEvent(["start", "cancel"])).toMatchObject({ type: "task.cancelled", data: { wasPaused: false } });
  expect(lastEvent(["start", "pause", "cancel"])).toMatchObject({ data: { wasPaused: true } });
});

test("a task that has recorded as many events as a task may is ended by what it does next", () => {
  const talkative = { ...reach(["start"]), lastSeq: EVENTS_MAX };
  const failed = { state: "failed", error: { code: "too_many_events" }, lastSeq: EVENTS_MAX + 1 };
  for (const name of ["record", "suspendTimer"])
    expect(decided(talkative, say(name, talkative), BORN).task).toMatchObject(failed);
  expect(decided(talkative, say("complete", talkative), BORN).task.state).toBe("completed");
});

test("the limit of a kind ends nothing that does not run by then, and a deadline that its caller named does", () => {
  const afterIt = BORN + 3_600_000;
  const limited = { timeLimitMs: 60_000, namedDeadlineAt: afterIt };
  for (const path of [
    ["start", "pause"],
    ["start", "suspendInput"],
    ["start", "suspendTimer"],
  ]) {
    const task = reach(path, limited);
    expect(decide(task, { do: "expire" }, afterIt - 1)).toMatchObject({ code: "not_allowed_in_state" });
    expect(decided(task, { do: "expire" }, afterIt).task.state).toBe("timed_out");
  }
  const running = reach(["start"], limited);
  expect(decided(running, { do: "expire" }, BORN + 60_000).task.state).toBe("timed_out");
  const leapt = { do: "expire", leaptMs: 60_000 } as const;
  const left = { state: "running", limitAt: BORN + 120_000, deadlineAt: BORN + 120_000 };
  expect(decided(running, leapt, BORN + 100_000)).toMatchObject({ task: left, events: [] });
  expect(decided(running, leapt, BORN + 120_000).task.state).toBe("timed_out");
  expect(decided(running, leapt, afterIt).task.state).toBe("timed_out");
});

test("what ends at its named deadline is not said to end by the limit of its kind that ends with it", () => {
  const running = reach(["start"], { timeLimitMs: 60_000, namedDeadlineAt: BORN + 60_000 });
  const { task } = decided(running, { do: "expire", leaptMs: 60_000 }, BORN + 60_000);
  expect(task.state).toBe("timed_out");
});

test("a clock that is set forward takes nothing of the limit of what comes to rest", () => {
  const running = reach(["start"], { timeLimitMs: 60_000 });
  const { task } = decided(running, { ...say("suspendTimer", running), leaptMs: 90_000 }, BORN + 100_000);
  expect(task.limitLeftMs).toBe(50_000);
});

test("a pause names some of the steps that go on, however many they are", () => {
  const running = Array.from({ length: STEPS_NAMED_MAX + 1 }, (_, n) => `step ${n}`);
  const { task } = decided(reach(["start"]), { do: "pause", by: "ada", reason: "", running }, BORN);
  expect(task.pausedBy?.running).toEqual(running.slice(0, STEPS_NAMED_MAX));
});

test("a crash counts until a step was journaled", () => {
  const crashed = reach(["start", "blame", "recover", "blame"]);
  expect(crashed.crashes).toBe(2);
  expect(decided(crashed, say("record", crashed), BORN).task.crashes).toBe(0);
  const again = decided(crashed, { ...say("fail", crashed), retryAt: BORN + 1_000 } as Command, BORN).task;
  expect([again.state, again.crashes]).toEqual(["waiting", 0]);
});

function reach(path: readonly string[], own: Partial<Task> = {}): Task {
  let task = submitted({ ...freshTask(), ...own } as Task).task;
  for (const name of path) task = decided(task, say(name, task), BORN).task;
  return task;
}

function code(task: Task, command: Command): string {
  const decided = decide(task, command, BORN);
  return decided instanceof Refusal ? decided.code : "taken";
}

function lastEvent(path: readonly string[]) {
  const task = reach(path.slice(0, -1));
  return decided(task, say(path.at(-1) ?? "", task), BORN).events.at(-1);
}

function decided(task: Task, command: Command, now: number): Change {
  const change = decide(task, command, now);
  if (change instanceof Refusal) throw change;
  return change;
}

function say(name: string, task: Task, attempt = task.attempt, fraction = 0.5): Command {
  const command = COMMANDS[name];
  if (!command) throw new Error(`The table names "${name}", which is no command here.`);
  return command(task, attempt, fraction);
}

function outcome(before: Task, decided: Change | Refusal): string {
  if (decided instanceof Refusal)
    return decided.code === "fenced" ? "!" : decided.code === "not_allowed_in_state" ? "." : decided.code;
  const after = standingOf(decided.task);
  return after === standingOf(before) ? "=" : after;
}

function standingOf(task: Task): string {
  switch (task.state) {
    case "running":
      return task.lease ? "leased" : "running";
    case "waiting":
      return waitingOn(task);
    case "input_required":
      return "asks";
    case "paused":
      return `p.${task.resumesAs === "waiting" ? waitingOn(task) : task.resumesAs === "input_required" ? "asks" : task.resumesAs}`;
    default:
      return task.state;
  }
}

function waitingOn(task: Task): string {
  return task.waits.some((wait) => wait.on === "slot") ? "slot" : "timer";
}

/** Its run is there, also when it is coming to rest. */
function isMoving(task: Task): boolean {
  return task.state === "running" || (task.state === "paused" && task.resumesAs === "running");
}

/** What holds for every change whatever it is, in one comparison: each call of `expect` takes as long as many a decision. */
function expectForward(before: Task, { task, events, before: guard }: Change, name: string): void {
  const ends = isTerminal(task.state) && !isTerminal(before.state);
  const waits = task.state === "waiting" || task.state === "input_required";
  expect({
    error: taskSchema.safeParse(task).error,
    guard,
    revision: task.revision,
    lastSeq: task.lastSeq,
    events: events.map(({ seq, at }) => ({ seq, at })),
    isNoEarlier: task.updatedAt >= before.updatedAt,
    stateChangedAt: task.stateChangedAt,
    goesForward: task.progress >= before.progress && task.progress <= 1,
    attempts: task.attempt - before.attempt,
    calls: task.usage.calls - before.usage.calls,
    startedAt: task.startedAt,
    isQueuedAgain: task.state === "queued" && before.state !== "queued",
    hasEnded: task.endedAt !== null,
    end: isTerminal(before.state) && { state: task.state, at: task.endedAt },
    told: ends && events.at(-1)?.type,
    waits: isMoving(task)
      ? task.waits.filter(({ on }) => on !== "input")
      : task.state !== "paused" && task.waits.length > 0,
    isPausedBy: task.pausedBy !== null,
    lease: task.state === "running" ? null : task.lease,
  }).toEqual({
    error: undefined,
    guard: { revision: before.revision, state: before.state, attempt: before.attempt },
    revision: before.revision + 1,
    lastSeq: before.lastSeq + events.length,
    events: events.map((_, at) => ({ seq: before.lastSeq + 1 + at, at: task.updatedAt })),
    isNoEarlier: true,
    stateChangedAt: task.state === before.state ? before.stateChangedAt : task.updatedAt,
    goesForward: true,
    attempts: name === "start" || name === "claim" || name === "recover" ? 1 : 0,
    calls: name === "record" ? 1 : name === "bill" ? 2 : 0,
    startedAt: before.startedAt ?? task.startedAt,
    isQueuedAgain: false,
    hasEnded: isTerminal(task.state),
    end: isTerminal(before.state) && { state: before.state, at: before.endedAt },
    told: ends && `task.${task.state}`,
    waits: isMoving(task) ? [] : waits,
    isPausedBy: task.state === "paused",
    lease: null,
  });
}

function isEnding(name: string): boolean {
  return ["complete", "fail", "reject", "expire", "cancel"].includes(name);
}

function cell(name: string, standing: string): string {
  const column = TERMINAL_STATES.some((state) => state === standing) ? "ended" : standing;
  const found = rows.get(name)?.[standings.indexOf(column)];
  if (found === undefined) throw new Error(`The table has no cell for ${name} when ${standing}.`);
  return found;
}

function cells(name: string): readonly string[] {
  return rows.get(name) ?? [];
}

function readTable(text: string): { standings: string[]; rows: Map<string, string[]> } {
  const [head = [], ...lines] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return { standings: head.slice(1), rows: new Map(lines.map(([name = "", ...cells]) => [name, cells])) };
}

function freshTask(): Task {
  return queuedTask({
    id: "task_00000000000000000000000000",
    tenant: "t",
    user: "u",
    kind: "k",
    title: "",
    input: {},
    createdAt: BORN,
  });
}
