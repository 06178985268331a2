import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ProviderServer, providersAt, startProviderServer } from "../../test/providers/provider-server.ts";
import type { GenerationParameters } from "../task/agent/generation-parameters.ts";
import type { ModelAnswer, ModelId, Models } from "./model.ts";
import { createModels } from "./models.ts";

let server: ProviderServer;
let models: Models;

beforeAll(async () => {
  server = await startProviderServer();
  models = createModels({
    providers: {
      ...providersAt(server),
      ollama: { type: "ollama", baseUrl: server.url },
      strict: { type: "openai-compatible", baseUrl: `${server.url}/v1`, extensions: ["top_k"] },
    },
  });
});
afterAll(() => server.close());

async function ask(model: ModelId, parameters: GenerationParameters): Promise<ModelAnswer & { pieces: string }> {
  let pieces = "";
  const answer = await models.call({
    model,
    prompt: [
      { role: "system", text: "Be brief." },
      { role: "user", text: "one two three four five" },
    ],
    tools: [],
    signal: new AbortController().signal,
    parameters,
    onText: (piece) => {
      pieces += piece;
    },
  });
  await server.idle();
  return { ...answer, pieces };
}

function sent(): Record<string, unknown> {
  return server.requests.at(-1)?.body ?? {};
}
const ignored = ({ generation }: ModelAnswer) => generation?.ignored.map(({ parameter }) => parameter).sort();

describe("where a provider takes a parameter, its request says it", () => {
  const all: GenerationParameters = {
    ...{ temperature: 0.3, topP: 0.9, topK: 40, typicalP: 0.5, seed: 7, maxNewTokens: 50, minNewTokens: 5 },
    ...{ repetitionPenalty: 1.2, beamWidth: 2, lengthPenalty: { decayFactor: 1.5 } },
  };

  it("a compatible server all that it has fields for", async () => {
    const answer = await ask("gateway:m", all);
    expect(sent()).toMatchObject({ temperature: 0.3, top_p: 0.9, top_k: 40, typical_p: 0.5, seed: 7, max_tokens: 50 });
    expect(sent()).toMatchObject({ min_tokens: 5, repetition_penalty: 1.2 });
    expect(ignored(answer)).toEqual(["beamWidth", "lengthPenalty"]);
  });

  it("one that takes fewer fields those, and the others are told", async () => {
    const answer = await ask("strict:m", all);
    expect(sent()).toMatchObject({ top_k: 40 });
    expect(sent()).not.toHaveProperty("typical_p");
    expect(ignored(answer)).toEqual(["beamWidth", "lengthPenalty", "minNewTokens", "repetitionPenalty", "typicalP"]);
  });

  it("OpenAI what its API has, and a model that reasons tells what it does not take", async () => {
    const answer = await ask("openai:gpt-4.1", { temperature: 0.3, topP: 0.9, maxNewTokens: 50, topK: 3 });
    expect(sent()).toMatchObject({ temperature: 0.3, top_p: 0.9, max_output_tokens: 50 });
    expect(ignored(answer)).toEqual(["topK"]);
    expect(ignored(await ask("openai:gpt-5-mini", { temperature: 0.3 }))).toEqual(["temperature"]);
    expect(sent()).not.toHaveProperty("temperature");
  });

  it("Anthropic what its API has", async () => {
    const answer = await ask("anthropic:claude-sonnet-4-5", { topK: 40, maxNewTokens: 50, seed: 7 });
    expect(sent()).toMatchObject({ top_k: 40, max_tokens: 50 });
    expect(ignored(answer)).toEqual(["seed"]);
  });

  it("greedy is a temperature of 0, whatever else says how to draw", async () => {
    const answer = await ask("gateway:m", { decoding: "greedy", temperature: 1.5, topK: 40, topP: 0.2, typicalP: 0.3 });
    expect(sent()).toMatchObject({ temperature: 0 });
    for (const field of ["top_k", "top_p", "typical_p"]) expect(sent()).not.toHaveProperty(field);
    expect(ignored(answer)).toEqual([]);
  });

  it("values that mean nothing ask for nothing", async () => {
    const answer = await ask("anthropic:claude-sonnet-4-5", {
      ...{ beamWidth: 1, minNewTokens: 0, repetitionPenalty: 1, typicalP: 1, timeLimitMs: 0, truncateInputTokens: 0 },
    });
    expect(ignored(answer)).toEqual([]);
  });
});

