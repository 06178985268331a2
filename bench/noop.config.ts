/** The smallest kinds there are, to measure what the engine itself costs. */
import { defineConfig, defineHandler } from "waybill";
import { z } from "zod";

const noop = defineHandler({
  kind: "noop",
  input: z.strictObject({}),
  run: (ctx) => ctx.step("nothing", async () => null),
});

/** Each step follows the one before: what a step costs is what its commit and its turn of the engine cost. */
const steps = defineHandler({
  kind: "steps",
  input: z.strictObject({ count: z.int() }),
  run: async (ctx, { count }) => {
    for (let n = 0; n < count; n++) await ctx.step(`step ${n}`, async () => n);
    return null;
  },
});

/** Says when its first step began, by the clock that the submitter reads too. */
const clocked = defineHandler({
  kind: "clocked",
  input: z.strictObject({}),
  run: (ctx) => ctx.step("first", async () => performance.timeOrigin + performance.now()),
});

const nap = defineHandler({
  kind: "nap",
  input: z.strictObject({}),
  run: async (ctx) => {
    await ctx.sleep("long", 30 * 86_400_000);
    return null;
  },
});

export default defineConfig({ handlers: [noop, steps, clocked, nap] });
