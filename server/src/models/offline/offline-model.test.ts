import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import type { ModelCall, PromptTurn, ToolOffer } from "../model.ts";
import { createModels } from "../models.ts";

const models = createModels();

const call = (prompt: string | PromptTurn[], more: Partial<ModelCall> = {}) =>
  models.call({
    model: "local:reference",
    prompt: typeof prompt === "string" ? [{ role: "user", text: prompt }] : prompt,
    tools: [],
    signal: new AbortController().signal,
    ...more,
  });

function tool(name: string, properties: Record<string, unknown>, required: string[] = []): ToolOffer {
  return { name, description: name, inputSchema: { type: "object", properties, required } };
}

const text = { type: "string" };
const offers: ToolOffer[] = [
  tool("calculator", { expression: text }, ["expression"]),
  tool("current_time", { timezone: text }),
  tool("convert_units", { value: { type: "number" }, from_unit: text, to_unit: text }, [
    "value",
    "from_unit",
    "to_unit",
  ]),
  tool("country_facts", { country: text, property: text }, ["country"]),
  tool("define_word", { word: text }, ["word"]),
  tool("ask_person", { question: text }, ["question"]),
  tool("web_search", { query: text }, ["query"]),
  tool("get_weather", { city: text, days: { type: "integer" } }, ["city"]),
];

describe("the offline model", () => {
  it("answers with a sentence, streamed word by word, at no cost", async () => {
    const pieces: string[] = [];
    const answer = await call("What is the capital of France?", { onText: (piece) => pieces.push(piece) });
    expect(answer.text).toBe("The capital of France is Paris.");
    expect(pieces).toEqual(["The", " capital", " of", " France", " is", " Paris."]);
    expect(answer).toMatchObject({ finish: "stop", provider: "local", model: "reference", costUsd: 0 });
  });

  it("counts the tokens of what it writes and reads", async () => {
    const short = await call("What is the capital of France?");
    expect(short.usage.outputTokens).toBe(countTokens(short.text));
    expect(short.usage.inputTokens).toBe(countTokens("What is the capital of France?") + 4);
    const long = await call(`Summarize: ${"Words upon words fill this page. ".repeat(2_000)}`);
    expect(long.usage.inputTokens).toBeGreaterThan(10_000);
  });

  it("answers tenants in turn, whatever one of them asks first", async () => {
    const answered: string[] = [];
    const long = `Summarize: ${"Words upon words fill this page. ".repeat(2_000)}`;
    const ask = async (tenant: string, prompt: string) => {
      await call(prompt, { tenant });
      answered.push(tenant);
    };
    await Promise.all([...Array.from({ length: 4 }, () => ask("greedy", long)), ask("modest", "Who are you?")]);
    expect(answered).toEqual(["greedy", "greedy", "modest", "greedy", "greedy"]);
  });

  it("answers nobody who has left before its turn", async () => {
    const leaving = new AbortController();
    const first = call("Who are you?");
    const second = call("Who are you?", { signal: leaving.signal });
    leaving.abort();
    await expect(second).rejects.toMatchObject({ code: "aborted" });
    expect((await first).finish).toBe("stop");
  });

  it("keeps to the limit of an answer and says so", async () => {
    const answer = await call("Who are you?", { maxOutputTokens: 5 });
    expect(answer.finish).toBe("length");
    expect(answer.text.split(" ")).toHaveLength(5);
    expect(answer.usage.outputTokens).toBeLessThan(12);
  });

  it("stops when aborted", async () => {
    const abort = new AbortController();
    const aborted = call("Who are you?", { signal: abort.signal, onText: () => abort.abort() });
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  });

  it("answers many at once, each its own question", async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => call(`What is ${index} + 1?`)));
    expect(answers.map(({ text: said }) => said)).toEqual(
      Array.from({ length: 200 }, (_, index) => `${index} + 1 = ${index + 1}`),
    );
  });

  it("leaves the caller's thread free while it reads ten megabytes", async () => {
    let longestMs = 0;
    let last = processorMs();
    const beat = setInterval(() => {
      longestMs = Math.max(longestMs, processorMs() - last);
      last = processorMs();
    }, 5);
    const answer = await call(
      `Summarize: ${"Words upon words fill this page, and nobody reads them all. ".repeat(170_000)}`,
    );
    clearInterval(beat);
    expect(answer.text).toContain("Words upon words");
    expect(longestMs).toBeLessThan(500);
  });
});

