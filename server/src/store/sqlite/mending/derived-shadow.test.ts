/** What is counted and listed is made anew slice by slice, while others write what it is made from. */
import { copyFileSync, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Database, SqliteError } from "better-sqlite3";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { damagePageOf } from "../../../../test/lose-text.ts";
import { type Change, type Command, decide, submittedGoingOn } from "../../../task/decide.ts";
import { Refusal } from "../../../task/errors.ts";
import { humanInput } from "../../../task/people/human.ts";
import { firstAssignment } from "../../../task/people/work-item.ts";
import type { Task } from "../../../task/task.ts";
import type { Write } from "../../store.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { check } from "../doctor/check.ts";
import { putBack, setAside } from "../doctor/set-aside.ts";
import { DATABASE_FILE } from "../folder.ts";
import type { SqliteStore } from "../sqlite-store.ts";
import { openSqliteStore } from "../store.ts";
import { DerivedRebuild } from "./derived.ts";
import { fillMetadata, fillParticipants, shadowOfMetadata, shadowOfParticipants } from "./listed.ts";
import { sqlOf } from "./schema-edits.ts";
import { shadowOfStoredBytes, shadowOfTotals } from "./sums.ts";

let folder = "";
let open: Database[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-derived-shadow-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const db of open) db.close();
  open = [];
  await rm(folder, { recursive: true, force: true });
});

function connected(): Database {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  open.push(db);
  return db;
}

const TASKS = 300;
const TABLES = ["totals", "stored_bytes", "metadata", "participants"] as const;
const USERS = ["ada", "bob", "cleo"];

/** A task, every third one for people, with metadata and a conversation of its own. */
function made(n: number): Change & Partial<Write> {
  const user = USERS[n % 3] ?? "";
  const tenant = n % 5 === 0 ? "globex" : "acme";
  const fields = { tenant, user, createdAt: START + n * 137_000, metadata: { colour: `c${n % 7}`, n, isOld: true } };
  const input = { title: `Invoice ${n}`, assignees: [{ type: "user", id: "fay" }] };
  const assignment = firstAssignment(humanInput.parse(input), user, fields.createdAt);
  const conversation = newConversation({ tenant, user });
  const isHuman = n % 3 === 0;
  const task = isHuman
    ? newTask({ ...fields, kind: "human", title: input.title, input, assignment })
    : newTask({ ...fields, conversation: conversation.id });
  const change = submittedGoingOn(task, isHuman ? "ask" : "start");
  if (change instanceof Refusal) throw change;
  if (isHuman) return change;
  const messages = [{ role: "user" as const, parts: [{ text: "words ".repeat(n % 9) }] }];
  return { ...change, conversation: { conversation, alias: null }, messages };
}

async function filled(): Promise<{ store: SqliteStore; tasks: Task[] }> {
  const store = await openSqliteStore(folder);
  const writes = Array.from({ length: TASKS }, (_, n) => made(n));
  for (let from = 0; from < TASKS; from += 50)
    expect(await store.apply(writes.slice(from, from + 50))).toEqual({ ok: true });
  return { store, tasks: writes.map(({ task }) => task) };
}

const by = { user: "fay", groups: [], looksAfterAll: false };
const COMMANDS: readonly ((task: Task) => Command)[] = [
  (task) => ({ do: "complete", attempt: task.attempt, output: "done" }),
  () => ({ do: "cancel", by: "ada", reason: "" }),
  () => ({ do: "act", by, act: { act: "claim" }, comment: "", messageId: "m" }),
  () => ({ do: "delete" }),
];

