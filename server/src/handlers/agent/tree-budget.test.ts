/** A budget holds for a task and everything below it: each call of the tree is counted once, and looked at before it is made. */
import { expect, it } from "vitest";
import { ada, agentLife, calling, saying } from "../../../test/agent-life.ts";
import { assistant, defineAgent } from "./definition.ts";

/** Of one call of the scripted provider. */
const TOKENS = 30;
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

it("bounds the answer of a child by what is left for the tree", async () => {
  const life = lives.current;
  await life.start(team);
  life.provider.script(ask("one"), saying("Roses."), saying("A poem."));
  await life.completed(await life.submit({ query: "A poem" }, { budget: { tokens: 5_000 } }));
  const asked = life.provider.requests.map(({ body }) => Number(body["max_tokens"]));
  for (const most of asked) expect(most).toBeLessThan(5_000);
  expect(asked[1]).toBeGreaterThan(0);
});
