/** Answers as real servers send them, not as their documentation has it: over a real socket, to the end of the call. */

import { gzipSync } from "node:zlib";
import { describe, expect, it, test } from "vitest";
import { ANTHROPIC, askedProviders, events, GATEWAY, OPENAI } from "../../../test/providers/asked.ts";
import { providersAt } from "../../../test/providers/provider-server.ts";
import type { ModelId } from "../model.ts";
import { createModels } from "../models.ts";

const provider = askedProviders();
const { ask, answered, failed } = provider;

const said = (delta: unknown, finish_reason: unknown = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
const call = (fields: object) => said({ tool_calls: [fields] });
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

describe("a whole answer of chat completions is kept", () => {
  it.each([
    ["[DONE] without a reason", events(said({ content: "Whole." }), "[DONE]"), undefined],
    ["[DONE] and a connection that stays open", events(said({ content: "Whole." }, "stop"), "[DONE]"), "open"],
    [
      "its counts and a connection that stays open",
      events(said({ content: "Whole." }, "stop"), { choices: [], usage }),
      "open",
    ],
    ["a reason and a connection that stays open", events(said({ content: "Whole." }, "stop")), "open"],
    ["a reason and a connection that only pings", events(said({ content: "Whole." }, "stop")), "pings"],
    ["a reason and a connection that breaks", events(said({ content: "Whole." }, "stop")), "break"],
    ["a last event without its empty line", `${events(said({ content: "Whole." }))}data: [DONE]`, undefined],
    [
      "lines that end in CR LF",
      events(said({ content: "Whole." }, "stop"), "[DONE]").replaceAll("\n", "\r\n"),
      undefined,
    ],
    ["a comment first", `: one moment\n\n${events(said({ content: "Whole." }), "[DONE]")}`, undefined],
    ["another type", events(said({ content: "Whole." }), "[DONE]"), undefined, "text/plain"],
  ] as const)("%s", async (_, text, then, type?: string) => {
    expect(await answered(GATEWAY, text, then, type)).toMatchObject({ text: "Whole.", finish: "stop" });
    await provider.server.idle();
  });

  it.each([
    [
      "a message in the place of a piece",
      { choices: [{ message: { role: "assistant", content: "Whole." }, finish_reason: "stop" }] },
    ],
    [
      "a whole JSON answer",
      { choices: [{ message: { role: "assistant", content: "Whole." }, finish_reason: "stop" }], usage },
    ],
  ])("%s", async (_, value) => {
    expect((await answered(GATEWAY, events(value, "[DONE]"))).text).toBe("Whole.");
    expect((await answered(GATEWAY, JSON.stringify(value), undefined, "application/json")).text).toBe("Whole.");
  });
});

test("an answer with nothing in it is told by its status and its type", async () => {
  const error = await failed(GATEWAY, "", "text/plain");
  expect(error).toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/answered 200 \(text\/plain\) with nothing in it$/),
  });
});