/** One of all that others may do, by two numbers. What is refused is not done. */
async function act(
  store: SqliteStore,
  db: Database,
  tasks: Task[],
  [what, which]: readonly [number, number],
): Promise<void> {
  const at = which % tasks.length;
  const task = tasks[at];
  const command = COMMANDS[what];
  if (!task || what === 4) {
    const write = made(TASKS + which);
    expect(await store.apply([write])).toEqual({ ok: true });
    tasks.push(write.task);
  } else if (command) {
    const change = decide(task, command(task), task.updatedAt + 1);
    if (change instanceof Refusal) return;
    if ((await store.apply([change])).ok) tasks[at] = change.task;
  } else if (what === 5) {
    const message = { role: "user" as const, parts: [{ text: "m".repeat(which % 999) }] };
    if (task.conversation) await store.appendMessage(task.conversation, message, START).catch(() => {});
  } else if (what === 6 && task.conversation) await store.deleteConversation(task.conversation, START);
  else if (what === 7) await store.sweep(START + which * 137_000, 5);
  else if (what === 8) setAside(db, task.id) || putBack(db, task.id);
}

const SHADOWS = {
  totals: shadowOfTotals,
  // As of more users than are held in memory.
  stored_bytes: (db: Database) => shadowOfStoredBytes(db, 3),
  metadata: shadowOfMetadata,
  participants: shadowOfParticipants,
};

/** As a damaged one, it says nothing of what is so. */
const SPOILT: Readonly<Record<(typeof TABLES)[number], string>> = {
  totals: "UPDATE totals SET count = count * 2 + 1 WHERE bucket % 3 = 0; DELETE FROM totals WHERE bucket % 3 = 1",
  stored_bytes: "UPDATE stored_bytes SET bytes = bytes * 3 + 1",
  metadata: "DELETE FROM metadata WHERE task % 2 = 0",
  participants: "DELETE FROM participants WHERE task % 2 = 0",
};

function rowsOf(db: Database, table: string): unknown[] {
  return db.prepare<unknown[], unknown[]>(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).raw().all();
}

function listedAnew(db: Database, table: "metadata" | "participants"): unknown[] {
  db.exec(sqlOf(db, table).replace(/^CREATE TABLE \S+/, "CREATE TEMP TABLE listed"));
  db.unsafeMode(true);
  const part = { into: "temp.listed", behind: -1, upTo: Number.MAX_SAFE_INTEGER };
  if (table === "metadata") fillMetadata(db, part);
  else fillParticipants(db, part);
  db.unsafeMode(false);
  const rows = rowsOf(db, "temp.listed");
  db.exec("DROP TABLE temp.listed");
  return rows;
}

test.each(TABLES)("%s is what rows say, whatever others write while it is made anew", async (table) => {
  const { store, tasks } = await filled();
  const db = connected();
  const acts = fc.array(fc.tuple(fc.nat(8), fc.nat(2 * TASKS)), { minLength: 30, maxLength: 60 });
  const schema = () =>
    db.prepare<unknown[], unknown[]>("SELECT type, name, sql FROM sqlite_schema ORDER BY 2").raw().all();
  const before = schema();
  const run = fc.asyncProperty(acts, fc.array(fc.nat(5), { minLength: 1 }), async (writes, between) => {
    db.exec(SPOILT[table]);
    const shadow = SHADOWS[table](db);
    let turns = 0;
    do {
      for (const write of writes.splice(0, between[turns % between.length])) await act(store, db, tasks, write);
      turns += 1;
    } while (!shadow.goOn(() => true));
    expect(turns).toBeGreaterThan(5);
    for (const write of writes) await act(store, db, tasks, write);
    expect([check(db), schema()]).toEqual([[], before]);
    if (table === "metadata" || table === "participants") expect(rowsOf(db, table)).toEqual(listedAnew(db, table));
  });
  await fc.assert(run, { numRuns: 4, endOnFailure: true });
  await store.close();
});

