/** Damage that keys can be read through: a bit of the index of secrets that has turned, and a list of free space that is broken. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Store } from "../../store.ts";
import { key, ROOM } from "../../suite/key.suite.ts";
import { START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { openSqliteStore } from "../store.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-keys-"));
});

const act = { tenant: "acme", at: START, user: "ada", keyId: "k1", act: "keys.create", task: null };
const entry = { ...act, origin: null, detail: {} };
const hashes = ["one", "two", "three"].map((letters) => letters.padEnd(64, "x"));
const [first = "", second = "", third = ""] = hashes;

let store: Store;
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function startLeading(to: number): Promise<void> {
  store = await openSqliteStore(folder);
  for (const [at, hash] of hashes.entries())
    await store.keys.add(key({ id: `k${at + 1}`, tenant: at === 2 ? "other" : "acme", hash }), ROOM, entry);
  // Whoever has its former secret is let in: a hash beside its present one may be right.
  const rotation = {
    id: "k3",
    from: third,
    hash: "new".padEnd(64, "x"),
    hint: "",
    at: START,
    formerUntil: START + 1e6,
  };
  expect(await store.keys.rotate(rotation, entry)).toBe(true);
  await store.close();
  await leadElsewhere(second, 2, to);
  store = await openSqliteStore(folder);
}

test("a secret whose entry leads to the key of somebody else lets nobody in as that one", async () => {
  await startLeading(3);
  await expect(store.keys.byHash(second)).rejects.toThrow("cannot be read: its entry leads to another one");
  expect(await store.keys.byHash(first)).toMatchObject({ id: "k1" });
  expect(await store.keys.byHash(third)).toMatchObject({ id: "k3" });
  // It is made anew, as after any damage that is met.
  await expect.poll(() => store.keys.byHash(second).catch(() => null)).toMatchObject({ id: "k2" });
});

test("a secret whose entry leads to no key is not taken for nobody's", async () => {
  await startLeading(9);
  expect(await store.keys.byHash(second)).toMatchObject({ id: "k2" });
});

test("a use that cannot be noted takes nobody else's use with it", async () => {
  store = await openSqliteStore(folder);
  const ids = Array.from({ length: 40 }, (_, n) => `k${n + 10}`);
  for (const id of ids) await store.keys.add(key({ id, hash: id.padEnd(64, "x"), name: "n".repeat(200) }), ROOM, entry);
  await store.close();
  await breakFreeSpaceOf("keys");
  store = await openSqliteStore(folder);
  await store.keys.noteUses(ids.map((id) => ({ id, at: START + 1, from: "here" })));
  const { keys } = await store.keys.list({ tenant: "acme", user: null }, { limit: 40, after: null });
  expect(keys).toHaveLength(40);
  const noted = keys.filter(({ usedAt }) => usedAt === START + 1);
  expect(noted.length).toBeGreaterThan(20);
  expect(noted.length).toBeLessThan(40);
});

/** What the first page of its rows says of where it has room: it can be read, and nothing on it grows. */
async function breakFreeSpaceOf(table: string): Promise<void> {
  const file = path.join(folder, DATABASE_FILE);
  const db = openDatabase(file);
  db.pragma("wal_checkpoint(TRUNCATE)");
  const first = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path LIMIT 1";
  const page = Number(db.prepare<unknown[], unknown>(first).pluck().get(table));
  const size = Number(db.pragma("page_size", { simple: true }));
  db.close();
  const bytes = await readFile(file);
  bytes.writeUInt16BE(size - 2, (page - 1) * size + 1);
  await writeFile(file, bytes);
}

/** The entry of a secret in its index, which ends with the number of its row. */
async function leadElsewhere(hash: string, from: number, to: number): Promise<void> {
  const file = path.join(folder, DATABASE_FILE);
  openDatabase(file).pragma("wal_checkpoint(TRUNCATE)");
  const bytes = await readFile(file);
  const at = bytes.indexOf(Buffer.concat([Buffer.from(hash), Buffer.from([from])]));
  expect(at).toBeGreaterThan(0);
  bytes[at + hash.length] = to;
  await writeFile(file, bytes);
}
