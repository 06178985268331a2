/** The kinds that the crash script runs: short and long steps, branches, children, naps and questions. */
import { appendFileSync } from "node:fs";
import { setTimeout as pass } from "node:timers/promises";
import { type Context, defineConfig, defineHandler, type Json } from "waybill";
import { z } from "zod";

const diary = process.env["WAYBILL_KILL_DIARY"] ?? "diary.log";
const input = z.strictObject({ steps: z.int(), ms: z.int() });
type Input = z.infer<typeof input>;

/** One step. Its body writes down that it ran, before it does anything. */
function work(ctx: Context, name: string, ms: number): Promise<Json> {
  return ctx.step(name, async (step) => {
    const mark = `${process.pid}.${Math.random().toString(36).slice(2)}`;
    appendFileSync(diary, `${step.key} ${mark}\n`);
    step.output("on it ");
    await pass(ms * (0.5 + Math.random()), undefined, { signal: step.signal });
    step.output("and done.");
    return mark;
  });
}

async function inTurn(ctx: Context, { steps, ms }: Input): Promise<Json> {
  const marks: Json[] = [];
  for (let n = 0; n < steps; n++) {
    ctx.progress(n / steps, `step ${n}`);
    marks.push(await work(ctx, `step ${n}`, ms));
  }
  return marks;
}

const chain = defineHandler({ kind: "chain", input, run: inTurn });

const tree = defineHandler({
  kind: "tree",
  input,
  run: async (ctx, own) => {
    const { left, right } = await ctx.parallel({
      left: (ctx: Context) => inTurn(ctx, own),
      right: (ctx: Context) => ctx.child("child", "chain", own),
    });
    return [left, right];
  },
});

const nap = defineHandler({
  kind: "nap",
  input,
  run: async (ctx, own) => {
    const before = await work(ctx, "before", own.ms);
    await ctx.sleep("nap", own.ms);
    return [before, await work(ctx, "after", own.ms)];
  },
});

const FILL = "é".repeat(50_000);

/** Its results lie in files of their own, beside the database. */
const bulk = defineHandler({
  kind: "bulk",
  input,
  run: async (ctx, { steps, ms }) => {
    const sizes: Json[] = [];
    for (let n = 0; n < steps; n++) {
      const fill = await ctx.step(`bulk ${n}`, async (step) => {
        await pass(ms, undefined, { signal: step.signal });
        return { fill: FILL };
      });
      sizes.push(fill.fill.length);
    }
    return { sizes, fill: FILL };
  },
});

const ask = defineHandler({
  kind: "ask",
  input,
  run: async (ctx, own) => {
    const before = await work(ctx, "before", own.ms);
    const answer = await ctx.waitForInput("go", { asks: "approval", prompt: "Go on?" });
    return [before, answer?.value ?? null, await work(ctx, "after", own.ms)];
  },
});

const slots = process.env["WAYBILL_KILL_SLOTS"];

export default defineConfig({
  ...(slots !== undefined && { limits: { running: Number(slots) } }),
  handlers: [chain, tree, nap, ask, bulk],
  logLevel: "warn",
});
