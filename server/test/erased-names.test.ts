/** What an erasure leaves of a name in the ended work of others, for names that are words of the records too. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../src/task/handler.ts";
import { startTestServer, type TestServer } from "./server.ts";

const NAMES = ["user", "by", "null", 'qz"ada"', "100%", "ad_", "Zo\u00eb", "Zoe\u0308"];
const STEERER = "qzboss";

/** Its child asks, and then waits for what nobody tells it. */
const parent = defineHandler({
  kind: "parent",
  version: 1,
  input: z.null(),
  run: async (ctx) => ctx.child("child", "parent-child", null),
});
const child = defineHandler({
  kind: "parent-child",
  version: 1,
  input: z.null(),
  async run(ctx) {
    await ctx.waitForInput("ok", { asks: "answer", prompt: "Well?" });
    await ctx.sleep("long", 3_600_000);
    return null;
  },
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    config: { handlers: [parent, child] },
    keys: [
      { user: "root", scopes: ["tasks", "tasks:all", "admin"] },
      { user: "bob", scopes: ["tasks"] },
      ...NAMES.map((user) => ({ user, scopes: ["tasks" as const] })),
      { user: STEERER, scopes: ["tasks", "tasks:all"] },
    ],
  });
});
afterAll(() => server.stop());

/** One of the people says something, of a task or a new one. */
async function say(at: number, path: string, json: object): Promise<void> {
  const answer = await server.call(`/v1/tasks${path && "/"}${path}`, { key: server.secrets[at + 2] ?? "", json });
  expect(answer.status, await answer.text()).toBeLessThan(300);
}

async function isInDatabase(word: string): Promise<boolean> {
  const names = (await readdir(server.data)).filter((name) => name.startsWith("waybill.sqlite"));
  const files = await Promise.all(names.map((name) => readFile(join(server.data, name))));
  return files.some((bytes) => bytes.includes(word));
}

it("puts a pseudonym wherever a record names the user, and touches nothing that only reads like the name", async () => {
  const [root, bob] = server.secrets.map((apiKey) => new Waybill({ baseUrl: server.url, apiKey }));
  if (!root || !bob) throw new Error("no keys");
  const lives = await Promise.all(
    NAMES.map(async (user, at) => {
      const assignees = [{ type: "user", id: user }];
      const input = { title: "Whose?", assignees, payload: { by: user, free: "word" } };
      const task = await bob.submit({ kind: "human", input });
      await say(at, `${task.id}/comments`, { text: `qzcomment${at}` });
      await say(at, "", { kind: "external", input: { queue: "q", payload: "own" } });
      await say(at, `${task.id}/acts`, { act: "decide", outcome: "approve" });
      return { user, task };
    }),
  );
  for (const { user, task } of lives) {
    const { id } = await root.erasures.begin({ user });
    await expect
      .poll(async () => (await root.erasures.get(id)).state, { timeout: 60_000, interval: 50 })
      .toBe("completed");
    const { user: name } = await root.erasures.get(id);
    const { output, assignment, input } = await task.get();
    expect(output).toMatchObject({ outcome: "approve", by: name, votes: [{ by: name, outcome: "approve" }] });
    expect(assignment).toMatchObject({ decided_by: name, payload: { by: user, free: "word" } });
    expect(input).toMatchObject({ assignees: [{ type: "user", id: name }], payload: { by: user } });
    const history = await (await server.call(`/v1/tasks/${task.id}/history`, { key: server.secrets[1] ?? "" })).json();
    const acts = [{ by: "bob", act: "submit" }, ...["comment", "decide"].map((act) => ({ by: name, act }))];
    expect(history).toMatchObject({ data: acts });
    const said = (await task.events()).filter(({ type }) => type === "human.commented");
    expect(said).toMatchObject([{ data: { by: name, text: "" } }]);
  }
  // Behind their tenant, as in the rows: in the audit log, which keeps the name, the last byte of a time stands before it.
  const owners = NAMES.map((name) => `default=${name}`);
  const comments = NAMES.map((_, at) => `qzcomment${at}`);
  for (const left of [...comments, ...owners]) expect(await isInDatabase(left), left).toBe(false);
});

it("finds what a user has steered who took no part in it, also below and above", async () => {
  const [root, bob] = server.secrets.map((apiKey) => new Waybill({ baseUrl: server.url, apiKey }));
  const boss = new Waybill({ baseUrl: server.url, apiKey: server.secrets.at(-1) ?? "" });
  if (!root || !bob) throw new Error("no keys");
  const alone = await bob.submit({ kind: "external", input: { queue: "q", payload: STEERER } });
  const parent = await bob.submit({ kind: "parent", input: null });
  await expect.poll(async () => (await parent.get()).state).toBe("input_required");
  const child = (await bob.tasks.list({ parent_id: parent.id }).page()).items[0]?.id ?? "";
  for (const id of [alone.id, parent.id]) {
    await boss.task(id).pause({ reason: "lunch" });
    await boss.task(id).resume();
  }
  await boss.task(parent.id).input({ value: STEERER });
  await expect.poll(async () => (await parent.get()).state).toBe("waiting");
  for (const id of [alone.id, parent.id]) await boss.task(id).cancel({ reason: "enough" });
  const { id } = await root.erasures.begin({ user: STEERER });
  await expect
    .poll(async () => (await root.erasures.get(id)).state, { timeout: 60_000, interval: 50 })
    .toBe("completed");
  const { user: name } = await root.erasures.get(id);
  for (const each of [alone.id, parent.id, child]) {
    expect((await bob.task(each).get()).cancelled).toMatchObject({ by: name, reason: "enough" });
    const named = (await bob.task(each).events()).flatMap(({ data }) => ("by" in data ? [data.by] : []));
    expect([each, named]).toEqual([each, Array(named.length).fill(name)]);
    expect(named.length).toBeGreaterThan(0);
  }
  expect((await alone.get()).input).toMatchObject({ payload: STEERER });
});
