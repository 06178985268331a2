/** Erasure on request, on a real disk: what was erased is in no file of the data folder any more, whatever it was part of. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../src/task/handler.ts";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** Puts what it is told everywhere that a handler can. */
const diary = defineHandler({
  kind: "diary",
  version: 1,
  input: z.strictObject({ who: z.string(), pages: z.string() }),
  present: ({ who }) => ({ title: `Diary of ${who}title` }),
  async run(ctx, { who, pages }) {
    const dreamt = await ctx.step("dream", async (step) => {
      step.log.info(`${who}log`, { fact: `${who}fact` });
      return `${who}step ${pages}`;
    });
    ctx.artifact({ id: "a", name: `${who}artifact`, parts: [{ text: `${who}part ${pages}` }], last: true });
    ctx.details({ mood: `${who}details` });
    return { text: `${who}output`, dreamt: dreamt.length };
  },
});

/** Waits for a person, having said something. */
const asking = defineHandler({
  kind: "asking",
  version: 1,
  input: z.strictObject({ who: z.string() }),
  run: async (ctx, { who }) => ctx.waitForInput("ok", { asks: "answer", prompt: `${who}prompt` }),
});

const PLACES = ["title", "log", "fact", "step", "artifact", "part", "details", "output", "pages", "metadata"];
const DOCUMENT = ["document", "said"];
const OTHERS = ["prompt", "answer", "store", "webhook", "once", "named", "message", "reason"];

let server: TestServer;
let clients: Record<"ada" | "bob" | "root", Waybill>;
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    config: { handlers: [diary, asking] },
    keys: [
      { user: "ada", scopes: ["tasks"] },
      { user: "bob", scopes: ["tasks"] },
      { user: "root", scopes: ["tasks", "tasks:all", "admin"] },
    ],
  });
  const [ada, bob, root] = server.secrets.map((apiKey) => new Waybill({ baseUrl: server.url, apiKey }));
  if (!ada || !bob || !root) throw new Error("no keys");
  clients = { ada, bob, root };
});
afterAll(() => server.stop());

/** All that somebody does here, each place with a word of its own. Returns the ids of the tasks. */
async function live(client: Waybill, who: string): Promise<{ tasks: string[]; conversation: string }> {
  const pages = `${who}pages `.repeat(8_000);
  const first = await client.submit(
    {
      kind: "diary",
      input: { who, pages },
      metadata: { where: `${who}metadata` },
      conversation: { alias: `${who}named` },
    },
    { idempotencyKey: `${who}once` },
  );
  await first.result();
  const { conversation_id: conversation } = await first.get();
  if (conversation === null) throw new Error("no conversation");
  await client.conversations.say(conversation, [{ text: `${who}message` }]);
  const asks = await client.submit({
    kind: "asking",
    input: { who: `${who}` },
    conversation: { alias: `${who}named` },
  });
  const asked = await client.submit({ kind: "asking", input: { who: `${who}` } });
  await untilAsked(client, asks.id);
  await asks.pause({ reason: `${who}reason` });
  await untilAsked(client, asked.id);
  await asked.input({ value: `${who}answer` });
  await asked.result();
  await client.vectorStores.create({ name: `${who}store` });
  await client.webhooks.create({ url: `https://example.com/${who}webhook` });
  expect(await titled(client, who)).toBe(1);
  return { tasks: [first.id, asks.id, asked.id], conversation };
}

/** A document is read by a process of its own, which takes a while. */
async function upload(client: Waybill, who: string): Promise<void> {
  const file = await client.files.upload(new File([`${who}document lies in the cellar`], `${who}said.txt`));
  const store = await client.vectorStores.create({ name: "Cellar" });
  const [member] = await client.vectorStores.addFiles(store.id, [{ file_id: file.id }]);
  await client.task(member?.task_id ?? "").result();
  expect(await client.vectorStores.search(store.id, `${who}document`)).toHaveLength(1);
}

async function untilAsked(client: Waybill, id: string): Promise<void> {
  await expect.poll(async () => (await client.task(id).get()).state).toBe("input_required");
}

/** How many tasks the index of texts finds. */
async function titled(client: Waybill, who: string): Promise<number> {
  let count = 0;
  for await (const _ of client.tasks.list({ q: `${who}title` })) count += 1;
  return count;
}

/** Which of the words some file of the data folder has. */
async function found(words: readonly string[]): Promise<string[]> {
  const there = new Set<string>();
  for (const entry of await readdir(server.data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    for (const word of words) if (bytes.includes(word)) there.add(word);
  }
  return words.filter((word) => there.has(word));
}

const wordsOf = (who: string) => [...PLACES, ...OTHERS].map((place) => who + place);

describe("an erasure", () => {
  it("of a user leaves no word of it in any file, and everybody else's as it was", async () => {
    const ada = await live(clients.ada, "qzada");
    await upload(clients.ada, "qzada");
    const adas = [...wordsOf("qzada"), ...DOCUMENT.map((place) => `qzada${place}`)];
    const bob = await live(clients.bob, "qzbob");
    expect(await found(adas)).toEqual(adas);
    const { code, out } = await runWaybill(["erase", "--user", "ada", "--yes", "--json", "--url", server.url], {
      WAYBILL_API_KEY: server.secrets[2] ?? "",
    });
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      state: "completed",
      user: expect.stringMatching(/^erased-/),
      removed: { keys: 1, conversations: 1, documents: 1, "vector stores": 2, webhooks: 1 },
      backups: [],
    });
    expect(report.removed.tasks).toBeGreaterThanOrEqual(5);
    expect(await found(adas)).toEqual([]);
    await expect(clients.ada.me()).rejects.toMatchObject({ status: 401 });
    for (const id of ada.tasks) await expect(clients.root.task(id).get()).rejects.toMatchObject({ status: 404 });
    expect(await found(wordsOf("qzbob"))).toEqual(wordsOf("qzbob"));
    for (const id of bob.tasks) expect((await clients.root.task(id).get()).id).toBe(id);
    expect(await titled(clients.bob, "qzbob")).toBe(1);
  });

  it("of a conversation leaves no word of it, and what else its owner has as it was", async () => {
    const { bob } = clients;
    const other = await bob.submit({ kind: "asking", input: { who: "qzother" } });
    const [talk] = (await bob.conversations.list().page()).items;
    if (!talk) throw new Error("no conversation");
    await expect(clients.root.erasures.begin({ conversation: crypto.randomUUID() })).rejects.toMatchObject({
      status: 404,
    });
    await expect(bob.erasures.begin({ user: "root" })).rejects.toMatchObject({ status: 403 });
    const [begun, again] = [
      await bob.erasures.begin({ conversation: talk.id }),
      await bob.erasures.begin({ conversation: talk.id }),
    ];
    expect(again.id).toBe(begun.id);
    await expect
      .poll(async () => (await bob.erasures.get(begun.id)).state, { timeout: 60_000, interval: 200 })
      .toBe("completed");
    expect(await found([...PLACES, "message", "named", "reason"].map((place) => `qzbob${place}`))).toEqual([]);
    expect((await bob.erasures.list()).map(({ id, conversation }) => [id, conversation])).toEqual([
      [begun.id, talk.id],
    ]);
    expect(await found(["qzbobstore", "qzbobwebhook"])).toHaveLength(2);
    await other.cancel();
  });
});
