import { type Database, SqliteError } from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Change, decide, submitted } from "../../../task/decide.ts";
import { Refusal } from "../../../task/errors.ts";
import type { Task } from "../../../task/task.ts";
import { prepareWrite } from "../../codec/prepare.ts";
import { Spill } from "../../codec/spill.ts";
import { memoryFiles } from "../../memory-files.ts";
import type { JournalEntry, Write } from "../../store.ts";
import { complete, decided, paidCall, STALE } from "../../suite/life.suite.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { answerOf, type Call, type Outcome } from "../thread/call.ts";
import { Writer } from "../thread/writer.ts";
import { GatheredRows } from "./gathered-rows.ts";

const DONE: JournalEntry = {
  ...({ branch: "", position: 0, name: "look", occurrence: 0, kind: "step", state: "done", tries: 1 } as const),
  ...{ at: START, durationMs: 3, result: "found", error: null, usage: null, trace: null },
};

let db: Database;
let writer: Writer;
beforeEach(() => {
  db = openDatabase(IN_MEMORY);
  migrate(db);
  writer = new Writer(db, null);
});
afterEach(() => writer.close());

/** As it arrives at the writer. */
function called(...writes: Write[]): Call {
  return JSON.parse(JSON.stringify(["apply", writes.map((write) => prepareWrite(write, new Spill(memoryFiles())))]));
}

/** The answers to calls of one transaction. */
function together(...calls: Call[]): unknown[] {
  return writer.batch(calls).map(answerOf);
}

function rowsOf(of: Database, table: string): unknown[] {
  return of
    .prepare<unknown[]>(`SELECT * FROM ${table}`)
    .all()
    .map((row) => JSON.stringify(row))
    .toSorted();
}

/** The number and the revision of each row of a task that is written from now on, also where that is undone. */
function written(of: Database): string[] {
  const rows: string[] = [];
  of.function("told", (n: unknown, revision: unknown) => rows.push(`${String(n)} ${String(revision)}`));
  for (const change of ["INSERT", "UPDATE OF revision"])
    of.exec(`CREATE TEMP TRIGGER "${change}" AFTER ${change} ON tasks BEGIN SELECT told(NEW.n, NEW.revision); END`);
  return rows;
}

/** Each time the same numbers, below 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Submits of any kind, with moves and ends of what they submit, alone and together, and some of them twice. */
function someCalls(seed: number): Call[] {
  const chance = numbers(seed);
  const below = (bound: number) => Math.floor(chance() * bound);
  const tasks: Task[] = [];
  const one = () => tasks[below(tasks.length)] ?? newTask();
  const conversation = newConversation();
  let isBegun = false;
  const keys = new Set<string>();
  const submit = (): Write => {
    const fields = [{}, {}, { queue: "gpu", kind: "external" }, { notBefore: START + 9 }, { parent: one().id }][
      below(5)
    ];
    const copied = tasks.length > 0 && below(5) === 0 ? { journalOf: one().id } : {};
    const inConversation = below(4) === 0;
    const change = submitted(newTask({ ...fields, ...(inConversation && { conversation: conversation.id }) }));
    tasks.push(change.task);
    const begins = inConversation && !isBegun;
    isBegun ||= inConversation;
    return { ...change, ...copied, ...(begins && { conversation: { conversation, alias: null } }) };
  };
  const submitWithKey = (): Write => {
    const key = `k${below(6)}`;
    const change = submitted(newTask());
    if (!keys.has(key)) tasks.push(change.task);
    keys.add(key);
    return { ...change, idempotency: { scope: "ada", key, hash: "same", at: START } };
  };
  const move = (task: Task): Write[] => {
    const [start, done] = complete(task);
    const end = below(2) === 0 ? done : ({ do: "cancel", by: "ada", reason: "" } as const);
    const change = task.state === "queued" ? start : end;
    const next = change === undefined ? null : decide(task, change, task.updatedAt + 1);
    if (next === null || next instanceof Refusal) return [];
    tasks[tasks.indexOf(task)] = next.task;
    return [{ ...next, journal: [DONE], ...(below(3) === 0 && { usage: [paidCall(`c${chance()}`)] }) }];
  };
  const old: Write[] = [];
  return Array.from({ length: 60 }, (): Call => {
    const kind = below(9);
    if (kind === 0 && old.length > 0) return called(...old.splice(below(old.length), 1));
    if (kind === 8) return called(submitWithKey());
    const task = one();
    const writes = kind < 4 || tasks.length === 0 ? [submit()] : kind === 4 ? [...move(task), submit()] : move(task);
    const moved = tasks.find(({ id }) => id === task.id);
    if (kind > 5 && moved) writes.push(...move(moved));
    // A taken id has its transaction undone and done again.
    old.push(...writes.filter(({ task: { revision } }) => revision > 1));
    return called(...writes);
  });
}

