/** The smallest kinds there are, to measure what the engine itself costs. */
import { defineConfig, defineHandler } from "waybill";
import { z } from "zod";
import { steps } from "./kinds.ts";

export const noop = defineHandler({
  kind: "noop",
  input: z.strictObject({}),
  run: (ctx) => ctx.step("nothing", async () => null),
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

/** Waits for a child that sleeps. */
const parent = defineHandler({ kind: "parent", input: z.strictObject({}), run: (ctx) => ctx.child("nap", "nap", {}) });

const question = defineHandler({
  kind: "question",
  input: z.strictObject({}),
  run: async (ctx) => {
    await ctx.waitForInput("go", { asks: "approval", prompt: "Go on?" });
    return null;
  },
});

const claimable = defineHandler({ kind: "claimable", input: z.json(), queueOf: () => "bench", run: async () => null });

export default defineConfig({ handlers: [noop, steps, clocked, nap, parent, question, claimable] });
