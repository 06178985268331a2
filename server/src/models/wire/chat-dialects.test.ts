/** Chat completions, as the servers speak them that follow OpenAI's example from memory. */

import { describe, expect, it, test } from "vitest";
import { askedProviders, events, GATEWAY } from "../../../test/providers/asked.ts";

const provider = askedProviders();
const { answered, failed } = provider;

const said = (delta: unknown, finish_reason: unknown = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
const calls = (...asked: object[]) => said({ tool_calls: asked });
const add = (fields: object, input: unknown = '{"a":1}') => ({
  ...fields,
  function: { name: "add", arguments: input },
});
const DONE = "[DONE]";

describe("calls", () => {
  const one = [{ name: "add", input: { a: 1 } }];
  it.each<[string, unknown[], object[]]>([
    ["without an id", [calls(add({ index: 0 }))], one],
    [
      "of the same id",
      [calls(add({ index: 0, id: "c" }), add({ index: 1, id: "c" }, '{"a":2}'))],
      [
        { id: "c", input: { a: 1 } },
        { id: "c_1", input: { a: 2 } },
      ],
    ],
    [
      "of the same place, one after the other",
      [calls(add({ index: 0, id: "c" })), calls(add({ index: 0, id: "d" }, '{"a":2}'))],
      [{ id: "c" }, { id: "d", input: { a: 2 } }],
    ],
    [
      "without places, one after the other",
      [calls(add({ id: "c" })), calls(add({ id: "d" }, '{"a":2}'))],
      [
        { id: "c", input: { a: 1 } },
        { id: "d", input: { a: 2 } },
      ],
    ],
    [
      "in pieces without places",
      [
        calls(add({ id: "c" }, '{"a"')),
        calls({ function: { arguments: ":1}" } }),
        calls(add({ id: "d" }, '{"a"')),
        calls({ function: { arguments: ":2}" } }),
      ],
      [
        { id: "c", input: { a: 1 } },
        { id: "d", input: { a: 2 } },
      ],
    ],
    [
      "with an id that each piece repeats",
      [
        calls(add({ index: 0, id: "c" }, '{"a"')),
        calls({ index: 0, id: "c", function: { name: "add", arguments: ":1}" } }),
      ],
      one,
    ],
    ["with places that begin at one", [calls(add({ index: 1, id: "c" }))], one],
    [
      "with arguments that are written twice as JSON",
      [calls(add({ index: 0, id: "c" }, JSON.stringify('{"a":1}')))],
      one,
    ],
    ["with arguments that are null", [calls(add({ index: 0, id: "c" }, null))], [{ input: {} }]],
    ["with arguments that are the word null", [calls(add({ index: 0, id: "c" }, "null"))], [{ input: {} }]],
    [
      "with an empty id and name in later pieces",
      [
        calls(add({ index: 0, id: "c" }, '{"a"')),
        calls({ index: 0, id: "", function: { name: "", arguments: ":1}" } }),
      ],
      one,
    ],
    [
      "with a name of its own and arguments that follow",
      [
        calls({ index: 0, id: "c", function: { name: "add" } }),
        calls({ index: 0, function: { arguments: '{"a":1}' } }),
      ],
      one,
    ],
    [
      "of a message in the place of a piece",
      [{ choices: [{ message: { content: null, tool_calls: [add({ id: "c" })] }, finish_reason: "tool_calls" }] }],
      one,
    ],
  ])("%s", async (_, stream, toolCalls) => {
    const answer = await answered(GATEWAY, events(...stream, said({}, "stop"), DONE));
    expect(answer).toMatchObject({ toolCalls, finish: "tool_calls" });
    expect(answer.toolCalls).toHaveLength(toolCalls.length);
    expect(new Set(answer.toolCalls.map(({ id }) => id)).size).toBe(toolCalls.length);
  });
});

describe("text", () => {
  it.each<[string, string]>([
    [
      "of the first of several choices",
      events(
        said({ content: "Who" }),
        { choices: [{ index: 1, delta: { content: "other" } }] },
        said({ content: "le." }),
        { choices: [{ index: 1, delta: {}, finish_reason: "length" }] },
        said({}, "stop"),
        DONE,
      ),
    ],
    [
      "of the first of several choices in one event",
      events(
        {
          choices: [
            { index: 1, delta: { content: "other" } },
            { index: 0, delta: { content: "Whole." } },
          ],
        },
        said({}, "stop"),
        DONE,
      ),
    ],
    [
      "in parts",
      events(
        said({
          content: [
            { type: "text", text: "Who" },
            { type: "text", text: "le." },
          ],
        }),
        said({}, "stop"),
        DONE,
      ),
    ],
    ["in parts that are texts", events(said({ content: ["Who", "le."] }), said({}, "stop"), DONE)],
    ["that is no", events(said({ content: null, refusal: "Whole." }), said({}, "stop"), DONE)],
    ["of old completions", events({ choices: [{ index: 0, text: "Whole.", finish_reason: "stop" }] }, DONE)],
    ["with a mark of UTF-8 first", `\ufeff${events(said({ content: "Whole." }), said({}, "stop"), DONE)}`],
    [
      "over several lines",
      `data: {"choices":[{"index":0,\ndata: "delta":{"content":"Whole."},\ndata: "finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`,
    ],
    ["in lines that end in CR", events(said({ content: "Whole." }), said({}, "stop"), DONE).replaceAll("\n", "\r")],
    [
      "with a reason that comes before its end",
      events(said({ content: "Who" }, "stop"), said({ content: "le." }), DONE),
    ],
    [
      "with a role in each piece",
      events(
        said({ role: "assistant" }),
        said({ role: "assistant", content: "Who" }),
        said({ role: "assistant", content: "le." }, "stop"),
        DONE,
      ),
    ],
  ])("%s", async (_, stream) => {
    expect(await answered(GATEWAY, stream)).toMatchObject({ text: "Whole.", finish: "stop" });
  });

  test("in characters that are cut in the middle by what carries them", async () => {
    const bytes = Buffer.from(events(said({ content: "Größe 😀" }), said({}, "stop"), DONE));
    provider.server.script({ kind: "bytes", chunks: [...bytes].map((byte) => Buffer.from([byte])) });
    expect((await provider.ask(GATEWAY)).text).toBe("Größe 😀");
  });
});

describe("reasoning is no text of the answer", () => {
  it.each<[string, object]>([
    ["as reasoning_content", { reasoning_content: "Hm." }],
    ["as reasoning", { reasoning: "Hm." }],
    ["as thinking", { thinking: "Hm." }],
    ["as details", { reasoning_details: [{ type: "reasoning.text", text: "Hm." }] }],
    ["in parts", { content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }],
  ])("%s", async (_, delta) => {
    const answer = await answered(GATEWAY, events(said(delta), said({ content: "Whole." }), said({}, "stop"), DONE));
    expect(answer).toMatchObject({ text: "Whole.", reasoning: [{ text: "Hm." }] });
  });
});

describe("thoughts between tags", () => {
  const inPieces = (text: string, size: number) =>
    (text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? []).map((content) => said({ content }));
  const of = (text: string, size: number, ...then: unknown[]) =>
    answered(GATEWAY, events(...inPieces(text, size), ...then, said({}, "stop"), DONE));

  it.each([1, 3, 7, 1_000])("are reasoning and no text, in pieces of %i characters", async (size) => {
    for (const tag of ["think", "thinking", "thought"]) {
      const answer = await of(`\n<${tag}>\nHm, a < b.</${tag}>\n\nWhole.`, size);
      expect(answer).toMatchObject({ text: "Whole.", reasoning: [{ text: "Hm, a < b." }] });
    }
    for (const text of ["<thin> is no tag.", "Of <think>tags</think> I speak.", " <", "<think", "a</think>b"]) {
      const answer = await of(text, size);
      expect([text, answer.text, answer.reasoning]).toEqual([text, text, undefined]);
    }
  });

  it("may be all that there is, or stand before a call", async () => {
    expect(await of("<think>Hm.</thi", 4)).toMatchObject({ text: "", reasoning: [{ text: "Hm.</thi" }] });
    const before = await of("<think>Hm.</think>", 5, calls(add({ index: 0, id: "c" })));
    expect(before).toMatchObject({ text: "", reasoning: [{ text: "Hm." }], toolCalls: [{ input: { a: 1 } }] });
    const whole = await answered(
      GATEWAY,
      JSON.stringify({ choices: [{ message: { content: "<think>Hm.</think>Whole." } }] }),
    );
    expect(whole).toMatchObject({ text: "Whole.", reasoning: [{ text: "Hm." }] });
  });
});

describe("counts", () => {
  const counts = { prompt_tokens: 7, completion_tokens: 3 };
  it.each<[string, unknown[]]>([
    [
      "in each piece, rising",
      [
        { ...said({ content: "Hi" }), usage: { prompt_tokens: 7, completion_tokens: 1 } },
        { ...said({ content: "." }, "stop"), usage: counts },
      ],
    ],
    [
      "in the choice",
      [said({ content: "Hi." }), { choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: counts }] }],
    ],
    ["in a drawer of the server's own", [said({ content: "Hi." }), { ...said({}, "stop"), x_groq: { usage: counts } }]],
    [
      "by the names of Responses",
      [said({ content: "Hi." }, "stop"), { choices: [], usage: { input_tokens: 7, output_tokens: 3 } }],
    ],
    ["with a choice that says nothing", [said({ content: "Hi." }, "stop"), { ...said({}), usage: counts }]],
    [
      "and zeros after them",
      [
        said({ content: "Hi." }, "stop"),
        { choices: [], usage: counts },
        { choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } },
      ],
    ],
  ])("%s", async (_, stream) => {
    expect((await answered(GATEWAY, events(...stream, DONE))).usage).toMatchObject({ inputTokens: 7, outputTokens: 3 });
  });
});

