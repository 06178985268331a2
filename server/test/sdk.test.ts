/** The client against a whole server. What a broken connection does is tried in the sdk's own tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Event,
  isTerminal,
  STATES,
  TaskCancelled,
  TaskFailed,
  TaskHandle,
  TaskTimedOut,
  TERMINAL_STATES,
  Waybill,
} from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { defineHandler } from "../src/task/handler.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** Says what it is told, one word after the other, then asks before it ends. */
const recite = defineHandler({
  kind: "recite",
  input: z.strictObject({ words: z.array(z.string()), asks: z.boolean().default(false) }),
  run: async (ctx, { words, asks }) => {
    for (const [index, word] of words.entries()) {
      await ctx.step(`word ${index}`, async (step) => {
        step.output(`${word} `);
        return word;
      });
      ctx.progress((index + 1) / words.length, word);
    }
    const answer = asks
      ? await ctx.waitForInput("how", { asks: "answer", prompt: "How was it?", deadlineMs: 60_000 })
      : null;
    return { text: words.join(" "), answer: answer?.value ?? null };
  },
});

const broken = defineHandler({
  kind: "broken",
  input: z.strictObject({}),
  run: async (ctx) => {
    await ctx.step("break", async () => Promise.reject(new Error("It broke.")), { retries: 0 });
    return null;
  },
});

let server: TestServer;
let client: Waybill;

beforeAll(async () => {
  server = await startTestServer({ config: { handlers: [recite, broken] } });
  client = new Waybill({ baseUrl: server.url });
});
afterAll(() => server.stop());

const words = ["to", "whom", "it", "may", "concern"];

async function untilAsked(id: string): Promise<void> {
  for await (const { type } of client.task(id).stream()) if (type === "task.input_required") return;
}

