/** Questions to people: shown when they are asked, answered by what comes while they are open, and paused for once. */
import { expect, it } from "vitest";
import type { Context } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { ada, arrives, at, type Begin, type EngineLife, events, gate, inTurns, kind, submit, types } from "./stage.ts";

type Asks = "answer" | "approval" | "authorization" | "information";

async function ask(ctx: Context, name: string, asks: Asks = "answer", deadlineMs?: number): Promise<Json> {
  const question = { asks, prompt: `${name}?`, ...(deadlineMs !== undefined && { deadlineMs }) };
  return (await ctx.waitForInput(name, question))?.value ?? null;
}

async function questions(life: EngineLife, id: string): Promise<string[]> {
  return (await at(life, id)).waits.flatMap((wait) => (wait.on === "input" ? [wait.prompt.name] : []));
}

const asked = async (life: EngineLife, id: string) =>
  (await types(life, id)).filter((type) => type === "task.input_required").length;

export function questionsSuite(begin: Begin): void {
  it("shows a question at once beside a branch that works, and goes on with its answer while that still works", async () => {
    const work = gate();
    const bodies: string[] = [];
    let life = await begin([
      kind("both", (ctx) =>
        ctx.parallel({
          work: (ctx) => ctx.step("work", () => work.promise.then(() => "worked")),
          person: async (ctx) => {
            const answer = await ask(ctx, "colour");
            return ctx.step("note", async () => `${bodies.push("note")} ${answer}`);
          },
        }),
      ),
    ]);
    const id = await submit(life, "both");
    await arrives(life, id, "running");
    expect(await questions(life, id)).toEqual(["colour"]);
    expect(await asked(life, id)).toBe(1);
    expect((await life.verbs.tasks.why(ada, id)).summary).toContain("colour?");
    life = await life.crash();
    await arrives(life, id, "running");
    expect([await questions(life, id), await asked(life, id)]).toEqual([["colour"], 1]);
    await life.verbs.tasks.input(ada, id, { prompt: "colour", value: "blue" });
    await life.settle();
    expect([bodies, await questions(life, id)]).toEqual([["note"], []]);
    work.resolve();
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { work: "worked", person: "1 blue" } });
    expect(bodies).toEqual(["note"]);
  });

  it("counts the time of a question from when it was asked, also while another branch works, and closes it then", async () => {
    const work = gate();
    const seen = gate<Json>();
    const life = await begin([
      kind("both", (ctx) =>
        ctx.parallel({
          work: (ctx) => ctx.step("work", () => work.promise.then(() => null)),
          person: async (ctx) => {
            const answer = await ask(ctx, "colour", "answer", 60_000);
            await ctx.step("note", async () => {
              seen.resolve(answer ?? "nobody");
              return null;
            });
            return answer;
          },
        }),
      ),
    ]);
    const id = await submit(life, "both");
    await life.pass(59_000);
    expect(await questions(life, id)).toEqual(["colour"]);
    await life.pass(1_000);
    expect(await seen.promise).toBe("nobody");
    expect([(await at(life, id)).state, await questions(life, id)]).toEqual(["running", []]);
    const late = life.verbs.tasks.input(ada, id, { prompt: "colour", value: "red" });
    await expect(late).rejects.toMatchObject({ code: "not_allowed_in_state" });
    work.resolve();
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { person: null } });
  });

  it("shows no question that was answered while it was on its way to the disk", async () => {
    const [asks, work] = [gate(), gate()];
    const life = await begin([
      kind("both", (ctx) =>
        ctx.parallel({
          work: (ctx) => ctx.step("work", () => work.promise.then(() => null)),
          person: async (ctx) => {
            await ctx.step("think", () => asks.promise.then(() => null));
            const answer = await ask(ctx, "colour");
            await ctx.step("paint", () => work.promise.then(() => null));
            return answer;
          },
        }),
      ),
    ]);
    const id = await submit(life, "both");
    await arrives(life, id, "running");
    const release = life.faults.hold();
    const said = life.verbs.tasks.input(ada, id, { prompt: "colour", value: "red" });
    await life.settle();
    asks.resolve();
    await life.settle();
    release();
    await said;
    await life.settle();
    expect([(await at(life, id)).state, await questions(life, id)]).toEqual(["running", []]);
    work.resolve();
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { person: "red" } });
  });

  it("answers each of two open questions by its name, and the older one without a name", async () => {
    let life = await begin([
      kind("two", (ctx) =>
        ctx.parallel({ a: (ctx) => ask(ctx, "first"), b: (ctx) => ask(ctx, "second"), c: (ctx) => ask(ctx, "third") }),
      ),
    ]);
    const id = await submit(life, "two");
    await arrives(life, id, "input_required");
    expect(await questions(life, id)).toEqual(["first", "second", "third"]);
    await life.verbs.tasks.input(ada, id, { prompt: "second", value: 2 });
    expect(await questions(life, id)).toEqual(["first", "third"]);
    await arrives(life, id, "input_required");
    life = await life.crash();
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { value: 1 });
    await life.verbs.tasks.input(ada, id, { value: 3 });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { a: 1, b: 2, c: 3 } });
    expect(await asked(life, id)).toBe(3);
  });

  it("gives an answer to the occurrence of its question that was open when it came, in whichever branch", async () => {
    const hold = gate();
    const life = await begin([
      kind("again", async (ctx) => {
        const { a, b } = await ctx.parallel({ a: (ctx) => ask(ctx, "same"), b: (ctx) => ask(ctx, "same") });
        await ctx.step("hold", () => hold.promise.then(() => null));
        return [a, b, await ask(ctx, "same"), await ask(ctx, "same")];
      }),
    ]);
    const id = await submit(life, "again");
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { prompt: "same", value: "a" });
    await life.verbs.tasks.input(ada, id, { prompt: "same", value: "b" });
    await arrives(life, id, "running");
    const early = life.verbs.tasks.input(ada, id, { prompt: "same", value: "too early" });
    await expect(early).rejects.toMatchObject({ code: "not_allowed_in_state" });
    hold.resolve();
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { prompt: "same", value: "third" });
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { prompt: "same", value: "fourth" });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: ["a", "b", "third", "fourth"] });
  });

  it("keeps what was said for a question that was not asked yet, and lets it answer that one alone", async () => {
    const hold = gate();
    const life = await begin([
      kind("twice", async (ctx) => {
        await ctx.step("hold", () => hold.promise.then(() => null));
        return [await ask(ctx, "colour"), await ask(ctx, "size"), await ask(ctx, "colour")];
      }),
    ]);
    const id = await submit(life, "twice");
    await arrives(life, id, "running");
    for (const value of ["blue", "green"]) await life.verbs.tasks.input(ada, id, { prompt: "colour", value });
    hold.resolve();
    await arrives(life, id, "input_required");
    expect(await questions(life, id)).toEqual(["size"]);
    await life.verbs.tasks.input(ada, id, { value: "large" });
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { value: "red" });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: ["blue", "large", "red"] });
  });

  for (const asks of ["approval", "authorization"] as const) {
    it(`takes nothing that was said before for an ${asks}, and keeps a message for the next question`, async () => {
      const hold = gate();
      const life = await begin([
        kind("careful", async (ctx) => {
          await ctx.step("hold", () => hold.promise.then(() => null));
          return [await ask(ctx, "go", asks), await ask(ctx, "why")];
        }),
      ]);
      const id = await submit(life, "careful");
      await arrives(life, id, "running");
      await life.verbs.tasks.input(ada, id, { value: "a message" });
      await life.verbs.tasks.input(ada, id, { prompt: "go", value: { approved: true } });
      hold.resolve();
      await arrives(life, id, "input_required");
      expect(await questions(life, id)).toEqual(["go"]);
      await life.verbs.tasks.input(ada, id, { value: { approved: false } });
      expect(await arrives(life, id, "completed")).toMatchObject({ output: [{ approved: false }, "a message"] });
    });
  }

  it("answers the same message as before, also after its question and its task, and refuses another one under its id", async () => {
    const life = await begin([kind("ask", (ctx) => ask(ctx, "colour"))]);
    const id = await submit(life, "ask");
    await arrives(life, id, "input_required");
    const message = { messageId: "m1", prompt: "colour", value: { hue: ["blue", 1] } };
    const send = (more: Partial<typeof message> | { value: Json } = {}) =>
      life.verbs.tasks.input(ada, id, { ...message, ...more });
    const both = await Promise.all([send(), send()]);
    expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
    await expect(send({ value: { hue: ["red", 1] } })).rejects.toMatchObject({ code: "conflict" });
    await arrives(life, id, "completed");
    expect(await send({ value: { hue: ["blue", 1] } })).toMatchObject({ replayed: true, task: { state: "completed" } });
    await expect(send({ prompt: "size" })).rejects.toMatchObject({ code: "conflict" });
    await expect(send({ messageId: "m2" })).rejects.toMatchObject({ code: "not_allowed_in_state" });
    expect((await types(life, id)).filter((type) => type === "task.input_received")).toHaveLength(1);
  });

  it("is paused once by its handler and a caller at the same moment, and goes on past both with one resume", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const work = gate();
      const life = await begin([
        kind("both", async (ctx) => {
          await ctx.step("work", () => work.promise.then(() => null));
          await ctx.pause("stop", "spent");
          return ctx.step("after", async () => "done");
        }),
      ]);
      const id = await submit(life, "both");
      await arrives(life, id, "running");
      work.resolve();
      await inTurns(turns, () => life.verbs.tasks.pause(ada, id)).catch((error: unknown) => error);
      await arrives(life, id, "paused");
      const paused = (await events(life, id)).filter(({ type }) => type === "task.paused");
      expect(paused).toHaveLength(1);
      for (let resumes = 0; resumes < 2 && (await at(life, id)).state === "paused"; resumes++) {
        await life.verbs.tasks.resume(ada, id);
        await life.settle();
      }
      expect(await arrives(life, id, "completed"), `${turns} turns`).toMatchObject({ output: "done", pausedBy: null });
    }
  });

  it("takes an answer while it is paused with a branch still at work, and goes on with it when resumed", async () => {
    const work = gate();
    const life = await begin([
      kind("both", (ctx) =>
        ctx.parallel({
          work: (ctx) => ctx.step("work", () => work.promise.then(() => "worked")),
          a: (ctx) => ask(ctx, "first"),
          b: (ctx) => ask(ctx, "second"),
        }),
      ),
    ]);
    const id = await submit(life, "both");
    await arrives(life, id, "running");
    await life.verbs.tasks.pause(ada, id);
    await life.verbs.tasks.input(ada, id, { prompt: "second", value: 2 });
    work.resolve();
    await arrives(life, id, "paused");
    expect(await questions(life, id)).toEqual(["first"]);
    await life.verbs.tasks.input(ada, id, { value: 1 });
    await arrives(life, id, "paused");
    await life.verbs.tasks.resume(ada, id);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { work: "worked", a: 1, b: 2 } });
    expect(await asked(life, id)).toBe(2);
  });

  it("gives its code the value that was judged, however it was said, also after a crash before it has heard it", async () => {
    const schema = { type: "integer" };
    let life = await begin([
      kind("count", async (ctx) => {
        const said = await ctx.waitForInput("words", { asks: "answer", prompt: "How many?", schema });
        const told = await ctx.waitForInput("message", { asks: "answer", prompt: "How many?", schema });
        return [said?.value ?? null, told?.value ?? null, told?.message?.id ?? null];
      }),
    ]);
    const id = await submit(life, "count");
    const answer = async (input: { value: Json; words?: true }) => {
      await arrives(life, id, "input_required");
      await life.verbs.tasks.pause(ada, id);
      await life.verbs.tasks.input(ada, id, input);
      life = await life.crash();
      await arrives(life, id, "paused");
      await life.verbs.tasks.resume(ada, id);
    };
    await answer({ value: " 42 ", words: true });
    await answer({ value: { message: { id: "m", parts: [{ text: "43" }] } } });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: [42, 43, "m"] });
    life = await life.crash();
    expect((await life.verbs.tasks.get(ada, id)).state).toBe("completed");
  });

  it("never asks again what was answered in the moment in which it was asked", async () => {
    for (let turns = 0; turns < 12; turns++) {
      const work = gate();
      let life = await begin([
        kind("two", async (ctx) => {
          await ctx.step("work", () => work.promise.then(() => null));
          return [await ask(ctx, "colour"), await ask(ctx, "size")];
        }),
      ]);
      const id = await submit(life, "two");
      await arrives(life, id, "running");
      const answered = life.verbs.tasks.input(ada, id, { value: "blue" });
      for (let turn = 0; turn < turns; turn++) await null;
      work.resolve();
      await answered;
      await arrives(life, id, "input_required");
      expect([turns, await questions(life, id)]).toEqual([turns, ["size"]]);
      life = await life.restart();
      await life.verbs.tasks.input(ada, id, { value: "large" });
      expect(await arrives(life, id, "completed")).toMatchObject({ output: ["blue", "large"] });
    }
  });

  it("asks in every one of a thousand branches before it comes to rest", async () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `q${n}`);
    const life = await begin([
      kind("many", (ctx) =>
        ctx.parallel(Object.fromEntries(names.map((name) => [name, (ctx: Context) => ask(ctx, name)]))),
      ),
    ]);
    const id = await submit(life, "many");
    await arrives(life, id, "input_required");
    expect(await questions(life, id)).toEqual(names);
    expect((await types(life, id)).filter((type) => type === "task.waiting")).toEqual([]);
    expect((await at(life, id)).attempt).toBe(1);
  });
}
