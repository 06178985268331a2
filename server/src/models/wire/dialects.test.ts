/** Responses and Messages, as other servers than OpenAI's and Anthropic's own speak them. */

import { describe, expect, it } from "vitest";
import { ANTHROPIC, askedProviders, events, OPENAI } from "../../../test/providers/asked.ts";
import type { ModelId } from "../model.ts";

const provider = askedProviders();
const { answered, failed } = provider;

const named = (value: { type: string }) => `event: ${value.type}\n${events(value)}`;
/** The end of a stream of Responses that says no more than that. */
const COMPLETED = { type: "response.completed", response: { status: "completed" } };
const STOP = { type: "message_stop" };
const delta = (fields: object, index?: number) => ({
  type: "content_block_delta",
  delta: fields,
  ...(index !== undefined && { index }),
});
const text = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
const message = { id: "m1", type: "message", role: "assistant" };
const item = { id: "fc1", type: "function_call", name: "add", call_id: "c1" };

describe("text comes whole", () => {
  it.each<[string, ModelId, string]>([
    [
      "in pieces without places",
      OPENAI,
      events(
        { type: "response.output_text.delta", delta: "Who" },
        { type: "response.output_text.delta", delta: "le." },
        COMPLETED,
      ),
    ],
    [
      "from a beginning without a model",
      OPENAI,
      events(
        { type: "response.created", response: { id: "r1", status: "in_progress" } },
        { type: "response.output_item.added", item: { ...message, content: [] } },
        { type: "response.output_text.delta", item_id: "m1", delta: "Whole." },
        { type: "response.output_text.done", item_id: "m1", text: "Whole." },
        { type: "response.output_item.done", item: { ...message, content: [{ type: "output_text", text: "Whole." }] } },
        COMPLETED,
      ),
    ],
    [
      "in a whole item alone",
      OPENAI,
      events(
        { type: "response.output_item.done", item: { ...message, content: [{ type: "output_text", text: "Whole." }] } },
        COMPLETED,
      ),
    ],
    [
      "in what ends the text alone",
      OPENAI,
      events({ type: "response.output_text.done", item_id: "m1", text: "Whole." }, COMPLETED),
    ],
    [
      "that is no",
      OPENAI,
      events(
        { type: "response.refusal.delta", item_id: "m1", delta: "Whole." },
        { type: "response.refusal.done", item_id: "m1", refusal: "Whole." },
        COMPLETED,
      ),
    ],
    [
      "in the end alone",
      OPENAI,
      events({
        type: "response.completed",
        response: { output: [{ ...message, content: "Whole." }], status: "completed" },
      }),
    ],
    [
      "with log-probabilities that are none, and an event that nobody knows",
      OPENAI,
      events(
        { type: "response.weather", sunny: true },
        { type: "response.output_text.delta", item_id: "m1", delta: "Whole.", logprobs: null, output_index: "0" },
        COMPLETED,
        "[DONE]",
      ),
    ],
    [
      "with an end of another protocol",
      OPENAI,
      events({ type: "response.output_text.delta", delta: "Whole." }, "[DONE]"),
    ],
    [
      "by names of events alone",
      OPENAI,
      `event: response.output_text.delta\ndata: {"delta":"Whole."}\n\nevent: response.completed\ndata: {}\n\n`,
    ],
    [
      "from a message without counts",
      ANTHROPIC,
      events(
        { type: "message_start", message: { usage: null } },
        text,
        delta({ type: "text_delta", text: "Whole." }),
        STOP,
      ),
    ],
    [
      "without a message at its beginning",
      ANTHROPIC,
      events(text, delta({ type: "text_delta", text: "Whole." }), STOP),
    ],
    [
      "begun in its block",
      ANTHROPIC,
      events(
        { ...text, content_block: { type: "text", text: "Who" } },
        delta({ type: "text_delta", text: "le." }, 0),
        STOP,
      ),
    ],
    [
      "with counts that are texts and a reason that is empty",
      ANTHROPIC,
      events(
        text,
        delta({ type: "text_delta", text: "Whole." }, 0),
        { type: "message_delta", delta: { stop_reason: "" }, usage: { output_tokens: "4" } },
        STOP,
      ),
    ],
    [
      "with a piece of a later version between",
      ANTHROPIC,
      [text, delta({ type: "text_delta", text: "Whole." }, 0), { type: "weather" }, STOP].map(named).join(""),
    ],
    [
      "with an end of another protocol",
      ANTHROPIC,
      events(text, delta({ type: "text_delta", text: "Whole." }, 0), "[DONE]"),
    ],
    [
      "by names of events alone",
      ANTHROPIC,
      `event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"Whole."}}\n\nevent: message_stop\ndata: {}\n\n`,
    ],
  ])("%s (%s)", async (_, model, stream) => {
    expect(await answered(model, stream)).toMatchObject({ text: "Whole.", finish: "stop" });
  });
});

