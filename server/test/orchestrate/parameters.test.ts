/** What the parameters of a run do to the request of its provider and to its answer, and what is told of those that do nothing. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/index.ts";
import { type ProviderServer, startProviderServer } from "../providers/provider-server.ts";
import { startTestServer, type TestServer } from "../server.ts";

const answered = z.object({
  status: z.string(),
  result: z
    .object({
      data: z.object({
        message: z.object({ content: z.array(z.object({ text: z.string() })) }),
        warnings: z.array(z.object({ id: z.string(), message: z.string() })).default([]),
        generation: z.looseObject({ stop_reason: z.string() }).optional(),
      }),
    })
    .nullable(),
});

let provider: ProviderServer;
let server: TestServer;
let own = "";
beforeAll(async () => {
  provider = await startProviderServer();
  server = await startTestServer({
    config: {
      agents: [defineAgent({ slug: "scripted", name: "Scripted", model: "scripted:test-model", asksPerson: true })],
      models: { providers: { scripted: { type: "openai-compatible", baseUrl: `${provider.url}/v1` } } },
    },
  });
  own = server.lensUrls["orchestrate"] ?? "";
});
afterAll(async () => {
  await server.stop();
  await provider.close();
});

async function run(llm_params: object) {
  const response = await fetch(`${own}/v1/orchestrate/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message: { role: "user", content: "Hi" }, agent_id: "scripted", llm_params }),
  });
  const { run_id } = z.object({ run_id: z.string() }).parse(await response.json());
  const read = async () => answered.parse(await (await fetch(`${own}/v1/orchestrate/runs/${run_id}`)).json());
  await expect.poll(async () => (await read()).status).toBe("completed");
  const { result } = await read();
  if (!result) throw new Error("a completed run has a result");
  return { ...result.data, text: result.data.message.content[0]?.text };
}

describe("the parameters of a run", () => {
  it("reach the provider under its own names, and the answer ends where they say", async () => {
    provider.script({ kind: "answer", text: "One. END Two." });
    const { text, generation, warnings } = await run({
      ...{ temperature: 0.25, max_new_tokens: 77, random_seed: 5 },
      ...{ stop_sequences: ["END"], include_stop_sequence: true },
    });
    expect(provider.requests.at(-1)?.body).toMatchObject({ temperature: 0.25, max_tokens: 77, seed: 5 });
    expect([text, generation?.stop_reason, warnings]).toEqual(["One. END", "stop_sequence", []]);
  });

  it("that the provider cannot do are told by name, and the run goes on", async () => {
    const { text, warnings } = await run({ beam_width: 3, length_penalty: { decay_factor: 1.5 } });
    expect(text).toBe("Hello.");
    expect(warnings.map(({ id, message }) => [id, message.split(":")[0]])).toEqual([
      ["UNSUPPORTED_PARAMETER", "beam_width"],
      ["UNSUPPORTED_PARAMETER", "length_penalty"],
    ]);
  });

  it("end an answer at its cap or its time without another call of the model", async () => {
    provider.script({ kind: "length", text: "Only this much" });
    const before = provider.requests.length;
    const capped = await run({ max_new_tokens: 3 });
    expect([capped.text, capped.generation?.stop_reason]).toEqual(["Only this much", "max_tokens"]);
    expect(provider.requests.length).toBe(before + 1);
    provider.script({ kind: "stall", text: "Half of it" });
    const timed = await run({ time_limit: 200 });
    expect([timed.text, timed.generation?.stop_reason]).toEqual(["Half of it", "time_limit"]);
    provider.script({ kind: "silence" });
    expect(await run({ time_limit: 100 })).toMatchObject({ text: "", generation: { stop_reason: "time_limit" } });
  });

  it("that ask for them tell the input and the tokens of the answer", async () => {
    provider.script({ kind: "answer", text: "Yes indeed" });
    const { generation } = await run({ return_options: { input_text: true, token_logprobs: true, top_n_tokens: 1 } });
    expect(generation?.["input_text"]).toMatch(/Hi$/);
    expect(generation?.["generated_tokens"]).toEqual([
      { text: "Yes", logprob: -0.5, top_tokens: [{ text: "Yes", logprob: -0.5 }] },
      { text: " indeed", logprob: -0.5, top_tokens: [{ text: " indeed", logprob: -0.5 }] },
    ]);
  });
});

describe("what a person hands in with an answer", () => {
  const fixture = (name: string) => readFile(new URL(`../corpus/fixtures/${name}`, import.meta.url));
  const begin = async (json: object) => {
    const headers = { "content-type": "application/json" };
    const sent = { method: "POST", headers, body: JSON.stringify({ agent_id: "scripted", ...json }) };
    const response = await fetch(`${own}/v1/orchestrate/runs`, sent);
    return z.object({ run_id: z.string(), thread_id: z.string() }).parse(await response.json());
  };
  const status = async (id: string) =>
    answered.parse(await (await fetch(`${own}/v1/orchestrate/runs/${id}`)).json()).status;

  it("is shown to the model where it is a picture or a PDF, and read to it where it is text", async () => {
    const question = { name: "ask_person", arguments: { question: "What does it look like?" } };
    provider.script({ kind: "tool_calls", calls: [{ id: "call_1", ...question }] });
    const asked = await begin({ message: { role: "user", content: "Describe it" } });
    await expect.poll(() => status(asked.run_id)).toBe("requires_input");
    const form = new FormData();
    form.append("files", new Blob([await fixture("scan-de.png")]), "it.png");
    form.append("files", new Blob([await fixture("article.pdf")]), "it.pdf");
    form.append("files", new Blob(["It is green."]), "it.txt");
    const uploaded = await fetch(`${own}/v1/orchestrate/upload-to-s3`, { method: "POST", body: form });
    const context = { data: [{ response_type: "file_download", files: await uploaded.json() }] };
    const { thread_id } = asked;
    const again = await begin({ thread_id, message: { role: "user", content: "Like this" }, context });
    expect(again.run_id).toBe(asked.run_id);
    await expect.poll(() => status(asked.run_id)).toBe("completed");
    const told = JSON.stringify(provider.requests.at(-1)?.body["messages"]);
    expect(told).toContain(`data:image/png;base64,${(await fixture("scan-de.png")).toString("base64")}`);
    expect(told).toContain((await fixture("article.pdf")).toString("base64"));
    expect(told).toContain("It is green.");
    expect(told).toContain("Like this");
  });
});