describe("stop sequences", () => {
  it("are the provider's where it has them, and watched for beyond its four", async () => {
    server.script({ kind: "endless", text: "word six " });
    const stopSequences = ["one", "two", "three", "four", "five", "six"];
    const answer = await ask("gateway:m", { stopSequences });
    expect(sent()).toMatchObject({ stop: ["one", "two", "three", "four"] });
    expect(answer).toMatchObject({ text: "word ", pieces: "word ", finish: "stop" });
    expect(answer.generation?.stopReason).toBe("stop_sequence");
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
    expect(answer.rawUsage).toEqual({ estimated: true });
  });

  it.each(["openai:gpt-4.1", "anthropic:claude-sonnet-4-5", "ollama:llama3.2", "local:reference"] as const)(
    "end an answer of %s, with the sequence where that is asked",
    async (model) => {
      if (model !== "local:reference") server.script({ kind: "answer", text: "The cat sat. END And more." });
      const stop = model === "local:reference" ? " " : "END";
      const answer = await ask(model, { stopSequences: [stop], includeStopSequence: true });
      expect(answer.text.endsWith(stop)).toBe(true);
      expect(answer.text.indexOf(stop)).toBe(answer.text.length - stop.length);
      expect(answer.generation?.stopReason).toBe("stop_sequence");
    },
  );

  it("of thousands of characters are told as not done, and no provider is sent them", async () => {
    const stopSequences = ["x".repeat(1_001), "END"];
    expect(ignored(await ask("local:reference", { stopSequences }))).toEqual(["stopSequences"]);
    server.script({ kind: "answer", text: "The cat sat." });
    expect(ignored(await ask("gateway:m", { stopSequences }))).toEqual(["stopSequences"]);
    expect(sent()).toMatchObject({ stop: ["END"] });
  });

  it("are not looked for before the text has its least tokens", async () => {
    server.script({ kind: "endless", text: "stop go " });
    const { text } = await ask("gateway:m", { stopSequences: ["stop"], minNewTokens: 10 });
    expect(text.split("stop").length).toBeGreaterThan(4);
    expect(text.length).toBeLessThan(200);
  });
});

describe("a time limit", () => {
  it("ends an answer that does not end, and keeps what there is of it", async () => {
    server.script({ kind: "stall", text: "Half of an" });
    // As long as a busy machine may take to the last of these words.
    const answer = await ask("gateway:m", { timeLimitMs: 1_500 });
    expect(answer).toMatchObject({ text: "Half of an", pieces: "Half of an" });
    expect(answer.generation?.stopReason).toBe("time_limit");
  });

  it("of years ends nothing", async () => {
    const { text, generation } = await ask("gateway:m", { timeLimitMs: Number.MAX_SAFE_INTEGER });
    expect([text, generation?.stopReason]).toEqual(["Hello.", "end"]);
  });

  it("ends a call that has said nothing at all", async () => {
    server.script({ kind: "silence" });
    const answer = await ask("anthropic:claude-sonnet-4-5", { timeLimitMs: 100 });
    expect(answer).toMatchObject({ text: "", generation: { stopReason: "time_limit" } });
  });
});

describe("what is told beside the text", () => {
  it("is each token with its likelihood, its rank and its alternatives", async () => {
    server.script({ kind: "answer", text: "Yes indeed" });
    const answer = await ask("gateway:m", { returns: { tokenLogprobs: true, tokenRanks: true, topTokens: 2 } });
    expect(sent()).toMatchObject({ logprobs: true });
    expect(answer.generation?.generatedTokens?.[0]).toEqual({
      text: "Yes",
      logprob: -0.5,
      rank: 1,
      top: [
        { text: "Yes", logprob: -0.5 },
        { text: "Yes1", logprob: -1.5 },
      ],
    });
    expect(ignored(answer)).toEqual([]);
  });

  it("is told as missing where a provider tells nothing of tokens", async () => {
    const parameters: GenerationParameters = { returns: { generatedTokens: true } };
    for (const model of ["anthropic:claude-sonnet-4-5", "local:reference", "openai:gpt-5-mini"] as const)
      expect(ignored(await ask(model, parameters))).toEqual(["returns"]);
  });

  it("is the input as it was asked, cut to its last tokens", async () => {
    const asked: GenerationParameters = { truncateInputTokens: 2, returns: { inputText: true, inputParameters: true } };
    const { generation } = await ask("gateway:m", asked);
    expect(generation).toMatchObject({ inputText: "Be brief.\n\n four five", inputParameters: asked });
    expect(JSON.stringify(sent()["messages"])).not.toContain("three");
  });
});
