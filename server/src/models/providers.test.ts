import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Behaviour, type ProviderServer, startProviderServer } from "../../test/providers/provider-server.ts";
import type { ModelsConfigInput } from "./configuration.ts";
import { type ModelAnswer, type ModelCall, ModelError, type ModelId, type Models } from "./model.ts";
import { createModels } from "./models.ts";

let server: ProviderServer;
let models: Models;
/** For streams that stall; any other answer may take its time on a busy machine. */
let impatient: Models;
let patient: Models;

beforeAll(async () => {
  server = await startProviderServer();
  const config = {
    providers: {
      openai: { type: "openai", apiKey: "sk-one", baseUrl: `${server.url}/v1` },
      anthropic: { type: "anthropic", apiKey: "sk-two", baseUrl: `${server.url}/v1` },
      ollama: { type: "ollama", baseUrl: server.url },
      gateway: {
        type: "openai-compatible",
        baseUrl: `${server.url}/v1`,
        apiKey: "sk-three",
        headers: { "x-team": "blue" },
      },
    },
    outputBytesMax: 100_000,
  } satisfies ModelsConfigInput;
  models = createModels(config);
  impatient = createModels({ ...config, firstTokenMs: 300, streamIdleMs: 300 });
  patient = createModels({ ...config, firstTokenMs: 100 * 86_400_000, streamIdleMs: 100 * 86_400_000 });
  await ask("openai:gpt-5-mini");
});
afterAll(() => server.close());

const calculator = {
  name: "calculator",
  description: "Computes.",
  inputSchema: { type: "object", properties: { expression: { type: "string" } }, required: ["expression"] },
};

function ask(model: ModelId, more: Partial<ModelCall> = {}, asked = models): Promise<ModelAnswer> {
  return asked.call({
    model,
    prompt: [{ role: "user", text: "Hi" }],
    tools: [],
    signal: new AbortController().signal,
    ...more,
  });
}

async function failure(
  model: ModelId,
  behaviour: Behaviour,
  more: Partial<ModelCall> = {},
  asked = models,
): Promise<ModelError> {
  server.script(behaviour);
  const error = await ask(model, more, asked).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  await server.idle();
  if (!(error instanceof ModelError)) throw new Error(`not a ModelError: ${String(error)}`);
  return error;
}

const providers: { name: string; model: ModelId; protocol: string; cacheWrites: boolean }[] = [
  { name: "OpenAI", model: "openai:gpt-5-mini", protocol: "openai-responses", cacheWrites: false },
  { name: "Anthropic", model: "anthropic:claude-sonnet-4-5", protocol: "anthropic", cacheWrites: true },
  { name: "Ollama", model: "ollama:llama3.2:3b", protocol: "openai-chat", cacheWrites: false },
  { name: "a compatible API", model: "gateway:some/model", protocol: "openai-chat", cacheWrites: false },
];

/** What each was configured with; to who has none somebody else's is told. */
const KEYS: Readonly<Record<string, string>> = { openai: "sk-one", anthropic: "sk-two", gateway: "sk-three" };