describe("text that passes its package by", () => {
  const whole = { role: "assistant", content: "One. " };

  it.each<[string, unknown[]]>([
    ["one piece as parts amid the others", [said(whole), said({ content: [{ type: "text", text: "Two. " }] })]],
    [
      "one piece with a reason of its end",
      [said(whole), said({ content: "Two. " }), said({ content: "Three. " }, "stop")],
    ],
    ["one piece beside thoughts", [said(whole), said({ content: "Two. ", reasoning_content: "Hm." })]],
    ["one piece that is a refusal", [said(whole), said({ refusal: "Two. " })]],
    ["counts beside a piece", [said(whole), { ...said({ content: "Two. " }), usage: { prompt_tokens: 1 } }]],
  ])("keeps its order with %s", async (_, begun) => {
    const pieces: string[] = [];
    provider.server.script({
      kind: "text",
      text: events(...begun, ...(begun.length === 2 ? [said({ content: "Three. " })] : []), DONE),
    });
    const { text } = await provider.ask(GATEWAY, { onText: (piece) => pieces.push(piece) });
    expect(text).toBe("One. Two. Three. ");
    expect(pieces.join("")).toBe(text);
  });

  it("has its model's name from a chunk that has text too", async () => {
    const named = { id: "c", model: "other-1", ...said({ content: "Hi" }) };
    expect(await answered(GATEWAY, events(named, said({ content: "." }, "stop"), DONE))).toMatchObject({
      text: "Hi.",
      model: "other-1",
    });
  });
});