describe("the bytes of an answer", () => {
  it("make the same text in whatever pieces they come", async () => {
    const text = `\ufeff\n${events(said({ content: "Wh\u00f6le " }), said({ content: "\ud83d\ude00." }, "stop"), "[DONE]")}`;
    const bytes = Buffer.from(text);
    for (const size of [1, 7, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      provider.server.script({ kind: "bytes", chunks });
      let heard = "";
      const answer = await ask(GATEWAY, { onText: (piece) => (heard += piece) });
      expect([size, answer.text, heard]).toEqual([size, "Wh\u00f6le \ud83d\ude00.", "Wh\u00f6le \ud83d\ude00."]);
    }
  });

  it("keep separators of lines and of paragraphs, which JSON has unescaped", async () => {
    const text = "one\u2028two\u2029three";
    const whole = { choices: [{ message: { role: "assistant", content: text }, finish_reason: "stop" }], usage };
    expect((await answered(GATEWAY, JSON.stringify(whole), undefined, "application/json")).text).toBe(text);
    const asks = call({
      index: 0,
      id: "c",
      type: "function",
      function: { name: "look", arguments: JSON.stringify({ text }) },
    });
    const { toolCalls } = await answered(GATEWAY, events(asks, said({}, "tool_calls"), "[DONE]"));
    expect(toolCalls).toMatchObject([{ input: { text } }]);
  });

  const MANY = 5_000;
  const pieces = Array.from({ length: MANY }, () => "ab ");
  it.each([
    [
      "one chunk",
      { kind: "text", text: events(...pieces.map((content) => said({ content })), said({}, "stop"), "[DONE]") },
    ],
    ["a chunk each", { kind: "answer", text: pieces.join(""), pieces }],
  ] as const)("are all in its text, in their order, however many come at once in %s", async (_, behaviour) => {
    provider.server.script(behaviour);
    const heard: string[] = [];
    const answer = await ask(GATEWAY, { onText: (piece) => heard.push(piece) });
    expect([answer.text, heard.join("")]).toEqual([pieces.join(""), pieces.join("")]);
  });

  it("are no more than an answer may have, also where they are blanks alone", async () => {
    const bounds = { outputBytesMax: 65_536, firstTokenMs: 5_000 };
    const models = createModels({ providers: providersAt(provider.server), ...bounds });
    const then = "open";
    provider.server.script({ kind: "text", text: " ".repeat(2_000_000), then });
    const { signal } = new AbortController();
    const asked = models.call({ model: GATEWAY, prompt: [{ role: "user", text: "Hi" }], tools: [], signal });
    await expect(asked).rejects.toMatchObject({ code: "bad_answer" });
    await provider.server.idle();
    const late = `${"\n".repeat(20_000)}${events(said({ content: "Late." }, "stop"), "[DONE]")}`;
    expect((await answered(GATEWAY, late)).text).toBe("Late.");
  });

  it.each([GATEWAY, OPENAI, ANTHROPIC])("leave their connection to later calls (%s)", async (model) => {
    for (let n = 0; n < 6; n++) expect((await ask(model)).text).toBe("Hello.");
    // The next call may come before the connection has heard of its end.
    expect(new Set(provider.server.requests.slice(-6).map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });
});

describe("fields of another type are mended before a package sees them", () => {
  const whole = [said({ content: "Fine." }), said({}, "stop"), "[DONE]"] as const;

  it.each([
    ["choices that are null", { choices: null }],
    ["no choices at all", { id: "x" }],
    ["a choice that is null", { choices: [null] }],
    ["a delta that is null", { choices: [{ index: 0, delta: null, finish_reason: null }] }],
    ["content that is null", said({ role: "assistant", content: null })],
    ["another role", said({ role: "model", content: "" })],
    ["an id that is a number", { id: 12, ...said({ content: "" }) }],
    ["a time that is a text", { created: "2026-01-01", ...said({ content: "" }) }],
    ["calls that are null", said({ content: "", tool_calls: null })],
    ["no calls", said({ content: "", tool_calls: [] })],
    ["an empty reason", said({ content: "" }, "")],
    ["a reason that is false", said({ content: "" }, false)],
    ["counts that are texts", { choices: [], usage: { prompt_tokens: "7", completion_tokens: "3" } }],
    ["counts that are no object", { choices: [], usage: "none" }],
    ["reasoning that is no text", said({ content: "", reasoning_content: 0 })],
  ])("%s", async (_, odd) => {
    expect((await answered(GATEWAY, events(odd, ...whole))).text).toBe("Fine.");
  });

  it.each([
    ["a number as id", call({ index: 0, id: 7, function: { name: "add", arguments: '{"a":1}' } }), "7"],
    ["an index that is a text", call({ index: "0", id: "c", function: { name: "add", arguments: '{"a":1}' } }), "c"],
    ["arguments that are an object", call({ index: 0, id: "c", function: { name: "add", arguments: { a: 1 } } }), "c"],
    [
      "calls that are no list",
      said({ tool_calls: { index: 0, id: "c", function: { name: "add", arguments: '{"a":1}' } } }),
      "c",
    ],
    ["a call of the old kind", said({ function_call: { name: "add", arguments: '{"a":1}' } }), "call_0"],
  ])("a call with %s", async (_, chunk, id) => {
    const answer = await answered(GATEWAY, events(chunk, said({}, "tool_calls"), "[DONE]"));
    expect(answer.toolCalls).toEqual([{ id, name: "add", input: { a: 1 } }]);
    expect(answer.finish).toBe("tool_calls");
  });

  it.each([
    ["a text", { error: "the card is on fire" }],
    ["an object without a message", { error: { reason: "the card is on fire" } }],
    ["fields of its own", { object: "error", message: "the card is on fire", code: 500 }],
  ])("an error that is %s", async (_, error) => {
    expect((await failed(GATEWAY, events(error))).message).toContain("the card is on fire");
    expect((await failed(GATEWAY, JSON.stringify(error), "application/json")).message).toContain("the card is on fire");
  });
});

describe("what is no answer is said in its own first words", () => {
  it.each([GATEWAY, OPENAI, ANTHROPIC])("by %s", async (model) => {
    const page = await failed(model, "<html><h1>502\n Bad gateway</h1></html>", "text/html");
    expect(page).toMatchObject({ code: "refused", retryable: false });
    expect(page.message).toMatch(/answered 200 \(text\/html\).*<html><h1>502 Bad gateway/);
    const cut = await failed(model, '{"choices": [{"mess', "application/json");
    expect(cut).toMatchObject({ code: "bad_answer", retryable: true });
    expect(cut.message).toContain('{"choices": [{"mess');
    expect((await failed(model, "{}", "application/json")).code).toBe("bad_answer");
    expect((await failed(model, "")).code).toBe("unavailable");
  });
});

describe("an answer that is compressed", () => {
  const stream = Buffer.from(events({ choices: [{ index: 0, delta: { content: "Whole." }, finish_reason: "stop" }] }));
  const sent = (bytes: Buffer, encoding?: string) => {
    provider.server.script({ kind: "bytes", chunks: [bytes], ...(encoding && { encoding }) });
    return provider.ask(GATEWAY).then(
      ({ text }) => ({ text }),
      ({ code, retryable, message }) => ({ code, retryable, message }),
    );
  };

  it("is read as its head says, and one that only says so is not asked for again", async () => {
    expect(await sent(gzipSync(stream), "gzip")).toEqual({ text: "Whole." });
    expect(await sent(stream, "x-none")).toEqual({ text: "Whole." });
    for (const encoding of ["gzip", "deflate", "br"]) {
      const message = expect.stringContaining(
        `says that it is compressed (Content-Encoding: ${encoding}), which it is not`,
      );
      expect([encoding, await sent(stream, encoding)]).toEqual([
        encoding,
        { code: "refused", retryable: false, message },
      ]);
    }
    const secret = await sent(gzipSync(stream));
    expect(secret).toMatchObject({
      code: "refused",
      message: expect.stringMatching(/no answer: bytes that are no text$/),
    });
    const cut = await sent(gzipSync(stream).subarray(0, 30), "gzip");
    expect(cut).toMatchObject({ code: "unavailable", retryable: true });
  });
});

const message = {
  ...{
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-x",
    stop_reason: "tool_use",
    stop_sequence: null,
  },
  content: [
    { type: "thinking", thinking: "Two numbers.", signature: "c2ln" },
    { type: "text", text: "Adding." },
    { type: "tool_use", id: "t1", name: "add", input: { a: 1 } },
  ],
  usage: { input_tokens: 9, output_tokens: 4 },
};
const response = {
  ...{ id: "resp_1", object: "response", created_at: 1, model: "gpt-x", status: "completed", incomplete_details: null },
  output: [
    {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "Two numbers." }],
      encrypted_content: "ZW5j",
    },
    {
      type: "message",
      id: "m1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Adding.", annotations: [] }],
    },
    { type: "function_call", id: "fc_1", call_id: "t1", name: "add", arguments: '{"a":1}', status: "completed" },
  ],
  usage: { input_tokens: 9, output_tokens: 4, total_tokens: 13 },
};

