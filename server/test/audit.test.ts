/** The audit log of a whole server: every API, whoever is refused, exports that go on, kills, and what doctor says. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { auditPage } from "../src/lenses/native/audit-schema.ts";
import { sqliteStorage } from "../src/store/sqlite/storage.ts";
import { KillableServer } from "./killable-server.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let root = "";
let ada = "";
let bob = "";
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { user: "root", scopes: ["tasks", "tasks:all", "work", "admin"] },
      { tenant: "north", user: "ada", scopes: ["tasks", "admin"] },
      { tenant: "north", user: "bob", scopes: ["tasks"] },
    ],
  });
  [root = "", ada = "", bob = ""] = server.secrets;
});
afterAll(() => server.stop());

async function entries(key: string, query: string) {
  const answer = await server.call(`/v1/audit?${query}`, { key });
  return auditPage.parse(await answer.json()).data;
}

const external = { kind: "external", input: { queue: "audit", payload: "treasure" } };
const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "treasure" }] };
const form = () => {
  const body = new FormData();
  body.set("file", new Blob(["treasure"]), "a.txt");
  return body;
};

describe("a submit", () => {
  it.each<[lens: string, act: string, path: () => string, body: () => object]>([
    ["native", "submit", () => "/v1/tasks", () => external],
    ["native", "submit", () => "/v1/tasks?wait=0.01", () => external],
    ["shannon", "submit", () => "/shannon/api/v1/tasks", () => ({ query: "treasure", mode: "simple" })],
    ["documents", "files.create", () => "/documents/v1/files", form],
    [
      "orchestrate",
      "submit",
      () => "/orchestrate/v1/orchestrate/runs",
      () => ({ message: { role: "user", content: "treasure" } }),
    ],
    ["a2a", "submit", () => "/a2a/message:send", () => ({ message })],
  ])("by %s leaves %s, with where it came from, and nothing of what was said", async (lens, act, path, body) => {
    const request = `audit-${crypto.randomUUID()}`;
    const given = body();
    const sent = given instanceof FormData ? { method: "POST", body: given } : { json: given };
    const headers = { "x-request-id": request, "A2A-Version": "1.0" };
    const answer = await server.call(path(), { key: bob, ...sent, headers });
    expect(answer.status, await answer.clone().text()).toBeLessThan(300);
    const found = (await entries(ada, "limit=50")).filter(({ origin }) => origin?.request_id === request);
    expect(found).toMatchObject([{ act, tenant: "north", user: "bob", origin: { address: "127.0.0.1", lens } }]);
    expect(found[0]?.task_id).toMatch(/^task_/);
    expect(JSON.stringify(found)).not.toContain("treasure");
  });
});

it("an admin reads what its own tenant did, and nobody else reads anything", async () => {
  await server.call("/v1/tasks", { key: root, json: external });
  await server.call("/v1/tasks", { key: bob, json: external });
  expect(new Set((await entries(ada, "limit=200")).map(({ tenant }) => tenant))).toEqual(new Set(["north"]));
  expect(new Set((await entries(root, "limit=200")).map(({ tenant }) => tenant))).toEqual(new Set(["", "default"]));
  expect(await entries(root, "act=server")).toMatchObject([{ act: "server.start", detail: { mode: "serve" } }]);
  for (const path of ["/v1/audit", "/v1/audit/export"])
    expect((await server.call(path, { key: bob })).status).toBe(403);
});

it("keys that nobody knows, and keys that may not, are counted by address, without a part of them", async () => {
  const wrong = "sk_wrong_but_maybe_somebody's";
  for (let n = 0; n < 5; n++) expect((await server.call("/v1/tasks", { key: wrong, json: external })).status).toBe(401);
  for (let n = 0; n < 5; n++)
    expect((await server.call("/v1/keys", { key: bob, json: { name: "x" } })).status).toBe(403);
  await expect.poll(() => entries(root, "act=refused.key")).toHaveLength(1);
  const [refused] = await entries(root, "act=refused.key");
  expect(refused).toMatchObject({ tenant: "", user: "", key_id: "", detail: { count: 1, route: "submitTask" } });
  expect(JSON.stringify(refused)).not.toContain("wrong");
  // The audit log was asked for by bob before.
  await expect.poll(() => entries(ada, "act=refused")).toHaveLength(1);
  const [scope] = await entries(ada, "act=refused");
  expect(scope).toMatchObject({ act: "refused.scope", tenant: "north", user: "bob", detail: { count: 1 } });
});

it("lines are those of the pages, and whoever goes on from the last one misses nothing that others write meanwhile", async () => {
  const newest = (await entries(ada, "limit=1"))[0]?.n ?? 0;
  const writing = Promise.all(
    Array.from({ length: 40 }, async () => {
      const answer = await server.call("/v1/tasks", { key: bob, json: external });
      return z.object({ id: z.string() }).parse(await answer.json()).id;
    }),
  );
  const seen: string[] = [];
  let cursor = String(newest);
  let lines = "";
  while (seen.length < 40) {
    const answer = await server.call(`/v1/audit/export?act=submit&limit=7&wait=10&cursor=${cursor}`, { key: ada });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    const text = await answer.text();
    lines += text;
    for (const line of text.split("\n").filter((line) => line !== ""))
      seen.push(z.object({ task_id: z.string() }).parse(JSON.parse(line)).task_id);
    cursor = answer.headers.get("next-cursor") ?? "";
  }
  expect(new Set(seen)).toEqual(new Set(await writing));
  expect(seen).toHaveLength(40);
  const pages = await entries(ada, `order=oldest&act=submit&limit=200&cursor=${newest}`);
  expect(pages.map((entry) => `${JSON.stringify(entry)}\n`).join("")).toBe(lines);
});

it("an answer is held until there is something new, and only where it goes on", async () => {
  const after = (await entries(ada, "limit=1"))[0]?.n ?? 0;
  const held = entries(ada, `order=oldest&wait=60&cursor=${after}`);
  await server.call("/v1/tasks", { key: bob, json: external });
  expect(await held).toMatchObject([{ act: "submit", user: "bob" }]);
  expect((await server.call("/v1/audit?wait=1", { key: ada })).status).toBe(400);
  expect((await server.call("/v1/audit?cursor=x", { key: ada })).status).toBe(400);
});

it("what a command does with the folder of a running server is in the log of both, in one chain", async () => {
  const storage = sqliteStorage(server.data);
  const by = { user: "command-line", keyId: "command-line", task: null, origin: null };
  const noting = { ...by, tenant: "", at: Date.now(), act: "backup.create", detail: { bytes: 1 } };
  const submitting = Promise.all(
    Array.from({ length: 8 }, () => server.call("/v1/tasks", { key: bob, json: external })),
  );
  expect(await storage.note(noting)).toBe(true);
  expect((await submitting).map(({ status }) => status)).toEqual(Array(8).fill(202));
  expect(await entries(root, "act=backup")).toMatchObject([{ act: "backup.create", user: "command-line" }]);
  expect((await storage.health()).audit.problems).toEqual([]);
});

it("after a kill everything that was acknowledged has its entry, and the chain is whole", async () => {
  const killed = await KillableServer.start("json", () => "{}");
  try {
    const acknowledged: string[] = [];
    const submitting = Array.from({ length: 16 }, async () => {
      for (;;) acknowledged.push((await killed.client.submit(external)).id);
    });
    const over = Promise.allSettled(submitting);
    await expect.poll(() => acknowledged.length).toBeGreaterThan(100);
    await killed.end("SIGKILL");
    await over;
    await killed.startAgain();
    const submitted = new Set<string | null>();
    for (let cursor = "0"; ; ) {
      const page = await killed.client.auditPage({ order: "oldest", act: "submit", limit: 200, cursor });
      for (const { task_id } of page.data) submitted.add(task_id);
      if (page.next_cursor === cursor || page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(acknowledged.filter((id) => !submitted.has(id))).toEqual([]);
    await killed.end("SIGTERM");
    const { audit } = await sqliteStorage(join(killed.folder, "data")).health();
    expect(audit.problems).toEqual([]);
    expect(audit.entries).toBeGreaterThan(acknowledged.length);
  } finally {
    await killed.stop();
  }
});
