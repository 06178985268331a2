/** Two servers of ours: an agent of one asks an agent of the other, which asks a person. Between them is a network that loses an answer. */
import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { defineAgent } from "../../src/handlers/agent/definition.ts";
import { messageTold } from "../../src/task/agent/agent-message.ts";
import { textOf } from "../../src/task/part.ts";
import { calling, saying } from "../agent-life.ts";
import { type ProviderServer, startProviderServer } from "../providers/provider-server.ts";
import { startTestServer, type TestServer } from "../server.ts";

let there: TestServer;
let here: TestServer;
let network: Server;
let provider: ProviderServer;
let painter: Waybill;
let asker: Waybill;
/** The next message's answer does not arrive. */
let loses = false;
let lost = 0;

beforeAll(async () => {
  there = await startTestServer({
    config: {
      agents: [
        defineAgent({
          ...{ slug: "painter", name: "Painter", instructions: "Paint." },
          run: async (ctx) => {
            const answer = await ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" });
            const colour = answer === null ? "white" : textOf(messageTold(answer.value).parts);
            return { message: { parts: [{ text: `Painted ${colour}.` }] } };
          },
        }),
      ],
    },
  });
  network = createServer(async (asked, answer) => {
    const body = Buffer.concat(await asked.toArray());
    const { method, url: path, headers } = asked;
    const onwards = httpRequest(new URL(path ?? "/", there.url), { method, headers }, (response) => {
      if (loses && body.includes('"SendMessage"')) {
        loses = false;
        lost += 1;
        response.resume().once("end", () => answer.destroy());
        return;
      }
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    onwards.on("error", () => answer.destroy());
    answer.on("close", () => onwards.destroy());
    onwards.end(body);
  });
  network.listen(0, "127.0.0.1");
  await once(network, "listening");
  const address = network.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  provider = await startProviderServer();
  here = await startTestServer({
    config: {
      agents: [
        defineAgent({
          ...{ slug: "lead", name: "Lead", instructions: "Have it painted.", model: "lab:m1", tools: ["ask_painter"] },
        }),
      ],
      models: { providers: { lab: { type: "openai-compatible", baseUrl: `${provider.url}/v1` } } },
      remoteAgents: { painter: { url: `http://127.0.0.1:${port}/a2a/painter/`, description: "Paints.", headers: {} } },
    },
  });
  painter = new Waybill({ baseUrl: there.url });
  asker = new Waybill({ baseUrl: here.url });
});
afterAll(async () => {
  await here.stop();
  await there.stop();
  await provider.close();
  network.close();
  network.closeAllConnections();
});
beforeEach(() => {
  loses = false;
});

async function idsOf(client: Waybill, filter: Parameters<Waybill["tasks"]["list"]>[0]): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of client.tasks.list(filter)) ids.push(id);
  return ids;
}
/** The task that asks, once there is one; those above it ask with it. */
async function asking(client: Waybill) {
  const found = async () => {
    const tasks: { id: string; parent_id: string | null }[] = [];
    for await (const task of client.tasks.list({ asks: "true" })) tasks.push(task);
    const lowest = tasks.filter(({ id }) => tasks.every(({ parent_id }) => parent_id !== id));
    expect(lowest).toHaveLength(1);
    return lowest[0]?.id ?? "";
  };
  return await client.task(await vi.waitFor(found, { timeout: 60_000 })).get();
}

it("a question of the other server is answered in the inbox of this one, and a message whose answer was lost is taken once", async () => {
  loses = true;
  const { id } = await asker.submit({ kind: "remote_agent", input: { agent: "painter", query: "A door, please." } });
  const question = await asking(asker);
  expect(question).toMatchObject({ id, input_required: { text: "Which colour?" } });
  expect((await asking(painter)).state).toBe("input_required");
  await asker.task(id).input("blue");
  expect(await asker.task(id).result()).toMatchObject({ message: { parts: [{ text: "Painted blue." }] } });
  expect(lost).toBe(1);
  expect(await idsOf(painter, {})).toHaveLength(1);
});

it("an agent has a remote agent as a tool: a task below its own, whose question is in the inbox and whose answer it is told", async () => {
  provider.script(calling(["ask_painter", { question: "Paint the gate." }]), saying("The gate is green."));
  const { id } = await asker.submit({ input: { query: "Paint the gate.", agent: "lead" } });
  const question = await asking(asker);
  expect(question).toMatchObject({ kind: "remote_agent", parent_id: id, input_required: { text: "Which colour?" } });
  await asker.task(question.id).input("green");
  expect(await asker.task(id).text()).toBe("The gate is green.");
  expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain("Painted green.");
  const [told] = provider.requests;
  expect(JSON.stringify(told?.body)).toContain("an agent of another server, and returns its answer. Paints.");
});

it("what the other server does is stopped with the agent that asked for it", async () => {
  provider.script(calling(["ask_painter", { question: "Paint the wall." }]));
  const { id } = await asker.submit({ input: { query: "Paint the wall.", agent: "lead" } });
  await asking(asker);
  const { id: remote } = await asking(painter);
  await asker.task(id).cancel();
  await expect.poll(async () => (await painter.task(remote).get()).state).toBe("cancelled");
});
