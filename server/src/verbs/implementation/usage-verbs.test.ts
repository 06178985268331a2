import { afterAll, beforeAll, expect, it } from "vitest";
import { paidCall } from "../../store/suite/life.suite.ts";
import { newTask } from "../../store/suite/new-task.suite.ts";
import { DAY_MS, dayOf } from "../../task/daily-usage.ts";
import { decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { ada, admin, bob, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
let today = 0;
beforeAll(async () => {
  stage = await Stage.open();
  today = dayOf(stage.clock.now());
  for (const user of ["ada", "ada", "bob"]) await pays(user);
});
afterAll(() => stage.close());

/** A task of theirs, with one paid call. */
async function pays(user: string): Promise<void> {
  const begun = submitted(newTask({ user, createdAt: stage.clock.now() }));
  const { task } = begun;
  const usage = [paidCall(task.id)];
  const change = decide(task, { do: "start" }, task.createdAt);
  if (change instanceof Refusal) throw change;
  await stage.store.apply([begun]);
  await stage.store.apply([change]);
  const billed = decide(change.task, { do: "record", attempt: 1, record: { events: [], usage } }, task.createdAt);
  if (billed instanceof Refusal) throw billed;
  await stage.store.apply([{ ...billed, usage }]);
}

const asked = async (who: typeof ada, question: { user?: string; from?: number; to?: number } = {}) =>
  (await stage.verbs.usage.sums(who, { groups: ["user"], ...question }, { limit: 500 })).rows.map(({ user, calls }) => [
    user,
    calls,
  ]);

it("shows everybody their own usage, and that of the tenant to whoever may see all of its tasks", async () => {
  expect(await asked(ada)).toEqual([["ada", 2]]);
  expect(await asked(bob)).toEqual([["bob", 1]]);
  expect(await asked(admin)).toEqual([
    ["ada", 2],
    ["bob", 1],
  ]);
  expect(await asked(admin, { user: "bob" })).toEqual([["bob", 1]]);
  expect(await asked(ada, { user: "ada" })).toEqual([["ada", 2]]);
  expect(await asked(stranger)).toEqual([]);
  await expect(asked(ada, { user: "bob" })).rejects.toMatchObject({ code: "forbidden" });
  await expect(asked({ ...ada, scopes: new Set(["work"]) })).rejects.toMatchObject({ code: "forbidden" });
});

it("asks for the thirty days that end today, for those before a last day, and refuses a first day behind the last", async () => {
  const spans: [question: { from?: number; to?: number }, from: number, to: number][] = [
    [{}, today - 29 * DAY_MS, today],
    [{ to: today - DAY_MS }, today - 30 * DAY_MS, today - DAY_MS],
    [{ from: today - DAY_MS }, today - DAY_MS, today],
    [{ from: today + DAY_MS }, today + DAY_MS, today + DAY_MS],
  ];
  for (const [span, from, to] of spans) {
    const answer = await stage.verbs.usage.sums(ada, { groups: ["day"], ...span }, { limit: 1 });
    expect(answer).toMatchObject({ from, to });
    expect(answer.total.calls).toBe(from <= today && today <= to ? 2 : 0);
  }
  const backwards = asked(ada, { from: today, to: today - DAY_MS });
  await expect(backwards).rejects.toMatchObject({ code: "invalid", detail: { field: "query.from" } });
});
