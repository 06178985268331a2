import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import { submitted } from "../../../task/decide.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import type { Task } from "../../../task/task.ts";
import { BadArchive } from "../../storage.ts";
import { complete, decided, live, submit } from "../../suite/life.suite.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE, pathOfFile } from "../folder.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";
import { leftOutOf, noteLeftOut } from "./left-out.ts";

let folder = "";
let home = "";
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "waybill-archive-"));
  folder = path.join(home, "data");
});
afterEach(() => rm(home, { recursive: true, force: true }));

const archive = () => path.join(home, "all.tar");
const restored = () => path.join(home, "restored");
const backup = (options = {}) => sqliteStorage(folder).backup(archive(), "1.2.3", options);
const restore = (options = {}) => sqliteStorage(restored()).restore(archive(), "1.2.3", options);

const FORGED = createHash("sha256").update("no file of ours").digest("hex");
/** What callers may write where a value of theirs goes. */
const HOSTILE: JsonObject = {
  sha256: FORGED,
  file: { sha256: FORGED, size: 7 },
  marker: `@${FORGED}:7\n{}`,
  [`@${FORGED}:7\n`]: "a name",
};

/** A store whose every place for a caller's value names files that there are not. */
async function hostileStore(): Promise<Task> {
  const store = await openSqliteStore(folder);
  const conversation = newConversation({ title: `@${FORGED}:7`, agent: `@${FORGED}:7`, context: HOSTILE });
  const { id } = conversation;
  const part = { data: HOSTILE, metadata: HOSTILE };
  const file = { file: { sha256: FORGED, size: 7 } };
  const task = newTask({ input: HOSTILE, metadata: HOSTILE, conversation: id });
  const fresh = submitted(task);
  await store.apply([
    {
      ...fresh,
      conversation: { conversation, alias: null },
      messages: [{ role: "user", parts: [part, file], metadata: HOSTILE }],
    },
  ]);
  await store.appendMessage(id, { role: "user", parts: [file] }, START);
  const started = decided(fresh.task, { do: "start" });
  await store.apply([
    {
      ...started,
      journal: [
        {
          branch: "",
          position: 0,
          name: "s",
          occurrence: 0,
          kind: "step",
          state: "done",
          tries: 1,
          at: START,
          durationMs: 1,
          result: HOSTILE,
          error: null,
          usage: null,
          trace: null,
        },
      ],
      artifacts: [{ id: "a", parts: [part, file], metadata: HOSTILE, append: false, last: true }],
      inbox: { messageId: "m", prompt: null, question: null, value: HOSTILE, by: "ada", at: START },
    },
  ]);
  const ended = await live(store, started.task, { do: "complete", attempt: 1, output: HOSTILE });
  await store.close();
  return ended;
}

const LARGE = { text: "large ".repeat(20_000) };

async function storeWithLargeInput(): Promise<Task> {
  const store = await openSqliteStore(folder);
  const task = await submit(store, newTask({ input: LARGE }));
  await submit(store, newTask());
  await store.close();
  return task;
}

async function theFile(): Promise<string> {
  const found = await readdir(path.join(folder, "files"), { recursive: true, withFileTypes: true });
  const file = found.find((entry) => entry.isFile()) ?? never();
  return path.join(file.parentPath, file.name);
}

describe("what a caller writes of hashes", () => {
  test("names no file of ours, in no value: what was backed up is restored and reads as it was", async () => {
    const task = await hostileStore();
    expect(await backup()).toMatchObject({ missing: [], manifest: { files: 0 } });
    expect(await restore()).toMatchObject({ missing: [] });
    const store = await openSqliteStore(restored());
    expect(await store.task(task.id)).toEqual(task);
    expect((await store.journal(task.id))[0]?.result).toEqual(HOSTILE);
    expect((await store.messages(task.conversation ?? "", { limit: 9 })).messages).toHaveLength(2);
    expect((await store.artifacts(task.id, null, 10)).artifacts).toHaveLength(1);
    expect(await store.check()).toEqual([]);
    await store.close();
  });

  test("keeps no backup of an older version from being restored, which has listed it", async () => {
    await hostileStore();
    const db = openDatabase(path.join(folder, DATABASE_FILE));
    db.prepare<unknown[]>("INSERT INTO task_files (task, sha256) SELECT n, ? FROM tasks").run(FORGED);
    db.prepare<unknown[]>("INSERT INTO conversation_files (conversation, sha256) SELECT id, ? FROM conversations").run(
      FORGED,
    );
    db.close();
    expect(await backup()).toMatchObject({ missing: [] });
    expect(await restore()).toMatchObject({ missing: [] });
    expect((await sqliteStorage(folder).health()).problems).toEqual([]);
  });
});