describe("a task", () => {
  it("is submitted, watched and read", async () => {
    const task = await client.submit({ kind: "recite", input: { words }, metadata: { batch: "7" } });
    const events: Event[] = [];
    for await (const event of task.stream()) events.push(event);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)?.type).toBe("task.completed");
    await expect(task.text()).resolves.toBe(words.join(" "));
    await expect(task.result()).resolves.toEqual({ text: words.join(" "), answer: null });
    await expect(task.get()).resolves.toMatchObject({ state: "completed", metadata: { batch: "7" } });
    expect((await task.steps()).filter(({ kind }) => kind === "step")).toHaveLength(words.length);
    expect(await task.artifacts()).toEqual([]);
    expect(await task.usage()).toEqual([]);
    expect(await task.events({ after: 1, limit: 2 })).toEqual(events.slice(1, 3));
  });

  it("is streamed again from any event, also after its end", async () => {
    const task = await client.submit({ kind: "recite", input: { words } });
    await task.result();
    const { last_event } = await task.get();
    for (const after of [0, 1, last_event - 1, last_event]) {
      const seen: number[] = [];
      for await (const { seq } of task.stream({ after })) seen.push(seq);
      expect(seen).toEqual(Array.from({ length: last_event - after }, (_, index) => after + 1 + index));
    }
  });

  it("is submitted with many others, and each that is refused says why", async () => {
    const submissions = Array.from({ length: 300 }, (_, n) => ({
      kind: "recite",
      input: n === 299 ? { words: "none" } : { words: [] },
      delay_ms: 3_600_000,
    }));
    const results = await client.submitAll(submissions);
    expect(results.slice(0, 299).every((result) => result instanceof TaskHandle)).toBe(true);
    expect(results[299]).toMatchObject({ code: "invalid", status: 400, field: expect.stringContaining("input") });
  });

  it("is the same task when the same submit comes twice", async () => {
    const options = { idempotencyKey: "letter-1" };
    const first = await client.submit({ kind: "recite", input: { words } }, options);
    const second = await client.submit({ kind: "recite", input: { words } }, options);
    expect(second.id).toBe(first.id);
    await expect(client.submit({ kind: "recite", input: { words: [] } }, options)).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("waits for an answer and goes on with it", async () => {
    const task = await client.submit({ kind: "recite", input: { words, asks: true } });
    await expect(task.result({ onInputRequired: "reject" })).rejects.toMatchObject({ code: "task_needs_input" });
    const result = task.result();
    const why = await task.why();
    expect(why).toMatchObject({ state: "input_required", summary: expect.stringContaining("How was it?") });
    await task.input("fine", { prompt: "how" });
    await expect(result).resolves.toMatchObject({ answer: "fine" });
  });

  it("is paused, resumed and cancelled", async () => {
    const task = await client.submit({ kind: "recite", input: { words, asks: true } });
    await untilAsked(task.id);
    await expect(task.pause({ reason: "lunch" })).resolves.toMatchObject({
      state: "paused",
      paused: { reason: "lunch", resumes_as: "input_required" },
    });
    await expect(task.resume()).resolves.toMatchObject({ state: "input_required" });
    await expect(task.cancel({ reason: "enough" })).resolves.toMatchObject({ state: "cancelled" });
    const ended = task.result();
    await expect(ended).rejects.toBeInstanceOf(TaskCancelled);
    await expect(ended).rejects.toMatchObject({ message: expect.stringContaining("enough") });
    await expect(task.pause()).rejects.toMatchObject({ code: "not_allowed_in_state", status: 409 });
  });

  it("that fails rejects with why, and is tried again as a new task", async () => {
    const task = await client.submit({ kind: "broken", input: {} });
    const failed = task.result();
    await expect(failed).rejects.toBeInstanceOf(TaskFailed);
    await expect(failed).rejects.toMatchObject({ failure: { message: expect.stringContaining("It broke.") } });
    const again = await task.retry({ reuseSteps: true });
    await expect(again.get()).resolves.toMatchObject({ retry_of: task.id });
  });

  it("that takes too long rejects as timed out", async () => {
    const task = await client.submit({ kind: "recite", input: { words, asks: true }, deadline_ms: 200 });
    await expect(task.result()).rejects.toBeInstanceOf(TaskTimedOut);
  });

  it("that has ended is deleted from sight", async () => {
    const task = await client.submit({ kind: "recite", input: { words: [] } });
    await task.result();
    await task.delete();
    await expect(task.get()).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("the server's other nouns", () => {
  it("lists tasks page by page, each once", async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 5; n++)
      ids.add((await client.submit({ kind: "recite", input: { words: [] }, metadata: { of: "list" } })).id);
    const listed: string[] = [];
    for await (const { id } of client.tasks.list({ limit: 2, metadata: { of: "list" } })) listed.push(id);
    expect(listed).toEqual([...ids].toReversed());
    const { items, total, next } = await client.tasks.list({ limit: 2, metadata: { of: "list" } }).page();
    expect({ shown: items.length, total, isLast: next === null }).toEqual({ shown: 2, total: 5, isLast: false });
  });

  it("keeps conversations", async () => {
    const conversation = { alias: "ada" };
    await (await client.submit({ input: { query: "My name is Ada." }, conversation })).result();
    const answer = await (await client.submit({ input: { query: "What is my name?" }, conversation })).text();
    expect(answer).toContain("Ada");
    const { id } = await client.conversations.get("ada");
    const said: string[] = [];
    for await (const { role } of client.conversations.messages(id)) said.push(role);
    expect(said).toEqual(["user", "agent", "user", "agent"]);
    await client.conversations.say(id, [{ text: "By the way." }]);
    await expect(client.conversations.rename(id, "About Ada")).resolves.toMatchObject({ title: "About Ada" });
    const remark = await client.conversations.say(id, [{ text: "Call me Countess." }]);
    const edited = await client.conversations.edit(id, remark.id, { metadata: { mood: "grand" } });
    expect(edited).toMatchObject({
      id: remark.id,
      metadata: { mood: "grand" },
      parts: [{ text: "Call me Countess." }],
    });
    expect(await client.conversations.message(id, remark.id)).toEqual(edited);
    await client.conversations.unsay(id, remark.id);
    await expect(client.conversations.message(id, remark.id)).rejects.toMatchObject({ code: "not_found" });
    await client.conversations.update(id, { agent: "guide", context: { of: "Ada" } });
    const other = await client.conversations.create({ title: "Without a task", agent: "other" });
    expect((await client.conversations.list({ agent: "guide" }).page()).items).toMatchObject([
      { id, context: { of: "Ada" } },
    ]);
    const joined = await client.submit({ input: { query: "What is 2 + 2?" }, conversation: { id: other.id } });
    await joined.result();
    await expect(client.conversations.get(other.id)).resolves.toMatchObject({ tasks: 1, title: "Without a task" });
    const { items } = await client.conversations.list().page();
    expect(items.map(({ alias }) => alias)).toContain("ada");
    await client.conversations.delete(id);
    await expect(client.conversations.get(id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("hands external work to whoever claims it", async () => {
    const task = await client.submit({ kind: "external", input: { queue: "ocr", payload: { page: 3 } } });
    const [mine] = await client.work.claim({ worker: "w1", queue: "ocr", wait_ms: 60_000 });
    expect(mine?.id).toBe(task.id);
    const holder = { worker: "w1", attempt: mine?.attempt ?? 0 };
    await client.work.heartbeat(task.id, { ...holder, progress: { fraction: 0.5, message: "half" } });
    await client.work.complete(task.id, holder, { text: "page three" });
    await expect(task.text()).resolves.toBe("page three");
    await expect(client.work.complete(task.id, holder, null)).rejects.toMatchObject({ code: "fenced" });
  });

  it("knows agents, keys and the caller", async () => {
    const [agent] = await client.agents.list();
    await expect(client.agents.get(agent?.slug ?? "")).resolves.toEqual(agent);
    await expect(client.me()).resolves.toMatchObject({ tenant: "default", user: "developer" });
    const { id, secret } = await client.keys.create({ name: "sdk", scopes: ["tasks"] });
    const other = new Waybill({ baseUrl: server.url, apiKey: secret });
    await expect(other.me()).resolves.toMatchObject({ key_id: id, scopes: ["tasks"] });
    expect((await client.keys.list()).map((key) => key.id)).toContain(id);
    await expect(client.keys.revoke(id)).resolves.toMatchObject({ revoked_at: expect.any(String) });
    await expect(client.health()).resolves.toMatchObject({ status: "ok" });
  });
});

it("says where a request does not fit", async () => {
  await expect(client.submit({ kind: "recite", input: { words: "none" } })).rejects.toMatchObject({
    name: "WaybillError",
    code: "invalid",
    status: 400,
    field: expect.stringContaining("words"),
    requestId: expect.any(String),
  });
  const { id, secret } = await client.keys.create({ name: "lost" });
  await client.keys.revoke(id);
  const nobody = new Waybill({ baseUrl: server.url, apiKey: secret });
  await expect(nobody.me()).rejects.toMatchObject({ code: "unauthenticated", status: 401 });
});

it("knows every state, and which of them are an end", () => {
  expect(STATES.filter(isTerminal)).toEqual([...TERMINAL_STATES]);
});

it("streams over a restart of the server without a gap", async () => {
  const data = await mkdtemp(join(tmpdir(), "waybill-sdk-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const first = await startTestServer({ data, config: { handlers: [recite] } });
  const port = Number(new URL(first.url).port);
  const task = await new Waybill({ baseUrl: first.url }).submit({ kind: "recite", input: { words, asks: true } });
  const seen: number[] = [];
  const asked = Promise.withResolvers<void>();
  const streamed = (async () => {
    for await (const { seq, type } of task.stream()) {
      seen.push(seq);
      if (type === "task.input_required") asked.resolve();
    }
  })();
  await asked.promise;
  await first.stop();
  const second = await startTestServer({ data, config: { handlers: [recite], port } });
  onTestFinished(() => second.stop());
  await task.input("fine");
  await streamed;
  expect(seen).toEqual(seen.map((_, index) => index + 1));
  await expect(task.result()).resolves.toMatchObject({ answer: "fine" });
});