/** A total of nothing is left where a task has been counted on the way. */
const TABLES = [
  ...["tasks", "submissions", "events", "journal", "totals WHERE count <> 0", "stored_bytes", "conversations"],
  ...["spent_below", "usage", "idempotency"],
];

/** What the first of them writes one by one is what the other has. */
function expectSameRows(alone: Database, shared: Database): void {
  for (const table of TABLES) expect([table, rowsOf(shared, table)]).toEqual([table, rowsOf(alone, table)]);
}

/** The outcomes of calls of which some are there at once each time. */
function inSome(of: Writer, calls: Call[], some: () => number): Outcome[] {
  const outcomes: Outcome[] = [];
  while (outcomes.length < calls.length)
    outcomes.push(...of.batch(calls.slice(outcomes.length, outcomes.length + some())));
  return outcomes;
}

/** Up to a dozen. */
function some(seed: number): () => number {
  const chance = numbers(seed);
  return () => 1 + Math.floor(chance() * 12);
}

function connected(): { db: Database; writer: Writer } {
  const own = openDatabase(IN_MEMORY);
  migrate(own);
  return { db: own, writer: new Writer(own, null, { slowMs: Number.POSITIVE_INFINITY }) };
}

test("calls of one transaction leave the rows that they leave one by one, and have the same answers", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const calls = someCalls(seed);
    const [alone, shared] = [connected(), connected()];
    const expected = calls.flatMap((call) => alone.writer.batch([call]));
    const rows = written(shared.db);
    const answers = inSome(shared.writer, calls, some(seed));
    expect(answers).toEqual(expected);
    expect(answers.filter((answer) => JSON.stringify(answer).includes('"error"'))).toEqual([]);
    // Nothing was undone and done again.
    expect(rows.filter((row, at) => rows.indexOf(row) !== at)).toEqual([]);
    expectSameRows(alone.db, shared.db);
    for (const each of [alone, shared]) each.writer.close();
  }
});

test("where statements fail in the midst of it, calls have left their rows if they have an answer, and else nothing", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const calls = someCalls(seed);
    const [alone, shared] = [connected(), connected()];
    const chance = numbers(seed);
    const codes = ["SQLITE_FULL", "SQLITE_CORRUPT", "SQLITE_CORRUPT_INDEX"];
    shared.db.function("fails", () => {
      if (chance() < 0.03) throw new SqliteError("planted", codes[Math.floor(chance() * codes.length)] ?? "");
    });
    for (const table of ["tasks", "submissions", "events", "journal", "totals"])
      for (const change of ["INSERT", "UPDATE"])
        shared.db.exec(
          `CREATE TEMP TRIGGER "${change} ${table}" AFTER ${change} ON ${table} BEGIN SELECT fails(); END`,
        );
    const outcomes = inSome(shared.writer, calls, some(seed));
    const answered = calls.filter((_, at) => "answer" in (outcomes[at] ?? {}));
    expect(answered.length).toBeLessThan(calls.length);
    expect(answered.flatMap((call) => alone.writer.batch([call]))).toEqual(
      outcomes.filter((outcome) => "answer" in outcome),
    );
    expectSameRows(alone.db, shared.db);
    for (const each of [alone, shared]) each.writer.close();
  }
});