describe("a file that is missing", () => {
  test("is told by the backup, which is not made without it unless one says so, and so of a restore", async () => {
    const task = await storeWithLargeInput();
    expect(await backup()).toMatchObject({ missing: [], manifest: { files: 1 } });
    const lost = await theFile();
    const sha256 = path.basename(path.dirname(lost)) + path.basename(lost);
    await rm(lost);
    expect((await sqliteStorage(folder).health()).problems).toEqual([
      `File ${sha256} is missing, which holds the input of task ${task.id}`,
    ]);
    await rm(archive());
    await expect(backup()).rejects.toThrow(`the input of task ${task.id}`);
    expect(await readdir(home)).toEqual(["data"]);
    const missing = [{ sha256, holds: [`the input of task ${task.id}`] }];
    expect(await backup({ withoutMissingFiles: true })).toMatchObject({ missing, manifest: { files: 0 } });
    await expect(restore()).rejects.toThrow(BadArchive);
    expect(await restore({ withoutMissingFiles: true })).toMatchObject({ missing });
    const store = await openSqliteStore(restored());
    await expect(store.task(task.id)).rejects.toThrow(task.id);
    expect((await store.list({ tenant: task.tenant, user: null }, {}, { limit: 9 })).total).toBe(2);
    await store.close();
  });

  test("is told also where it holds what an answer was read as", async () => {
    const store = await openSqliteStore(folder);
    const task = await submit(store, newTask());
    const said = { messageId: "m", prompt: null, question: null, value: "said", by: "ada", at: START };
    await store.apply([{ ...decided(task, { do: "start" }), inbox: { ...said, answer: LARGE } }]);
    await store.close();
    await rm(await theFile());
    await expect(backup()).rejects.toThrow(`what an answer was read as of task ${task.id}`);
  });

  test("is one whose bytes were changed, too", async () => {
    const task = await storeWithLargeInput();
    const changed = await theFile();
    await writeFile(changed, `${await readFile(changed, "utf8")} `);
    await expect(backup()).rejects.toThrow("was changed");
    const { missing } = await backup({ withoutMissingFiles: true });
    expect(missing).toMatchObject([{ holds: [`the input of task ${task.id}`] }]);
    // The folder itself is left as it is.
    expect(await readdir(path.dirname(changed))).toHaveLength(1);
  });
});

test("a backup of a database that breaks its own rules is not made", async () => {
  const store = await openSqliteStore(folder);
  const task = await submit(store, newTask());
  await live(store, task, ...complete(task));
  await store.close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.exec("DELETE FROM events");
  db.close();
  await expect(backup()).rejects.toThrow(BadArchive);
  expect(await readdir(home)).toEqual(["data"]);
});

test("the hash of a file says where it lies", () => {
  expect(pathOfFile("data", FORGED)).toBe(path.join("data", "files", FORGED.slice(0, 2), FORGED.slice(2)));
});

function never(): never {
  throw new Error("there is no file");
}

test("a backup says how many tasks it has, is remembered where it was made, and is its owner's alone", async () => {
  const store = await openSqliteStore(folder);
  await submit(store, newTask());
  await store.close();
  const { manifest, isNoted } = await backup();
  expect([manifest.tasks, manifest.files, isNoted]).toEqual([1, 0, true]);
  expect((await stat(archive())).mode & 0o77).toBe(0);
  const again = await openSqliteStore(folder);
  const audit = { tenant: "acme", at: START, user: "root", keyId: "k", act: "a", task: null, detail: {}, origin: null };
  const times = { requestedAt: START, endedAt: null, since: START };
  const subject = { type: "user" as const, id: "ada" };
  const record = { id: "erasure_1", tenant: "acme", state: "running" as const, requestedBy: "root", subject, ...times };
  await again.erasures.begin({ ...record, removed: {}, kept: [], backups: [] }, audit);
  expect((await again.erasures.end("erasure_1", Date.now() + 1, []))?.backups).toMatchObject([
    { id: manifest.id, path: archive() },
  ]);
  await again.close();
});

