/** Kinds that several measurements have: much in a journal, much in a tree, much in a log. */
import { defineHandler } from "waybill";
import { z } from "zod";

const text = "x".repeat(60_000);
const MEGABYTE_EVENTS = 17;

/** Each step follows the one before: what a step costs is what its commit and its turn of the engine cost. */
export const steps = defineHandler({
  kind: "steps",
  input: z.strictObject({ count: z.int() }),
  run: async (ctx, { count }) => {
    for (let n = 0; n < count; n++) await ctx.step(`step ${n}`, async () => n);
    return null;
  },
});

/** Children side by side, each with as many, so many generations deep. */
export const tree = defineHandler({
  kind: "tree",
  input: z.strictObject({ width: z.int(), depth: z.int() }),
  run: async (ctx, { width, depth }) => {
    if (depth === 0) return null;
    const branches = Array.from({ length: width }, (_, n) => [
      `branch ${n}`,
      (branch: typeof ctx) => branch.child("below", "tree", { width, depth: depth - 1 }),
    ]);
    await ctx.parallel(Object.fromEntries(branches));
    return null;
  },
});

/** A log of about so many megabytes. */
export const talker = defineHandler({
  kind: "talker",
  input: z.strictObject({ megabytes: z.int() }),
  run: async (ctx, { megabytes }) => {
    for (let said = 0; said < megabytes; said++) {
      await ctx.step(`say ${said}`, async (step) => {
        for (let part = 0; part < MEGABYTE_EVENTS; part++) step.emit({ type: "own.said", data: { text } });
        return null;
      });
    }
    return null;
  },
});
