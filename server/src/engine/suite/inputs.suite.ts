/** Inputs: read once by their schema at the door, and the same for the handler on every attempt. */
import { expect, it } from "vitest";
import { z } from "zod";
import { defineHandler, type Handler } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { ada, arrives, type Begin, kind, submit } from "./stage.ts";

let drawn = 0;

/** What is submitted, by which schema, and what the handler must see. */
const SCHEMAS: Readonly<Record<string, { schema: z.ZodType; given: Json; seen: unknown }>> = {
  "a text that becomes a number": {
    schema: z.object({ n: z.string().transform(Number) }),
    given: { n: "17" },
    seen: { n: 17 },
  },
  "a text that grows with each transform": {
    schema: z.object({ word: z.string().transform((word) => `${word}!`) }),
    given: { word: "go" },
    seen: { word: "go!" },
  },
  "numbers, booleans and dates out of text": {
    schema: z.object({ n: z.coerce.number(), yes: z.stringbool(), at: z.coerce.date() }),
    given: { n: "5", yes: "yes", at: "2026-01-05T12:00:00.000Z" },
    seen: { n: 5, yes: true, at: new Date("2026-01-05T12:00:00.000Z") },
  },
  "a pipe to another type": {
    schema: z
      .string()
      .transform((text) => text.split(","))
      .pipe(z.array(z.string().min(1))),
    given: "a,b",
    seen: ["a", "b"],
  },
  "a set and a map": {
    schema: z.array(z.string()).transform((names) => ({ set: new Set(names), map: new Map([[1, names]]) })),
    given: ["a"],
    seen: { set: new Set(["a"]), map: new Map([[1, ["a"]]]) },
  },
  defaults: {
    schema: z.object({ size: z.number().default(3), tags: z.array(z.string()).prefault(["x"]) }),
    given: {},
    seen: { size: 3, tags: ["x"] },
  },
  "a text of one character": { schema: z.string().trim().toUpperCase(), given: " a ", seen: "A" },
};

/** A kind that notes what each attempt is given, and is told by an answer to go on. */
function noting(schema: z.ZodType, seen: unknown[]): Handler {
  return defineHandler({
    kind: "noting",
    input: schema,
    present: (input) => {
      seen.push(input);
      return { title: "noted" };
    },
    run: async (ctx, input) => {
      seen.push(structuredClone(input));
      // What a handler makes of its input is its own.
      if (typeof input === "object" && input !== null) Reflect.set(input, "spoilt", true);
      await ctx.sleep("nap", 1_000);
      return null;
    },
  });
}

export function inputsSuite(begin: Begin): void {
  it.each(Object.entries(SCHEMAS))("gives a handler %s, once transformed, on every attempt", async (_, story) => {
    const { schema, given, seen: wanted } = story;
    const seen: unknown[] = [];
    let life = await begin([noting(schema, seen)]);
    const id = await submit(life, "noting", { input: given });
    await arrives(life, id, "waiting");
    life = await life.crash();
    await life.pass(1_000);
    await arrives(life, id, "completed");
    const again = await life.verbs.tasks.retry(ada, id, { reuseJournal: false });
    await life.settle();
    expect((await life.verbs.tasks.get(ada, id)).input).toEqual((await life.verbs.tasks.get(ada, again.task.id)).input);
    expect(seen).toEqual([wanted, wanted, wanted, wanted, wanted]);
  });

  it("draws what a default makes by chance once, and gives it to every attempt", async () => {
    const seen: unknown[] = [];
    const schema = z.object({ id: z.string().default(() => `drawn ${++drawn}`) });
    let life = await begin([noting(schema, seen)]);
    const id = await submit(life, "noting", { input: {} });
    await arrives(life, id, "waiting");
    life = await life.crash();
    await life.pass(1_000);
    await arrives(life, id, "completed");
    expect(new Set(seen.map((input) => JSON.stringify(input))).size).toBe(1);
    expect((await life.verbs.tasks.get(ada, id)).input).toEqual(seen[0]);
  });

  it("refuses an input that its schema does not take, or cannot even read, by its field", async () => {
    const strict = z.object({ url: z.string().transform((text) => new URL(text).href), n: z.coerce.number().min(1) });
    const life = await begin([noting(strict, [])]);
    const refused = async (input: Json) => submit(life, "noting", { input }).catch((error: Error) => error);
    expect(await refused({ url: "https://a.example", n: "0" })).toMatchObject({
      code: "invalid",
      detail: { field: "input.n" },
    });
    expect(await refused({ url: "no address", n: "1" })).toMatchObject({ code: "invalid", detail: { field: "input" } });
  });

  it("keeps nothing that a kind's own code says of an input and nobody could read", async () => {
    const wrong: Partial<Handler>[] = [
      { present: () => JSON.parse('{"title": 7}') },
      { present: () => JSON.parse('{"title": "t", "message": [{"words": "none"}]}') },
      { present: () => ({ title: "t", message: new Array(2 ** 32 - 1) }) },
      { timeLimitMs: () => Number.NaN },
      { timeLimitMs: () => 0 },
      { timeLimitMs: () => 1e16 },
      { queueOf: () => "" },
      {
        present: () => {
          throw new Error("speechless");
        },
      },
    ];
    for (const [at, more] of wrong.entries()) {
      const life = await begin([kind("odd", async () => null, more), kind("even", async () => null)]);
      await expect(submit(life, "odd"), `number ${at}`).rejects.toThrow('kind "odd"');
      await arrives(life, await submit(life, "even"), "completed");
      expect((await life.verbs.tasks.list(ada, {}, { limit: 10 })).total).toBe(1);
      await life.end();
    }
    const rounded = await begin([kind("brief", async () => null, { timeLimitMs: () => 999.1 })]);
    expect(await arrives(rounded, await submit(rounded, "brief"), "completed")).toMatchObject({ timeLimitMs: 1_000 });
  });

  it("keeps whole characters of what callers say", async () => {
    const half = "\ud83d";
    const life = await begin([
      kind("ask", async (ctx) => (await ctx.waitForInput("q", { asks: "answer", prompt: "?" }))?.value ?? null),
    ]);
    const id = await submit(life, "ask", { input: { [half]: half }, metadata: { half } });
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { messageId: half, value: [half] });
    const task = await arrives(life, id, "completed");
    expect(task).toMatchObject({ input: { "\ufffd": "\ufffd" }, metadata: { half: "\ufffd" }, output: ["\ufffd"] });
  });
}
