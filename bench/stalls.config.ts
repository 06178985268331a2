/** Kinds that make a task large: in its log, in its journal, in how many wait behind one key. */
import { defineConfig, defineHandler } from "waybill";
import { z } from "zod";

const text = "x".repeat(60_000);

/** A log of about `megabytes`. */
const talker = defineHandler({
  kind: "talker",
  input: z.strictObject({ megabytes: z.int() }),
  run: async (ctx, { megabytes }) => {
    for (let said = 0; said < megabytes; said++) {
      await ctx.step(`say ${said}`, async (step) => {
        for (let part = 0; part < 17; part++) step.emit({ type: "own.said", data: { text } });
        return null;
      });
    }
    return null;
  },
});

/** A journal of so many steps, then a question. */
const worker = defineHandler({
  kind: "worker",
  input: z.strictObject({ steps: z.int() }),
  run: async (ctx, { steps }) => {
    for (let n = 0; n < steps; n++) await ctx.step(`step ${n}`, async () => n);
    await ctx.waitForInput("go on", { asks: "answer", prompt: "Go on?" });
    return steps;
  },
});

/** Takes no input. */
const deaf = defineHandler({
  kind: "deaf",
  input: z.strictObject({}),
  run: async (ctx) => {
    await ctx.sleep("long", 86_400_000);
    return null;
  },
});

const noop = defineHandler({
  kind: "noop",
  input: z.json(),
  run: (ctx) => ctx.step("nothing", async () => null),
});

export default defineConfig({ handlers: [talker, worker, deaf, noop], limits: { running: 20 } });