describe("other protocols", () => {
  it.each([
    ["Anthropic", ANTHROPIC, message],
    ["OpenAI", OPENAI, response],
  ])("a whole JSON answer of %s is the answer", async (_, model, value) => {
    const answer = await answered(model, JSON.stringify(value), undefined, "application/json");
    expect(answer).toMatchObject({
      text: "Adding.",
      finish: "tool_calls",
      toolCalls: [{ id: "t1", name: "add", input: { a: 1 } }],
      reasoning: [{ text: "Two numbers." }],
    });
    expect(answer.usage).toMatchObject({ inputTokens: 9, outputTokens: 4 });
  });

  it("Anthropic's events of a later version are passed over, and its last words end the answer", async () => {
    const begin = { type: "message_start", message: { ...message, content: [], stop_reason: null } };
    const text = [
      begin,
      { type: "weather", sunny: true },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello." } },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 2 } },
    ]
      .map((event) => `event: ${event.type}\n${events(event)}`)
      .join("");
    expect(await answered(ANTHROPIC, text, "open")).toMatchObject({ text: "Hello.", finish: "stop" });
  });
});

describe("reasoning goes back within the run as it came", () => {
  async function sentBack(model: ModelId, first: string, type?: string): Promise<unknown> {
    const answer = await answered(model, first, undefined, type);
    await ask(model, {
      prompt: [
        { role: "user", text: "Hi" },
        {
          role: "assistant",
          text: answer.text,
          toolCalls: answer.toolCalls,
          ...(answer.reasoning && { reasoning: answer.reasoning }),
        },
        { role: "tool", results: answer.toolCalls.map(({ id, name }) => ({ id, name, output: "2", isError: false })) },
      ],
    });
    return provider.server.requests.at(-1)?.body;
  }

  test("chat completions have it as reasoning_content, and a signature with its call", async () => {
    const asked = {
      index: 0,
      id: "c",
      function: { name: "add", arguments: "{}" },
      extra_content: { google: { thought_signature: "c2ln" } },
    };
    const first = events(
      said({ reasoning_content: "Let me " }),
      said({ reasoning_content: "think." }),
      call(asked),
      said({}, "tool_calls"),
      "[DONE]",
    );
    const body = await sentBack(GATEWAY, first);
    expect(body).toMatchObject({
      messages: [
        {},
        { reasoning_content: "Let me think.", tool_calls: [{ id: "c", extra_content: asked.extra_content }] },
        {},
      ],
    });
  });

  test("Anthropic has it as thinking with its signature, before the call", async () => {
    const body = await sentBack(ANTHROPIC, JSON.stringify(message), "application/json");
    expect(body).toMatchObject({
      messages: [
        {},
        {
          content: [
            { type: "thinking", thinking: "Two numbers.", signature: "c2ln" },
            { type: "text" },
            { type: "tool_use" },
          ],
        },
        {},
      ],
    });
  });

  test("OpenAI has it as an encrypted item, and keeps nothing itself", async () => {
    const body = await sentBack(OPENAI, JSON.stringify(response), "application/json");
    expect(body).toMatchObject({ store: false, include: ["reasoning.encrypted_content"] });
    expect(JSON.stringify(body)).toContain('"encrypted_content":"ZW5j"');
  });
});

