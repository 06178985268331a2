import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { chatAnswer } from "../../src/lenses/orchestrate/chats/schema.ts";
import type { ShannonServer } from "../shannon-server.ts";
import { allFrames } from "../sse.ts";
import { type OrchestrateClient, orchestrateClient, startOrchestrateServer } from "./client.ts";

let server: ShannonServer;
let client: OrchestrateClient;
beforeAll(async () => {
  server = await startOrchestrateServer();
  client = orchestrateClient(server);
});
afterAll(() => server.stop());

const path = (agent: string) => `/v1/orchestrate/${agent}/chat/completions`;
const user = (content: unknown) => ({ role: "user", content });

const chunk = z.object({
  id: z.uuid(),
  object: z.enum(["thread.message.delta", "thread.run.step.delta"]),
  created: z.int(),
  model: z.string(),
  thread_id: z.uuid(),
  choices: z.tuple([
    z.object({
      index: z.literal(0),
      delta: z.looseObject({ role: z.literal("assistant"), content: z.string().optional() }),
      finish_reason: z.enum(["stop"]).nullable(),
    }),
  ]),
});

async function chunksOf(response: Response) {
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const frames = await allFrames(response);
  expect(frames.at(-1)?.data).toBe("[DONE]");
  return frames.slice(0, -1).map(({ data }) => chunk.parse(JSON.parse(data)));
}

describe("a chat completion", () => {
  test("remembers in its thread what was said, whatever the client sends of it", async () => {
    const first = await client.answer(chatAnswer, path("assistant"), {
      json: { messages: [{ role: "system", content: "Be kind." }, user("My name is Ada.")] },
    });
    expect(first).toMatchObject({ object: "chat.completion", model: "assistant" });
    const run = await client.run(first.id);
    expect(run).toMatchObject({ status: "completed", thread_id: first.thread_id });
    const second = await client.answer(chatAnswer, path("assistant"), {
      json: { messages: [user([{ response_type: "text", text: "What is my name?" }])] },
      headers: { "X-IBM-THREAD-ID": first.thread_id },
    });
    expect(second.thread_id).toBe(first.thread_id);
    expect(second.choices[0]?.message.content).toContain("Ada");
  });

  test("begins a fresh thread where the named one is not the caller's", async () => {
    for (const name of ["0199aaaa-bbbb-4ccc-8ddd-eeeeffff0000", "mine", ""]) {
      const { thread_id } = await client.answer(chatAnswer, path("scripted"), {
        json: { messages: [user("hello")], stream: false },
        headers: { "X-IBM-THREAD-ID": name },
      });
      expect(thread_id).not.toBe(name);
      expect(await client.messages(thread_id)).toHaveLength(2);
    }
  });

  test("comes in chunks that make the answer, and names the steps on the way", async () => {
    const streaming = client.call(path("scripted"), { json: { messages: [user("hold on")], stream: true } });
    await server.held();
    server.release();
    const chunks = await chunksOf(await streaming);
    expect(chunks.filter(({ object }) => object === "thread.run.step.delta")).toHaveLength(2);
    const said = chunks.filter(({ object }) => object === "thread.message.delta");
    expect(said.map(({ choices }) => choices[0].delta.content).join("")).toContain("released");
    expect(said.map(({ choices }) => choices[0].finish_reason).filter((reason) => reason !== null)).toEqual(["stop"]);
    expect(said.at(-1)?.choices[0].finish_reason).toBe("stop");
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test("is the question that the agent asks, and the next message of the thread answers it", async () => {
    const asked = await client.answer(chatAnswer, path("scripted"), { json: { messages: [user("ask me")] } });
    expect(asked.choices[0]?.message.content).toBe("Which of the two?");
    const headers = { "X-IBM-THREAD-ID": asked.thread_id };
    const chunks = await chunksOf(
      await client.call(path("scripted"), { json: { messages: [user("the left one")], stream: true }, headers }),
    );
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([asked.id]));
    expect(chunks.map(({ choices }) => choices[0].delta.content ?? "").join("")).toContain("the left one");
  });

  test("says what went wrong", async () => {
    const failed = await client.call(path("scripted"), { json: { messages: [user("fail")] } });
    expect([failed.status, await failed.json()]).toEqual([
      500,
      { detail: expect.stringContaining("the scripted failure") },
    ]);
    const frames = await allFrames(
      await client.call(path("scripted"), { json: { messages: [user("fail")], stream: true } }),
    );
    expect(JSON.parse(frames.at(-2)?.data ?? "")).toMatchObject({
      error: { message: expect.stringContaining("the scripted failure"), type: "run.failed" },
    });
    expect(frames.at(-1)?.data).toBe("[DONE]");
  });

  test("of an agent that there is not is not found", async () => {
    for (const agent of ["nobody", "runs", "agents", "%20"]) {
      const response = await client.call(path(agent), { json: { messages: [user("hi")] } });
      expect([agent, response.status]).toEqual([agent, 404]);
    }
  });
});
