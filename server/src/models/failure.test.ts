/** Refusals of a request, in the words of those that send them. */

import { describe, expect, it } from "vitest";
import { askedProviders, GATEWAY } from "../../test/providers/asked.ts";
import { ModelError } from "./model.ts";

const provider = askedProviders();

async function refused(status: number, body: unknown, headers: Record<string, string> = {}): Promise<ModelError> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  provider.server.script({ kind: "status", status, headers, body: text });
  const error: unknown = await provider.ask(GATEWAY).catch((thrown: unknown) => thrown);
  if (!(error instanceof ModelError)) throw new Error(`not a ModelError: ${String(error)}`);
  return error;
}

describe("a prompt that is too long", () => {
  it.each([
    [
      "OpenAI",
      400,
      "This model's maximum context length is 4097 tokens. However, your messages resulted in 5000 tokens.",
    ],
    ["Anthropic", 400, "prompt is too long: 208310 tokens > 200000 maximum"],
    ["Anthropic with a bound", 400, "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"],
    ["Gemini", 400, "The input token count (1097981) exceeds the maximum number of tokens allowed (1048576)."],
    ["Mistral", 400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"],
    ["Groq", 413, "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 8000"],
    ["Cohere", 400, "too many tokens: total number of tokens in the prompt cannot exceed 4081"],
    [
      "Cerebras",
      400,
      "Please reduce the length of the messages or completion. Current length is 9031 while limit is 8192",
    ],
    ["Anthropic's door", 413, "Request exceeds the maximum size"],
    ["a proxy before it", 413, "Request Entity Too Large"],
    ["Bedrock", 400, "Input is too long for requested model."],
    ["xAI", 400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."],
    ["Moonshot", 400, "Invalid request: Your request exceeded model token limit: 8192"],
    ["DashScope", 400, "Range of input length should be [1, 30720]"],
    ["Together", 422, "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000"],
    ["TGI", 422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3000"],
    ["vLLM", 400, "The decoder prompt (length 40000) is longer than the maximum model length of 32768."],
    ["llama.cpp", 400, "request (9031 tokens) exceeds the available context size (4096 tokens), try increasing it"],
    ["LM Studio", 400, "Trying to keep the first 4096 tokens when context the overflows."],
    ["Ollama", 500, "input length exceeds maximum context length"],
  ])("is known in the words of %s", async (_, status, message) => {
    expect(await refused(status, { error: { message } })).toMatchObject({ code: "prompt_too_long", retryable: false });
  });

  it.each([
    ["a key", 401, "Incorrect API key provided"],
    ["a model", 404, "The model `m` does not exist"],
    ["a field", 400, "max_tokens is too large: 100000. This model supports at most 16384 completion tokens"],
  ])("is not what is said of %s", async (_, status, message) => {
    expect(await refused(status, { error: { message } })).toMatchObject({ code: "refused" });
  });
});

describe("when to ask again", () => {
  const soon = new Date(Date.now() + 3_600_000);
  it.each<[string, Record<string, string>, string, number | undefined]>([
    ["whole seconds", { "retry-after": "7" }, "", 7_000],
    ["parts of seconds", { "retry-after": " 0.25 " }, "", 250],
    ["nothing at all", { "retry-after": "0" }, "", 0],
    ["milliseconds, before seconds", { "retry-after": "1", "retry-after-ms": "20" }, "", 20],
    ["seconds with their unit", { "retry-after": "7s" }, "", 7_000],
    ["a moment that is over", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, "", 0],
    ["a moment of another age", { "retry-after": "Fri, 01 Jan 2999 00:00:00 GMT" }, "", 31_536_000_000],
    ["more seconds than there are", { "retry-after": "99999999999999" }, "", 31_536_000_000],
    ["what is no time", { "retry-after": "soon" }, "", undefined],
    ["less than nothing", { "retry-after": "-5" }, "", undefined],
    ["words", {}, "Rate limit reached. Please try again in 1m2.5s. Visit the page.", 62_500],
    ["words in milliseconds", {}, "Please try again in 6ms.", 6],
    ["words with a word for the unit", {}, "try again in 20 seconds", 20_000],
    ["a field", {}, '[{"retryDelay": "34s"}]', 34_000],
  ])("is read from %s", async (_, headers, message, retryAfterMs) => {
    const error = await refused(429, { error: { message } }, headers);
    expect(error).toMatchObject({ code: "rate_limited", retryable: true });
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  it("is read from a date that is still to come", async () => {
    const { retryAfterMs = 0 } = await refused(503, "", { "retry-after": soon.toUTCString() });
    expect(retryAfterMs).toBeGreaterThan(1_800_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });
});

describe("the words of a refusal are kept", () => {
  it.each<[string, unknown]>([
    ["in a field of the error", { error: { message: "the card is on fire" } }],
    ["in the error itself", { error: "the card is on fire" }],
    ["in a detail", { detail: "the card is on fire" }],
    ["in a detail of a field", { detail: [{ loc: ["body", "model"], msg: "the card is on fire" }] }],
    ["in a message", { message: "the card is on fire" }],
    ["in a list", [{ error: { message: "the card is on fire" } }]],
    ["in a page", "<html><style>p { color: red }</style><h1>503</h1><p>the card is\non fire</p></html>"],
    ["in a text", "the card is on fire"],
  ])("%s", async (_, body) => {
    const error = await refused(503, body);
    expect(error.code).toBe("unavailable");
    expect(error.message).toMatch(/answered 503: .*the card is on fire/);
    expect(error.message).not.toMatch(/[<>]|color/);
  });
});