describe("a call comes whole", () => {
  const block = { type: "tool_use", id: "c1", name: "add" };
  it.each<[string, ModelId, string, string]>([
    [
      "in pieces without places",
      OPENAI,
      events(
        { type: "response.output_item.added", item: { ...item, arguments: "" } },
        { type: "response.function_call_arguments.delta", delta: '{"a":', item_id: "fc1" },
        { type: "response.function_call_arguments.delta", delta: "1}", item_id: "fc1" },
        { type: "response.output_item.done", item: { ...item, arguments: '{"a":1}', status: "completed" } },
        COMPLETED,
      ),
      "c1",
    ],
    [
      "in a whole item with an object",
      OPENAI,
      events({ type: "response.output_item.done", item: { ...item, arguments: { a: 1 } } }, COMPLETED),
      "c1",
    ],
    [
      "with a number as id",
      OPENAI,
      events({ type: "response.output_item.done", item: { ...item, call_id: 7, arguments: '{"a":1}' } }, COMPLETED),
      "7",
    ],
    [
      "in the end alone",
      OPENAI,
      events({ type: "response.completed", response: { output: [{ ...item, arguments: '{"a":1}' }] } }),
      "c1",
    ],
    [
      "in the beginning of its block",
      ANTHROPIC,
      events({ type: "content_block_start", index: 0, content_block: { ...block, input: { a: 1 } } }, STOP),
      "c1",
    ],
    [
      "with a number as id, and pieces without places",
      ANTHROPIC,
      events(
        { type: "content_block_start", content_block: { ...block, id: 7 } },
        delta({ type: "input_json_delta", partial_json: '{"a":' }),
        delta({ type: "input_json_delta", partial_json: "1}" }),
        { type: "content_block_stop" },
        STOP,
      ),
      "7",
    ],
    [
      "without an id",
      ANTHROPIC,
      events(
        { type: "content_block_start", index: 0, content_block: { type: "tool_use", name: "add", input: '{"a":1}' } },
        { type: "content_block_stop", index: 0 },
        STOP,
      ),
      "call_0",
    ],
  ])("%s (%s)", async (_, model, stream, id) => {
    const answer = await answered(model, stream);
    expect(answer).toMatchObject({ toolCalls: [{ id, name: "add", input: { a: 1 } }], finish: "tool_calls" });
  });
});

it("an answer that another protocol's end cuts in the middle of a call is not taken", async () => {
  const { code } = await failed(
    OPENAI,
    events(
      { type: "response.output_item.added", item: { ...item, arguments: "" } },
      { type: "response.function_call_arguments.delta", item_id: "fc1", delta: '{"a":' },
      "[DONE]",
    ),
  );
  expect(code).toBe("unavailable");
});