describe("halves of characters", () => {
  const half = "\ud83d";
  const other = "\ude00";

  it("that a model writes are made whole in text and in calls, and two that a stream has cut are put together", async () => {
    const pieces = [said({ content: `a${half}` }), said({ content: `${other}b${half}` })];
    const asked = call({ index: 0, id: "c", function: { name: "add", arguments: '{"k\\ud83d":["x\\ud83d"]}' } });
    const answer = await answered(GATEWAY, events(...pieces, asked, said({}, "tool_calls"), "[DONE]"));
    expect(answer.text).toBe("a😀b\ufffd");
    expect(answer.toolCalls[0]?.input).toEqual({ "k\ufffd": ["x\ufffd"] });
  });

  it.each([GATEWAY, OPENAI, ANTHROPIC])("do not leave for %s", async (model) => {
    await ask(model, {
      prompt: [
        { role: "system", text: `s${half}` },
        { role: "user", text: `u${half}` },
        { role: "assistant", text: `a${half}`, toolCalls: [{ id: "c", name: "add", input: { k: half } }] },
        { role: "tool", results: [{ id: "c", name: "add", output: half, isError: false }] },
      ],
    });
    const sent = JSON.stringify(provider.server.requests.at(-1)?.body);
    expect(sent).not.toMatch(/\\ud83d/i);
    expect(sent).toContain("u\ufffd");
  });
});

