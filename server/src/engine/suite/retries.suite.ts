/** A retry of the whole task, by its policy or by a caller: it does what failed afresh, and nothing else. */
import { expect, it } from "vitest";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { TaskFailure } from "../../task/handler.ts";
import { ada, arrives, type Begin, type EngineLife, events, kind, submit } from "./stage.ts";

const once = { retries: 0 };
const twice = { retry: { attempts: 2, backoffMs: 1_000 } };

export function retriesSuite(begin: Begin): void {
  /** A step that fails for as long as the test says so, and the names of all bodies that ran. */
  function troubles() {
    const broken = new Set<string>();
    const bodies: string[] = [];
    const body = (name: string) => async () => {
      bodies.push(name);
      if (broken.has(name)) throw new Error(`${name} is broken`);
      return name;
    };
    return { broken, bodies, body };
  }

  /** The task that has failed is tried again: by its own policy, or by a caller. */
  const ways = {
    "by its policy": async (life: EngineLife, id: string, mend: () => void) => {
      await arrives(life, id, "waiting");
      mend();
      await life.pass(2_000);
      return id;
    },
    "by a caller": async (life: EngineLife, id: string, mend: () => void) => {
      await arrives(life, id, "waiting");
      await life.pass(2_000);
      await arrives(life, id, "failed");
      mend();
      return (await life.verbs.tasks.retry(ada, id, { reuseJournal: true })).task.id;
    },
  };

  it("says what a task failed of that is to be tried again as a whole, whatever its steps failed of before", async () => {
    const life = await begin([
      kind("broken", async (ctx) => {
        await ctx.step("read", async () => Promise.reject(new Error("A step.")), { retries: 0 }).catch(() => null);
        throw new Error("The whole.");
      }),
    ]);
    const id = await submit(life, "broken", { retry: { attempts: 2, backoffMs: 60_000 } });
    await arrives(life, id, "waiting");
    const why = await life.verbs.tasks.why(ada, id);
    expect(why).toMatchObject({ reason: "retry", lastError: { message: "The whole." } });
    expect(why.summary).toContain('after "The whole."');
  });

  it("tries a step again whose body is told to come back later, when it was told to, and not one that is refused for good", async () => {
    const refusals = [
      new Refusal("unavailable", "Too much is waiting.", { retryAfterS: 30 }),
      new Refusal("not_found", "Document not found"),
    ];
    let tries = 0;
    const life = await begin([
      kind("reads", (ctx) =>
        ctx.step("read", async () => {
          tries += 1;
          throw refusals.shift();
        }),
      ),
    ]);
    const id = await submit(life, "reads");
    const { waits } = await arrives(life, id, "waiting");
    expect(waits).toMatchObject([{ on: "retry", until: life.now() + 30_000 }]);
    await life.pass(30_000);
    expect(await arrives(life, id, "failed")).toMatchObject({ error: { code: "not_found", step: "read" } });
    expect(tries).toBe(2);
  });

  for (const [way, again] of Object.entries(ways)) {
    it(`does all failed steps of parallel branches afresh when it is retried ${way}`, async () => {
      const { broken, bodies, body } = troubles();
      const life = await begin([
        kind("both", (ctx) =>
          ctx.parallel({
            a: (ctx) => ctx.step("work", body("a"), once),
            b: (ctx) => ctx.step("work", body("b"), once),
            c: (ctx) => ctx.step("work", body("c"), once),
          }),
        ),
      ]);
      broken.add("a").add("b");
      const id = await again(life, await submit(life, "both", twice), () => broken.clear());
      expect(await arrives(life, id, "completed")).toMatchObject({ output: { a: "a", b: "b", c: "c" } });
      expect(bodies.filter((name) => name === "c")).toHaveLength(1);
    });

    it(`leaves a failure that the handler went on after as it is when it is retried ${way}`, async () => {
      const { broken, bodies, body } = troubles();
      const life = await begin([
        kind("careful", async (ctx) => {
          const first = await ctx.step("same", body("optional"), once).catch(() => "without");
          return [first, await ctx.step("same", body("needed"), once)];
        }),
      ]);
      broken.add("optional").add("needed");
      const id = await again(life, await submit(life, "careful", twice), () => broken.clear());
      expect(await arrives(life, id, "completed")).toMatchObject({ output: ["without", "needed"] });
      expect(bodies.filter((name) => name === "optional")).toHaveLength(1);
    });

    it(`does the failed occurrence of a name afresh, in the branch where it failed, when it is retried ${way}`, async () => {
      const { broken, bodies, body } = troubles();
      const branch = (name: string) => async (ctx: Parameters<Parameters<typeof kind>[1]>[0]) => {
        const results = [];
        for (const n of [1, 2, 3]) results.push(await ctx.step("page", body(`${name}${n}`), once).catch(onlySecond(n)));
        return results;
      };
      const onlySecond = (n: number) => (error: unknown) => {
        if (n === 2) throw error;
        return "none";
      };
      const life = await begin([kind("pages", (ctx) => ctx.parallel({ a: branch("a"), b: branch("b") }))]);
      broken.add("a1").add("b2");
      const id = await again(life, await submit(life, "pages", twice), () => broken.clear());
      expect(await arrives(life, id, "completed")).toMatchObject({
        output: { a: ["none", "a2", "a3"], b: ["b1", "b2", "b3"] },
      });
      expect(bodies.filter((name) => name === "a1" || name === "b1")).toEqual(["a1", "b1"]);
    });

    it(`makes a failed child anew, which goes on where the old one failed, when it is retried ${way}`, async () => {
      const { broken, bodies, body } = troubles();
      const life = await begin([
        kind("parent", async (ctx) => [await ctx.child("good", "child", "x"), await ctx.child("bad", "child", "y")]),
        kind("child", async (ctx, input) => {
          const name = z.string().parse(input);
          await ctx.step("paid", body(`${name} paid`), once);
          return ctx.step("end", body(`${name} end`), once);
        }),
      ]);
      broken.add("y end");
      const first = await submit(life, "parent", twice);
      const id = await again(life, first, () => broken.clear());
      expect(await arrives(life, id, "completed")).toMatchObject({ output: ["x end", "y end"] });
      expect(bodies.filter((name) => name.endsWith("paid"))).toEqual(["x paid", "y paid"]);
      const children = (await life.verbs.tasks.list(ada, { parent: id }, { limit: 10 })).tasks;
      const failed = (await life.verbs.tasks.list(ada, { parent: first, states: ["failed"] }, { limit: 10 })).tasks;
      expect(children[0]).toMatchObject({ state: "completed", retryOf: failed[0]?.id });
    });

    it(`goes the way of a success after a failure that was followed by calls of its own when it is retried ${way}`, async () => {
      const { broken, bodies, body } = troubles();
      type Ctx = Parameters<Parameters<typeof kind>[1]>[0];
      const fails = (ctx: Ctx) => ctx.step("fails", body("fails"), once);
      const codes: Record<string, (ctx: Ctx) => Promise<string>> = {
        undone: async (ctx) => {
          await ctx.step("kept", body("kept"), once);
          await fails(ctx).catch(async (error: unknown) => {
            await ctx.step("undo", body("undo"), once);
            throw error;
          });
          return ctx.step("next", body("next"), once);
        },
        told: async (ctx) => {
          await fails(ctx).catch((error: unknown) => {
            ctx.log.error("It failed.");
            ctx.details({ told: "failure" });
            throw error;
          });
          ctx.log.info("It went well.");
          ctx.details({ told: "success" });
          return "told";
        },
        closed: async (ctx) => {
          try {
            await fails(ctx);
            return await ctx.step("next", body("next"), once);
          } finally {
            await ctx.step("close", body("close"), once);
          }
        },
        branches: async (ctx) => {
          const both = ctx.parallel({
            a: (ctx) => fails(ctx).catch((error: unknown) => ctx.sleep("rest", 1).then(() => Promise.reject(error))),
            b: (ctx) => ctx.step("kept", body("kept"), once),
          });
          await both.catch(async (error: unknown) => {
            await ctx.parallel({ c: (ctx) => ctx.child("undo", "undoing", null) });
            throw error;
          });
          return ctx.step("next", body("next"), once);
        },
      };
      const life = await begin([
        ...Object.entries(codes).map(([name, run]) => kind(name, run)),
        kind("undoing", () => Promise.resolve(null)),
      ]);
      for (const name of Object.keys(codes)) {
        broken.add("fails");
        bodies.length = 0;
        const id = await again(life, await submit(life, name, twice), () => broken.clear());
        expect(await arrives(life, id, "completed")).toMatchObject({
          details: name === "told" ? { told: "success" } : {},
        });
        expect(bodies.filter((each) => each === "kept").length).toBeLessThan(2);
        const { steps } = await life.verbs.tasks.steps(ada, id);
        if (way === "by a caller") expect(steps.map((step) => step.name)).not.toContain("undo");
        const said = (await events(life, id)).flatMap(({ type, data }) =>
          type === "task.logged" ? [data.message] : [],
        );
        if (name === "told") expect(said.at(-1)).toBe("It went well.");
      }
    });

    it(`does nothing again in branches whose keys look like places behind the failed call when it is retried ${way}`, async () => {
      const { broken, bodies, body } = troubles();
      const life = await begin([
        kind("files", (ctx) =>
          ctx.parallel({
            docs: (ctx) => ctx.step("fails", body("fails"), once),
            "docs/1.md": (ctx) => ctx.step("pay", body("pay"), once),
          }),
        ),
      ]);
      broken.add("fails");
      const id = await again(life, await submit(life, "files", twice), () => broken.clear());
      await arrives(life, id, "completed");
      expect(bodies.filter((each) => each === "pay")).toHaveLength(1);
    });

    it(`leaves what the calls before the failure have made and told where it is when it is retried ${way}`, async () => {
      const { broken, bodies, body } = troubles();
      const made = async (ctx: Parameters<Parameters<typeof kind>[1]>[0], name: string) => {
        ctx.details({ [name]: true });
        ctx.artifact({ id: "report", parts: [{ text: name }], append: true });
        await ctx.step("write", async (step) => {
          step.details({ written: true });
          step.artifact({ id: "report", parts: [{ text: "written" }], append: true });
          return body("write")();
        });
        return ctx.step("end", body("end"), once);
      };
      const life = await begin([
        kind("parent", async (ctx) => [await ctx.child("child", "child", null), await made(ctx, "parent")]),
        kind("child", (ctx) => made(ctx, "child")),
      ]);
      broken.add("end");
      const first = await submit(life, "child", twice);
      const alone = await again(life, first, () => broken.clear());
      await arrives(life, alone, "completed");
      broken.add("end");
      const parent = await again(life, await submit(life, "parent", twice), () => broken.clear());
      await arrives(life, parent, "completed");
      expect(bodies.filter((name) => name === "write")).toHaveLength(3);
      const children = (await life.verbs.tasks.list(ada, { parent, states: ["completed"] }, { limit: 10 })).tasks;
      for (const [id, name] of [
        [alone, "child"],
        [parent, "parent"],
        [children[0]?.id ?? "", "child"],
      ] as const) {
        expect(await arrives(life, id, "completed")).toMatchObject({ details: { [name]: true, written: true } });
        const [report] = (await life.verbs.tasks.artifacts(ada, id)).artifacts;
        expect(report?.parts).toEqual([{ text: name }, { text: "written" }]);
        const told = (await events(life, id)).flatMap(({ type, data }) =>
          type === "task.details" ? [data.patch] : [],
        );
        expect(Object.assign({}, ...told)).toEqual({ [name]: true, written: true });
      }
    });
  }

  it("leaves a failure that was caught as it is when something else fails right after it", async () => {
    const { broken, bodies, body } = troubles();
    let fails = true;
    const life = await begin([
      kind("careful", async (ctx) => {
        const first = await ctx.step("optional", body("optional"), once).catch(() => "without");
        if (fails) throw new Error("something else");
        return first;
      }),
    ]);
    broken.add("optional");
    const id = await submit(life, "careful", twice);
    await arrives(life, id, "waiting");
    fails = false;
    await life.pass(2_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: "without" });
    expect(bodies).toEqual(["optional"]);
  });

  it("tries a step no sooner because another branch goes on meanwhile", async () => {
    let tries = 0;
    const life = await begin([
      kind("both", (ctx) =>
        ctx.parallel({
          slow: (ctx) =>
            ctx.step("ask", async () => {
              tries += 1;
              if (tries === 1) throw Object.assign(new Error("later"), { retryAfterMs: 60_000 });
              return "answer";
            }),
          quick: (ctx) => ctx.sleep("nap", 1_000).then(() => "awake"),
        }),
      ),
    ]);
    const id = await submit(life, "both");
    await life.settle();
    await life.pass(2_000);
    await arrives(life, id, "waiting");
    expect(tries).toBe(1);
    await life.pass(60_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { slow: "answer", quick: "awake" } });
  });

  it("does afresh what an error of the handler's own stands for", async () => {
    const { broken, body } = troubles();
    const words: Record<string, (error: Error) => Error> = {
      translated: () => new TaskFailure("bad", "It went wrong"),
      wrapped: (error) => new Error("wrapped", { cause: error }),
      all: (error) => new AggregateError([error]),
    };
    const life = await begin([
      kind("reworded", (ctx, input) => {
        const reword = words[z.string().parse(input)] ?? (() => new Error("?"));
        return ctx.step("work", body("work"), once).catch((error: Error) => {
          throw reword(error);
        });
      }),
    ]);
    for (const input of Object.keys(words)) {
      broken.add("work");
      const id = await submit(life, "reworded", { input });
      await arrives(life, id, "failed");
      broken.clear();
      const again = await life.verbs.tasks.retry(ada, id, { reuseJournal: true });
      await arrives(life, again.task.id, "completed");
    }
  });

  it("makes the failed children of parallel branches anew, also when one was cancelled", async () => {
    let hang = true;
    const life = await begin([
      kind("parent", (ctx) =>
        ctx.parallel({ a: (ctx) => ctx.child("child", "child", "a"), b: (ctx) => ctx.child("child", "child", "b") }),
      ),
      kind("child", (ctx, input) =>
        ctx.step("work", () => (hang ? new Promise<null>(() => {}) : Promise.resolve(input)), once),
      ),
    ]);
    const id = await submit(life, "parent", twice);
    await arrives(life, id, "waiting");
    for (const child of (await life.verbs.tasks.list(ada, { parent: id }, { limit: 10 })).tasks)
      await life.verbs.tasks.cancel(ada, child.id);
    expect(await arrives(life, id, "waiting")).toMatchObject({ failures: 1 });
    hang = false;
    await life.pass(2_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { a: "a", b: "b" } });
  });
}