test("a file that a new task comes with counts for its owner", () => {
  together(called(submitted(newTask())));
  const file = { name: "a.txt", sha256: "0".repeat(64), bytes: 7, mediaType: "text/plain", scope: "task" } as const;
  const task = submitted(newTask());
  together(called({ ...task, attached: [{ ...file, by: "ada", at: START }] }), called(submitted(newTask())));
  const held = "SELECT bytes - (SELECT sum(bytes) FROM tasks) FROM stored_bytes WHERE owner = '=ada'";
  expect(db.prepare<unknown[]>(held).pluck().get()).toBe(file.bytes);
});

test("a task that ends between two sweeps that have come at once is in no total once it is swept", () => {
  const submit = submitted(newTask());
  const start = decided(submit.task, { do: "start" });
  const end = decided(start.task, { do: "complete", attempt: 1, output: "done" });
  together(called(submit), called(submitted(newTask())), called(start));
  const sweep: Call = JSON.parse(JSON.stringify(["sweep", { endedBefore: START + 100, limit: 10 }]));
  const outcomes = inSome(writer, [sweep, called(end), sweep], () => 3);
  expect(outcomes.map(answerOf)).toEqual([{ removed: 0, more: false }, { ok: true }, { removed: 1, more: false }]);
  expect(rowsOf(db, "totals WHERE count <> 0 AND state <> 'queued'")).toEqual([]);
});

test("a taken id makes only its own call stale", () => {
  const [first, other, last] = [submitted(newTask()), submitted(newTask()), submitted(newTask())];
  together(called(first));
  expect(together(called(other), called(first), called(last))).toEqual([
    { ok: true, numbers: [2] },
    STALE(first.task),
    { ok: true, numbers: [3] },
  ]);
});

test("a task is submitted, started and ended in one transaction", () => {
  const submit = submitted(newTask());
  const changes: Change[] = [submit];
  let { task } = submit;
  for (const command of complete(task)) {
    const change = decided(task, command);
    changes.push(change);
    ({ task } = change);
  }
  together(called(submitted(newTask())));
  const answers = together(...changes.map((change) => called(change)));
  expect(answers).toEqual([{ ok: true, numbers: [2] }, { ok: true }, { ok: true }]);
  expect(db.prepare<unknown[]>("SELECT state, revision FROM tasks WHERE n = 2").raw().get()).toEqual(["completed", 3]);
  expect(db.prepare<unknown[]>("SELECT seq FROM events WHERE task = 2").pluck().all()).toEqual([1, 2, 3]);
});

test("a task that ends makes room in its conversation for one that comes in the same transaction", () => {
  const conversation = newConversation();
  const { id } = conversation;
  const first = submitted(newTask({ conversation: id }));
  together(called({ ...first, conversation: { conversation, alias: null } }));
  const end = decided(first.task, { do: "cancel", by: "ada", reason: "" });
  const next: Write = { ...submitted(newTask({ conversation: id })), turn: "alone" };
  expect(together(called(end), called(next))).toEqual([{ ok: true }, { ok: true, numbers: [2] }]);
});

test("what asks for something else in the same transaction finds the rows that came before it", () => {
  together(called(submitted(newTask())));
  const counts: unknown[] = [];
  db.function("told", (count: unknown) => counts.push(count));
  db.exec("CREATE TEMP TRIGGER of_facts AFTER INSERT ON facts BEGIN SELECT told(count(*)) FROM events; END");
  const put: Call = JSON.parse(JSON.stringify(["putSetting", { name: "a", value: "1" }]));
  expect(together(called(submitted(newTask())), put)).toEqual([{ ok: true, numbers: [2] }, null]);
  expect(counts).toEqual([2]);
});

test("a row that waits moves from the revision before its own alone", () => {
  const { task } = submitted(newTask());
  together(called(submitted(task)));
  const rows = new GatheredRows(db);
  const change = decided(task, { do: "start" });
  const write = prepareWrite(change, new Spill(memoryFiles()));
  const { tenant, user, kind, createdAt, conversation } = task;
  const standing = {
    n: 1,
    revision: 1,
    state: task.state,
    attempt: 0,
    ...{ tenant, user, kind, createdAt, conversation },
    deletedAt: null,
  };
  rows.update(write, 1, standing, true);
  rows.write();
  rows.update(write, 1, standing, true);
  expect(() => rows.write()).toThrow("The guards of some held");
});
