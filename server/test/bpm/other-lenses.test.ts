/** A task that came in by another API: read here by its number, and answered once, whoever is first. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/handlers/agent/definition.ts";
import { ask, DIALECTS, idOf, send, sentTask } from "../a2a/client.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { clientOf } from "./client.ts";

const buyer = defineAgent({
  slug: "buyer",
  name: "Buyer",
  run: async (ctx) => {
    ctx.artifact({ id: "offer", name: "Offer", parts: [{ text: "12 chairs, " }, { data: { euros: 480 } }] });
    const answer = await ctx.waitForInput("buy", { asks: "approval", prompt: "Buy them?" });
    return { decided: answer?.value ?? null, by: answer?.by ?? null };
  },
});

/** Hands its work on to whom it is told. */
const office = defineAgent({
  slug: "office",
  name: "Office",
  run: (ctx, { query }) => ctx.child("other", "agent", { agent: "buyer", query }),
});

let server: TestServer;
let bpm: ReturnType<typeof clientOf>;
beforeAll(async () => {
  server = await startTestServer({
    config: { agents: [buyer, office] },
  });
  bpm = clientOf(server);
});
afterAll(() => server.stop());

/** Begins the agent, and resolves once it asks. */
async function asked(agent = "buyer", query = "Chairs"): Promise<{ id: string; number: number }> {
  const response = await server.call("/v1/tasks?wait=60", { json: { input: { agent, query } } });
  return z.object({ id: z.string(), number: z.int() }).parse(await response.json());
}

const texts = z.array(z.looseObject({ parts: z.array(z.looseObject({ text: z.string().optional() })) }));

describe("a task of an agent", () => {
  it.each(DIALECTS)(
    "that was sent over A2A as %s is here by its number, with artifacts of the same text",
    async (dialect) => {
      const id = idOf(sentTask(dialect, await send(server, dialect, { text: "Chairs" })));
      const native = await server.call(`/v1/tasks/${id}?wait=60`);
      const { number } = z.object({ number: z.int() }).parse(await native.json());
      const here = (await bpm.get(`/tasks/${number}`)).body;
      expect(here).toMatchObject({ kind: "task", id: String(number), status: { state: "input-required" } });
      const there = z.looseObject({ artifacts: texts }).parse((await ask(server, dialect, "get", { id })).result);
      const textOf = (artifacts: z.infer<typeof texts>) => artifacts.map(({ parts }) => parts[0]?.text);
      expect(textOf(here.artifacts)).toEqual(textOf(there.artifacts));
      expect(here.artifacts[0].parts[1]).toEqual({
        kind: "text",
        metadata: { partKind: "data", mediaType: "application/json" },
        text: '{"euros":480}',
        type: "text",
      });
    },
  );

  it("that asks is in the worklist, and goes on by what is decided there", async () => {
    const { id, number } = await asked();
    const { body } = await bpm.get("/tasks?limit=100");
    expect(body.items).toContainEqual(expect.objectContaining({ number, taskId: id, state: "ASSIGNED" }));
    expect((await bpm.act(number, "REJECT", { comments: "Too dear." })).status).toBe(200);
    const ended = await (await server.call(`/v1/tasks/${id}?wait=60`)).json();
    expect(ended).toMatchObject({ state: "completed", output: { decided: { approved: false }, by: "developer" } });
    expect((await bpm.get(`/tasks/${number}`)).body).toMatchObject({ metadata: { outcome: "REJECT" } });
  });

  it("is answered once, whichever API is first", async () => {
    for (let round = 0; round < 5; round++) {
      const { id, number } = await asked();
      const input = { prompt: "buy", value: { approved: true }, message_id: `native-${round}` };
      const answers = await Promise.all([
        bpm.act(number, "APPROVE"),
        server.call(`/v1/tasks/${id}/input`, { json: input }),
      ]);
      const statuses = answers.map(({ status }) => (status < 300 ? "taken" : status));
      expect(statuses.sort()).toEqual([409, "taken"]);
      expect((await bpm.act(number, "APPROVE")).status).toBe(409);
    }
  });

  it("that asks for an agent below it is decided by its own number, while the worklist has the other's alone", async () => {
    const { id, number } = await asked("office");
    const [about] = (await bpm.get("/tasks?limit=100")).body.items;
    expect(about).toMatchObject({ rootTaskNumber: number, state: "ASSIGNED" });
    expect((await bpm.get(`/tasks/${number}`)).body).toMatchObject({
      status: { state: "input-required", message: { parts: [{ text: "Buy them?" }] } },
    });
    expect((await bpm.act(number, "APPROVE", { comments: "Fine." })).status).toBe(200);
    expect((await bpm.act(about.number, "REJECT")).status).toBe(409);
    const ended = await (await server.call(`/v1/tasks/${id}?wait=60`)).json();
    expect(ended).toMatchObject({ state: "completed", output: { decided: { approved: true }, by: "developer" } });
  });

  it("that asks nobody can be withdrawn, suspended and resumed all the same", async () => {
    const made = await server.call("/v1/tasks", { json: { kind: "external", input: { queue: "q" } } });
    const { number } = z.object({ number: z.int() }).parse(await made.json());
    expect((await bpm.act(number, "SUSPEND")).body).toMatchObject({ state: "SUSPENDED" });
    expect((await bpm.act(number, "RESUME")).body).toMatchObject({ state: "ASSIGNED" });
    expect((await bpm.act(number, "APPROVE")).status).toBe(409);
    expect((await bpm.act(number, "WITHDRAW")).body).toMatchObject({ state: "WITHDRAWN" });
    expect((await bpm.get(`/tasks/${number}`)).body).toMatchObject({ final: true, status: { state: "canceled" } });
  });
});
