/** Kinds whose code throws where nothing awaits it: each kind is a place, and its input says in what way. */
import { EventEmitter } from "node:events";
import { defineConfig, defineHandler } from "waybill";
import { z } from "zod";
import { HOSTILE } from "./hostile-values.ts";

const WAYS = {
  rejection: () => void Promise.reject(new Error("stray")),
  "late rejection": () => void Promise.resolve().then(() => Promise.reject(new Error("stray"))),
  timer: () => void setTimeout(() => fail(), 5),
  immediate: () => void setImmediate(() => fail()),
  tick: () => process.nextTick(() => fail()),
  emitter: () => void setTimeout(() => new EventEmitter().emit("error", new Error("stray")), 5),
};

function fail(message = "stray"): never {
  throw new Error(message);
}

const input = z.strictObject({ way: z.enum(["rejection", "late rejection", "timer", "immediate", "tick", "emitter"]) });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export default defineConfig({
  handlers: [
    defineHandler({
      kind: "in-run",
      input,
      run: async (_, { way }) => {
        WAYS[way]();
        await pause(30_000);
        return "went on";
      },
    }),
    defineHandler({
      kind: "at-rest",
      input,
      run: async (ctx) => {
        setTimeout(() => fail(), 200);
        await ctx.sleep("night", 30_000);
        return "went on";
      },
    }),
    defineHandler({
      kind: "hostile",
      input: z.strictObject({ value: z.string() }),
      run: async (_, { value }) => {
        void Promise.reject(HOSTILE[value]);
        await pause(30_000);
        return "went on";
      },
    }),
    defineHandler({
      kind: "hostile-throw",
      input: z.strictObject({ value: z.string() }),
      run: async (_, { value }) => {
        throw HOSTILE[value];
      },
    }),
    defineHandler({
      kind: "in-step",
      input,
      run: (ctx, { way }) =>
        ctx.step("careless", async () => {
          WAYS[way]();
          await pause(30_000);
          return "went on";
        }),
    }),
    defineHandler({
      kind: "in-listener",
      input,
      run: (ctx, { way }) =>
        ctx.step("heard", async (step) => {
          step.signal.addEventListener("abort", () => WAYS[way]());
          ctx.signal.addEventListener("abort", () => fail());
          step.progress(0.5, "listening");
          await pause(30_000);
          return null;
        }),
    }),
    defineHandler({
      kind: "in-words",
      input,
      present: ({ way }) => {
        WAYS[way]();
        return { title: "present" };
      },
      reply: () => {
        setTimeout(() => fail("stray reply"), 5);
        return [{ text: "reply" }];
      },
      run: async () => "done",
    }),
    defineHandler({
      kind: "in-schema",
      input: input.transform((given) => {
        WAYS[given.way]();
        return given;
      }),
      bind: async (given) => {
        setTimeout(() => fail("stray bind"), 5);
        return given;
      },
      run: async () => "done",
    }),
    defineHandler({
      kind: "in-a-schema-that-waits",
      input: z.strictObject({
        refined: z
          .number()
          .refine(async () => fail("stray refinement"))
          .optional(),
        transformed: z
          .number()
          .transform(async () => fail("stray transformation"))
          .optional(),
      }),
      run: async () => "done",
    }),
    defineHandler({
      kind: "in-cleanup",
      input,
      run: async () => {
        throw new Error("on purpose");
      },
      cleanup: async () => {
        setTimeout(() => fail("stray cleanup"), 5);
        await pause(100);
      },
    }),
    defineHandler({ kind: "careful", input: z.strictObject({}), run: async () => "well" }),
  ],
});