describe.each(providers)("$name", ({ model, protocol, cacheWrites }) => {
  it("is not repeated where it repeats a key", async () => {
    const key = KEYS[model.split(":", 1)[0] ?? ""] ?? "sk-proj-A1b2C3d4E5f6G7h8";
    const words = `Incorrect API key provided: ${key}. Sent was Authorization: Bearer ${key}`;
    for (const body of [JSON.stringify({ error: { message: words, code: key } }), words, `<p>${words}</p>`]) {
      for (const status of [400, 401, 403, 429, 500]) {
        const error = await failure(model, { kind: "status", status, body });
        expect(error.message).toContain("Incorrect API key provided: [hidden]");
        expect(inspect(error, { depth: 8 })).not.toContain(key);
      }
    }
  });

  it("is not repeated by what is no answer, or by an error in the midst of one", async () => {
    const key = KEYS[model.split(":", 1)[0] ?? ""] ?? "sk-proj-A1b2C3d4E5f6G7h8";
    const words = `Your key is ${key}.`;
    for (const behaviour of [
      { kind: "stream_error", text: "Well", code: "server_error", message: words },
      { kind: "text", text: JSON.stringify({ error: { message: words, inner: [{ key }] } }), type: "application/json" },
      { kind: "text", text: JSON.stringify({ said: words }), type: "application/json" },
      { kind: "text", text: `<p>${"x ".repeat(80)}${words}</p>`, type: "text/html" },
    ] as const) {
      const error = await failure(model, behaviour);
      expect(inspect(error, { depth: 8 }), behaviour.kind).not.toContain(key);
      expect(error.message).toContain("[hidden]");
    }
  });

  it("streams an answer in pieces and states the provider's own counts", async () => {
    server.script({
      kind: "answer",
      text: "Paris is the capital.",
      usage: { input: 1000, output: 50, cacheRead: 600, ...(cacheWrites ? { cacheWrite: 300 } : {}) },
    });
    const pieces: string[] = [];
    const answer = await ask(model, { onText: (piece) => pieces.push(piece) });
    expect(answer.text).toBe("Paris is the capital.");
    expect(pieces).toEqual(["Paris", " is", " the", " capital."]);
    expect(answer.finish).toBe("stop");
    expect(answer.usage).toEqual({
      inputTokens: 1000,
      outputTokens: 50,
      cacheReadTokens: 600,
      cacheWriteTokens: cacheWrites ? 300 : 0,
    });
    expect(answer.rawUsage).not.toBeNull();
    expect(server.requests.at(-1)?.protocol).toBe(protocol);
  });

  it("sends the prompt, earlier tool calls and their results, and offers tools without running them", async () => {
    server.script({
      kind: "tool_calls",
      calls: [{ id: "call_b", name: "calculator", arguments: { expression: "2+2" } }],
    });
    const answer = await ask(model, {
      prompt: [
        { role: "system", text: "Be brief." },
        { role: "user", text: "What is 1+1?" },
        {
          role: "assistant",
          text: "",
          toolCalls: [{ id: "call_a", name: "calculator", input: { expression: "1+1" } }],
        },
        { role: "tool", results: [{ id: "call_a", name: "calculator", output: "it is two", isError: false }] },
        { role: "assistant", text: "Two." },
        { role: "user", text: "And 2+2?" },
      ],
      tools: [calculator],
    });
    expect(answer.finish).toBe("tool_calls");
    expect(answer.toolCalls).toMatchObject([{ id: "call_b", name: "calculator", input: { expression: "2+2" } }]);
    const sent = JSON.stringify(server.requests.at(-1)?.body);
    for (const words of ["Be brief.", "1+1", "it is two", "call_a", "And 2+2?", "Computes."])
      expect(sent).toContain(words);
  });

  it("returns several tool calls of one answer in order, with the text before them", async () => {
    server.script({
      kind: "tool_calls",
      text: "Let me see.",
      calls: [
        { id: "call_1", name: "calculator", arguments: { expression: "1" } },
        { id: "call_2", name: "calculator", arguments: { expression: "2" } },
      ],
    });
    const answer = await ask(model, { tools: [calculator] });
    expect(answer.text).toBe("Let me see.");
    expect(answer.toolCalls.map(({ id }) => id)).toEqual(["call_1", "call_2"]);
  });

  it("hands on a tool call whose arguments are not JSON as invalid", async () => {
    server.script({
      kind: "tool_calls",
      calls: [{ id: "call_1", name: "calculator", arguments: '{"expression": "2+' }],
    });
    const answer = await ask(model, { tools: [calculator] });
    expect(answer.toolCalls).toHaveLength(1);
    expect(answer.toolCalls[0]?.name).toBe("calculator");
    expect(answer.toolCalls[0]?.invalid).toMatch(/not JSON/);
  });

  it("hands on a tool call whose arguments do not fit the schema as it is", async () => {
    server.script({ kind: "tool_calls", calls: [{ id: "call_1", name: "calculator", arguments: { formula: 7 } }] });
    const answer = await ask(model, { tools: [calculator] });
    expect(answer.toolCalls).toMatchObject([{ id: "call_1", name: "calculator", input: { formula: 7 } }]);
  });

  it("says when the answer ended at its limit", async () => {
    server.script({ kind: "length", text: "and so on" });
    expect((await ask(model, { maxOutputTokens: 16 })).finish).toBe("length");
  });

  it("is rate limited with the wait in seconds", async () => {
    const error = await failure(model, { kind: "status", status: 429, headers: { "retry-after": "7" } });
    expect(error).toMatchObject({ code: "rate_limited", retryAfterMs: 7000, retryable: true });
  });

  it("is rate limited with the wait in milliseconds", async () => {
    const error = await failure(model, {
      kind: "status",
      status: 429,
      headers: { "retry-after-ms": "250", "retry-after": "1" },
    });
    expect(error).toMatchObject({ code: "rate_limited", retryAfterMs: 250 });
  });

  it("is rate limited with the wait as a date", async () => {
    const at = new Date(Date.now() + 60_000).toUTCString();
    const error = await failure(model, { kind: "status", status: 429, headers: { "retry-after": at } });
    expect(error.code).toBe("rate_limited");
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it.each([500, 502, 503])("is unavailable at %i", async (status) => {
    expect((await failure(model, { kind: "status", status })).code).toBe("unavailable");
  });

  it("is rate limited at 529", async () => {
    expect((await failure(model, { kind: "status", status: 529 })).code).toBe("rate_limited");
  });

  it.each([400, 401, 403, 404])(
    "is refused at %i, with the provider's words, and not to be retried",
    async (status) => {
      const error = await failure(model, { kind: "status", status, message: "no such thing here" });
      expect(error.code).toBe("refused");
      expect(error.retryable).toBe(false);
      expect(error.message).toContain("no such thing here");
    },
  );

  it("is too long a prompt at 413, whoever stands before the model, and not to be retried as it is", async () => {
    const error = await failure(model, { kind: "status", status: 413, message: "no such thing here" });
    expect(error.code).toBe("prompt_too_long");
    expect(error.retryable).toBe(false);
    expect(error.message).toContain("no such thing here");
  });

  it("asks once and no more, whatever the failure", async () => {
    const before = server.requests.length;
    await failure(model, { kind: "status", status: 500 });
    expect(server.requests.length).toBe(before + 1);
  });

  it("is unavailable when the connection drops in the middle", async () => {
    const pieces: string[] = [];
    const error = await failure(
      model,
      { kind: "cut", text: "The beginning" },
      { onText: (piece) => pieces.push(piece) },
    );
    expect(error.code).toBe("unavailable");
    expect(pieces.join("")).toBe("The beginning");
  });

  it("is unavailable when the stream ends without saying so", async () => {
    expect((await failure(model, { kind: "end_early", text: "The beginning" })).code).toBe("unavailable");
  });

  it("is a bad answer when an event is not JSON", async () => {
    expect((await failure(model, { kind: "malformed", text: "The beginning" })).code).toBe("bad_answer");
  });

  it("says in its first words what is no answer, and asks no more for it", async () => {
    const error = await failure(model, { kind: "not_a_stream" });
    expect(error.code).toBe("refused");
    expect(error.message).toMatch(/answered 200 \(text\/html\).*This network wants you to sign in/);
  });

  it("is unavailable when the provider reports an error inside the stream", async () => {
    const error = await failure(model, {
      kind: "stream_error",
      text: "The beginning",
      code: "server_error",
      message: "we are sorry",
    });
    expect(error.code).toBe("unavailable");
  });

  it("stops a stream without an end, and hangs up", async () => {
    expect((await failure(model, { kind: "endless", text: "again and again " })).code).toBe("bad_answer");
  });

  it("stops a line without an end, and hangs up", async () => {
    expect((await failure(model, { kind: "endless_line" })).code).toBe("bad_answer");
  });

  it("is unavailable when the stream stalls, and hangs up", async () => {
    const error = await failure(model, { kind: "stall", text: "The beginning" }, {}, impatient);
    expect(error.code).toBe("unavailable");
  });

  it("is heard to its end when a stream may be silent for months", async () => {
    expect(await ask(model, {}, patient)).toHaveProperty("text");
  });

  it("is unavailable when nothing is answered at all, and hangs up", async () => {
    expect((await failure(model, { kind: "silence" }, {}, impatient)).code).toBe("unavailable");
  });

  it("stops at once when aborted, and hangs up", async () => {
    const abort = new AbortController();
    const error = await failure(
      model,
      { kind: "stall", text: "The beginning" },
      { signal: abort.signal, onText: () => abort.abort() },
    );
    expect(error.code).toBe("aborted");
    expect(error.retryable).toBe(false);
  });

  it("does not ask at all when already aborted", async () => {
    const before = server.requests.length;
    await expect(ask(model, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    expect(server.requests.length).toBe(before);
  });
});

it("sends each provider its own key and headers", async () => {
  await ask("openai:gpt-5-mini");
  expect(server.requests.at(-1)?.headers["authorization"]).toBe("Bearer sk-one");
  await ask("anthropic:claude-sonnet-4-5");
  expect(server.requests.at(-1)?.headers["x-api-key"]).toBe("sk-two");
  await ask("gateway:some/model");
  expect(server.requests.at(-1)?.headers).toMatchObject({ authorization: "Bearer sk-three", "x-team": "blue" });
});

it("does not retry a quota that is spent", async () => {
  const body = JSON.stringify({
    error: { message: "You exceeded your current quota", type: "insufficient_quota", code: "insufficient_quota" },
  });
  expect((await failure("openai:gpt-5-mini", { kind: "status", status: 429, body })).code).toBe("refused");
});

it("is unavailable when nobody listens", async () => {
  const gone = await startProviderServer();
  await gone.close();
  const lonely = createModels({ providers: { ollama: { type: "ollama", baseUrl: gone.url } } });
  const call = lonely.call({
    model: "ollama:llama3.2",
    prompt: [{ role: "user", text: "Hi" }],
    tools: [],
    signal: new AbortController().signal,
  });
  await expect(call).rejects.toMatchObject({ code: "unavailable" });
});

describe("a server behind OpenAI's name that has only chat completions", () => {
  it("is asked for those, and found out only once", async () => {
    const other = await startProviderServer();
    const only = createModels({ providers: { openai: { type: "openai", apiKey: "sk", baseUrl: `${other.url}/v1` } } });
    const hello = () =>
      only.call({
        model: "openai:house",
        prompt: [{ role: "user", text: "Hi" }],
        tools: [],
        signal: new AbortController().signal,
      });
    other.script(
      { kind: "status", status: 404 },
      { kind: "answer", text: "By chat." },
      { kind: "answer", text: "Again." },
    );
    expect((await hello()).text).toBe("By chat.");
    expect((await hello()).text).toBe("Again.");
    expect(other.requests.map(({ protocol }) => protocol)).toEqual(["openai-responses", "openai-chat", "openai-chat"]);
    await other.close();
  });
});
