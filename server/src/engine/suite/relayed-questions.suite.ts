/** Questions of children: everybody above them asks the same, and an answer that comes by any of them is the child's, once. */
import { expect, it } from "vitest";
import { humanHandler } from "../../handlers/human/human.ts";
import type { Context } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { ada, arrives, at, type Begin, type EngineLife, gate, inTurns, kind, submit, types } from "./stage.ts";

const colour = (ctx: Context) => ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" });
const asks = kind("asks", async (ctx) => (await colour(ctx))?.value ?? null);
const middle = kind("middle", (ctx) => ctx.child("leaf", "asks", {}));
const root = kind("root", (ctx) => ctx.child("middle", "middle", {}));
const three = [root, middle, asks];

async function childOf(life: EngineLife, parent: string): Promise<string> {
  const { tasks } = await life.verbs.tasks.list(ada, { parent }, { limit: 1 });
  return tasks[0]?.id ?? "";
}

/** Of the root, the middle one and the leaf that asks. */
async function family(life: EngineLife): Promise<[root: string, middle: string, leaf: string]> {
  const top = await submit(life, "root");
  await life.settle();
  const below = await childOf(life, top);
  return [top, below, await childOf(life, below)];
}

const asked = async (life: EngineLife, id: string) =>
  (await at(life, id)).waits.flatMap((wait) => (wait.on === "input" ? [wait.prompt.name] : []));
const states = async (life: EngineLife, ids: string[]) =>
  Promise.all(ids.map(async (id) => (await at(life, id)).state));
const received = async (life: EngineLife, id: string) =>
  (await types(life, id)).filter((type) => type === "task.input_received").length;
const answer = (life: EngineLife, id: string, value: Json, messageId?: string) =>
  life.verbs.tasks.input(ada, id, { prompt: "colour", value, ...(messageId && { messageId }) });

