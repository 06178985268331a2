/** An agent whose tasks stand in an order in their conversation, asked by the APIs of others: of two tenants, over a restart. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TaskSummary, Waybill } from "@waybill/sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { type Context, defineAgent } from "../src/index.ts";
import { ask, written } from "./a2a/client.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let data: string;
let secrets: string[] = [];
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "waybill-test-"));
});
afterEach(async () => {
  await server.stop();
  await rm(data, { recursive: true, force: true });
});

async function starts(order: "enqueue" | "interrupt", isNew: boolean): Promise<void> {
  const run = async (ctx: Context) => {
    await ctx.sleep("rest", 600_000);
    return null;
  };
  const agents = [defineAgent({ slug: "ordered", name: "Ordered", multitaskStrategy: order, run })];
  const keys = isNew
    ? [
        { tenant: "acme", user: "ada" },
        { tenant: "other", user: "ada" },
      ]
    : [];
  server = await startTestServer({ mode: "serve", data, keys, config: { agents } });
  if (isNew) ({ secrets } = server);
}

type Say = (key: string, talk: string) => Promise<number>;

const answered = async (response: Response) => {
  await response.text();
  return response.status;
};

const BY: Record<string, Say> = {
  "Shannon's API": (key, session_id) =>
    fetch(`${server.shannonUrl}/api/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: "Go?", session_id }),
    }).then(answered),
  "Orchestrate's": async (key, talk) => {
    const thread_id = threads.get(`${key} ${talk}`);
    const json = { message: { role: "user", content: "Go?" }, agent_id: "ordered", thread_id };
    const response = await server.call("/orchestrate/v1/orchestrate/runs", { json, key });
    const body = z.object({ thread_id: z.string() }).parse(await response.json());
    threads.set(`${key} ${talk}`, body.thread_id);
    return response.status;
  },
  ...Object.fromEntries(
    (["J1", "R3"] as const).map((dialect): [string, Say] => [
      `A2A in ${dialect}`,
      async (key, talk) => {
        const sent = written(dialect, { text: "Go?", contextId: `${talk}-${dialect}`, waits: false });
        return (await ask(server, dialect, "send", sent, { key })).status;
      },
    ]),
  ),
};
const threads = new Map<string, string>();

const callers = () => secrets.map((apiKey) => new Waybill({ baseUrl: server.url, apiKey }));

/** Newest first. */
async function tasks(client: Waybill): Promise<TaskSummary[]> {
  const found: TaskSummary[] = [];
  for await (const task of client.tasks.list()) found.push(task);
  return found;
}

async function states(client: Waybill): Promise<string[]> {
  return (await tasks(client)).map(({ state }) => state);
}

it.each(Object.keys(BY))("one behind the other, asked by %s", async (door) => {
  const say = BY[door] ?? expect.fail(door);
  await starts("enqueue", true);
  for (const key of secrets) for (const _ of "12") expect(await say(key, "talk")).toBeLessThan(300);
  for (const client of callers()) await expect.poll(() => states(client)).toEqual(["queued", "waiting"]);
  await server.stop();
  await starts("enqueue", false);
  const [ours, theirs] = callers();
  if (ours === undefined || theirs === undefined) return expect.fail("two callers");
  for (const client of [ours, theirs]) expect(await states(client)).toEqual(["queued", "waiting"]);
  expect(await say(secrets[0] ?? "", "talk")).toBeLessThan(300);
  expect(await states(ours)).toEqual(["queued", "queued", "waiting"]);
  const [, , first] = await tasks(ours);
  await ours.task(first?.id ?? "").cancel();
  await expect.poll(() => states(ours)).toEqual(["queued", "waiting", "cancelled"]);
  expect(await states(theirs)).toEqual(["queued", "waiting"]);
});

it.each(Object.keys(BY))("the last in the place of all others, asked by %s", async (door) => {
  const say = BY[door] ?? expect.fail(door);
  await starts("interrupt", true);
  for (const key of secrets) expect(await say(key, "talk")).toBeLessThan(300);
  const [mine = ""] = secrets;
  expect(await say(mine, "talk")).toBeLessThan(300);
  const [ours, theirs] = callers();
  if (ours === undefined || theirs === undefined) return expect.fail("two callers");
  await expect.poll(() => states(ours)).toEqual(["waiting", "cancelled"]);
  await server.stop();
  await starts("interrupt", false);
  const [after, others] = callers();
  if (after === undefined || others === undefined) return expect.fail("two callers");
  expect(await say(mine, "talk")).toBeLessThan(300);
  await expect.poll(() => states(after)).toEqual(["waiting", "cancelled", "cancelled"]);
  expect(await states(others)).toEqual(["waiting"]);
});
