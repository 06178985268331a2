import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ada, adding, agentLife, calling, saying } from "../../../test/agent-life.ts";
import type { Submission } from "../../task/submission.ts";
import { assistant, defineAgent } from "./definition.ts";
import { defineTool } from "./tool.ts";

const lives = agentLife();

describe("people", () => {
  const curious = defineAgent({ slug: "curious", name: "Curious", asksPerson: true });
  const asking = calling(["ask_person", { question: "Which colour?", choices: ["red", "blue"] }]);

  it("are asked only by agents that may", async () => {
    const life = lives.current;
    await life.start({ agents: [assistant, curious] });
    life.provider.script(asking, saying("Never mind."));
    const id = await life.submit({ query: "Paint it" });
    await life.completed(id);
    expect(life.results(2)).toEqual([expect.stringContaining('There is no tool "ask_person"')]);
  });

  it("are asked, answer after a crash, and the run goes on", async () => {
    const life = lives.current;
    await life.start({ agents: [curious] });
    life.provider.script(asking, saying("Painted blue."));
    const id = await life.submit({ query: "Paint it" });
    await life.until(id, "task.input_required");
    await life.crash({ agents: [curious] });
    const waiting = await life.task(id);
    expect(waiting.waits).toMatchObject([
      {
        on: "input",
        until: life.clock.now() + 30 * 60_000,
        prompt: { asks: "answer", text: "Which colour?\n- red\n- blue" },
      },
    ]);
    await life.verbs.tasks.input(ada, id, { value: { answer: "blue" } });
    expect((await life.completed(id)).output).toMatchObject({ text: "Painted blue." });
    expect(life.results(2)).toEqual(["blue"]);
    expect(life.provider.requests).toHaveLength(2);
  });

  it("have 30 minutes: then the model is told that nobody answered", async () => {
    const life = lives.current;
    await life.start({ agents: [curious] });
    life.provider.script(asking, saying("I took red."));
    const id = await life.submit({ query: "Paint it" });
    await life.until(id, "task.input_required");
    await life.advance(30 * 60_000);
    await life.completed(id);
    expect(life.results(2)).toEqual([expect.stringContaining("Nobody answered within 30 minutes")]);
  });

  it("have as long as the submit says, and then the run is over", async () => {
    const life = lives.current;
    await life.start({ agents: [curious] });
    life.provider.script(asking);
    const id = await life.submit({ query: "Paint it", answerWithinMs: 86_400_000 });
    await life.until(id, "task.input_required");
    await life.advance(86_399_999);
    expect((await life.task(id)).state).toBe("input_required");
    await life.advance(1);
    const ended = await life.until(id, "task.failed");
    expect(ended).toMatchObject({
      state: "failed",
      error: { code: "deadline", message: expect.stringContaining("Which colour?") },
    });
  });

  it("approve or refuse the calls of tools that need it", async () => {
    const life = lives.current;
    const paid: number[] = [];
    const pay = defineTool({
      name: "pay",
      description: "Pays.",
      input: z.strictObject({ euros: z.number() }),
      needsApproval: true,
      run: ({ euros }) => {
        paid.push(euros);
        return "paid";
      },
    });
    await life.start({ tools: [pay], agents: [{ ...assistant, tools: ["pay"] }] });
    life.provider.script(calling(["pay", { euros: 1_000 }]), calling(["pay", { euros: 10 }]), saying("Paid ten."));
    const id = await life.submit({ query: "Pay the bill" });
    const asked = await life.until(id, "task.input_required", 1);
    expect(asked.waits).toMatchObject([
      { prompt: { asks: "approval", text: 'May the agent call pay with {"euros":1000}?' } },
    ]);
    await life.verbs.tasks.input(ada, id, { value: { approved: false, comment: "too much" } });
    await life.until(id, "task.input_required", 2);
    await life.verbs.tasks.input(ada, id, { value: { approved: true } });
    await life.completed(id);
    expect(paid).toEqual([10]);
    expect(life.results(3)).toEqual(["A person refused this call: it was not made. They said: too much", "paid"]);
  });
});

