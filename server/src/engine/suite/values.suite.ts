/** What handlers hand over: what is written can be read, by whoever asks and by every later start. */
import { expect, it } from "vitest";
import type { Context, StepContext } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { ada, arrives, type Begin, type EngineLife, events, kind, submit } from "./stage.ts";

const YEARS_101_MS = 101 * 366 * 86_400_000;
const MEGABYTE = "x".repeat(1 << 20);
const TWICE = { retry: { attempts: 3 } } as const;

/** What plain JavaScript may hand over, and no type lets pass. */
function untyped(value: unknown): Json {
  return value as Json;
}

function deep(levels: number): Json {
  let value: Json = "end";
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/** A list of which each level holds the one below twice: small in memory, endless as text. */
function unfolding(): Json {
  let value: Json = [0];
  for (let level = 0; level < 60; level++) value = [value, value];
  return value;
}

function circle(): Json {
  const value: Json[] = [];
  value.push(value);
  return value;
}

const thrower = {
  get secret(): Json {
    throw new Error("not yours");
  },
};
const closed = Proxy.revocable({}, {});
closed.revoke();

const UNWRITABLE: Readonly<Record<string, () => unknown>> = {
  "65 levels": () => deep(65),
  NaN: () => ({ n: Number.NaN }),
  infinity: () => [Number.POSITIVE_INFINITY],
  "a BigInt": () => ({ n: 10n }),
  "a function": () => ({ run: () => 1 }),
  "a symbol": () => [Symbol("s")],
  "a Map": () => new Map([["a", 1]]),
  "a promise that was not awaited": () => ({ later: Promise.resolve(1) }),
  "an error": () => new Error("as a value"),
  bytes: () => new Uint8Array(3),
  itself: circle,
  "an unfolding list": unfolding,
  "a getter that throws": () => thrower,
  "a closed proxy": () => [closed.proxy],
  "a text of 65 MB": () => "x".repeat(65 << 20),
};

type Call = { call: (ctx: Context) => unknown; named: string };

/** Each call with nothing, or with something else, in the place of an object or of code. */
const WITHOUT_VALUES: Readonly<Record<string, Call>> = Object.fromEntries(
  [null, undefined, 7, "text"].flatMap((given): [string, Call][] => {
    const none = untyped(given) as never;
    const calls: [string, string, (ctx: Context) => unknown][] = [
      ["emit", "event", (ctx) => ctx.emit(none)],
      ["artifact", "artifact", (ctx) => ctx.artifact(none)],
      ["details", "details", (ctx) => ctx.details(none)],
      ["usage", "usage", (ctx) => ctx.usage(none)],
      ["parallel", "branches of parallel", (ctx) => ctx.parallel(none)],
      ["a branch", 'branch "a"', (ctx) => ctx.parallel({ a: none })],
      ["the body of a step", '"pay"', (ctx) => ctx.step("pay", none)],
      ["a question", '"ask"', (ctx) => ctx.waitForInput("ask", none)],
    ];
    // Without any, there are the usual ones.
    if (given !== undefined) {
      calls.push(["the options of a step", '"pay"', (ctx) => ctx.step("pay", async () => 1, none)]);
      calls.push(["the options of a child", '"sub"', (ctx) => ctx.child("sub", "plain", {}, none)]);
    }
    return calls.map(([what, named, call]) => [`${String(given)} as ${what}`, { call, named }]);
  }),
);

/** Calls with what cannot be written, and what the failure must name. */
const CALLS: Readonly<Record<string, Call>> = {
  "a sleep of 300 million years": { call: (ctx) => ctx.sleep("nap", 1e19), named: '"nap"' },
  "a sleep of 101 years": { call: (ctx) => ctx.sleep("nap", YEARS_101_MS), named: '"nap"' },
  "a sleep of NaN": { call: (ctx) => ctx.sleep("nap", Number.NaN), named: '"nap"' },
  "a sleep before now": { call: (ctx) => ctx.sleep("nap", -1), named: '"nap"' },
  "a question that is open for ever": {
    call: (ctx) => ctx.waitForInput("ask", { asks: "answer", prompt: "?", deadlineMs: Number.POSITIVE_INFINITY }),
    named: '"ask"',
  },
  "a question without a text": {
    call: (ctx) =>
      ctx.waitForInput("ask", { asks: "answer", prompt: String(untyped(undefined)) && (untyped(7) as string) }),
    named: '"ask"',
  },
  "a question with a schema of 65 levels": {
    call: (ctx) => ctx.waitForInput("ask", { asks: "answer", prompt: "?", schema: { a: deep(64) } }),
    named: '"ask"',
  },
  "a child of a kind that nobody knows": { call: (ctx) => ctx.child("sub", "nobody's", {}), named: '"sub"' },
  "a child whose input is no JSON": { call: (ctx) => ctx.child("sub", "plain", untyped(new Map())), named: '"sub"' },
  "a pause without a reason": { call: (ctx) => ctx.pause("hold", untyped(null) as string), named: '"hold"' },
  "a pause for a cause that is none": {
    call: (ctx) => ctx.pause("hold", "", undefined, untyped("x") as "budget"),
    named: '"hold"',
  },
  "a pause until NaN": { call: (ctx) => ctx.pause("hold", "", Number.NaN), named: '"hold"' },
  "a pause until a moment that no calendar has": { call: (ctx) => ctx.pause("hold", "", 9e15), named: '"hold"' },
  "a history of NaN messages": { call: (ctx) => ctx.history(Number.NaN), named: "history" },
  "a name that is no text": { call: (ctx) => ctx.step(untyped(7) as string, async () => 1), named: "name of a step" },
  "a step that may take NaN ms": {
    call: (ctx) => ctx.step("slow", async () => 1, { timeoutMs: Number.NaN }),
    named: '"slow"',
  },
  "details that are no object": { call: (ctx) => ctx.details(untyped([1]) as never), named: "details" },
  "details with a Map": { call: (ctx) => ctx.details({ map: untyped(new Map()) }), named: "details" },
  "details that together have more keys than an object may": {
    call: async (ctx) => {
      const keys = (of: string) => Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`${of}${n}`, n]));
      ctx.details(keys("a"));
      await ctx.step("pay", async () => null);
      ctx.details(keys("a"));
      await ctx.step("pay", async () => null);
      ctx.details(keys("b"));
      await ctx.step("never", async () => null);
    },
    named: "details together",
  },
  "details that together are larger than their bound": {
    call: async (ctx) => {
      for (const name of ["a", "b"]) {
        ctx.details({ [name]: MEGABYTE.slice(0, 600_000) });
        await ctx.step("pay", async () => null);
      }
    },
    named: "details together",
  },
  "an event without data": {
    call: (ctx) => ctx.emit({ type: "my.note", data: untyped(undefined) as never }),
    named: "my.note",
  },
  "an event of a type of ours": {
    call: (ctx) => ctx.emit({ type: "task.completed", data: {} as never }),
    named: "task.completed",
  },
  ...WITHOUT_VALUES,
  "an artifact of another shape": {
    call: (ctx) => ctx.artifact({ id: "report", parts: [{ words: "no" } as never] }),
    named: "artifact",
  },
  "an artifact that grows beyond what can be read": {
    call: (ctx) => {
      for (let n = 0; n < 33; n++) ctx.artifact({ id: "report", parts: [{ text: MEGABYTE }], append: true });
    },
    named: '"report"',
  },
  "usage of half a token": { call: (ctx) => ctx.usage({ ...CALL, inputTokens: 0.5 }), named: "usage" },
  "usage of more tokens than there are": { call: (ctx) => ctx.usage({ ...CALL, inputTokens: 9e15 }), named: "usage" },
  "progress with a message that is no text": {
    call: (ctx) => ctx.progress(0.5, untyped({}) as string),
    named: "progress",
  },
};

