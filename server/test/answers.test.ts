/** An answer that does not fit the form of its question: refused by whichever door it comes, and the task goes on asking. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../src/handlers/agent/definition.ts";
import { DIALECTS, type Dialect, send, told } from "./a2a/client.ts";
import { clientOf } from "./bpm/client.ts";
import { TestBrowser } from "./browser.ts";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

const tailor = defineAgent({
  slug: "tailor",
  name: "Tailor",
  run: async (ctx) => {
    const schema = { type: "object", required: ["size"], properties: { size: { type: "integer" } } };
    const answer = await ctx.waitForInput("measure", { asks: "answer", prompt: "Which size?", schema });
    return answer?.value ?? null;
  },
});

/** Hands its work on, and so asks what another one asks. */
const office = defineAgent({
  slug: "office",
  name: "Office",
  run: (ctx, { query }) => ctx.child("other", "agent", { agent: "tailor", query }),
});

let server: TestServer;
const page = new TestBrowser();
beforeAll(async () => {
  server = await startTestServer({ config: { agents: [tailor, office] } });
});
afterAll(async () => {
  await page.close();
  await server.stop();
});

type Asking = { id: string; number: number; thread: string };
/** What came of an answer: whether it was refused as one that does not fit, and the words of that. */
type Refused = [isRefused: boolean, words: string];

const asking = z.object({ id: z.string(), number: z.int(), conversation_id: z.string() });
async function begun(agent: string): Promise<Asking> {
  const thread = z
    .object({ id: z.string() })
    .parse(await (await server.call("/v1/conversations", { json: {} })).json());
  const json = { input: { agent, query: "Coat" }, conversation: { id: thread.id } };
  const { id, number, conversation_id } = asking.parse(await (await server.call("/v1/tasks?wait=60", { json })).json());
  return { id, number, thread: conversation_id };
}

async function posted(path: string, json: unknown, status: number): Promise<Refused> {
  const response = await server.call(path, { json });
  return [response.status === status, await response.text()];
}

async function overA2a(dialect: Dialect, { id }: Asking, value: unknown): Promise<Refused> {
  const { error } = await send(server, dialect, { taskId: id, parts: [{ data: value }] });
  return [told(dialect, error) === -32602, JSON.stringify(error)];
}

const spoken = (id: string, value: unknown) =>
  runWaybill(["answer", id, "-i", JSON.stringify(value)], { WAYBILL_URL: server.url, NO_COLOR: "1" });

const DOORS: Record<string, (task: Asking, value: object) => Promise<Refused>> = {
  native: ({ id }, value) => posted(`/v1/tasks/${id}/input`, { prompt: "measure", value }, 400),
  bpm: async ({ number }, payload) => {
    const { status, text } = await clientOf(server).act(number, "ANSWER", { payload });
    return [status === 400, text];
  },
  ...Object.fromEntries(
    DIALECTS.map((dialect) => [dialect, (task: Asking, value: object) => overA2a(dialect, task, value)]),
  ),
  "a message of Orchestrate": ({ thread }, value) =>
    posted(
      "/orchestrate/v1/orchestrate/runs",
      { message: { role: "user", content: JSON.stringify(value) }, thread_id: thread },
      422,
    ),
  "a callback of Orchestrate": ({ id }, value) => posted(`/orchestrate/v1/tools/default/callback/${id}`, value, 422),
  "the command line": async ({ id }, value) => {
    const { code, talk } = await spoken(id, value);
    return [code === 1, talk];
  },
  "the page": async ({ id }, value) => {
    page.open(`${server.url}/dashboard/#${id}`);
    // Until then the task before it may stand there.
    await page.find("body", id);
    expect(value).toEqual({ size: "large" });
    // Its field takes numbers alone: it is left empty.
    await page.click("button", "Answer");
    return [true, (await page.find(".ask .field", "size")).textContent + (await page.find(".ask .fault")).textContent];
  },
};

it.each(["tailor", "office"])("is refused by each, and %s takes the first that fits", async (agent) => {
  const task = await begun(agent);
  for (const [door, answers] of Object.entries(DOORS)) {
    const [isRefused, words] = await answers(task, { size: "large" });
    expect([door, isRefused, words]).toEqual([door, true, expect.stringMatching(/size|Expected .{2}object/)]);
  }
  const { state } = z.object({ state: z.string() }).parse(await (await server.call(`/v1/tasks/${task.id}`)).json());
  expect(state).toBe("input_required");
  expect((await spoken(task.id, { size: 48 })).code).toBe(0);
  const ended = await (await server.call(`/v1/tasks/${task.id}?wait=60`)).json();
  expect(ended).toMatchObject({ state: "completed", output: { size: 48 } });
});
