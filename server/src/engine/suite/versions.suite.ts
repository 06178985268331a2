/** Code that changes while tasks are under way: each goes on with the version that it began with, or stands still. */
import { expect, it } from "vitest";
import { z } from "zod";
import { defineHandler, type Handler } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { CALLS_PER_TURN } from "../execution/run.ts";
import { ada, arrives, at, type Begin, kind, submit, types } from "./stage.ts";

const NAP_MS = 1_000;

/** A handler of this version, which naps between its two steps. */
function version(version: number, first = `first of ${version}`): Handler {
  return kind(
    "work",
    async (ctx) => {
      await ctx.step(first, async () => null);
      await ctx.sleep("nap", NAP_MS);
      return ctx.step("second", async () => version);
    },
    { version },
  );
}

export function versionSuite(begin: Begin): void {
  it("gives new tasks the newest of several versions, and each the one that it began with", async () => {
    const old = await begin([version(1)]);
    const first = await submit(old, "work");
    await arrives(old, first, "waiting");
    const both = await old.crash([version(1), version(2)]);
    const second = await submit(both, "work");
    await both.pass(NAP_MS);
    expect(await arrives(both, first, "completed")).toMatchObject({ output: 1, handlerVersion: 1 });
    expect(await arrives(both, second, "completed")).toMatchObject({ output: 2, handlerVersion: 2 });
  });

  it("lets a task stand still whose version is gone, says why, and goes on once it is back", async () => {
    const old = await begin([version(1)]);
    const id = await submit(old, "work");
    await arrives(old, id, "waiting");
    const without = await old.crash([version(2)]);
    await without.pass(NAP_MS);
    const waits = [{ on: "handler", code: "handler_version", message: expect.stringContaining("version 1") }];
    expect(await arrives(without, id, "waiting")).toMatchObject({ waits });
    expect((await without.verbs.tasks.why(ada, id)).summary).toContain("this server has 2");
    await without.pass(3_600_000);
    const before = await at(without, id);
    const again = await without.crash([version(2)]);
    await again.pass(3_600_000);
    expect(await at(again, id)).toEqual(before);
    const back = await again.crash([version(2), version(1)]);
    expect(await arrives(back, id, "completed")).toMatchObject({ output: 1 });
  });

  it("stands still, too, when it was running as its version went", async () => {
    const stuck = kind("work", (ctx) => ctx.step("hang", () => new Promise<null>(() => {})), { version: 1 });
    const old = await begin([stuck]);
    const id = await submit(old, "work");
    await arrives(old, id, "running");
    const without = await old.crash([version(2)]);
    expect(await arrives(without, id, "waiting")).toMatchObject({ waits: [{ code: "handler_version" }] });
  });

  it.each([
    ["", 0],
    [", also where the clock was set back over the restart", 3_600_000],
  ])(
    "lets a task stand still whose child is of a kind that is gone since it was submitted, and fails one that comes without it%s",
    async (_, setBackMs) => {
      const parent = kind("parent", async (ctx) => {
        await ctx.sleep("nap", NAP_MS);
        return ctx.child("hand on", "sub", {}).catch(() => "went on without");
      });
      const whole = [parent, kind("sub", async () => "done")];
      const old = await begin(whole);
      const ids = [await submit(old, "parent"), await submit(old, "parent", { delayMs: NAP_MS })];
      await arrives(old, ids[0] ?? "", "waiting");
      await old.pass(1);
      const without = await old.crash([parent], { setBackMs });
      await without.pass(setBackMs + 2 * NAP_MS);
      const waits = [{ on: "handler", code: "handler_version", message: 'There is no kind "sub" for a child.' }];
      for (const id of ids) expect(await arrives(without, id, "waiting")).toMatchObject({ waits });
      const late = await submit(without, "parent");
      await arrives(without, late, "waiting");
      await without.pass(NAP_MS);
      expect(await arrives(without, late, "failed")).toMatchObject({ error: { code: "bad_value" } });
      const back = await without.crash(whole);
      for (const id of ids) expect(await arrives(back, id, "completed")).toMatchObject({ output: "done" });
    },
  );

  it.each([0, 1, 2, 3, 4])(
    "lets a task of before stand still also after the answer to a commit of another was lost, %i behind the first",
    async (skipped) => {
      const parent = kind("parent", async (ctx) => {
        await ctx.sleep("nap", 60 * NAP_MS);
        return ctx.child("hand on", "sub", {});
      });
      const other = kind("other", async (ctx) => {
        await ctx.sleep("nap", NAP_MS);
        return ctx.child("ask", "plain", {});
      });
      const plain = kind("plain", async () => "done");
      const old = await begin([parent, kind("sub", async () => "done")]);
      const id = await submit(old, "parent");
      await arrives(old, id, "waiting");
      const without = await old.crash([parent, other, plain]);
      const another = await submit(without, "other");
      await arrives(without, another, "waiting");
      without.faults.loseAnswer(skipped);
      await without.pass(10 * NAP_MS);
      await arrives(without, another, "completed");
      await without.pass(60 * NAP_MS);
      expect(await arrives(without, id, "waiting")).toMatchObject({ waits: [{ code: "handler_version" }] });
    },
  );

  it("lets a task of before stand still whose child names what is gone since, and fails one whose child's input is wrong", async () => {
    const parent = kind("parent", async (ctx, input) => {
      await ctx.sleep("nap", NAP_MS);
      return ctx.child("hand on", "sub", input);
    });
    const sub = (...colours: string[]) =>
      defineHandler({
        kind: "sub",
        input: z.strictObject({ colour: z.string() }),
        door: z.strictObject({ colour: z.enum(colours) }),
        run: async (_ctx, { colour }) => colour,
      });
    const old = await begin([parent, sub("red", "blue")]);
    const [named, wrong] = [
      await submit(old, "parent", { input: { colour: "blue" } }),
      await submit(old, "parent", { input: { color: "red" } }),
    ];
    await arrives(old, named, "waiting");
    await arrives(old, wrong, "waiting");
    await old.pass(1);
    const without = await old.crash([parent, sub("red")]);
    await without.pass(NAP_MS);
    const message = expect.stringContaining("input.colour");
    expect(await arrives(without, wrong, "failed")).toMatchObject({ error: { code: "bad_value", message } });
    const waits = [{ on: "handler", code: "handler_version", message }];
    expect(await arrives(without, named, "waiting")).toMatchObject({ waits });
    const back = await without.crash([parent, sub("red", "blue")]);
    expect(await arrives(back, named, "completed")).toMatchObject({ output: "blue" });
  });

  it("begins a task that no code has touched with the newest version", async () => {
    const old = await begin([version(1)]);
    const id = await submit(old, "work", { delayMs: 60_000 });
    const next = await old.restart([version(2)]);
    await next.pass(60_000 + NAP_MS);
    expect(await arrives(next, id, "completed")).toMatchObject({ output: 2, handlerVersion: 2 });
  });

  it("lets a task stand still whose journal no longer fits its code, naming both sides, one try for each start", async () => {
    const old = await begin([version(1, "before")]);
    const id = await submit(old, "work");
    await arrives(old, id, "waiting");
    let life = await old.crash([version(1, "after")]);
    await life.pass(NAP_MS);
    const task = await arrives(life, id, "waiting");
    expect(task.waits).toMatchObject([{ on: "handler", code: "journal_mismatch" }]);
    expect(JSON.stringify(task.waits)).toMatch(/before.*after/);
    await life.pass(3_600_000);
    expect((await at(life, id)).attempt).toBe(task.attempt);
    life = await life.crash([version(1, "after")]);
    await life.pass(3_600_000);
    expect(await arrives(life, id, "waiting")).toMatchObject({ attempt: task.attempt + 1 });
    life = await life.crash([version(1, "before")]);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: 1 });
  });

  it("lets a task stand still whose calls are in other branches by now, or fewer, whatever its code does with an error", async () => {
    const bodies: string[] = [];
    type Ctx = Parameters<Handler["run"]>[0];
    const pay = (ctx: Ctx, name: string) =>
      ctx.step(name, async () => {
        bodies.push(name);
        return name;
      });
    const rest = async (ctx: Ctx) => {
      await ctx.sleep("nap", NAP_MS);
      return pay(ctx, "last");
    };
    const branch = (key: string) => async (ctx: Ctx) => {
      await ctx.parallel({ [key]: (ctx) => pay(ctx, "first") });
      return rest(ctx);
    };
    const alone = async (ctx: Ctx) => {
      await pay(ctx, "first");
      return rest(ctx);
    };
    const told = async (ctx: Ctx) => {
      ctx.details({ told: true });
      return alone(ctx);
    };
    const caught = async (ctx: Ctx) => {
      try {
        ctx.emit({ type: "other.told", data: {} });
      } catch {
        bodies.push("caught");
      }
      return pay(ctx, "other");
    };
    const deep = (run: (ctx: Ctx) => Promise<string>) => (ctx: Ctx) =>
      ctx.parallel({ a: run, b: (ctx) => ctx.sleep("nap", NAP_MS) }).then(
        () => "all",
        () => pay(ctx, "other"),
      );
    const changes: readonly (readonly [(ctx: Ctx) => Promise<Json>, (ctx: Ctx) => Promise<Json>])[] = [
      [branch("old"), branch("new")],
      [branch("old"), alone],
      [alone, branch("new")],
      [alone, (ctx) => pay(ctx, "first")],
      [alone, () => Promise.resolve("nothing")],
      [told, caught],
      [deep(told), deep(caught)],
      [deep(alone), deep(() => Promise.resolve("nothing"))],
      [deep(alone), () => Promise.resolve("nothing")],
    ];
    const codes = (side: 0 | 1) => changes.map((change, n) => kind(`work${n}`, change[side]));
    const old = await begin(codes(0));
    const ids = [];
    for (const n of changes.keys()) {
      ids.push(await submit(old, `work${n}`));
      await old.settle();
    }
    const before = [...bodies];
    const life = await old.crash(codes(1));
    await life.pass(NAP_MS);
    for (const id of ids) {
      const { waits } = await arrives(life, id, "waiting");
      expect(waits).toMatchObject([{ on: "handler", code: "journal_mismatch" }]);
    }
    expect(bodies).toEqual(before);
    const back = await life.crash(codes(0));
    await back.pass(NAP_MS);
    for (const id of ids) await arrives(back, id, "completed");
    expect(bodies.filter((name) => name === "first")).toHaveLength(changes.length);
  });

  it("ends beside chains of calls that nobody awaits, which at a later attempt have not caught up as its code returns", async () => {
    const bodies: string[] = [];
    type Ctx = Parameters<Handler["run"]>[0];
    const chain = async (ctx: Ctx) => {
      for (let n = 0; n < CALLS_PER_TURN; n++)
        await ctx.step("link", async () => {
          bodies.push("link");
          return null;
        });
    };
    const nap = (ctx: Ctx) => ctx.sleep("nap", NAP_MS);
    const codes = [
      kind("alone", async (ctx) => {
        void chain(ctx);
        await nap(ctx);
        return "done";
      }),
      kind("in a branch", async (ctx) => {
        await ctx.parallel({
          one: async (ctx) => {
            void chain(ctx);
            await nap(ctx);
          },
        });
        return "done";
      }),
      kind("in branches of its own", async (ctx) => {
        void ctx.parallel({ one: chain, two: chain });
        await nap(ctx);
        return "done";
      }),
    ];
    let life = await begin(codes);
    const ids = [];
    for (const { kind } of codes) ids.push(await submit(life, kind));
    for (const id of ids) await arrives(life, id, "waiting");
    life = await life.crash(codes);
    await life.pass(NAP_MS);
    for (const id of ids) expect(await arrives(life, id, "completed")).toMatchObject({ output: "done" });
    expect(bodies).toHaveLength(4 * CALLS_PER_TURN);
  });

  it("goes on in branches whose keys look like places of others, and with branches that are new", async () => {
    const bodies: string[] = [];
    const branches = (...keys: string[]) =>
      kind("work", async (ctx) => {
        const branch = (key: string) => async (ctx: Parameters<Handler["run"]>[0]) => {
          if (!key.includes("/")) await ctx.sleep("nap", NAP_MS);
          const name = await ctx.step("a", async () => {
            bodies.push(key);
            return key;
          });
          if (key.includes("/")) await ctx.sleep("nap", NAP_MS);
          return name;
        };
        return ctx.parallel(Object.fromEntries(keys.map((key) => [key, branch(key)])));
      });
    const old = await begin([branches("docs", "docs/1.md", "docs/2.md/0.x")]);
    const id = await submit(old, "work");
    await arrives(old, id, "waiting");
    const life = await old.crash([branches("docs", "docs/1.md", "more", "docs/2.md/0.x")]);
    await life.pass(NAP_MS);
    await life.pass(NAP_MS);
    await arrives(life, id, "completed");
    expect(bodies.toSorted()).toEqual(["docs", "docs/1.md", "docs/2.md/0.x", "more"]);
  });

  it("ends a task that stands still when somebody cancels it, or retries it from its beginning", async () => {
    const old = await begin([version(1)]);
    const [first, second] = [await submit(old, "work"), await submit(old, "work")];
    await old.settle();
    const life = await old.crash([version(2)]);
    await life.pass(NAP_MS);
    await life.verbs.tasks.cancel(ada, first);
    await arrives(life, first, "cancelled");
    const { task } = await life.verbs.tasks.retry(ada, second, { reuseJournal: false });
    await life.pass(NAP_MS);
    await arrives(life, second, "cancelled");
    expect(await arrives(life, task.id, "completed")).toMatchObject({ output: 2, retryOf: second });
  });

  it("retries with the journal of a task by the version that has made it", async () => {
    let broken = true;
    const failing = kind(
      "work",
      async (ctx) => {
        await ctx.step("first of 1", async () => null);
        return ctx.step(
          "second",
          async () => {
            if (broken) throw new Error("down");
            return 1;
          },
          { retries: 0 },
        );
      },
      { version: 1 },
    );
    const old = await begin([failing]);
    const id = await submit(old, "work");
    await arrives(old, id, "failed");
    broken = false;
    const both = await old.crash([failing, version(2)]);
    const { task } = await both.verbs.tasks.retry(ada, id, { reuseJournal: true });
    expect(await arrives(both, task.id, "completed")).toMatchObject({ output: 1, handlerVersion: 1 });
    const without = await both.crash([version(2)]);
    const { task: stands } = await without.verbs.tasks.retry(ada, id, { reuseJournal: true });
    expect(await arrives(without, stands.id, "waiting")).toMatchObject({ waits: [{ code: "handler_version" }] });
  });

  it("pauses, answers and expires a task that stands still like any other", async () => {
    const old = await begin([version(1)]);
    const id = await submit(old, "work", { deadlineMs: 3_600_000 });
    await arrives(old, id, "waiting");
    const life = await old.crash([version(2)]);
    await life.pass(NAP_MS);
    await life.verbs.tasks.pause(ada, id);
    await life.verbs.tasks.input(ada, id, { value: "early" });
    await life.verbs.tasks.resume(ada, id);
    expect(await arrives(life, id, "waiting")).toMatchObject({ waits: [{ on: "handler" }] });
    expect(await types(life, id)).not.toContain("task.failed");
    await life.pass(3_600_000);
    await arrives(life, id, "timed_out");
  });
}
