/** What a run does with answers that are not whole, not counted, or come with more than words. */

import { expect, it } from "vitest";
import { z } from "zod";
import { adding, agentLife, calling, saying } from "../../../test/agent-life.ts";
import type { Behaviour } from "../../../test/providers/provider-server.ts";
import { assistant } from "./definition.ts";
import { defineTool } from "./tool.ts";

const lives = agentLife();

const events = (...values: unknown[]): Behaviour => ({
  kind: "text",
  text: values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(""),
});
const said = (delta: unknown, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const counts = (prompt_tokens: number, completion_tokens: number) => ({
  choices: [],
  usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
});
const calls = (expression: string) =>
  said({
    tool_calls: [{ index: 0, id: "c", function: { name: "calculator", arguments: JSON.stringify({ expression }) } }],
  });

it("carries out no call of an answer that was cut, tells the model so, and asks for no more calls in the end", async () => {
  const life = lives.current;
  await life.start();
  const cut = events(calls("2+2"), said({}, "length"), counts(20, 10));
  life.provider.script(cut, cut, cut, saying("Enough."));
  const ended = await life.completed(await life.submit({ query: "Add" }));
  expect(ended.output).toMatchObject({ text: "Enough." });
  for (const n of [2, 3, 4]) expect(life.results(n).at(-1)).toMatch(/reached its output limit.*the call was not made/);
  expect(life.provider.requests[3]?.body["tool_choice"]).toBe("none");
  expect(await life.eventsOf(ended.id, "tool.observed")).toMatchObject([
    { success: false },
    { success: false },
    { success: false },
  ]);
});

it("sends reasoning back with the calls that came of it, also after a crash", async () => {
  const life = lives.current;
  await life.start();
  life.provider.script(
    events(said({ reasoning_content: "I add." }), calls("2+2"), said({}, "tool_calls"), counts(20, 10)),
  );
  life.provider.script({ kind: "silence" });
  const id = await life.submit({ query: "Add" });
  await life.provider.received(2);
  await life.crash();
  life.provider.script(saying("Four."));
  await life.completed(id);
  for (const n of [2, 3]) {
    expect(life.sent(n).messages).toContainEqual(
      expect.objectContaining({ role: "assistant", reasoning_content: "I add." }),
    );
  }
});

it("takes half a character in a call for a character that is missing", async () => {
  const life = lives.current;
  await life.start();
  life.provider.script(calling(["calculator", '{"expression":"1+1","note":"\\ud83d"}']), saying("Two."));
  await life.completed(await life.submit({ query: "Add" }));
  expect(JSON.stringify(life.sent(2))).not.toMatch(/\\ud83d/i);
});

it("counts tokens that no provider stated, and holds a budget by them", async () => {
  const life = lives.current;
  await life.start();
  const uncounted = events(calls("2+2"), said({}, "tool_calls"));
  life.provider.script(uncounted, uncounted, uncounted, uncounted);
  const id = await life.submit({ query: "Add" }, { budget: { tokens: 500, onSpent: "fail" } });
  expect(await life.failed(id)).toMatch(/token budget is spent/);
  const { usage } = await life.task(id);
  expect(usage.costUsd).toBeGreaterThan(0);
  expect(life.provider.requests.length).toBeLessThan(4);
});

it("pays for an answer that broke off in its middle", async () => {
  const life = lives.current;
  await life.start();
  life.provider.script({ kind: "cut", text: "One two three" }, saying("Whole."));
  const id = await life.submit({ query: "Count", mode: "simple" });
  await life.until(id, "step.retrying");
  await life.advance(5_000);
  const { usage } = await life.completed(id);
  expect(usage.calls).toBe(2);
  expect(usage.outputTokens).toBeGreaterThan(10);
});

it("asks for no longer answer than the budget has tokens left, by what its provider has counted in the prompt before", async () => {
  const life = lives.current;
  await life.start();
  life.provider.script({ ...adding("1+1"), usage: { input: 2_000, output: 10 } }, saying("Two."));
  await life.completed(await life.submit({ query: "Add" }, { budget: { tokens: 5_000 } }));
  const asked = life.provider.requests.map(({ body }) => Number(body["max_tokens"]));
  expect(asked[0]).toBeLessThan(5_000);
  expect(asked[0]).toBeGreaterThan(3_000);
  expect(asked[1]).toBeLessThan(5_000 - 2_010 - 2_000);
});

it("says that the budget was too small where it left nothing for an answer", async () => {
  const life = lives.current;
  await life.start();
  life.provider.script({ kind: "length", text: "" });
  const id = await life.submit({ query: "Hello", mode: "simple" }, { budget: { tokens: 40, onSpent: "fail" } });
  expect(await life.failed(id)).toMatch(/token budget left \d+ tokens for an answer/);
  expect(await life.task(id)).toMatchObject({ error: { code: "budget_exhausted" } });
});

const tooLong: Behaviour = {
  kind: "status",
  status: 400,
  body: JSON.stringify({
    error: { message: "This model's maximum context length is 4096 tokens.", code: "context_length_exceeded" },
  }),
};

it("asks again with a shorter prompt where the model can hold no more, and answers with what it has", async () => {
  const life = lives.current;
  const long = defineTool({
    name: "long",
    description: "Tells a lot.",
    input: z.strictObject({}),
    run: async () => "many words ".repeat(2_000),
  });
  await life.start({ tools: [long], agents: [{ ...assistant, tools: ["long"] }] });
  life.provider.script(calling(["long", {}]), tooLong, tooLong, saying("That is all I could read."));
  const ended = await life.completed(await life.submit({ query: "Read" }));
  expect(ended.output).toMatchObject({ text: "That is all I could read." });
  const lengths = [2, 3, 4].map((n) => String(life.results(n)[0]).length);
  expect(lengths[0]).toBeGreaterThan((lengths[1] ?? 0) * 1.5);
  expect(lengths[1]).toBeGreaterThan((lengths[2] ?? 0) * 1.5);
});

it("says so where the question alone is too long", async () => {
  const life = lives.current;
  await life.start();
  life.provider.script(tooLong);
  const id = await life.submit({ query: "words ".repeat(5_000) });
  expect(await life.failed(id)).toMatch(/maximum context length is 4096 tokens\. Ask for less at once/);
  expect(life.provider.requests).toHaveLength(1);
});

it("shows the answer as it comes, and no word that was said before a call", async () => {
  const life = lives.current;
  await life.start();
  const long = "Every word of a long answer. ".repeat(40);
  life.provider.script(
    events(
      said({ content: "Let me " }),
      said({ content: "add." }),
      calls("2+2"),
      said({}, "tool_calls"),
      counts(20, 10),
    ),
    events(said({ content: long }), said({ content: "Four." }), said({}, "stop"), counts(20, 10)),
  );
  const { id } = await life.completed(await life.submit({ query: "Add" }));
  const live = await life.eventsOf(id, "output.delta");
  expect(live.map(({ text }) => text).join("")).toBe(`${long}Four.`);
  expect(await life.eventsOf(id, "agent.answered")).toMatchObject([
    { text: "Let me add.", final: false },
    { text: `${long}Four.`, final: true },
  ]);
});

it("takes back what it has shown once a call follows it after all", async () => {
  const life = lives.current;
  await life.start();
  const plan = "First I look at what is asked. ".repeat(30);
  life.provider.script(
    events(
      said({ content: plan }),
      said({ content: "So I add." }),
      calls("2+2"),
      said({}, "tool_calls"),
      counts(20, 10),
    ),
    saying("Four."),
  );
  const { id } = await life.completed(await life.submit({ query: "Add" }));
  const shown = (await life.eventsOf(id, "output.delta")).map(({ text }) => text);
  expect(shown.join("")).toBe(`${plan}So I add.Four.`);
  const order = (await life.types(id)).filter((type) => /^(output|tool\.invoked)/.test(type));
  expect([...new Set(order)]).toEqual(["output.delta", "output.restarted", "tool.invoked"]);
  expect(order.at(-1)).toBe("output.delta");
  expect(await life.eventsOf(id, "agent.answered")).toMatchObject([{ final: false }, { text: "Four.", final: true }]);
});