describe("a backup with a passphrase", () => {
  const passphrase = "correct horse battery staple";

  test("opens with it alone, and holds nothing that can be read without", async () => {
    const store = await openSqliteStore(folder);
    const task = await submit(store, newTask({ input: { text: `qzplain ${"large ".repeat(20_000)}` } }));
    await store.close();
    const { manifest, isNoted } = await backup({ passphrase, passphraseWork: 8 });
    expect([manifest.tasks, manifest.files, isNoted]).toEqual([1, 1, true]);
    const bytes = await readFile(archive());
    expect(bytes.subarray(0, 21).toString()).toBe("age-encryption.org/v1");
    for (const word of ["qzplain", "SQLite format 3", "waybill"]) expect(bytes.includes(word), word).toBe(false);
    expect((await stat(archive())).mode & 0o77).toBe(0);
    await expect(restore()).rejects.toThrow("it is encrypted, and there is no passphrase");
    await expect(restore({ passphrase: "wrong" })).rejects.toThrow("the passphrase is not its own");
    await restore({ passphrase });
    const there = await openSqliteStore(restored());
    expect(await there.task(task.id)).toEqual(task);
    await there.close();
  });

  test("that was cut or changed anywhere is refused whole, and leaves nothing", async () => {
    const store = await openSqliteStore(folder);
    await submit(store, newTask({ input: { text: "large ".repeat(40_000) } }));
    await store.close();
    await backup({ passphrase, passphraseWork: 8 });
    const whole = await readFile(archive());
    const changed = (at: number) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    // A chunk has 64 KB and 16 bytes; the header ends with a line of its own.
    const header = whole.indexOf("\n", whole.indexOf("--- ")) + 1 + 16;
    const cut = whole.subarray(0, header + 2 * (65_536 + 16));
    for (const bytes of [changed(150), changed(header + 9), changed(whole.length - 1), whole.subarray(0, -1), cut]) {
      await writeFile(archive(), bytes);
      await expect(restore({ passphrase })).rejects.toBeInstanceOf(BadArchive);
      expect(await readdir(restored())).toEqual([]);
    }
  });
});

describe("a backup of a damaged database", () => {
  const TASKS = 60;
  const counted = async (place: string) => {
    const store = await openSqliteStore(place);
    const { total } = await store.list({ tenant: "acme", user: null }, { text: "capital" }, { limit: 1 });
    const problems = await store.check();
    await store.close();
    return { total, problems };
  };
  beforeEach(async () => {
    const store = await openSqliteStore(folder);
    for (let n = 0; n < TASKS; n++) await submit(store, newTask({ createdAt: START + n }));
    await store.close();
  });

  test("is whole where an index, that of texts or what is counted is damaged, also while a server runs", async () => {
    for (const name of ["tasks_by_time", "sqlite_autoindex_tasks_1", "search_data", "totals"])
      await damagePageOf(folder, name);
    const store = await openSqliteStore(folder);
    expect(await backup()).toMatchObject({ lost: [], missing: [], manifest: { tasks: TASKS } });
    await store.close();
    await restore();
    expect(await counted(restored())).toEqual({ total: TASKS, problems: [] });
  });

  test("is made without rows that cannot be read, where somebody says so, and tells of which tables they are", async () => {
    await damageLeafOf(folder, "tasks", 0.5);
    await expect(backup()).rejects.toThrow("rows of tasks lie on damaged pages; to go on without them: --without-");
    expect((await readdir(home)).filter((name) => name !== "data")).toEqual([]);
    const { lost, manifest } = await backup({ withoutDamagedRows: true });
    expect(lost).toEqual([{ table: "tasks", rows: 0, pages: true }]);
    expect(manifest.tasks).toBeGreaterThan(TASKS * 0.6);
    expect(manifest.tasks).toBeLessThan(TASKS);
    expect((await restore()).lost, "a restore says so too").toEqual(lost);
    expect(await counted(restored())).toEqual({ total: manifest.tasks, problems: [] });
    // The form that every version takes, and no word of it in a backup of what was restored.
    expect(Object.keys(manifest).sort()).toEqual([
      "created_at",
      "database",
      "files",
      "format",
      "id",
      "schema",
      "tasks",
      "version",
    ]);
    const again = path.join(home, "again.tar");
    await sqliteStorage(restored()).backup(again, "1.2.3");
    expect((await sqliteStorage(path.join(home, "twice")).restore(again, "1.2.3")).lost).toEqual([]);
  });

  test("is restored whatever somebody has written in the place of what it leaves out", async () => {
    const database = path.join(folder, DATABASE_FILE);
    noteLeftOut(database, "b", [{ table: "\u001b[2J", rows: 1, pages: false }]);
    expect(leftOutOf(database, "b"), "no name of a table").toEqual([]);
    const db = openDatabase(database);
    db.exec("UPDATE facts SET value = 'no JSON' WHERE name = 'left_out_of_backup'");
    db.close();
    await backup();
    expect((await restore()).lost).toEqual([]);
  });
});
