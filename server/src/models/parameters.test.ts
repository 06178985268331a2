/**
 * Each parameter, also at its limits, at each provider over its own wire: what goes out, and what the answer says was not
 * done. A parameter is always one of the two, or is done by this server.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ProviderServer, providersAt, startProviderServer } from "../../test/providers/provider-server.ts";
import type { GenerationParameters } from "../task/agent/generation-parameters.ts";
import type { Models } from "./model.ts";
import { createModels } from "./models.ts";

const MODELS = {
  compatible: "gateway:m",
  responses: "openai:gpt-4.1",
  reasoning: "openai:gpt-5-mini",
  messages: "anthropic:claude-sonnet-4-5",
  ollama: "ollama:llama3.2",
  offline: "local:reference",
} as const;
type At = keyof typeof MODELS;
const NAMES = ["compatible", "responses", "reasoning", "messages", "ollama", "offline"] as const;
/** Fields that a request has without any parameter. */
const ENVELOPE = ["model", "stream", "stream_options", "messages", "input", "store", "include"];
const USUAL: Partial<Record<At, Record<string, unknown>>> = { messages: { max_tokens: 64_000 } };

/** What goes over the wire for it, or that it is told as not done; both where it is done in part. */
type Done = Record<string, unknown> | typeof NOT | { inPart: Record<string, unknown> };
const NOT = "not done";
/** Nothing goes over the wire, and nothing is told: this server does it, or it asks for nothing. */
const HERE = {};

let server: ProviderServer;
let models: Models;
beforeAll(async () => {
  server = await startProviderServer();
  models = createModels({
    providers: {
      ...providersAt(server),
      ollama: { type: "ollama", baseUrl: server.url },
    },
  });
});
afterAll(() => server.close());

async function ask(at: At, parameters: GenerationParameters) {
  const answer = await models.call({
    model: MODELS[at],
    prompt: [{ role: "user", text: "one two three" }],
    tools: [],
    signal: new AbortController().signal,
    parameters,
    onText: () => {},
  });
  await server.idle();
  const body = at === "offline" ? {} : { ...server.requests.at(-1)?.body };
  for (const field of ENVELOPE) delete body[field];
  return { ...answer, body, ignored: answer.generation?.ignored.map(({ parameter }) => parameter) };
}

type Row = { parameters: GenerationParameters; done: readonly Done[] };
/** In the order of `NAMES`. */
const row = (parameters: GenerationParameters, ...done: [Done, Done, Done, Done, Done, Done]): Row => ({
  parameters,
  done,
});
const same = (parameters: GenerationParameters, done: Done) => row(parameters, done, done, done, done, done, done);
const six = ["a1", "b2", "c3", "d4", "e5", "f6"];
const four = six.slice(0, 4);
const temperature = (value: number) => ({ temperature: value });
const output = (tokens: number) => ({ max_output_tokens: tokens });
const most = (tokens: number) => ({ max_tokens: tokens });
const top = { logprobs: true, top_logprobs: 5 };

const ROWS: readonly Row[] = [
  row(temperature(0), temperature(0), temperature(0), NOT, temperature(0), temperature(0), NOT),
  row(temperature(2), temperature(2), temperature(2), NOT, { inPart: temperature(1) }, temperature(2), NOT),
  row({ topP: 0 }, { top_p: 0 }, { top_p: 0 }, NOT, { top_p: 0 }, { top_p: 0 }, NOT),
  row({ topP: 1 }, { top_p: 1 }, { top_p: 1 }, NOT, { top_p: 1 }, { top_p: 1 }, NOT),
  row({ topK: 1 }, { top_k: 1 }, NOT, NOT, { top_k: 1 }, NOT, NOT),
  row({ topK: 100 }, { top_k: 100 }, NOT, NOT, { top_k: 100 }, NOT, NOT),
  row({ typicalP: 0.01 }, { typical_p: 0.01 }, NOT, NOT, NOT, NOT, NOT),
  same({ typicalP: 1 }, HERE),
  row({ seed: 1 }, { seed: 1 }, NOT, NOT, NOT, { seed: 1 }, HERE),
  row({ seed: 4_294_967_295 }, { seed: 4_294_967_295 }, NOT, NOT, NOT, { seed: 4_294_967_295 }, HERE),
  same({ maxNewTokens: 0 }, HERE),
  row({ maxNewTokens: 1 }, most(1), output(16), output(16), most(1), most(1), HERE),
  row({ maxNewTokens: 1e6 }, most(1e6), output(1e6), output(1e6), { inPart: most(64_000) }, most(1e6), HERE),
  same({ minNewTokens: 0 }, HERE),
  row({ minNewTokens: 1 }, { min_tokens: 1 }, NOT, NOT, NOT, NOT, NOT),
  same({ repetitionPenalty: 1 }, HERE),
  row({ repetitionPenalty: 2 }, { repetition_penalty: 2 }, NOT, NOT, NOT, NOT, NOT),
  same({ beamWidth: 1 }, HERE),
  same({ beamWidth: 3 }, NOT),
  same({ lengthPenalty: { decayFactor: 1.01, startIndex: 1 } }, NOT),
  row({ decoding: "greedy" }, temperature(0), temperature(0), NOT, temperature(0), temperature(0), HERE),
  same({ decoding: "sample" }, HERE),
  row({ stopSequences: six }, { stop: four }, HERE, HERE, { stop_sequences: four }, { stop: four }, HERE),
  same({ stopSequences: ["", "\n"] }, HERE),
  same({ stopSequences: six, includeStopSequence: true }, HERE),
  same({ timeLimitMs: -1 }, HERE),
  same({ timeLimitMs: 3_600_000 }, HERE),
  same({ truncateInputTokens: 1 }, HERE),
  same({ returns: { inputText: true, inputParameters: true } }, HERE),
  same({ returns: { inputTokens: true } }, NOT),
  row({ returns: { topTokens: 5 } }, top, { top_logprobs: 5 }, NOT, NOT, top, NOT),
];

describe("each parameter at each provider is said to it, done here, or told as not done", () => {
  it.each(ROWS)("$parameters", async ({ parameters, done }) => {
    for (const [at, name] of NAMES.entries()) {
      const { body, ignored } = await ask(name, parameters);
      const expected = done[at] ?? HERE;
      const isTold = expected === NOT || "inPart" in expected;
      const wire = expected === NOT ? {} : "inPart" in expected ? expected.inPart : expected;
      expect([name, body]).toEqual([name, { ...USUAL[name], ...Object(wire) }]);
      expect([name, ignored]).toEqual([name, isTold ? Object.keys(parameters) : []]);
    }
  });

  it("at once, where two of them do not go together", async () => {
    const { body, ignored } = await ask("messages", { temperature: 0.7, topP: 0.9 });
    expect([body, ignored]).toEqual([{ max_tokens: 64_000, temperature: 0.7 }, ["topP"]]);
  });

  it("also where a provider gives more tokens than were asked for: the rest is cut off", async () => {
    for (const [maxNewTokens, text] of [
      [2, "one two"],
      [15, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"],
    ] as const) {
      server.script({
        kind: "answer",
        text: "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen",
      });
      const answer = await ask("responses", { maxNewTokens });
      expect([answer.text, answer.generation?.stopReason]).toEqual([text, "max_tokens"]);
    }
  });
});