const CALL = {
  key: "call",
  provider: "p",
  model: "m",
  agent: "",
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0.1,
  raw: null,
};

/** It failed at the first try, by name, and nothing of it stands in the way of a list, of its log or of a start. */
async function failsByName(life: EngineLife, id: string, named: string): Promise<void> {
  const task = await arrives(life, id, "failed");
  expect(task).toMatchObject({ error: { code: "bad_value" }, failures: 1 });
  expect(task.state === "failed" && task.error.message).toContain(named);
  await isReadable(life, id);
}

async function isReadable(before: EngineLife, id: string): Promise<void> {
  const life = await before.crash();
  await life.settle();
  expect((await life.verbs.tasks.list(ada, {}, { limit: 10 })).tasks.map((task) => task.id)).toContain(id);
  expect((await events(life, id)).length).toBeGreaterThan(1);
  await life.verbs.tasks.steps(ada, id);
}

export function valuesSuite(begin: Begin): void {
  it.each(Object.entries(UNWRITABLE))("fails a task whose output or step hands over %s", async (_, value) => {
    let ran = 0;
    const life = await begin([
      kind("out", async () => untyped(value())),
      kind("step", (ctx) =>
        ctx.step("pay", async () => {
          ran++;
          return untyped(value());
        }),
      ),
    ]);
    const [out, step] = [await submit(life, "out", TWICE), await submit(life, "step", TWICE)];
    await arrives(life, out, "failed");
    await life.pass(100_000);
    await failsByName(life, step, '"pay"');
    await failsByName(life, out, "output");
    expect(ran, "paid once").toBe(1);
  });

  it.each(Object.entries(CALLS))("fails a task by the name of its call when that is %s", async (_, { call, named }) => {
    const life = await begin([
      kind("plain", async () => null),
      kind("wrong", async (ctx) => {
        await call(ctx);
        return "went on";
      }),
    ]);
    await failsByName(life, await submit(life, "wrong", TWICE), named);
  });

  it.each([
    ["details", (step: StepContext) => step.details(untyped(1) as never)],
    ["artifact", (step: StepContext) => step.artifact({ id: "", parts: [] })],
    [
      'artifact "report"',
      (step: StepContext) => step.artifact({ id: "report", parts: [{ text: MEGABYTE.repeat(33) }] }),
    ],
    ["usage", (step: StepContext) => step.usage({ ...CALL, costUsd: Number.NaN })],
    ["live text", (step: StepContext) => step.output(untyped(1) as string)],
    ["event", (step: StepContext) => step.emit(untyped(null) as never)],
  ])("does not try a step again whose %s cannot be written", async (named, call) => {
    let ran = 0;
    const life = await begin([
      kind("step", (ctx) =>
        ctx.step("pay", async (step) => {
          ran++;
          call(step);
          return null;
        }),
      ),
    ]);
    const id = await submit(life, "step", TWICE);
    await life.settle();
    await life.pass(100_000);
    await failsByName(life, id, named);
    expect(ran).toBe(1);
  });

  it("takes milliseconds with a fraction, up to the next whole one", async () => {
    let tries = 0;
    const life = await begin([
      kind("jitter", async (ctx) => {
        await ctx.sleep("nap", 1_000.4);
        return ctx.step("limited", async () => {
          if (++tries === 1) throw Object.assign(new Error("slow down"), { retryAfterMs: 5_234.56 });
          return tries;
        });
      }),
      kind("asks", (ctx) => ctx.waitForInput("q", { asks: "answer", prompt: "?", deadlineMs: 99.01 }).then(() => null)),
    ]);
    const [id, asks] = [await submit(life, "jitter"), await submit(life, "asks")];
    const napping = await arrives(life, id, "waiting");
    expect(napping.waits).toMatchObject([{ until: life.now() + 1_001 }]);
    expect((await arrives(life, asks, "input_required")).waits).toMatchObject([{ until: life.now() + 100 }]);
    await life.pass(1_001);
    const limited = await arrives(life, id, "waiting");
    expect(limited.waits).toMatchObject([{ on: "retry", until: life.now() + 5_235 }]);
    await isReadable(life, id);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, YEARS_101_MS])(
    "fails a step whose error asks to be left alone for %s ms, and says with what it failed",
    async (retryAfterMs) => {
      const life = await begin([
        kind("limited", (ctx) =>
          ctx.step("call", async () => {
            throw Object.assign(new Error("slow down"), { retryAfterMs });
          }),
        ),
        kind("whole", async () => {
          throw Object.assign(new Error("slow down"), { retryAfterMs });
        }),
      ]);
      await failsByName(life, await submit(life, "limited", TWICE), "slow down");
    },
  );

  it("lets a handler return nothing: its output, and the result of such a step, are null on every attempt", async () => {
    let ran = 0;
    const seen: unknown[] = [];
    let life = await begin([
      kind("silent", async (ctx) => {
        seen.push(await ctx.step("send", async () => untyped(void ran++)));
        await ctx.sleep("nap", 1_000);
        return untyped(undefined);
      }),
    ]);
    const id = await submit(life, "silent");
    await arrives(life, id, "waiting");
    life = await life.crash();
    await life.pass(1_000);
    expect(await arrives(life, id, "completed")).toMatchObject({ output: null });
    expect({ ran, seen }).toEqual({ ran: 1, seen: [null, null] });
  });

  it("gives a step's value to the handler as the journal has it, at the first attempt too", async () => {
    class Point {
      x = -0;
      y = undefined;
      readonly at = new Date(0);
    }
    const own = JSON.parse('{"__proto__": {"admin": true}}');
    const given = { point: new Point(), holes: Object.assign([1], { 2: 3 }), half: "\ud83d", own };
    const wanted = { point: { x: 0, at: "1970-01-01T00:00:00.000Z" }, holes: [1, null, 3], half: "\ufffd", own };
    const seen: unknown[] = [];
    let life = await begin([
      kind("mixed", async (ctx) => {
        const value = await ctx.step("make", async () => untyped(given));
        seen.push(JSON.parse(JSON.stringify(value)), Reflect.get(Object(value), "admin"));
        await ctx.sleep("nap", 1_000);
        return value;
      }),
    ]);
    const id = await submit(life, "mixed");
    await arrives(life, id, "waiting");
    life = await life.crash();
    await life.pass(1_000);
    const task = await arrives(life, id, "completed");
    expect(task.state === "completed" && task.output).toEqual(wanted);
    expect(seen).toEqual([wanted, undefined, wanted, undefined]);
  });

  it("writes values as they were when they were handed over, whatever the handler does with them later", async () => {
    let life = await begin([
      kind("moody", async (ctx) => {
        const patch = { list: [1] };
        ctx.details(patch);
        patch.list.push(2);
        const data = { list: [1] };
        ctx.emit({ type: "my.note", data });
        data.list.push(2);
        const result = await ctx.step("make", async () => ({ list: [1] }));
        result.list.push(2);
        const input = { list: [1] };
        const child = ctx.child("sub", "echo", input);
        input.list.push(2);
        return [await child, result.list.length];
      }),
      kind("echo", async (_, input) => input),
    ]);
    const id = await submit(life, "moody");
    await life.settle();
    life = await life.crash();
    const task = await arrives(life, id, "completed");
    expect(task).toMatchObject({ details: { list: [1] }, output: [{ list: [1] }, 2] });
    expect((await life.verbs.tasks.steps(ada, id)).steps.find(({ name }) => name === "make")).toMatchObject({
      result: { list: [1] },
    });
    expect((await events(life, id)).find(({ type }) => type === "my.note")?.data).toEqual({ list: [1] });
  });

  it("reads what has 64 levels wherever it is written", async () => {
    const most = deep(63);
    let life = await begin([
      kind("deep", async (ctx) => {
        ctx.details({ most });
        ctx.emit({ type: "my.note", data: { most } });
        ctx.artifact({ id: "a", parts: [{ data: deep(60) }] });
        ctx.usage({ ...CALL, raw: deep(62) });
        await ctx.step("make", async () => deep(64));
        const answer = await ctx.waitForInput("ask", { asks: "answer", prompt: "?", schema: { properties: deep(61) } });
        return answer?.value ?? null;
      }),
    ]);
    const id = await submit(life, "deep", { input: deep(64), metadata: { most } });
    await arrives(life, id, "input_required");
    life = await life.crash();
    await life.settle();
    await life.verbs.tasks.input(ada, id, { value: deep(64) });
    await arrives(life, id, "completed");
    await isReadable(life, id);
  });

  it("takes whatever a handler throws for a failure that can be written", async () => {
    const thrown = [
      undefined,
      Object.create(null),
      thrower,
      closed.proxy,
      Symbol("s"),
      Object.assign(new Error(), { message: { not: "a text" } }),
      Object.assign(new Error("m"), { code: 7 }),
      new Error("\ud83d"),
      new Error("x".repeat(1_000_000)),
      new Error("a cause", { cause: closed.proxy }),
      new AggregateError([closed.proxy], "several"),
      Object.assign(new AggregateError([], "many"), { errors: new Array(2 ** 32 - 1) }),
    ];
    const life = await begin([
      kind("throws", async (_, input) => {
        throw thrown[Number(input)];
      }),
      kind("step", (ctx, input) =>
        ctx.step("throw", async () => Promise.reject(thrown[Number(input)]), { retries: 0 }),
      ),
    ]);
    for (const at of thrown.keys()) {
      for (const name of ["throws", "step"]) {
        const task = await arrives(life, await submit(life, name, { input: at }), "failed");
        expect(task).toMatchObject({ error: { code: "handler_error", message: expect.any(String) } });
        expect(JSON.stringify(task).length).toBeLessThan(100_000);
      }
    }
  });

  it("writes whatever a handler says to its log, and fails no task by it", async () => {
    const said = [undefined, 7, 10n, Symbol("s"), Object.create(null), thrower, closed.proxy, circle(), "\ud83d"];
    const life = await begin([
      kind("talks", async (ctx) => {
        for (const message of said) ctx.log.info(untyped(message) as string, untyped(message) as never);
        return ctx.step("talk", async (step) => {
          for (const message of said) step.log.warn(untyped(message) as string, { message: untyped(message) });
          return said.length;
        });
      }),
    ]);
    const id = await submit(life, "talks");
    await arrives(life, id, "completed");
    const lines = (await events(life, id)).filter(({ type }) => type === "task.logged");
    expect(lines).toHaveLength(2 * said.length);
  });

  it("fails a task whose details add up to more than its row may hold", async () => {
    const life = await begin([
      kind("hoards", async (ctx) => {
        for (let n = 0; n < 3; n++) {
          ctx.details({ [`page ${n}`]: "x".repeat(400_000) });
          await ctx.step(`read ${n}`, async () => n);
        }
        return "kept all";
      }),
    ]);
    const id = await submit(life, "hoards", TWICE);
    await failsByName(life, id, "details");
  });

  it("fails a task whose handler has a reply that throws, or is none", async () => {
    const replies: (() => never)[] = [
      () => {
        throw new Error("speechless");
      },
      () => untyped([{ words: "no parts" }]) as never,
    ];
    for (const reply of replies) {
      const life = await begin([kind("chat", async () => "done", { reply })]);
      await failsByName(life, await submit(life, "chat", { conversation: { alias: "c" } }), "reply");
      await life.end();
    }
  });

  it("keeps half a character apart from its other half no longer than live text takes to bring it", async () => {
    const life = await begin([
      kind("talk", (ctx) =>
        ctx.step("say", async (step) => {
          step.output("a\ud83d");
          await new Promise((resolve) => setImmediate(resolve));
          step.output("\ude00b");
          return null;
        }),
      ),
    ]);
    const id = await submit(life, "talk");
    await arrives(life, id, "completed");
    const texts = (await events(life, id)).flatMap((event) =>
      event.type === "output.delta" && !event.custom ? [event.data.text] : [],
    );
    expect(texts.join("")).toBe("a\u{1f600}b");
  });
}
