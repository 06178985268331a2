/** A budget holds for a task and everything below it: each call of the tree is counted once, and looked at before it is made. */
import { expect, it } from "vitest";
import { z } from "zod";
import { ada, agentLife, calling, saying } from "../../../test/agent-life.ts";
import { assistant, defineAgent } from "./definition.ts";
import { defineTool } from "./tool.ts";

/** Of one call of the scripted provider, by its usual counts and by counts that the prompts here may have. */
const TOKENS = 30;
const usage = { input: 300, output: 100 };
const MANY_TOKENS = 400;
const lives = agentLife();
const poet = defineAgent({ slug: "poet", name: "Poet", tools: [] });
const team = { agents: [{ ...assistant, tools: [], collaborators: ["poet"] }, poet] };
const ask = (...questions: string[]) =>
  calling(
    ...questions.map((question): [string, Record<string, string>] => ["consult_agent", { agent: "poet", question }]),
  );
const children = async (parent: string) =>
  (await lives.current.verbs.tasks.list(ada, { parent }, { limit: 50 })).tasks.toReversed();

it("counts what a tree has spent beside what its first task has, each call once", async () => {
  const life = lives.current;
  await life.start(team);
  const lines = ["one", "two", "three", "four", "five"];
  life.provider.script(ask(...lines), ...lines.map(saying), saying("A poem."));
  const id = await life.submit({ query: "A poem" });
  const task = await life.completed(id);
  expect(task).toMatchObject({ children: 5, usage: { calls: 2 } });
  expect(await life.verbs.tasks.treeUsage(ada, id)).toMatchObject({ calls: 7, inputTokens: 140, outputTokens: 70 });
  const [child] = await children(id);
  expect(await life.verbs.tasks.treeUsage(ada, child?.id ?? "")).toEqual(child?.usage);
});

it("pauses the task of the tree that would spend more, also after a crash, until somebody grants the amount once more", async () => {
  const life = lives.current;
  await life.start(team);
  life.provider.script(ask("one"), saying("Roses."), ask("two"), saying("Violets."), saying("A poem."));
  const id = await life.submit({ query: "A poem" }, { budget: { tokens: 3 * TOKENS } });
  await life.provider.received(3);
  await life.until(id, "task.waiting", 2);
  const [, second] = await children(id);
  await life.until(second?.id ?? "", "task.paused");
  await life.crash(team);
  expect(await life.task(second?.id ?? "")).toMatchObject({
    state: "paused",
    budget: null,
    pausedBy: { reason: expect.stringMatching(new RegExp(`^Of ${id}, .*90 of 90 tokens in 3 model calls`)) },
  });
  expect(life.provider.requests).toHaveLength(3);
  await life.verbs.tasks.resume(ada, second?.id ?? "");
  expect((await life.completed(id)).output).toMatchObject({ text: "A poem." });
  expect(await life.task(id)).toMatchObject({ budgetFrom: { calls: 3 } });
  expect((await life.verbs.tasks.treeUsage(ada, id)).calls).toBe(5);
});

it("goes on with another budget that the tree is given, which counts what was spent before", async () => {
  const life = lives.current;
  await life.start(team);
  life.provider.script(ask("one"), saying("Roses."), ask("two"), saying("Violets."), ask("three"), saying("Red."));
  const id = await life.submit({ query: "A poem" }, { budget: { tokens: 3 * TOKENS } });
  await life.until(id, "task.waiting", 2);
  const paused = async (n: number) => {
    await expect.poll(async () => (await children(id)).filter(({ state }) => state === "paused").length).toBe(1);
    return (await children(id))[n]?.id ?? "";
  };
  const second = await paused(1);
  const { tasks } = life.verbs;
  await expect(
    tasks.setBudget({ ...ada, user: "eve", scopes: new Set(["tasks"]) }, id, { tokens: 1e6 }),
  ).rejects.toMatchObject({
    code: "not_found",
  });
  await expect(tasks.setBudget(ada, second, { tokens: 1e6 })).rejects.toMatchObject({ code: "conflict" });
  await tasks.setBudget(ada, id, { tokens: 5 * TOKENS });
  await tasks.resume(ada, second);
  const third = await paused(2);
  expect(await life.task(third)).toMatchObject({ pausedBy: { reason: expect.stringMatching(/150 of 150 tokens/) } });
  expect(await life.task(id)).toMatchObject({ budget: { tokens: 150, onSpent: "pause" }, budgetFrom: null });
  await tasks.setBudget(ada, id, { tokens: 1e6 });
  await tasks.resume(ada, third);
  await life.completed(id);
  await expect(tasks.setBudget(ada, id, { tokens: 1 })).rejects.toMatchObject({ code: "not_allowed_in_state" });
});