export function relayedQuestionsSuite(begin: Begin): void {
  it("are asked by every task above, and answered by the one that a caller knows, at once and once", async () => {
    const life = await begin(three);
    const ids = await family(life);
    const [top, , leaf] = ids;
    expect(await states(life, ids)).toEqual(Array(3).fill("input_required"));
    expect(await Promise.all(ids.map((id) => asked(life, id)))).toEqual([["colour"], ["colour"], ["colour"]]);
    expect((await life.verbs.tasks.why(ada, top)).summary).toContain("Which colour?");
    expect((await life.verbs.tasks.list(ada, { asks: true }, { limit: 10 })).tasks).toHaveLength(3);
    const answered = await answer(life, top, "blue", "m-1");
    expect([answered.task.id, answered.task.waits.map(({ on }) => on)]).toEqual([top, ["child"]]);
    expect((await answer(life, top, "blue", "m-1")).replayed).toBe(true);
    await expect(answer(life, leaf, "red")).rejects.toMatchObject({ code: "not_allowed_in_state" });
    expect(await arrives(life, top, "completed")).toMatchObject({ output: "blue" });
    expect(await Promise.all(ids.map((id) => received(life, id)))).toEqual([1, 1, 1]);
    expect(await life.verbs.tasks.turns(ada, top)).toMatchObject([{ asked: { name: "colour" } }, { told: "blue" }]);
  });

  it("leave nothing with those above: a question of their own by the same name is asked", async () => {
    const twice = kind("twice", async (ctx) => [
      await ctx.child("leaf", "asks", {}),
      (await colour(ctx))?.value ?? null,
    ]);
    const life = await begin([twice, asks]);
    const top = await submit(life, "twice");
    await life.settle();
    await answer(life, top, "blue");
    await life.settle();
    expect(await asked(life, top)).toEqual(["colour"]);
    await answer(life, top, "red");
    expect(await arrives(life, top, "completed")).toMatchObject({ output: ["blue", "red"] });
  });

  it("are asked no more above once the child was answered itself, or has ended", async () => {
    const life = await begin(three);
    const [top, below, leaf] = await family(life);
    await answer(life, leaf, "green");
    expect(await arrives(life, top, "completed")).toMatchObject({ output: "green" });
    const others = await family(life);
    await life.verbs.tasks.cancel(ada, others[2]);
    await life.settle();
    expect(await states(life, others)).toEqual(["failed", "failed", "cancelled"]);
    expect([await received(life, top), await received(life, below)]).toEqual([0, 0]);
  });

  for (const turns of [0, 8, 16, 32, 64, 128])
    it(`reach the tasks above after a crash and a stop ${turns} turns later, and after a pause`, async () => {
      let life = await begin(three);
      const top = await submit(life, "root");
      life = await inTurns(turns, () => life.crash());
      life = await inTurns(turns, () => life.restart());
      await arrives(life, top, "input_required");
      await life.verbs.tasks.pause(ada, top);
      expect([(await at(life, top)).state, await asked(life, top)]).toEqual(["paused", ["colour"]]);
      await life.verbs.tasks.resume(ada, top);
      const given = await answer(life, top, turns);
      expect(given.task.id).toBe(top);
      life = await inTurns(turns, () => life.crash());
      expect(await arrives(life, top, "completed")).toMatchObject({ output: turns });
    });

  it("reach the tasks above although the store refuses one of the writes on the way", async () => {
    for (let after = 1; after < 16; after++) {
      const life = await begin(three);
      life.faults.refuse(1, "apply", undefined, after);
      const top = await submit(life, "root");
      await life.settle();
      await life.pass(10_000);
      expect([(await arrives(life, top, "input_required")).id, await asked(life, top)]).toEqual([top, ["colour"]]);
      life.faults.heal();
      await answer(life, top, after);
      expect(await arrives(life, top, "completed")).toMatchObject({ output: after });
    }
  });

  it("of several children have names of their own, and each is answered by itself, beside work that goes on", async () => {
    const work = gate();
    const life = await begin([
      asks,
      kind("two", (ctx) =>
        ctx.parallel({
          one: (ctx) => ctx.child("one", "asks", {}),
          two: (ctx) => ctx.child("two", "asks", {}),
          work: (ctx) => ctx.step("work", () => work.promise.then(() => null)),
        }),
      ),
    ]);
    const top = await submit(life, "two");
    await arrives(life, top, "running");
    expect((await asked(life, top)).sort()).toEqual(["colour", "colour-2"]);
    await life.verbs.tasks.input(ada, top, { prompt: "colour-2", value: "second" });
    expect(await asked(life, top)).toEqual(["colour"]);
    work.resolve();
    await arrives(life, top, "input_required");
    await answer(life, top, "first");
    const { one, two } = Object(await arrives(life, top, "completed")).output;
    expect([one, two].sort()).toEqual(["first", "second"]);
  });

  it("are asked again above once a task that has failed beside them is tried again", async () => {
    let tries = 0;
    const asked = gate();
    const work = async () => {
      await asked.promise;
      if (tries++ === 0) throw new Error("No.");
      return null;
    };
    const life = await begin([
      asks,
      kind("flaky", async (ctx) => {
        const child = ctx.child("leaf", "asks", {});
        await ctx.step("work", () => work(), { retries: 0 });
        return child;
      }),
    ]);
    const top = await submit(life, "flaky", { retry: { attempts: 2, backoffMs: 60_000 } });
    await life.settle();
    asked.resolve();
    expect((await arrives(life, top, "waiting")).waits.map(({ on }) => on)).toEqual(["retry"]);
    await life.pass(60_000);
    await answer(life, top, "green");
    expect(await arrives(life, top, "completed")).toMatchObject({ output: "green" });
  });

  it("are answered once by whichever of two people is first, at the child or above it", async () => {
    const life = await begin(three);
    for (let turns = 0; turns < 20; turns++) {
      const [top, , leaf] = await family(life);
      const both = await Promise.allSettled([
        inTurns(turns, () => answer(life, leaf, "below")),
        inTurns(20 - turns, () => answer(life, top, "above")),
      ]);
      const won = both.flatMap(({ status }, index) => (status === "fulfilled" ? [["below", "above"][index]] : []));
      expect(won).toHaveLength(1);
      expect(await arrives(life, top, "completed")).toMatchObject({ output: won[0] });
    }
  });

  it("that are people's to decide are decided above as they are there, and stand in one worklist once", async () => {
    const life = await begin([kind("root", (ctx) => ctx.child("review", "human", { title: "Pay?" })), humanHandler()]);
    const [first, second] = [await submit(life, "root"), await submit(life, "root")];
    await arrives(life, first, "input_required");
    const { tasks, total } = await life.verbs.human.worklist(ada, { of: "mine" }, { limit: 10, offset: 0 });
    expect([total, tasks.map(({ kind }) => kind)]).toEqual([2, ["human", "human"]]);
    const allowed = life.verbs.human.allowed(ada, await at(life, first));
    expect(allowed.map(({ act, outcome }) => [act, outcome])).toEqual([
      ["decide", "approve"],
      ["decide", "reject"],
    ]);
    const refused = life.verbs.tasks.input(ada, first, { prompt: "decision", value: "perhaps" });
    await expect(refused).rejects.toMatchObject({ code: "invalid" });
    await life.verbs.tasks.input(ada, first, { prompt: "decision", value: { outcome: "approve", comment: "Fine." } });
    expect(await arrives(life, first, "completed")).toMatchObject({ output: { outcome: "approve", by: "ada" } });
    const decided = await life.verbs.human.act(ada, second, { act: "decide", outcome: "reject" });
    expect([decided.task.id, decided.task.waits.filter(({ on }) => on === "input")]).toEqual([second, []]);
    expect(await arrives(life, second, "completed")).toMatchObject({ output: { outcome: "reject" } });
  });
}
