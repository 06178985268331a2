import type { Database } from "better-sqlite3";
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
import { answerOf, type Call } from "../thread/call.ts";
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

test("calls of one transaction leave the rows that they leave one by one, and have the same answers", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const chance = numbers(seed);
    const below = (bound: number) => Math.floor(chance() * bound);
    const tasks: Task[] = [];
    const one = () => tasks[below(tasks.length)] ?? newTask();
    const conversation = newConversation();
    let isBegun = false;
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
    const calls = Array.from({ length: 60 }, (): Call => {
      const kind = below(8);
      if (kind === 0 && old.length > 0) return called(...old.splice(below(old.length), 1));
      const task = one();
      const writes = kind < 4 || tasks.length === 0 ? [submit()] : kind === 4 ? [...move(task), submit()] : move(task);
      const moved = tasks.find(({ id }) => id === task.id);
      if (kind > 5 && moved) writes.push(...move(moved));
      // A taken id has its transaction undone and done again.
      old.push(...writes.filter(({ task: { revision } }) => revision > 1));
      return called(...writes);
    });
    const alone = openDatabase(IN_MEMORY);
    const shared = openDatabase(IN_MEMORY);
    for (const each of [alone, shared]) migrate(each);
    const [first, second] = [new Writer(alone, null), new Writer(shared, null)];
    const expected = calls.flatMap((call) => first.batch([call]));
    const rows = written(shared);
    const answers: unknown[] = [];
    while (answers.length < calls.length)
      answers.push(...second.batch(calls.slice(answers.length, answers.length + 1 + below(12))));
    expect(answers).toEqual(expected);
    expect(answers.filter((answer) => JSON.stringify(answer).includes('"error"'))).toEqual([]);
    // Nothing was undone and done again.
    expect(rows.filter((row, at) => rows.indexOf(row) !== at)).toEqual([]);
    for (const table of [
      "tasks",
      "submissions",
      "events",
      "journal",
      "totals",
      "stored_bytes",
      "conversations",
      "spent_below",
    ])
      expect([table, rowsOf(shared, table)]).toEqual([table, rowsOf(alone, table)]);
    first.close();
    second.close();
  }
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