test.each(TABLES)(
  "of %s nothing is left by a process that dies meanwhile, and the next one makes it",
  async (table) => {
    const { store } = await filled();
    await store.close();
    await damagePageOf(folder, table);
    const db = connected();
    const before = db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
    const anew = new DerivedRebuild(db, `table ${table}`);
    expect([anew.goOn(() => true), anew.goOn(() => true)]).toEqual([null, null]);
    const file = path.join(folder, DATABASE_FILE);
    for (const ending of ["", "-wal"])
      if (existsSync(file + ending)) copyFileSync(file + ending, `${file}.left${ending}`);
    anew.end();
    db.close();
    for (const ending of ["", "-wal"])
      if (existsSync(`${file}.left${ending}`)) copyFileSync(`${file}.left${ending}`, file + ending);
    const store2 = await openSqliteStore(folder);
    const again = connected();
    expect(again.prepare("SELECT count(*) FROM sqlite_schema").pluck().get()).toBe(before);
    const other = new DerivedRebuild(again, `table ${table}`);
    let answer = other.goOn(() => true);
    while (answer === null) answer = other.goOn(() => true);
    expect([answer, await store2.check()]).toEqual([true, []]);
    await store2.close();
  },
);

test.each(TABLES)(
  "nobody keeps the log from being written back that %s is written to while it is made anew",
  async (table) => {
    const { store } = await filled();
    const db = connected();
    const anew = new DerivedRebuild(db, `table ${table}`);
    const lengths: unknown[][] = [];
    while (anew.goOn(() => true) === null)
      lengths.push(...db.prepare<unknown[], unknown[]>("PRAGMA wal_checkpoint(PASSIVE)").raw().all());
    expect(lengths.length).toBeGreaterThan(5);
    expect(lengths.filter(([isBusy, length, writtenBack]) => isBusy !== 0 || length !== writtenBack)).toEqual([]);
    await store.close();
  },
);

test("where the disk is full it is begun anew once there is room, and of somebody who is erased meanwhile no sum stays", async () => {
  const { store, tasks } = await filled();
  const db = connected();
  const before = rowsOf(db, "stored_bytes");
  const anew = new DerivedRebuild(db, "table stored_bytes");
  expect(anew.goOn(() => true)).toBe(null);
  const exec = vi.spyOn(db, "transaction").mockImplementationOnce(() => {
    throw new SqliteError("database or disk is full", "SQLITE_FULL");
  });
  expect(anew.goOn(() => true)).toBe(false);
  exec.mockRestore();
  let answer = anew.goOn(() => true);
  const conversations = tasks.filter(({ user }) => user === "bob").flatMap(({ conversation }) => conversation ?? []);
  for (const each of conversations) await store.deleteConversation(each, START);
  db.exec(`INSERT INTO stored_changes SELECT tenant, user, -sum(bytes) FROM tasks WHERE user = 'bob' GROUP BY 1, 2;
    DELETE FROM tasks WHERE user = 'bob'; DELETE FROM conversations WHERE user = 'bob';
    DELETE FROM stored_bytes WHERE owner = '=bob' AND bytes = 0`);
  while (answer === null) answer = anew.goOn(() => true);
  expect(answer).toBe(true);
  expect(rowsOf(db, "stored_bytes").length).toBe(before.length - 2);
  expect(JSON.stringify(rowsOf(db, "stored_bytes"))).not.toContain("bob");
  await store.close();
});

test("metadata that goes meanwhile goes from both, and with its task also where the damaged table lacks it", async () => {
  const { store } = await filled();
  const db = connected();
  db.exec(SPOILT.metadata);
  const shadow = shadowOfMetadata(db);
  shadow.goOn(() => true);
  db.exec("DELETE FROM metadata WHERE task = 5 AND key = 'n'; DELETE FROM tasks WHERE n = 4");
  while (!shadow.goOn(() => true));
  const keysOf = db.prepare<unknown[], unknown>("SELECT key FROM metadata WHERE task = ? ORDER BY key").pluck();
  expect([4, 5, 6].map((n) => keysOf.all(n))).toEqual([[], ["colour", "isOld"], ["colour", "isOld", "n"]]);
  await store.close();
});
