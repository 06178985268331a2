/** What becomes of a task whose conversation has open ones: asked for by a submit, or set for an agent and so in every API. */
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Context, defineAgent } from "../src/index.ts";
import { problem } from "../src/lenses/native/schema.ts";
import { ask, DIALECTS, isRpc, written } from "./a2a/client.ts";
import { startTestServer, type TestServer } from "./server.ts";

const rests = async (ctx: Context) => {
  await ctx.sleep("rest", 600_000);
  return null;
};

let server: TestServer;
let client: Waybill;
beforeAll(async () => {
  server = await startTestServer({
    config: {
      agents: [
        defineAgent({ slug: "alone", name: "Alone", multitaskStrategy: "reject", run: rests }),
        defineAgent({ slug: "orderly", name: "Orderly", multitaskStrategy: "enqueue", run: rests }),
      ],
    },
  });
  client = new Waybill({ baseUrl: server.url });
});
afterAll(() => server.stop());

const orderly = (more: object = {}) => ({
  kind: "agent",
  input: { query: "Go?", agent: "orderly" },
  conversation: { alias: "orderly" },
  ...more,
});

describe("a task of a conversation with open tasks", () => {
  it("is taken behind them, beside them, in their place or not at all, as its submit says", async () => {
    const first = await client.submit(orderly());
    const second = await client.submit(orderly());
    const beside = await client.submit(orderly({ multitask_strategy: "concurrent" }));
    await expect.poll(async () => (await beside.get()).state).toBe("waiting");
    expect(await second.get()).toMatchObject({
      state: "queued",
      multitask_strategy: "enqueue",
      waits: [{ on: "conversation" }],
    });
    expect(await second.why()).toMatchObject({ reason: "conversation", before: [first.id] });
    const refused = await server.call("/v1/tasks", { json: orderly({ multitask_strategy: "reject" }) });
    expect(problem.parse(await refused.json())).toMatchObject({ status: 409, code: "conflict", task_id: first.id });
    const last = await client.submit(orderly({ multitask_strategy: "interrupt" }));
    await expect.poll(async () => (await last.get()).state).toBe("waiting");
    for (const each of [first, second, beside])
      expect((await each.get()).cancelled).toMatchObject({ reason: expect.stringContaining(last.id) });
    await last.cancel();
  });

  it("needs a conversation to have a strategy", async () => {
    const { conversation: _, ...outside } = orderly({ multitask_strategy: "enqueue" });
    const refused = await server.call("/v1/tasks", { json: outside });
    expect(problem.parse(await refused.json())).toMatchObject({ status: 400, field: "multitask_strategy" });
  });

  it("goes by its agent, whoever made that, and by what that has become since", async () => {
    const made = await client.agents.create({ name: "Waiting", multitask_strategy: "interrupt" });
    expect(made.multitask_strategy).toBe("interrupt");
    expect((await client.agents.update("waiting", { multitask_strategy: null })).multitask_strategy).toBe("concurrent");
    await client.agents.update("waiting", { multitask_strategy: "reject" });
    const before = await client.submit(orderly());
    const refused = await server.call("/v1/tasks", { json: orderly({ input: { query: "1 + 1", agent: "waiting" } }) });
    expect(problem.parse(await refused.json())).toMatchObject({ status: 409, task_id: before.id });
    await before.cancel();
  });
});

describe("an agent whose tasks are refused beside an open one says so in the words of", () => {
  it("Shannon's API", async () => {
    const submit = () =>
      fetch(`${server.shannonUrl}/api/v1/tasks`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: "Go?", session_id: "alone" }),
      });
    const first = z.object({ task_id: z.string() }).parse(await (await submit()).json());
    const refused = await submit();
    expect([refused.status, await refused.json()]).toEqual([
      409,
      { error: `The task ${first.task_id} of this conversation has not ended.` },
    ]);
  });

  it("the Orchestrate API, whose runs else follow one another", async () => {
    const runs = async (agent_id: string, thread_id?: string) => {
      const body = JSON.stringify({ message: { role: "user", content: "Go?" }, agent_id, thread_id });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${server.url}/orchestrate/v1/orchestrate/runs`, { method: "POST", body, headers });
      return { status: response.status, body: z.record(z.string(), z.unknown()).parse(await response.json()) };
    };
    const first = await runs("orderly");
    const thread = z.string().parse(first.body["thread_id"]);
    expect(await runs("alone", thread)).toMatchObject({
      status: 409,
      body: { detail: `The run ${first.body["run_id"]} of this conversation has not ended.` },
    });
  });

  it.each(DIALECTS)("A2A in the dialect %s", async (dialect) => {
    const contextId = `alone-${dialect}`;
    const say = () => ask(server, dialect, "send", written(dialect, { text: "Go?", contextId, waits: false }));
    expect((await say()).error).toBeUndefined();
    const { status, error } = await say();
    expect(status).toBe(isRpc(dialect) ? 200 : 409);
    expect(error?.message).toMatch(/^The task task_\w+ of this conversation has not ended\.$/);
  });
});
