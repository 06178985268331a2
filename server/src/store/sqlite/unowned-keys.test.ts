/** Rows of the idempotency table that no task owns: they count for nobody's stored bytes, so that each kind has a bound of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentDefinition } from "../../task/agent/agent.ts";
import { uuidFromBytes, uuidV7Bytes } from "../../task/id.ts";
import { AGENT_KEYS_MAX } from "../agent-store.ts";
import type { Store } from "../store.ts";
import { paidCall } from "../suite/life.suite.ts";
import { START } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { openSqliteStore } from "./store.ts";

let folder = "";
let store: Store;
let db: Database;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-keys-"));
  store = await openSqliteStore(folder);
  db = openDatabase(path.join(folder, DATABASE_FILE));
});
afterEach(async () => {
  db.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const ADA = { tenant: "acme", user: "ada" };
const rows = () => db.prepare("SELECT count(*) FROM idempotency").pluck().get();

test("payments leave a row for each place that they have, however many they are", async () => {
  const { key: _key, ...call } = paidCall("a");
  for (let n = 0; n < 40; n++)
    await store.dailyUsage.add({ id: `${n}`, place: `${n % 2}`, owner: ADA, at: START + n, calls: [call] });
  expect(rows()).toBe(2);
  // Of the last ones there, and so young that no sweep takes them.
  expect(db.prepare("SELECT hash, at FROM idempotency ORDER BY key").raw().all()).toEqual([
    ["38", START + 38],
    ["39", START + 39],
  ]);
});

const made = { ...ADA, at: START, keyId: "k", act: "agents.create", task: null, origin: null, detail: {} };
let agents = 0;
function agent() {
  agents += 1;
  const id = uuidFromBytes(uuidV7Bytes(START + agents, new Uint8Array(16)));
  const definition = agentDefinition.parse({ slug: `agent-${agents}`, name: `Agent ${agents}` });
  const times = { createdAt: START, updatedBy: "ada", updatedAt: START };
  return { id, ...ADA, version: 1, definition, ...times };
}

test("keys that have made agents are bounded for each user, also where the agents are gone", async () => {
  const scope = "acme\nada\nagents";
  const key = (n: number, of = scope) => ({ scope: of, key: `${n}`, hash: "h", at: START });
  const add = (record?: ReturnType<typeof key>) => store.agents.addAgent(agent(), made, record);
  db.prepare<unknown[]>(
    `INSERT INTO idempotency WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
     SELECT ?, n, 'h', 'gone', ? FROM n`,
  ).run(AGENT_KEYS_MAX - 1, scope, START);
  expect(await add(key(0))).toEqual({ added: true });
  await expect(add(key(AGENT_KEYS_MAX))).rejects.toMatchObject({
    code: "rate_limited",
    detail: { retryAfterS: 3_600 },
  });
  expect(rows()).toBe(AGENT_KEYS_MAX);
  expect(await add(key(7))).toEqual({ replayed: "gone", hash: "h" });
  expect(await add()).toEqual({ added: true });
  expect(await add(key(7, "acme\nbob\nagents"))).toEqual({ added: true });
});
