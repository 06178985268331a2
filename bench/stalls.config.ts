/** Kinds that make a task large: in its log, in its journal, in how many wait behind one key. */
import { type Context, defineConfig, defineHandler } from "waybill";
import { z } from "zod";
import { talker } from "./kinds.ts";

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

/** Sleeps until a moment. */
const sleeper = defineHandler({
  kind: "sleeper",
  input: z.strictObject({ until: z.int() }),
  run: async (ctx, { until }) => {
    await ctx.sleep("until then", Math.max(0, until - (await ctx.now())));
    return null;
  },
});

/** So many children, which sleep or end at once, each in a branch of its own. */
const parent = defineHandler({
  kind: "parent",
  input: z.strictObject({ children: z.int(), of: z.enum(["deaf", "noop"]).default("deaf") }),
  run: async (ctx, { children, of }) => {
    const branches = Array.from({ length: children }, (_, n) => [
      `child ${n}`,
      (ctx: Context) => ctx.child("child", of, {}),
    ]);
    return ctx.parallel(Object.fromEntries(branches));
  },
});

type Value = string | number[] | { n: number; name: string; even: boolean }[];

const SHAPES = {
  text: (size: number) => Buffer.alloc(size, "x").toString(),
  /** Three bytes a character. */
  umlauts: (size: number) => Buffer.alloc(size - (size % 3), "語").toString(),
  numbers: (size: number) => Array.from({ length: size }, (_, n) => n),
  objects: (size: number) =>
    Array.from({ length: size / 8 }, (_, n) => ({ n, name: `number ${n}`, even: n % 2 === 0 })),
  /** Of 30 KB each. */
  records: (size: number) =>
    Array.from({ length: size / 30_000 }, (_, n) => ({ n, name: "line\n".repeat(5_000), even: n % 2 === 0 })),
} satisfies Record<string, (size: number) => Value>;
type Shape = keyof typeof SHAPES;

/** Made once, and in one piece: what a handler's own code takes is not what is measured. */
const made = new Map<string, Value>();
function handedOver(shape: Shape, size: number): Value {
  const key = `${shape} ${size}`;
  const value = made.get(key) ?? SHAPES[shape](size);
  made.set(key, value);
  return value;
}

/** Hands over one value of so many bytes, or of so many values, in each way in which there is one. */
const large = defineHandler({
  kind: "large",
  input: z.strictObject({
    shape: z.enum(["text", "umlauts", "numbers", "objects", "records"]),
    size: z.int(),
    as: z.enum(["nothing", "output", "step", "event", "artifact", "child"]),
  }),
  run: async (ctx, { shape, size, as }) => {
    const value = handedOver(shape, size);
    await ctx.sleep("in a turn of its own", 20);
    if (as === "output") return value;
    if (as === "step") await ctx.step("large", async () => value);
    if (as === "event") ctx.emit({ type: "own.said", data: { value } });
    if (as === "artifact") ctx.artifact({ id: "large", parts: [{ data: value }] });
    if (as === "child") await ctx.child("large", "unread", value);
    return null;
  },
});

const noop = defineHandler({
  kind: "noop",
  input: z.json(),
  run: (ctx) => ctx.step("nothing", async () => null),
});

/** What its schema takes would else be measured with all the rest: 0.3 s for a million values. */
const unread = defineHandler({ kind: "unread", input: z.unknown(), run: async () => null });

export default defineConfig({
  handlers: [talker, worker, deaf, sleeper, parent, large, noop, unread],
  limits: { running: 20 },
});
