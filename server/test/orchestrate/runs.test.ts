/** Runs from begin to end over HTTP: each state forced, what is told of it, what a person answers, and who else sees it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../../src/index.ts";
import { assistantRun } from "../../src/lenses/orchestrate/runs/schema.ts";
import { backgroundTask } from "../../src/lenses/orchestrate/tasks/schema.ts";
import { type ShannonServer, startShannonServer } from "../shannon-server.ts";

const begun = z.object({ thread_id: z.uuid(), run_id: z.uuid(), task_id: z.uuid(), message_id: z.uuid() });
type Begun = z.output<typeof begun>;
type Run = z.output<typeof assistantRun>;

/** Pays when it is told to, and goes on until it is told to end. */
const [pays, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
const payer = defineHandler({
  kind: "payer",
  input: z.strictObject({}),
  run: async (ctx) => {
    await ctx.step("pay", async (step) => {
      await pays.promise;
      const tokens = { inputTokens: 7, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 };
      step.usage({ key: "call", provider: "p", model: "m", agent: "a", ...tokens, costUsd: 1, raw: null });
      return null;
    });
    await ctx.step("go on", () => ends.promise.then(() => null));
    return null;
  },
});
const employer = defineHandler({
  kind: "employer",
  input: z.strictObject({}),
  run: (ctx) => ctx.child("payer", "payer", {}),
});

let server: ShannonServer;
let own = "";
beforeAll(async () => {
  server = await startShannonServer({ config: { handlers: [employer, payer] } });
  own = server.lensUrls["orchestrate"] ?? "";
});
afterAll(() => server.stop());

async function ask(path: string, body?: unknown): Promise<unknown> {
  const sent = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(own + path, body === undefined ? {} : sent);
  expect([path, response.status]).toEqual([path, 200]);
  return response.json();
}

async function begin(content: unknown, more: object = {}): Promise<Begun> {
  const message = { role: "user", content };
  return begun.parse(await ask("/v1/orchestrate/runs", { message, agent_id: "scripted", ...more }));
}

/** Whatever is told of a run has all its keys, in their order. */
async function read(id: string): Promise<Run> {
  const run = await ask(`/v1/orchestrate/runs/${id}`);
  expect(Object.keys(Object(run))).toEqual(Object.keys(assistantRun.shape));
  return assistantRun.parse(run);
}

async function reaches(id: string, status: Run["status"]): Promise<Run> {
  await expect.poll(async () => (await read(id)).status).toBe(status);
  return read(id);
}

async function background(id: string) {
  return backgroundTask.parse(await ask(`/v1/tasks/${id}`));
}

function answerOf({ result }: Run): string {
  const told = z.object({
    data: z.object({ message: z.object({ content: z.array(z.object({ text: z.string() })) }) }),
  });
  return told.parse(result).data.message.content[0]?.text ?? "";
}

const stamps = ({ started_at, completed_at, failed_at, cancelled_at }: Run) =>
  [started_at, completed_at, failed_at, cancelled_at].map((at) => at !== null);

describe("a run", () => {
  it("completes: with its answer, its usage and its time, and so does its background task", async () => {
    const { run_id, task_id, thread_id } = await begin("Good morning");
    const run = await reaches(run_id, "completed");
    expect(stamps(run)).toEqual([true, true, false, false]);
    expect([run.thread_id, run.last_error, answerOf(run)]).toEqual([thread_id, null, "Hello."]);
    expect(run.usage?.total_tokens).toBeGreaterThan(0);
    expect(run.trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect(await background(task_id)).toEqual({
      task_id,
      task_name: "run_orchestrate_assistant",
      status: "completed",
      task_args: { run_id, thread_id, agent_id: run.agent_id },
      result: "Hello.",
    });
  });

  it("tells what it was asked with, after defaults, and null for what it was not", async () => {
    const { run_id } = await begin("Hi", {
      llm_params: { temperature: "0.5", top_k: 7, return_options: { input_text: "yes" }, of_their_own: [1] },
      guardrails: { pii: { output: { threshold: 0.8 }, mask: {} } },
      additional_parameters: { a: { b: null } },
      unknown: "ignored",
    });
    const run = await read(run_id);
    expect(Object.values(run.llm_params ?? {}).filter((value) => value !== null)).toHaveLength(4);
    expect(run.llm_params).toMatchObject({
      temperature: 0.5,
      top_k: 7,
      return_options: { input_text: true, generated_tokens: false, input_parameters: null },
      of_their_own: [1],
    });
    expect(run.guardrails).toEqual({
      hap: null,
      social_bias: null,
      pii: { input: null, output: { enabled: false, threshold: 0.8 }, mask: { remove_entity_value: false } },
    });
    expect(run.additional_parameters).toEqual({ a: { b: null } });
    const plain = await read((await begin("Hi")).run_id);
    expect([plain.llm_params, plain.guardrails, plain.additional_parameters]).toEqual([null, null, null]);
  });

  it("runs, and is cancelled under either path; one that has ended stays as it is", async () => {
    for (const path of ["/cancel/ID", "/ID/cancel"]) {
      const { run_id, task_id, thread_id } = await begin("hold");
      await server.held();
      expect(stamps(await reaches(run_id, "running"))).toEqual([true, false, false, false]);
      expect(await background(task_id)).toMatchObject({ status: "started", result: null });
      const cancel = () => ask(`/v1/orchestrate/runs${path.replace("ID", run_id)}`, {});
      expect(await cancel()).toEqual({ run_id, thread_id, status: "cancelled" });
      expect(await cancel()).toEqual({ run_id, thread_id, status: "cancelled" });
      const run = await read(run_id);
      expect([run.status, ...stamps(run)]).toEqual(["cancelled", true, false, false, true]);
      expect(await background(task_id)).toMatchObject({ status: "failed", result: "cancelled" });
    }
  });

  it("fails: with what went wrong, also where clients look for an answer", async () => {
    const { run_id, task_id } = await begin("fail");
    const run = await reaches(run_id, "failed");
    expect(stamps(run)).toEqual([true, false, true, false]);
    expect(run.last_error).toContain("the scripted failure");
    expect(answerOf(run)).toBe(run.last_error);
    expect(await background(task_id)).toMatchObject({ status: "failed", result: run.last_error });
  });

  it("is pending behind an active run of its thread, and runs once that has ended", async () => {
    const first = await begin("hold");
    await server.held();
    const second = await begin("And then?", { thread_id: first.thread_id });
    expect(stamps(await reaches(second.run_id, "pending"))).toEqual([false, false, false, false]);
    expect(await background(second.task_id)).toMatchObject({
      status: "unknown",
      task_name: "run_orchestrate_assistant",
      task_args: { run_id: second.run_id },
    });
    const elsewhere = await begin("Not here");
    await reaches(elsewhere.run_id, "completed");
    expect((await read(second.run_id)).status).toBe("pending");
    server.release();
    const [one, other] = [await reaches(first.run_id, "completed"), await reaches(second.run_id, "completed")];
    expect((other.started_at ?? "") >= (one.completed_at ?? "")).toBe(true);
  });

  it("asks, and goes on under its id with the next message of the thread", async () => {
    const asked = await begin("ask");
    expect(stamps(await reaches(asked.run_id, "requires_input"))).toEqual([true, false, false, false]);
    expect(await background(asked.task_id)).toMatchObject({ status: "started" });
    const answer = await begin([{ response_type: "text", text: "the second" }], { thread_id: asked.thread_id });
    expect([answer.run_id, answer.thread_id]).toEqual([asked.run_id, asked.thread_id]);
    expect(new Set([answer.task_id, asked.task_id, answer.message_id, asked.message_id]).size).toBe(4);
    const run = await reaches(asked.run_id, "completed");
    expect(answerOf(run)).toContain("the second");
    for (const id of [asked.task_id, answer.task_id]) {
      expect(await background(id)).toMatchObject({ task_id: id, status: "completed", result: answerOf(run) });
    }
    const next = await begin("Thank you", { thread_id: asked.thread_id });
    expect(next.run_id).not.toBe(asked.run_id);
  });

  it("is cancelled while it waits for a person, whose answer then begins another", async () => {
    const { run_id, task_id, thread_id } = await begin("ask");
    await reaches(run_id, "requires_input");
    expect(await ask(`/v1/orchestrate/runs/cancel/${run_id}`, {})).toMatchObject({ status: "cancelled" });
    const run = await read(run_id);
    expect([run.status, run.result, ...stamps(run)]).toEqual(["cancelled", null, true, false, false, true]);
    expect(await background(task_id)).toMatchObject({ status: "failed", result: "cancelled" });
    expect((await begin("Too late", { thread_id })).run_id).not.toBe(run_id);
  });

  it("is answered once, by whichever of many is first: the others begin runs of their own", async () => {
    const asked = await begin("ask");
    await reaches(asked.run_id, "requires_input");
    const said = ["one", "two", "three", "four"];
    const answers = await Promise.all(said.map((text) => begin(text, { thread_id: asked.thread_id })));
    expect(answers.filter(({ run_id }) => run_id === asked.run_id)).toHaveLength(1);
    expect(new Set(answers.map(({ run_id }) => run_id)).size).toBe(4);
    for (const { run_id } of answers) await reaches(run_id, "completed");
  });

  it("can be answered also when a later run of its thread came before its question, which waits for its end", async () => {
    const first = await begin("hold");
    await server.held();
    const [asks, later] = [
      await begin("ask", { thread_id: first.thread_id }),
      await begin("And then?", { thread_id: first.thread_id }),
    ];
    server.release();
    await reaches(asks.run_id, "requires_input");
    expect((await read(later.run_id)).status).toBe("pending");
    expect((await begin("this one", { thread_id: first.thread_id })).run_id).toBe(asks.run_id);
    expect(answerOf(await reaches(asks.run_id, "completed"))).toContain("this one");
    await reaches(later.run_id, "completed");
  });

  it("is answered by the data of a form", async () => {
    const asked = await begin("ask");
    await reaches(asked.run_id, "requires_input");
    const form = { response_type: "form", id: "1", form_data: { answer: "blue" }, form_operation: "submit" };
    await begin([form], { thread_id: asked.thread_id });
    expect(answerOf(await reaches(asked.run_id, "completed"))).toContain("blue");
  });

  it("works on a thread as it stands without a message, and adds none", async () => {
    const { thread_id, run_id, message_id } = await begin("Good morning");
    await reaches(run_id, "completed");
    const again = begun.parse(await ask("/v1/orchestrate/runs", { thread_id, agent_id: "scripted" }));
    expect(again.message_id).toBe(message_id);
    expect((await reaches(again.run_id, "completed")).thread_id).toBe(thread_id);
    const { total } = z
      .object({ total: z.int() })
      .parse(await (await server.call(`/v1/conversations/${thread_id}/messages`)).json());
    expect(total).toBe(3);
  });

  it("begins a thread, of the default agent, where none, null or a blank one is named", async () => {
    for (const blank of [null, ""]) {
      const one = await begin("Hi", { thread_id: blank, agent_id: blank });
      expect((await read(one.run_id)).thread_id).toBe(one.thread_id);
    }
  });
});

describe("runs", () => {
  it("are listed newest first, a page at a time, with the total", async () => {
    const made = [await begin("one"), await begin("two"), await begin("three")];
    const page = z.object({ total: z.int(), limit: z.int(), offset: z.int(), data: z.array(assistantRun) });
    const list = async (query: string) => page.parse(await ask(`/v1/orchestrate/runs${query}`));
    const ids = ({ data }: z.output<typeof page>) => data.map(({ id }) => id);
    expect(ids(await list("?limit=3"))).toEqual(made.map(({ run_id }) => run_id).reverse());
    expect(ids(await list("?limit=1&offset=2"))).toEqual([made[0]?.run_id]);
    const all = await list("");
    expect(Object.keys(all)).toEqual(["total", "limit", "offset", "data"]);
    expect([all.limit, all.offset, all.data.length]).toEqual([50, 0, all.total]);
    expect((await list("?limit=5000")).limit).toBe(1_000);
  });

  it("are tasks: one that another API has begun is read here, and one of here there", async () => {
    const made = await server.call("/v1/tasks?wait=60", {
      json: { input: { query: "What is 17 * 23?", mode: "simple" } },
    });
    const native = z.object({ id: z.string() }).parse(await made.json());
    const shown = await server.call(`/v1/tasks/${native.id}?lens=orchestrate`);
    const run = assistantRun.parse(await shown.json());
    expect(await read(run.id)).toEqual(run);
    expect(answerOf(run)).toContain("391");
    expect(await background(native.id)).toMatchObject({ status: "completed" });

    const shannon = await fetch(`${server.shannonUrl}/api/v1/tasks`, {
      method: "POST",
      body: JSON.stringify({ query: "ask", context: { agent: "scripted" }, session_id: "one-for-both" }),
    });
    const { task_id } = z.object({ task_id: z.string() }).parse(await shannon.json());
    await expect.poll(async () => (await background(task_id)).task_args?.["thread_id"]).toBeTypeOf("string");
    const { thread_id, run_id } = begun
      .pick({ thread_id: true, run_id: true })
      .parse((await background(task_id)).task_args);
    await reaches(run_id, "requires_input");
    expect((await begin("from here", { thread_id })).run_id).toBe(run_id);
    await reaches(run_id, "completed");
    const status = await fetch(`${server.shannonUrl}/api/v1/tasks/${task_id}`);
    expect(await status.text()).toContain("from here");
  });

  it("of any kind of work are told, and any work is begun as a background task", async () => {
    const made = await server.call("/v1/tasks", {
      json: { kind: "external", input: { queue: "press", payload: { n: 1 } } },
    });
    const { id } = z.object({ id: z.string() }).parse(await made.json());
    const run = assistantRun.parse(await (await server.call(`/v1/tasks/${id}?lens=orchestrate`)).json());
    expect(await read(run.id)).toMatchObject({ status: "pending", agent_id: null, result: null });
    const own = z.object({ task_id: z.string() });
    const { task_id } = own.parse(await ask("/v1/tasks", { task_name: "press", task_args: { n: 2 } }));
    expect(await background(task_id)).toMatchObject({ task_name: "press", status: "unknown", task_args: { n: 2 } });
    const claimed = await server.call("/v1/work/claim", { json: { worker: "w", queue: "press" } });
    expect(claimed.status).toBe(200);
    expect((await background(id)).status).toBe("started");
    const agent = own.parse(
      await ask("/v1/tasks", { task_name: "agent", task_args: { query: "Hi", agent: "scripted" } }),
    );
    await expect.poll(async () => (await background(agent.task_id)).result).toBe("Hello.");
  });

  it("that wait for what they have begun tell what that has spent by now, also where they were read before", async () => {
    const made = await server.call("/v1/tasks", { json: { kind: "employer", input: {} } });
    const { id } = z.object({ id: z.string() }).parse(await made.json());
    const spent = z.object({ state: z.string(), tree_usage: z.object({ calls: z.int() }) });
    const task = async () => spent.parse(await (await server.call(`/v1/tasks/${id}`)).json());
    await expect.poll(async () => (await task()).state).toBe("waiting");
    const run = assistantRun.parse(await (await server.call(`/v1/tasks/${id}?lens=orchestrate`)).json());
    expect((await read(run.id)).usage).toBeNull();
    pays.resolve();
    await expect.poll(async () => (await task()).tree_usage.calls).toBe(1);
    expect((await read(run.id)).usage?.total_tokens).toBe(12);
    ends.resolve();
    await reaches(run.id, "completed");
  });

  it("whose named time is over are expired, without a time of their end", async () => {
    const json = { kind: "external", input: { queue: "nobody" }, deadline_ms: 1 };
    const { id } = z.object({ id: z.string() }).parse(await (await server.call("/v1/tasks", { json })).json());
    await expect.poll(async () => (await background(id)).result).toBe("expired");
    const run = assistantRun.parse(await (await server.call(`/v1/tasks/${id}?lens=orchestrate`)).json());
    expect([run.status, ...stamps(run)]).toEqual(["expired", false, false, false, false]);
    expect(run.last_error).not.toBeNull();
  });
});