describe("counts and ends", () => {
  it.each<[string, ModelId, string, object]>([
    [
      "counts that are texts are read",
      OPENAI,
      events(
        { type: "response.output_text.delta", delta: "Hi." },
        { ...COMPLETED, response: { usage: { input_tokens: "9", output_tokens: "4" } } },
      ),
      { usage: { inputTokens: 9, outputTokens: 4 } },
    ],
    [
      "an answer that is cut says so, without a reason too",
      OPENAI,
      events(
        { type: "response.output_text.delta", delta: "Hi" },
        { type: "response.incomplete", response: { incomplete_details: null } },
      ),
      { finish: "length" },
    ],
    [
      "counts of the beginning and of the end come together",
      ANTHROPIC,
      events(
        { type: "message_start", message: { usage: { input_tokens: 9 } } },
        text,
        delta({ type: "text_delta", text: "Hi." }, 0),
        { type: "message_delta", delta: { stop_reason: "max_tokens" }, usage: { output_tokens: 4 } },
      ),
      { usage: { inputTokens: 9, outputTokens: 4 }, finish: "length" },
    ],
  ])("%s", async (_, model, stream, answer) => {
    expect(await answered(model, stream)).toMatchObject(answer);
  });
});

describe("an error in a stream is told in its own words", () => {
  it.each<[string, ModelId, unknown, string]>([
    [
      "that failed",
      OPENAI,
      { type: "response.failed", response: { error: { code: "server_error", message: "the card is on fire" } } },
      "unavailable",
    ],
    [
      "of a prompt that is too long",
      OPENAI,
      {
        type: "response.failed",
        response: { error: { code: "context_length_exceeded", message: "the card is on fire" } },
      },
      "prompt_too_long",
    ],
    [
      "of a limit",
      OPENAI,
      { type: "error", error: { code: "rate_limit_exceeded", message: "the card is on fire" } },
      "rate_limited",
    ],
    ["that is a text", OPENAI, { error: "the card is on fire" }, "unavailable"],
    [
      "of too much work",
      ANTHROPIC,
      { type: "error", error: { type: "overloaded_error", message: "the card is on fire" } },
      "rate_limited",
    ],
    ["that is a text", ANTHROPIC, { type: "error", error: "the card is on fire" }, "unavailable"],
    ["without a type", ANTHROPIC, { error: { message: "the card is on fire", code: 500 } }, "unavailable"],
  ])("%s (%s)", async (_, model, value, code) => {
    const error = await failed(model, events(value));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain("the card is on fire");
  });
});

describe("text that passes its package by", () => {
  const thinks = { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "Hm." } };
  const calls = { type: "content_block_start", index: 2, content_block: { type: "tool_use", id: "c1", name: "add" } };

  it.each<[string, ModelId, string]>([
    [
      "a block that begins with some, between thoughts and a call",
      ANTHROPIC,
      events(
        { type: "message_start", message: { ...message, model: "other-1" } },
        thinks,
        { ...text, index: 1, content_block: { type: "text", text: "One. " } },
        delta({ type: "text_delta", text: "Two. " }, 1),
        delta({ type: "text_delta", text: "" }, 1),
        delta({ type: "text_delta", text: "Three." }, 1),
        calls,
        STOP,
      ),
    ],
    [
      "pieces before the end of a text that repeats them, and a call",
      OPENAI,
      events(
        { type: "response.created", response: { id: "r1", created_at: 1, model: "other-1" } },
        { type: "response.output_item.added", item: { ...message, content: [] }, output_index: 0 },
        { type: "response.output_text.delta", item_id: "m1", delta: "One. " },
        { type: "response.refusal.delta", item_id: "m1", delta: "Two. " },
        { type: "response.output_text.delta", item_id: "m1", delta: "Three." },
        { type: "response.output_text.done", item_id: "m1", text: "One. Two. Three." },
        { type: "response.output_item.done", item: message, output_index: 0 },
        { type: "response.output_item.done", item: { ...item, arguments: "{}" }, output_index: 1 },
        COMPLETED,
      ),
    ],
  ])("keeps its order and all that is no text: %s", async (_, model, told) => {
    const pieces: string[] = [];
    provider.server.script({ kind: "text", text: told });
    const answer = await provider.ask(model, { onText: (piece) => pieces.push(piece) });
    expect(answer).toMatchObject({
      text: "One. Two. Three.",
      model: "other-1",
      toolCalls: [{ name: "add", input: {} }],
    });
    expect(pieces).toEqual(["One. ", "Two. ", "Three."]);
  });
});