describe("what stands beside a piece of text amid pieces that say nothing else", () => {
  const HEAD = { id: "c", object: "chat.completion.chunk", created: 1, model: "m-1" };
  const piece = (content: string, beside: object = {}) => ({ ...HEAD, ...said({ content, ...beside }) });
  const ofChoice = (fields: object) => ({ ...HEAD, choices: [{ index: 0, delta: { content: "Two. " }, ...fields }] });
  const counts = { prompt_tokens: 7, completion_tokens: 3 };
  const counted = { usage: { inputTokens: 7, outputTokens: 3 } };

  it.each<[string, unknown, object]>([
    ["nothing", piece("Two. "), { model: "m-1", finish: "stop" }],
    ["a role, and fields that are null", piece("Two. ", { role: "assistant", tool_calls: null, refusal: null }), {}],
    ["thoughts", piece("Two. ", { reasoning: "Hm." }), { reasoning: [{ text: "Hm." }] }],
    ["a call", piece("Two. ", { tool_calls: [add({ index: 0, id: "c" })] }), { toolCalls: [{ input: { a: 1 } }] }],
    ["an old call", piece("Two. ", { function_call: add({}).function }), { toolCalls: [{ input: { a: 1 } }] }],
    ["the reason of the end", ofChoice({ finish_reason: "length" }), { finish: "length" }],
    ["counts", { ...piece("Two. "), usage: counts }, counted],
    ["counts in the choice", ofChoice({ usage: counts }), counted],
    ["counts in a drawer of the server's own", { ...piece("Two. "), x_groq: { usage: counts } }, counted],
    [
      "another choice",
      { ...HEAD, choices: [...piece("Two. ").choices, { index: 1, delta: { content: "No. " } }] },
      { finish: "stop" },
    ],
  ])("%s", async (_, beside, told) => {
    const end = { ...HEAD, ...said({}, "finish" in told ? told.finish : "stop") };
    const answer = await answered(GATEWAY, events(piece("One. "), beside, piece("Three."), end, DONE));
    expect(answer).toMatchObject({ text: "One. Two. Three.", ...told });
  });

  it("another choice, which says it alone", async () => {
    const other = { ...HEAD, choices: [{ index: 1, delta: { content: "No. " } }] };
    const { text } = await answered(GATEWAY, events(piece("One. "), other, piece("Three."), said({}, "stop"), DONE));
    expect(text).toBe("One. Three.");
  });

  it("an error", async () => {
    const broken = { ...piece("Two. "), error: { message: "the card is on fire" } };
    expect((await failed(GATEWAY, events(piece("One. "), broken, DONE))).message).toContain("on fire");
  });
});

