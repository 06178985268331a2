/** As many agents as are kept are those of one tenant. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { agentDefinition } from "../../../task/agent/agent.ts";
import { AGENTS_MAX } from "../../agent-store.ts";
import { START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { openSqliteStore } from "../store.ts";

test("a tenant that is full of agents makes no other, and keeps no other tenant from making one", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "waybill-agents-"));
  await (await openSqliteStore(folder)).close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.prepare<unknown[]>(
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
     INSERT INTO agents (id, tenant, user, slug, name, hidden, version, definition, created_at, updated_by, updated_at)
     SELECT printf('%036d', n), 'full', 'bob', 'slug' || n, 'name' || n, 0, 1, '{}', ?, 'bob', ? FROM n`,
  ).run(AGENTS_MAX, START, START);
  db.close();
  const store = await openSqliteStore(folder);
  const definition = agentDefinition.parse({ slug: "one-more", name: "One more" });
  const made = (tenant: string) => {
    const who = { tenant, user: "ada" };
    const times = { createdAt: START, updatedBy: "ada", updatedAt: START };
    const entry = { ...who, at: START, keyId: "k1", act: "agents.create", task: null, origin: null, detail: {} };
    return store.agents.addAgent({ id: randomUUID(), ...who, version: 1, definition, ...times }, entry);
  };
  await expect(made("full")).rejects.toThrow(`There are ${AGENTS_MAX} agents`);
  expect(await made("acme")).toEqual({ added: true });
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
