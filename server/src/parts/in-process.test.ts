import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { ended, spawnProgram } from "../../test/command.ts";
import { type Engine, openEngine } from "../index.ts";
import { defineHandler } from "../task/handler.ts";

const PROGRAM = fileURLToPath(new URL("../../test/in-process-strays.ts", import.meta.url));

let folder: string;
let engine: Engine;
let greeted = 0;

const handlers = [
  defineHandler({
    kind: "greeting",
    input: z.strictObject({ name: z.string() }),
    run: (ctx, { name }) =>
      ctx.step("greet", async () => {
        greeted += 1;
        return `Hello, ${name}!`;
      }),
  }),
  defineHandler({
    kind: "asks",
    input: z.strictObject({}),
    run: async (ctx) => {
      await ctx.step("greet", async () => {
        greeted += 1;
        return null;
      });
      return (await ctx.waitForInput("name", { prompt: "Who are you?", asks: "answer" }))?.value ?? null;
    },
  }),
  defineHandler({ kind: "lists", input: z.array(z.number()), run: async (_, list) => list }),
  defineHandler({
    kind: "echoes",
    input: z.json(),
    run: async (ctx, input) => [
      input,
      (await ctx.waitForInput("more", { prompt: "More?", asks: "answer" }))?.value ?? null,
    ],
  }),
];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "waybill-in-process-"));
  greeted = 0;
  engine = await openEngine({ data: folder, handlers });
});

afterEach(async () => {
  await engine.close(0);
  rmSync(folder, { recursive: true, force: true });
});

test("a submission may be what a class or a prototype says", async () => {
  class Greeting {
    get kind() {
      return "greeting";
    }
    get input() {
      return { name: "Ada" };
    }
  }
  const own = { kind: "greeting", input: { name: "Ada" } };
  for (const given of [new Greeting(), Object.create(own), { __proto__: own, ...own, priority: 1 }]) {
    const { id } = await engine.submit(given);
    expect((await engine.settled(id)).output).toBe("Hello, Ada!");
  }
});

test("what is handed in and given out belongs to whoever has it: to change it later changes no task", async () => {
  const [input, metadata] = [{ parts: [1] }, { of: "a test" }];
  const making = engine.submit({ kind: "echoes", input, metadata });
  input.parts.push(2);
  metadata.of = "another";
  const { id } = await making;
  input.parts.push(3);
  await engine.settled(id);
  const answer = { said: [4] };
  const answering = engine.input(id, { value: answer });
  answer.said.push(5);
  await answering;
  const kept = { input: { parts: [1] }, metadata: { of: "a test" }, output: [{ parts: [1] }, { said: [4] }] };
  const ended = await engine.settled(id);
  expect(ended).toMatchObject(kept);
  Object.assign(ended.metadata, { of: "nobody" });
  for await (const event of engine.follow(id)) Object.assign(event.data, { changed: true });
  expect(await engine.get(id)).toMatchObject(kept);
  for await (const { data } of engine.follow(id)) expect(data).not.toHaveProperty("changed");
});

test("long values are copied for their caller in turns with everybody else", async () => {
  const list = Array.from({ length: 200_000 }, (_, n) => n);
  const { id } = await engine.submit({ kind: "lists", input: list }, { idempotencyKey: "k" });
  await engine.settled(id);
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  turn();
  const task = await engine.get(id).finally(() => {
    isOver = true;
  });
  expect(JSON.stringify([task.input, task.output])).toBe(JSON.stringify([list, list]));
  // 50,000 values a turn: four turns for each of them.
  expect(turns).toBeGreaterThan(8);
  expect(await engine.submit({ kind: "lists", input: list }, { idempotencyKey: "k" })).toMatchObject({ id });
});

test("a task is submitted, followed and awaited without a server, and is there when the folder is opened again", async () => {
  const { id } = await engine.submit({ kind: "greeting", input: { name: "Ada" }, metadata: { of: "a test" } });
  const completed = { id, state: "completed", output: "Hello, Ada!", metadata: { of: "a test" } };
  expect(await engine.settled(id)).toMatchObject(completed);
  const types = [];
  for await (const { type } of engine.follow(id)) types.push(type);
  expect([types.at(0), types.at(-1)]).toEqual(["task.submitted", "task.completed"]);
  await engine.close();
  engine = await openEngine({ data: folder, handlers });
  expect(await engine.get(id)).toMatchObject(completed);
});

