/** What models may cost a user, and a tenant, on one day is looked at before each call of a running task. */
import { expect, it } from "vitest";
import { ada, agentLife, calling, saying } from "../../../test/agent-life.ts";
import { assistant, defineAgent } from "./definition.ts";

/** Of one call of the scripted provider: 20 tokens in and 10 out. */
const USD = 120e-6;
const lives = agentLife();
const poet = defineAgent({ slug: "poet", name: "Poet", tools: [] });
const team = { agents: [{ ...assistant, tools: [], collaborators: ["poet"] }, poet] };
const calls = (user: number, tenant: number | null = null) => ({
  ...team,
  daysMoney: () => ({ user: user * USD, tenant: tenant === null ? null : tenant * USD }),
});
const ask = (...questions: string[]) =>
  calling(
    ...questions.map((question): [string, Record<string, string>] => ["consult_agent", { agent: "poet", question }]),
  );
const bob = { ...ada, user: "bob", keyId: "key_bob" };
const NEXT_DAY_MS = 12 * 3_600_000;

it("is never passed by children that work side by side, and lets them go on when the next day has begun", async () => {
  const life = lives.current;
  await life.start(calls(4));
  const lines = ["one", "two", "three", "four", "five"];
  life.provider.script(ask(...lines), ...lines.map(() => saying("Roses.")), saying("A poem."));
  const id = await life.submit({ query: "A poem" });
  const children = async () => (await life.verbs.tasks.list(ada, { parent: id }, { limit: 50 })).tasks;
  await life.until(id, "task.waiting");
  await expect.poll(async () => (await children()).filter(({ state }) => state === "paused").length).toBe(2);
  expect(life.provider.requests).toHaveLength(4);
  const held = (await children()).filter(({ state }) => state === "paused");
  for (const { pausedBy } of held)
    expect(pausedBy?.reason).toMatch(
      /^All tasks of this user .* spent \$0\.00048 of the \$0\.00048 .* one day \(UTC\).* from 2026-11-23T00:00:00\.000Z on\. The task goes on by itself then\./,
    );
  // Too early: nobody can grant more of a day.
  await life.verbs.tasks.resume(ada, held[0]?.id ?? "");
  await life.until(held[0]?.id ?? "", "task.paused", 2);
  expect(life.provider.requests).toHaveLength(4);
  await life.advance(NEXT_DAY_MS);
  expect((await life.completed(id)).output).toMatchObject({ text: "A poem." });
  expect(life.provider.requests).toHaveLength(7);
});

it("holds after a crash, for tasks whose user has submitted nothing since", async () => {
  const life = lives.current;
  await life.start(calls(2));
  life.provider.script(ask("one"), saying("Roses."), saying("A poem."));
  const id = await life.submit({ query: "A poem" });
  await life.until(id, "task.paused");
  await life.crash(calls(2));
  await life.verbs.tasks.resume(ada, id);
  await life.until(id, "task.paused", 2);
  expect(life.provider.requests).toHaveLength(2);
  await life.crash(calls(3));
  await life.verbs.tasks.resume(ada, id);
  await life.completed(id);
});

it("lets a task go on by itself when the next day begins, also after a crash, and says so before", async () => {
  const life = lives.current;
  await life.start(calls(1));
  life.provider.script(saying("A."), saying("B."));
  await life.completed(await life.submit({ query: "One" }));
  const id = await life.submit({ query: "Two" });
  await life.until(id, "task.paused");
  const why = await life.verbs.tasks.why(ada, id);
  expect(why).toMatchObject({ reason: "paused_by_days_money" });
  expect(why.summary).toMatch(/from 2026-11-23T00:00:00\.000Z on\. The task goes on by itself then\.$/);
  await life.crash(calls(1));
  await life.advance(NEXT_DAY_MS);
  expect((await life.completed(id)).output).toMatchObject({ text: "B." });
  expect(life.provider.requests).toHaveLength(2);
});

it("fails a task whose budget must not be exceeded, with a code and the time from which on there is more", async () => {
  const life = lives.current;
  await life.start(calls(1));
  life.provider.script(ask("one"), saying("Roses."));
  const id = await life.submit({ query: "A poem" }, { budget: { costUsd: 1, onSpent: "fail" } });
  await life.failed(id);
  const ended = (await life.verbs.tasks.list(ada, { parent: id }, { limit: 9 })).tasks;
  expect(ended).toMatchObject([{ state: "failed", error: { code: "budget_exhausted" } }]);
  expect(JSON.stringify(ended)).toContain("from 2026-11-23T00:00:00.000Z on. Submit it again then.");
  expect(life.provider.requests).toHaveLength(1);
});

it("is one for all users of a tenant, by what its tier gives at the moment of the call", async () => {
  const life = lives.current;
  const seen: (string | null)[] = [];
  await life.start({
    ...team,
    daysMoney: ({ tier }) => {
      seen.push(tier);
      return { user: null, tenant: 2 * USD };
    },
  });
  life.provider.script(saying("A."), saying("B."));
  await life.completed(await life.submit({ query: "One" }, {}, { ...ada, tier: "gold" }));
  await life.until(await life.submit({ query: "Two" }, {}, bob));
  const third = await life.verbs.tasks.submit(bob, "native", { kind: "agent", input: { query: "Three" } });
  await expect.poll(async () => (await life.verbs.tasks.get(bob, third.task.id)).state).toBe("paused");
  expect((await life.verbs.tasks.get(bob, third.task.id)).pausedBy?.reason).toMatch(
    /^All tasks of this tenant together/,
  );
  expect(new Set(seen)).toEqual(new Set(["gold", null]));
});