describe("tools on offer are used", () => {
  it.each([
    ["What is 17 * 23?", "calculator", { expression: "17 * 23" }, "391", "17 * 23 = 391"],
    ["What is 17 * 23?", "calculator", { expression: "17 * 23" }, '{"result": 391}', "17 * 23 = 391"],
    ["What day is it today?", "current_time", {}, "2026-11-22T10:15:00Z", "Today is Sunday, 22 November 2026."],
    [
      "What time is it in Tokyo?",
      "current_time",
      { timezone: "Asia/Tokyo" },
      "2026-11-22T10:15:00+09:00",
      "It is 10:15 +09:00 on Sunday, 22 November 2026.",
    ],
    [
      "Convert 5 miles to km",
      "convert_units",
      { value: 5, from_unit: "miles", to_unit: "km" },
      "8.04672",
      "5 miles = 8.04672 km.",
    ],
    [
      "What is the capital of France?",
      "country_facts",
      { country: "France", property: "capital" },
      "Paris",
      "The capital of France is Paris.",
    ],
    ["Define entropy.", "define_word", { word: "entropy" }, "a measure of disorder", "a measure of disorder"],
    [
      "Ask me which colour I prefer.",
      "ask_person",
      { question: "Which colour you prefer?" },
      "green",
      "You answered: green",
    ],
    [
      "Who founded the Institute of Odd Ideas?",
      "web_search",
      { query: "Who founded the Institute of Odd Ideas" },
      "It is old. The Institute of Odd Ideas was founded by Ann Odd. It is small.",
      "The Institute of Odd Ideas was founded by Ann Odd.",
    ],
    ["Use the get_weather tool for Lima.", "get_weather", { city: "Lima" }, "sunny", "get_weather answered: sunny"],
    [
      'Call get_weather with {"city": "Lima", "days": 2}',
      "get_weather",
      { city: "Lima", days: 2 },
      "sunny",
      "get_weather answered: sunny",
    ],
  ])("%s → %s", async (question, name, input, output, said) => {
    const first = await call(question, { tools: offers });
    expect(first.finish).toBe("tool_calls");
    expect(first.text).toBe("");
    expect(first.toolCalls).toEqual([{ id: expect.any(String), name, input }]);
    const second = await call(
      [
        { role: "user", text: question },
        { role: "assistant", text: "", toolCalls: first.toolCalls },
        { role: "tool", results: first.toolCalls.map(({ id }) => ({ id, name, output, isError: false })) },
      ],
      { tools: offers },
    );
    expect(second.toolCalls).toEqual([]);
    expect(second.text).toBe(said);
  });

  it("several at once, for a question in several parts", async () => {
    const { toolCalls } = await call("What is 2 + 2 and what is the capital of Peru?", { tools: offers });
    expect(toolCalls.map(({ name }) => name)).toEqual(["calculator", "country_facts"]);
    expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
  });

  it("and done without when they fail", async () => {
    const { toolCalls } = await call("What is 2 + 2?", { tools: offers });
    const answer = await call(
      [
        { role: "user", text: "What is 2 + 2?" },
        { role: "assistant", text: "", toolCalls },
        {
          role: "tool",
          results: toolCalls.map(({ id, name }) => ({ id, name, output: "out of order", isError: true })),
        },
      ],
      { tools: offers },
    );
    expect(answer.text).toBe("2 + 2 = 4");
  });

  it("and not guessed at when they demand what nobody said", async () => {
    const strict = tool("calculator", { expression: text, account: text }, ["expression", "account"]);
    expect((await call("What is 2 + 2?", { tools: [strict] })).text).toBe("2 + 2 = 4");
  });
});

describe("a question to be researched", () => {
  const asking: PromptTurn[] = [
    { role: "system", text: "Research this question: take it apart." },
    { role: "user", text: "History of blorptea in Europe" },
  ];
  const lookUps = [tool("define_word", { word: text }, ["word"])];

  it("is looked up term by term, and ends in a report of what was found and what was not", async () => {
    const prompt = [...asking];
    const words: unknown[] = [];
    let said = await call(prompt, { tools: lookUps });
    for (; said.toolCalls.length > 0; said = await call(prompt, { tools: lookUps })) {
      expect(said.text).toBe("");
      const calls = said.toolCalls;
      words.push(...calls.map(({ input }) => input));
      const output = words.length === 1 ? "1. (noun) what came before" : "No definition is known.";
      const results = calls.map(({ id, name }) => ({ id, name, output, isError: words.length > 1 }));
      prompt.push({ role: "assistant", text: "", toolCalls: calls }, { role: "tool", results });
    }
    expect(words).toEqual([{ word: "History" }, { word: "blorptea" }, { word: "Europe" }]);
    expect(said.text).toContain("## History\n\n1. (noun) what came before");
    expect(said.text).toContain("Nothing was found about “blorptea”.");
    expect(said.text.split(/\s+/).length).toBeGreaterThan(170);
  });

  it("is answered at once where no tool may be called", async () => {
    const said = await call(asking, { tools: lookUps, toolChoice: "none" });
    expect([said.toolCalls, said.text.includes("## Europe")]).toEqual([[], true]);
  });
});