test("what is open goes on where the folder is opened next, and a finished step does not run again", async () => {
  const { id } = await engine.submit({ kind: "asks", input: {} });
  expect(await engine.settled(id)).toMatchObject({ state: "input_required" });
  await engine.close();
  engine = await openEngine({ data: folder, handlers });
  await engine.input(id, { value: "Ada" });
  expect(await engine.settled(id)).toMatchObject({ state: "completed", output: "Ada" });
  expect(greeted).toBe(1);
});

test("the same idempotency key gives the same task, and a key that was used for another submission is refused", async () => {
  const twice = () => engine.submit({ kind: "greeting", input: { name: "Ada" } }, { idempotencyKey: "k" });
  const [first, second] = [await twice(), await twice()];
  expect(second.id).toBe(first.id);
  const other = engine.submit({ kind: "greeting", input: { name: "Bob" } }, { idempotencyKey: "k" });
  await expect(other).rejects.toMatchObject({ code: "conflict" });
});

test("a task is paused, resumed and cancelled, and says why it ended", async () => {
  const { id } = await engine.submit({ kind: "asks", input: {} });
  await engine.settled(id);
  expect(await engine.pause(id)).toMatchObject({ state: "paused" });
  expect(await engine.resume(id)).toMatchObject({ state: "input_required" });
  expect(await engine.cancel(id, "enough")).toMatchObject({ state: "cancelled" });
  await expect(engine.cancel(id)).rejects.toMatchObject({ code: "not_allowed_in_state" });
});

test.each([
  ["ends it, as without an engine", [], 1],
  ["is heard by whoever hears it there", ["listens"], 7],
])(
  "what handlers throw where nothing awaits it fails their tasks alone, and what the program throws %s",
  async (_, flags, code) => {
    const end = await ended(spawnProgram(PROGRAM, [path.join(folder, "strays"), ...flags]));
    const states = end.out.trim().split(" ");
    expect(new Set(states.slice(0, -1))).toEqual(new Set(["failed"]));
    expect(states.at(-1)).toBe("completed");
    expect(end.code).toBe(code);
  },
);

test.each([
  [
    "without defineHandler",
    { kind: "raw", version: 1, input: z.json(), run: async () => null },
    "made by defineHandler",
  ],
  ["of a kind of the engine's own", { ...handlers[0], kind: "waybill.cleanup" }, "does not begin with waybill."],
])("a handler %s is refused before the folder is opened", async (_, handler, sentence) => {
  const unopened = path.join(folder, "unopened");
  const opening = Reflect.apply(openEngine, undefined, [{ data: unopened, handlers: [handler] }]);
  await expect(opening).rejects.toThrow(sentence);
  expect(existsSync(unopened)).toBe(false);
});

test("whoever waits without a signal is not looked for among all others who wait", async () => {
  const { id } = await engine.submit({ kind: "asks", input: {} });
  const listens = vi.spyOn(EventTarget.prototype, "addEventListener");
  const waiting = [engine.settled(id), engine.settled(id)];
  const signals = listens.mock.contexts.filter((target) => target instanceof AbortSignal);
  listens.mockRestore();
  expect(signals).toEqual([]);
  for (const each of waiting) expect(await each).toMatchObject({ state: "input_required" });
});

test("an input that does not fit, a kind that there is not and a folder that another one owns are refused", async () => {
  await expect(engine.submit({ kind: "greeting", input: {} })).rejects.toMatchObject({ code: "invalid" });
  await expect(engine.submit({ kind: "nothing", input: {} })).rejects.toMatchObject({ code: "invalid" });
  for (const wrong of [
    null,
    {},
    { kind: 1, input: {} },
    { kind: "asks", input: {}, priority: "high" },
    { kind: "asks" },
  ])
    await expect(Reflect.apply(engine.submit, engine, [wrong])).rejects.toThrow(/expected|Invalid|must be/);
  await expect(openEngine({ data: folder, handlers })).rejects.toThrow("waybill");
});
