/** Numbers that are given once, where rows are lost that had the last ones. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import { AUTO_CHUNKING } from "../../../task/documents/chunk.ts";
import { newDocument, newMember, newVectorStore } from "../../suite/documents.suite.ts";
import { submit } from "../../suite/life.suite.ts";
import { newTask, START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";

const TASKS = 60;
const DOCUMENTS = 60;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-numbers-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const numberIn = (sql: string) => {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  try {
    return Number(db.prepare(sql).pluck().get());
  } finally {
    db.close();
  }
};

const IDS = "sqlite_autoindex_tasks_1";
/** Of these there is a row of each task. */
const BESIDE = ["submissions", "events", "metadata"];

test.each([
  ["the last page of tasks", []],
  ["it, and where the index of their ids begins,", [IDS]],
  ["it, where that index begins, and the last pages of what hangs on tasks", [IDS, ...BESIDE]],
])("where %s is lost, a mend goes on behind the last number that a task had", async (_, also) => {
  const store = await openSqliteStore(folder);
  for (let n = 0; n < TASKS; n++) await submit(store, newTask({ createdAt: START + n }));
  await store.close();
  await damageLeafOf(folder, "tasks", 0.999);
  for (const name of also) await (name === IDS ? damagePageOf(folder, name) : damageLeafOf(folder, name, 0.999));
  await sqliteStorage(folder).mend();
  expect(numberIn("SELECT max(n) FROM tasks")).toBeLessThan(TASKS);
  const { unreadable } = await sqliteStorage(folder).health();
  expect(unreadable.filter(({ says }) => says.includes("setting"))).toEqual([]);
  for (const more of [1, 2]) {
    const again = await openSqliteStore(folder);
    await submit(again, newTask());
    await again.close();
    if (also.length < 2) expect(numberIn("SELECT max(n) FROM tasks")).toBe(TASKS + more);
    else expect(numberIn("SELECT max(n) FROM tasks")).toBeGreaterThan(TASKS);
  }
});

/** Documents that are found by a word, each cut into one chunk. */
async function withDocuments() {
  const vectorStore = newVectorStore();
  const search = { text: "letter", vector: null };
  const asked = {
    vectorStore: vectorStore.key,
    queries: [search],
    model: "offline",
    filter: null,
    scoreMin: 0,
    limit: 99,
  };
  const add = async (store: Awaited<ReturnType<typeof openSqliteStore>>) => {
    const document = newDocument();
    const text = `A letter. ${"It rains. ".repeat(20)}`;
    await store.documents.put({ document });
    const cut = { document: document.key, chunking: AUTO_CHUNKING };
    await store.chunks.putChunks(cut, [{ index: 0, page: 0, start: 0, end: text.length, text, tokens: 3 }], 1);
    await store.documents.put({ members: [newMember(vectorStore, document, { status: "completed" })] });
    return document.key;
  };
  const store = await openSqliteStore(folder);
  await store.documents.put({ vectorStore });
  const keys: string[] = [];
  for (let n = 0; n < DOCUMENTS; n++) keys.push(await add(store));
  await store.close();
  return { add, asked, keys };
}

test.each(["a mend", "a server"])(
  "where the numbers that SQLite keeps are lost to %s, no chunk goes with those of another document",
  async (who) => {
    const { add, asked, keys } = await withDocuments();
    const before = await openSqliteStore(folder);
    await before.documents.removeDocument(keys.at(-1) ?? "");
    await before.close();
    await damagePageOf(folder, "sqlite_sequence");
    if (who === "a mend") {
      await damageLeafOf(folder, "cuts", 0.999);
      await sqliteStorage(folder).mend();
    }
    const store = await openSqliteStore(folder);
    const found = async () => (await store.chunks.search(asked)).length;
    const readable = await found();
    await add(store);
    await store.chunks.sweep();
    expect(await found()).toBe(readable + 1);
    await store.close();
    expect(numberIn("SELECT max(n) FROM cuts")).toBe(DOCUMENTS + 1);
    expect(await sqliteStorage(folder).health()).toMatchObject({ problems: [], unreadable: [] });
  },
);

const FAR_OFF = 2 ** 60;
const DAMAGED_NUMBERS: readonly [of: string, sql: string][] = [
  ["an event's task", `UPDATE events SET task = ${FAR_OFF} WHERE task = 10`],
  ["a task, and its entry of the index of ids,", `UPDATE tasks SET n = ${FAR_OFF} WHERE n = 10`],
  ["an entry of the audit log", `UPDATE audit SET n = ${FAR_OFF} WHERE n = 1`],
  ["a cut", `UPDATE sqlite_sequence SET seq = ${FAR_OFF} WHERE name = 'cuts'`],
  ["a chunk's cut", `UPDATE chunks SET cut = ${FAR_OFF} WHERE cut = 1`],
];

test.each(DAMAGED_NUMBERS)(
  "where the number of %s is damaged, a mend goes on behind no number that none can have",
  async (_, sql) => {
    const { add } = await withDocuments();
    const act = { tenant: "acme", at: START, user: "ada", keyId: "k1", act: "a", task: null, origin: null, detail: {} };
    const store = await openSqliteStore(folder);
    for (let n = 0; n < TASKS; n++) await submit(store, newTask({ createdAt: START + n }));
    for (let n = 0; n < TASKS; n++) await store.audit.append(act);
    await store.close();
    const db = openDatabase(path.join(folder, DATABASE_FILE));
    db.pragma("foreign_keys = 0");
    db.exec(sql);
    db.close();
    for (const table of ["tasks", "audit", "cuts"]) await damageLeafOf(folder, table, 0.999);
    await sqliteStorage(folder).mend();
    const again = await openSqliteStore(folder);
    for (const _ of [1, 2]) {
      await submit(again, newTask());
      await again.audit.append(act);
      await add(again);
    }
    await again.close();
    expect(numberIn("SELECT max(n) FROM tasks")).toBe(TASKS + 2);
    expect(numberIn("SELECT max(n) FROM audit")).toBe(TASKS + 2);
    expect(numberIn("SELECT max(n) FROM cuts")).toBe(DOCUMENTS + 2);
  },
);