describe("counts that do not come are estimated", () => {
  it("and marked, so that a budget holds", async () => {
    const answer = await answered(GATEWAY, events(said({ content: "One two three four." }, "stop"), "[DONE]"));
    expect(answer.rawUsage).toEqual({ estimated: true });
    expect(answer.usage.inputTokens).toBeGreaterThan(0);
    expect(answer.usage.outputTokens).toBe(5);
    expect(answer.costUsd).toBeCloseTo((answer.usage.inputTokens + 2 * 5) / 1e6, 12);
  });

  it("but not where the provider states them", async () => {
    const answer = await answered(GATEWAY, events(said({ content: "One." }, "stop"), { choices: [], usage }, "[DONE]"));
    expect(answer.usage).toMatchObject({ inputTokens: 7, outputTokens: 3 });
    expect(answer.rawUsage).toEqual(usage);
  });

  it.each([
    ["below zero", { prompt_tokens: -7, completion_tokens: -3 }],
    ["that no model has", { prompt_tokens: 1e300, completion_tokens: 1e300 }],
  ])("and so are those %s", async (_, stated) => {
    const stream = events(said({ content: "One two three four." }, "stop"), { choices: [], usage: stated }, "[DONE]");
    const answer = await answered(GATEWAY, stream);
    expect(answer).toMatchObject({ text: "One two three four.", rawUsage: { estimated: true } });
    expect(answer.usage.inputTokens).toBeGreaterThan(0);
    expect(answer.usage.inputTokens).toBeLessThan(1_000);
    expect(answer.usage.outputTokens).toBe(5);
  });

  it("but a fraction is a count, and what comes from a cache is a part of the prompt", async () => {
    const stated = { prompt_tokens: 7.5, completion_tokens: 2.5, prompt_tokens_details: { cached_tokens: 90 } };
    const stream = events(said({ content: "One." }, "stop"), { choices: [], usage: stated }, "[DONE]");
    const { usage: counted } = await answered(GATEWAY, stream);
    expect(counted).toMatchObject({ inputTokens: 98, outputTokens: 3, cacheReadTokens: 90 });
  });

  it.each([GATEWAY, OPENAI, ANTHROPIC])("of an answer in one piece that breaks off too (%s)", async (model) => {
    const text = '{"id":"c","choices":[{"message":{"content":"Who';
    const error: unknown = await answered(model, text, "break", "application/json").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unavailable", message: expect.stringContaining("broke off") });
    expect(error).toMatchObject({ spent: { rawUsage: { estimated: true } } });
  });

  it("and an answer that breaks off after its beginning has cost something", async () => {
    provider.server.script({ kind: "cut", text: "One two three" });
    const error: unknown = await ask(GATEWAY).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unavailable", spent: { provider: "gateway", rawUsage: { estimated: true } } });
  });
});
