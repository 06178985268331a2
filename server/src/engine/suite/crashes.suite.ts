/** Who pays when the process dies: the code that crashes it, and nobody else. */
import { expect, it } from "vitest";
import type { Handler } from "../../task/handler.ts";
import { arrives, at, type Begin, type EngineLife, kind, submit } from "./stage.ts";

/** Lives at most, until the guilty are found. */
const LIVES_MAX = 40;

/** Bodies that run in the present life of the process, by what the test calls them. */
class Bodies {
  readonly running = new Set<string>();
  began = 0;

  hang(name: string): Promise<null> {
    this.running.add(name);
    this.began += 1;
    return new Promise(() => {});
  }

  /** The process dies by its own code whenever one of these runs; else it lives on. Returns the last life. */
  async crashWhile(life: EngineLife, culprits: ReadonlySet<string>): Promise<EngineLife> {
    let last = life;
    for (let n = 0; n < LIVES_MAX; n++) {
      await last.settle();
      const isCrashing = () => [...this.running].some((name) => culprits.has(name));
      for (let s = 0; s < 900 && !isCrashing(); s++) await last.pass(1_000);
      if (!isCrashing()) return last;
      this.running.clear();
      last = await last.crash(undefined, { own: true });
    }
    throw new Error(`It still crashes after ${LIVES_MAX} lives.`);
  }
}

const step = (bodies: Bodies, name: string): Handler =>
  kind(name, (ctx) => ctx.step(`${name}'s step`, () => bodies.hang(name)));

export function crashSuite(begin: Begin): void {
  it("fails only the step that crashes the process whenever it runs, and none of its neighbours", async () => {
    const bodies = new Bodies();
    let life = await begin([step(bodies, "bomb"), step(bodies, "calm")]);
    const bomb = await submit(life, "bomb");
    const calm = await submit(life, "calm");
    life = await bodies.crashWhile(life, new Set(["bomb"]));
    expect(await arrives(life, bomb, "failed")).toMatchObject({ error: { code: "step_crashed", step: "bomb's step" } });
    await arrives(life, calm, "running");
  });

  it("finds both when two tasks crash the process, each of which is in flight when the other does", async () => {
    const bodies = new Bodies();
    let life = await begin([step(bodies, "bomb"), step(bodies, "mine"), step(bodies, "calm")]);
    const bomb = await submit(life, "bomb");
    const mine = await submit(life, "mine");
    const calm = await submit(life, "calm");
    life = await bodies.crashWhile(life, new Set(["bomb", "mine"]));
    await arrives(life, bomb, "failed");
    await arrives(life, mine, "failed");
    await arrives(life, calm, "running");
  });

  it("finds a task whose code crashes the process outside of a step", async () => {
    const bodies = new Bodies();
    let life = await begin([kind("bomb", () => bodies.hang("bomb")), step(bodies, "calm")]);
    const bomb = await submit(life, "bomb");
    await submit(life, "calm");
    life = await bodies.crashWhile(life, new Set(["bomb"]));
    const task = await arrives(life, bomb, "failed");
    expect(task.state === "failed" && task.error).toMatchObject({ code: "step_crashed" });
    expect(task.state === "failed" && task.error.message).toContain("outside of its steps");
  });

  it("fails nobody in a storm of kills, and holds nobody back after it", async () => {
    const began: string[] = [];
    const slow = kind("slow", (ctx) =>
      ctx.step("work", async () => {
        began.push("slow");
        return new Promise<null>((resolve) => life.after(1_500, () => resolve(null)));
      }),
    );
    const quick = kind("quick", (ctx) => ctx.step("work", async () => began.push("quick")));
    let life = await begin([slow, quick]);
    const hit = await submit(life, "slow");
    for (let kill = 0; kill < 30; kill++) {
      await life.pass(900);
      life = await life.crash();
    }
    const other = await submit(life, "quick");
    await arrives(life, other, "completed");
    await life.pass(1_500);
    await arrives(life, hit, "completed");
    expect(began.filter((name) => name === "slow")).toHaveLength(31);
  });

  it("fails nobody by kills that always hit the same lone step", async () => {
    const bodies = new Bodies();
    let life = await begin([step(bodies, "victim")]);
    const id = await submit(life, "victim");
    for (let kill = 0; kill < 12; kill++) {
      await life.settle();
      for (let s = 0; s < 120 && bodies.running.size === 0; s++) await life.pass(1_000);
      expect(bodies.running.size).toBe(1);
      bodies.running.clear();
      life = await life.crash();
    }
    await life.pass(60_000);
    await arrives(life, id, "running");
  });

  it("forgets the crashes of a task that comes further, or to rest", async () => {
    let hangs = true;
    const life1 = await begin([
      kind("work", async (ctx) => {
        await ctx.step("first", () => (hangs ? new Promise<null>(() => {}) : Promise.resolve(null)));
        await ctx.sleep("nap", 60_000);
        return ctx.step("second", () => new Promise<null>(() => {}));
      }),
    ]);
    const id = await submit(life1, "work");
    await life1.settle();
    const life2 = await life1.crash();
    await life2.settle();
    expect(await at(life2, id)).toMatchObject({ crashes: 1 });
    hangs = false;
    const life3 = await life2.crash();
    await life3.pass(5_000);
    expect(await arrives(life3, id, "waiting")).toMatchObject({ crashes: 0 });
  });
}