describe("reasons of an end in other words", () => {
  it.each([
    ["max_tokens", "length"],
    ["MAX_TOKENS", "length"],
    ["model_length", "length"],
    ["end_turn", "stop"],
    ["STOP", "stop"],
    ["eos", "stop"],
    ["stop_sequence", "stop"],
    ["SAFETY", "content_filter"],
    ["content_filter", "content_filter"],
    ["recitation", "content_filter"],
    ["weather", "other"],
  ])("%s is %s", async (reason, finish) => {
    expect(await answered(GATEWAY, events(said({ content: "Hi." }), said({}, reason), DONE))).toMatchObject({ finish });
  });

  it.each(["error", "insufficient_system_resource", "abort"])("%s is a failure", async (reason) => {
    expect((await failed(GATEWAY, events(said({ content: "Hi." }), said({}, reason), DONE))).code).toBe("unavailable");
  });
});

describe("an error in a stream", () => {
  const fire = "the card is on fire";
  it.each<[string, string, string]>([
    ["that has a name and no JSON", `event: error\ndata: ${fire}\n\n`, "unavailable"],
    [
      "that has a name and fields",
      `event: error\ndata: {"message":"${fire}","code":"server_error"}\n\n`,
      "unavailable",
    ],
    ["with a status as its code", events({ error: { code: 429, message: fire } }), "rate_limited"],
    ["with a status as a text", events({ error: { code: "401", message: fire } }), "refused"],
    ["with a status of its own", events({ error: { status: 503, message: fire } }), "unavailable"],
    [
      "in a choice",
      events({ choices: [{ index: 0, delta: {}, finish_reason: "error", error: { code: 502, message: fire } }] }),
      "unavailable",
    ],
    ["in a list", events([{ error: { code: 429, message: fire } }]), "rate_limited"],
    ["that is a detail", events({ detail: fire }), "unavailable"],
  ])("%s", async (_, stream, code) => {
    const error = await failed(GATEWAY, events(said({ content: "Hi" })) + stream);
    expect(error.message).toContain(fire);
    expect(error.code).toBe(code);
  });
});