it("fails each task of the tree before its next call where the budget must not be exceeded", async () => {
  const life = lives.current;
  await life.start(team);
  life.provider.script(ask("one"), saying("Roses."), ask("two"), saying("Violets."));
  const id = await life.submit({ query: "A poem" }, { budget: { tokens: 3 * TOKENS, onSpent: "fail" } });
  expect(await life.failed(id)).toMatch(/token budget is spent: 90 of 90 tokens in 3 model calls/);
  expect(life.provider.requests).toHaveLength(3);
  const [, second] = await children(id);
  expect(second).toMatchObject({ state: "failed", error: { code: "budget_exhausted" } });
});

it("begins no run of a child whose prompt has no room in what the tree has left", async () => {
  const life = lives.current;
  await life.start(team);
  life.provider.script({ ...ask("one", "two"), usage }, { ...saying("Roses."), usage });
  const id = await life.submit({ query: "A poem" }, { budget: { tokens: 2 * MANY_TOKENS + 10, onSpent: "fail" } });
  expect(await life.failed(id)).toMatch(/no room for the next call: 800 of 810 tokens in 2 model calls/);
  expect(life.provider.requests).toHaveLength(2);
});

it("bounds the answer of a child by what is left for the tree", async () => {
  const life = lives.current;
  await life.start(team);
  life.provider.script(ask("one"), saying("Roses."), saying("A poem."));
  await life.completed(await life.submit({ query: "A poem" }, { budget: { tokens: 5_000 } }));
  const asked = life.provider.requests.map(({ body }) => Number(body["max_tokens"]));
  for (const most of asked) expect(most).toBeLessThan(5_000);
  expect(asked[1]).toBeGreaterThan(0);
});

it("passes no budget by children that work side by side: each call is reserved before it is made, and given back when it is counted", async () => {
  const life = lives.current;
  await life.start(team);
  const lines = ["one", "two", "three", "four", "five"];
  life.provider.script({ ...ask(...lines), usage }, ...lines.map(() => ({ ...saying("Roses are red."), usage })));
  const id = await life.submit({ query: "A poem" }, { budget: { tokens: 4 * MANY_TOKENS, onSpent: "fail" } });
  await life.failed(id);
  expect(life.provider.requests).toHaveLength(4);
  const { inputTokens, outputTokens } = await life.verbs.tasks.treeUsage(ada, id);
  expect(inputTokens + outputTokens).toBe(4 * MANY_TOKENS);
});

it("lets children work side by side where the budget has room for all of them", async () => {
  const life = lives.current;
  await life.start(team);
  const lines = ["one", "two", "three"];
  // None of the three is answered before all of them have asked.
  life.provider.script(ask(...lines), ...lines.map(() => ({ kind: "silence" }) as const));
  const id = await life.submit({ query: "A poem" }, { budget: { tokens: 1_000_000 } });
  await life.provider.received(4);
  await life.verbs.tasks.cancel(ada, id);
});

it("asks no model about a text with a spent budget, and does nothing whose result could not be looked at", async () => {
  const life = lives.current;
  let runs = 0;
  const look = defineTool({
    name: "look",
    description: "Looks.",
    input: z.object({}),
    run: async () => {
      runs += 1;
      return "seen";
    },
  });
  const filter = { enabled: true, threshold: 0.5 };
  const guardrails = { hap: { model: "lab:m1", input: filter } };
  await life.start({ agents: [{ ...assistant, tools: ["look"] }], tools: [look], guardrails });
  const nothing = { ...saying('{"findings": []}'), usage };
  life.provider.script(nothing, { ...calling(["look", {}]), usage }, nothing, saying("Done."));
  const id = await life.submit({ query: "Look" }, { budget: { tokens: 2 * MANY_TOKENS } });
  await life.until(id, "task.paused");
  expect([runs, life.provider.requests.length]).toEqual([0, 2]);
  await life.verbs.tasks.resume(ada, id);
  await life.completed(id);
  expect([runs, life.provider.requests.length]).toEqual([1, 4]);
});