describe("a budget", () => {
  it("pauses the run before the call that would go beyond it, and a resume grants it once more", async () => {
    const life = lives.current;
    await life.start();
    const turns = (n: number) => Array.from({ length: n }, (_, turn) => adding(`${turn}+1`));
    life.provider.script(...turns(3), saying("Enough."));
    const id = await life.submit({ query: "Add" }, { budget: { tokens: 60 } });
    await life.until(id, "task.paused");
    expect(life.provider.requests).toHaveLength(2);
    const paused = await life.task(id);
    expect(paused).toMatchObject({
      state: "paused",
      pausedBy: { reason: expect.stringContaining("60 of 60 tokens in 2 model calls. Resume the task to grant") },
    });
    expect(await life.verbs.tasks.why(ada, id)).toMatchObject({ reason: "paused_by_budget" });
    await life.verbs.tasks.resume(ada, id);
    await life.completed(id);
    expect(life.provider.requests).toHaveLength(4);
    expect(await life.eventsOf(id, "budget.threshold")).toMatchObject([
      {
        usagePercent: 100,
        thresholdPercent: 100,
        tokensUsed: 60,
        tokensBudget: 60,
        level: "exhausted",
        budgetType: "tokens",
      },
    ]);
  });

  it("that is smaller than a prompt lets one call be made for each grant", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script(adding("0+1"), saying("Enough."));
    const id = await life.submit({ query: "Add" }, { budget: { tokens: 15 } });
    await life.until(id, "task.paused");
    await life.verbs.tasks.resume(ada, id);
    await life.completed(id);
    expect(life.provider.requests).toHaveLength(2);
  });

  it("fails the task where it must not be exceeded, and warns before, once", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script(...["1", "2", "3", "4", "5", "6"].map((n) => adding(`${n}+1`)));
    const id = await life.submit({ query: "Add" }, { budget: { tokens: 185, onSpent: "fail" } });
    expect(await life.failed(id)).toBe(
      "The task's token budget has no room for the next call: 180 of 185 tokens in 6 model calls, and its prompt alone has some " +
        "20 tokens. Submit it again with a larger budget.",
    );
    expect(await life.task(id)).toMatchObject({ error: { code: "budget_exhausted" } });
    expect((await life.eventsOf(id, "budget.threshold")).map((data) => data.level)).toEqual(["warning", "exhausted"]);
  });

  it("that was granted once more is said to run low once more, and not before each call", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script(...Array.from({ length: 11 }, (_, n) => adding(`${n}+1`)), saying("Enough."));
    const id = await life.submit({ query: "Add", maxTurns: 13 }, { budget: { tokens: 185 } });
    await life.until(id, "task.paused");
    await life.verbs.tasks.resume(ada, id);
    await life.completed(id);
    const levels = (await life.eventsOf(id, "budget.threshold")).map((data) => data.level);
    expect(levels).toEqual(["warning", "exhausted", "warning"]);
  });
});

describe("a conversation", () => {
  it("is the memory of its later tasks, as far back as they ask for", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script(saying("Hello Ada."), saying("Ada."), saying("I do not know."));
    const conversation = { alias: "chat" };
    await life.completed(await life.submit({ query: "My name is Ada" }, { conversation }));
    await life.completed(await life.submit({ query: "What is my name?" }, { conversation }));
    await life.completed(await life.submit({ query: "And now?", historyMessages: 0 }, { conversation }));
    expect(life.sent(2).messages.slice(1)).toMatchObject([
      { role: "user", content: "My name is Ada" },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "What is my name?" },
    ]);
    expect(life.sent(3).messages.slice(1)).toMatchObject([{ role: "user", content: "And now?" }]);
  });
});

describe("the offline model", () => {
  const offline = (query: string, more: Partial<Submission> = {}) =>
    lives.current.submit({ query, model: "local:reference" }, more);

  it.each([
    ["What is the capital of France?", /Paris/],
    ["What is 17 * 23?", /391/],
    ["Convert 5 miles to km", /8\.04672/],
    ["What is today's date?", /22 November 2026/],
  ])("answers %s", async (query, answer) => {
    const life = lives.current;
    await life.start();
    const ended = await life.completed(await offline(query));
    expect(ended.output).toMatchObject({ text: expect.stringMatching(answer), provider: "local" });
    expect(ended.usage.costUsd).toBe(0);
    expect(ended.usage.inputTokens).toBeGreaterThan(0);
  });

  it("words what its tool said in a turn in which it may call no more", async () => {
    const life = lives.current;
    await life.start();
    const id = await life.submit({ query: "What is the capital of France?", model: "local:reference", maxTurns: 2 });
    expect((await life.completed(id)).output).toMatchObject({ text: expect.stringContaining("Paris"), turns: 2 });
  });

  it("remembers a name within its conversation", async () => {
    const life = lives.current;
    await life.start();
    const conversation = { alias: "chat" };
    await life.completed(await offline("My name is Ada", { conversation }));
    const ended = await life.completed(await offline("What is my name?", { conversation }));
    expect(ended.output).toMatchObject({ text: expect.stringContaining("Ada") });
  });
});
