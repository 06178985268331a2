/** Each kind of question through each door: a wrong answer is refused and the task goes on asking, a right one is the plain value. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../src/handlers/agent/definition.ts";
import type { Context } from "../src/task/handler.ts";
import { type Json, type JsonObject, jsonObject } from "../src/task/json/json.ts";
import { INPUT_ASKS } from "../src/task/states.ts";
import { DIALECTS, type Dialect, isOld, send, told } from "./a2a/client.ts";
import { clientOf } from "./bpm/client.ts";
import { TestBrowser } from "./browser.ts";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

const wanted = z.object({ asks: z.enum(INPUT_ASKS), schema: jsonObject.nullable() });

/** Asks what it is asked to ask. */
const asker = defineAgent({
  slug: "asker",
  name: "Asker",
  run: async (ctx, { query }) => {
    const { asks, schema } = wanted.parse(JSON.parse(query));
    const answer = await ctx.waitForInput("it", { asks, prompt: "Which?", ...(schema && { schema }) });
    return { given: answer?.value ?? null };
  },
});

/** Asks two things at once, and one behind them, once it may. */
const crowd = defineAgent({
  slug: "crowd",
  name: "Crowd",
  run: async (ctx) => {
    const ask = async (ctx: Context, name: string, schema: JsonObject, deadlineMs?: number) => {
      const limit = deadlineMs === undefined ? {} : { deadlineMs };
      return (await ctx.waitForInput(name, { asks: "answer", prompt: name, schema, ...limit }))?.value ?? null;
    };
    await ctx.step("work", () => work.promise.then(() => null));
    const both = await ctx.parallel({
      count: (ctx) => ask(ctx, "count", { type: "integer" }),
      list: (ctx) => ask(ctx, "list", { type: "array" }),
    });
    return { ...both, late: await ask(ctx, "late", { type: "boolean" }, 1) };
  },
});
let work = Promise.withResolvers<void>();

let server: TestServer;
const page = new TestBrowser();
beforeAll(async () => {
  server = await startTestServer({ config: { agents: [asker, crowd] } });
});
afterAll(async () => {
  await page.close();
  await server.stop();
});

type Asking = { id: string; number: number; thread: string };

const shown = z.object({
  id: z.string(),
  number: z.int(),
  conversation_id: z.string().nullable(),
  state: z.string(),
  output: z.json().optional(),
  waits: z.array(
    z.object({ prompt: z.object({ name: z.string() }).nullish() }).transform(({ prompt }) => prompt?.name),
  ),
});
const read = async (path: string, json?: unknown) =>
  shown.parse(await (await server.call(path, json === undefined ? {} : { json })).json());

async function asking(question: z.infer<typeof wanted>): Promise<Asking> {
  const made = z.object({ id: z.string() }).parse(await (await server.call("/v1/conversations", { json: {} })).json());
  const json = { input: { agent: "asker", query: JSON.stringify(question) }, conversation: { id: made.id } };
  const { id, number, conversation_id } = await read("/v1/tasks?wait=60", json);
  return { id, number, thread: conversation_id ?? "" };
}

/** Whether it was refused as one that does not fit, and the words of that. */
type Refused = [isRefused: boolean, words: string];
type Door = (task: Asking, words: string, value: Json) => Promise<Refused>;

async function posted(path: string, json: unknown, refusal: number): Promise<Refused> {
  const response = await server.call(path, { json });
  const text = await response.text();
  expect([200, 202, refusal], text).toContain(response.status);
  return [response.status === refusal, text];
}

async function overA2a(dialect: Dialect, { id }: Asking, part: object): Promise<Refused> {
  const { error } = await send(server, dialect, { taskId: id, parts: [part] });
  if (error !== undefined) expect(told(dialect, error), JSON.stringify(error)).toBe(-32602);
  return [error !== undefined, JSON.stringify(error)];
}

async function commanded(...args: string[]): Promise<Refused> {
  const { code, talk } = await runWaybill(args, { WAYBILL_URL: server.url, NO_COLOR: "1" });
  return [code !== 0, talk];
}

const byHttp: Record<string, Door> = {
  "a native text": ({ id }, text) => posted(`/v1/tasks/${id}/input`, { text }, 400),
  "a native value": ({ id }, _, value) => posted(`/v1/tasks/${id}/input`, { prompt: "it", value }, 400),
  ...Object.fromEntries(
    DIALECTS.map((dialect): [string, Door] => [
      `words over ${dialect}`,
      (task, text) => overA2a(dialect, task, { text }),
    ]),
  ),
  ...Object.fromEntries(
    DIALECTS.filter((dialect) => !isOld(dialect)).map((dialect): [string, Door] => [
      `data over ${dialect}`,
      (task, _, data) => overA2a(dialect, task, { data }),
    ]),
  ),
  "a message of Orchestrate": ({ thread }, content) =>
    posted("/orchestrate/v1/orchestrate/runs", { message: { role: "user", content }, thread_id: thread }, 422),
  "a chat of Orchestrate": async ({ thread }, content) => {
    const json = { messages: [{ role: "user", content }], stream: false };
    const headers = { "x-ibm-thread-id": thread };
    const response = await server.call("/orchestrate/v1/orchestrate/asker/chat/completions", { json, headers });
    return [response.status === 422, await response.text()];
  },
  "a callback of Orchestrate": ({ id }, _, value) => posted(`/orchestrate/v1/tools/default/callback/${id}`, value, 422),
};

const otherwise: Record<string, Door> = {
  "the command line": ({ id }, words) => commanded("answer", id, "--", words),
  "JSON in the command line": ({ id }, _, value) => commanded("answer", id, "-i", JSON.stringify(value)),
};

const byPage: Door = async ({ id }, words) => {
  page.open(`${server.url}/dashboard/#${id}`);
  await page.find("body", id);
  await page.type("textarea[aria-label=Answer]", words);
  await page.click("button", "Answer");
  return [false, ""];
};

const inBpm: Door = async ({ number }, comments, value) => {
  const isForm = typeof value === "object" && value !== null && !Array.isArray(value);
  const { status, text } = await clientOf(server).act(number, "ANSWER", isForm ? { payload: value } : { comments });
  expect([200, 400], text).toContain(status);
  return [status === 400, text];
};

const pages = { type: "object", required: ["pages"], properties: { pages: { type: "integer", minimum: 1 } } };

type Row = [what: string, schema: z.infer<typeof wanted>["schema"], right: [string, Json], wrong: [string, Json]];
const QUESTIONS: Row[] = [
  ["text", { type: "string", maxLength: 9 }, ["42", "42"], ["far too long a text", "far too long a text"]],
  ["integer", { type: "integer" }, [" 42 ", 42], ["forty-two", 4.2]],
  ["number", { type: "number", maximum: 9 }, ["0.5", 0.5], ["10", 10]],
  ["flag", { type: "boolean" }, ["Yes", true], ["perhaps", 1]],
  ["choice", { enum: ["pdf", "html"] }, ["pdf", "pdf"], ["doc", "doc"]],
  ["choice of numbers", { enum: [1, 2] }, ["2", 2], ["3", 3]],
  ["nothing", { type: "null" }, ["null", null], ["nothing", false]],
  ["list", { type: "array", items: { type: "integer" } }, ["[1,2]", [1, 2]], ['["a"]', ["a"]]],
  ["form", pages, ['{"pages":3}', { pages: 3 }], ['{"pages":-3}', { pages: -3 }]],
  ["one of several", { anyOf: [{ type: "integer" }, { type: "boolean" }] }, ["no", false], ["maybe", "maybe"]],
  ["one or none", { type: ["integer", "null"] }, ["7", 7], ["7.5", 7.5]],
];

async function through(doors: Record<string, Door>, [, schema, right, wrong]: Row) {
  return Promise.all(
    Object.entries(doors).map(async ([door, answers]) => {
      const task = await asking({ asks: "answer", schema });
      const [isRefused, words] = await answers(task, ...wrong);
      const { state } = await read(`/v1/tasks/${task.id}`);
      const [isRefusedAgain, why] = await answers(task, ...right);
      const ended = await read(`/v1/tasks/${task.id}?wait=60`);
      return [door, isRefused, words.includes("value"), state, isRefusedAgain ? why : "", ended.output];
    }),
  );
}

it.each(QUESTIONS)("a question for a %s takes what fits it by each HTTP API, and nothing else", async (...row) => {
  const expected = (door: string) => [door, true, true, "input_required", "", { given: row[2][1] }];
  const doors = { ...byHttp, "the BPM API": inBpm };
  expect(await through(doors, row)).toEqual(Object.keys(doors).map(expected));
});

it.each(QUESTIONS.slice(1))(
  "a question for a %s takes what fits it by the command line, and nothing else",
  async (...row) => {
    const expected = (door: string) => [door, true, true, "input_required", "", { given: row[2][1] }];
    expect(await through(otherwise, row)).toEqual(Object.keys(otherwise).map(expected));
  },
);

const ON_PAGE = new Set(["integer", "one of several"]);
it.each(QUESTIONS.filter(([what]) => ON_PAGE.has(what)))(
  "a question for a %s takes what fits it by the page, which says why it takes no other",
  async (...row) => {
    const [, schema, right, wrong] = row;
    const task = await asking({ asks: "answer", schema });
    await byPage(task, ...wrong);
    expect((await page.find(".ask .notice", "Wanted")).textContent).toContain("value");
    await byPage(task, ...right);
    await page.find("body", '"given"');
    expect((await read(`/v1/tasks/${task.id}?wait=60`)).output).toEqual({ given: right[1] });
  },
);

/** What a person does with the fields of a question, before "Answer" is pressed: first in vain, then as it wants. */
const BY_FIELDS: [what: string, schema: JsonObject, refusal: string, acts: (() => Promise<void>)[], given: Json][] = [
  ["choice", { enum: ["pdf", "html"] }, "Nothing", [async () => {}, () => page.type(".ask select", "html")], "html"],
  ["flag", { type: "boolean" }, "Nothing", [async () => {}, () => page.type(".ask select", "No")], false],
  [
    "list",
    { type: "array", minItems: 1, items: { type: "integer" } },
    "few",
    [
      async () => {},
      async () => {
        await page.click(".ask button", "Add");
        await page.type(".ask .item input", "7");
      },
    ],
    [7],
  ],
  [
    "form",
    pages,
    "-3",
    [() => page.type(".ask .schema-form input", "-3"), () => page.type(".ask .schema-form input", "3")],
    { pages: 3 },
  ],
  [
    "day",
    { type: "string", format: "date" },
    "Nothing",
    [async () => {}, () => page.type(".ask input", "2026-12-01")],
    "2026-12-01",
  ],
  [
    "time",
    { type: "string", format: "time" },
    "Nothing",
    [async () => {}, () => page.type(".ask input", "10:30")],
    "10:30:00",
  ],
];
it.each(BY_FIELDS)(
  "a question for a %s has fields on the page, which says at them why it takes no other",
  async (_, schema, refusal, acts, given) => {
    const task = await asking({ asks: "answer", schema });
    page.open(`${server.url}/dashboard/#${task.id}`);
    await page.find("body", task.id);
    for (const [at, act] of acts.entries()) {
      await act();
      await page.click(".ask button", "Answer");
      if (at === 0) await page.find(".ask [role=alert]", refusal);
    }
    await page.find("body", '"given"');
    expect((await read(`/v1/tasks/${task.id}?wait=60`)).output).toEqual({ given });
  },
);

it("a question whose parts lead back to itself has a bounded number of fields on the page, and one for a number loses no digit", async () => {
  const names = Array.from({ length: 40 }, (_, at) => `part${at}`);
  const own = Object.fromEntries(names.map((name) => [name, { $ref: "#" }]));
  const schema = { type: "object", properties: { n: { type: "integer" }, ...own } };
  const task = await asking({ asks: "answer", schema });
  page.open(`${server.url}/dashboard/#${task.id}`);
  await page.find("body", task.id);
  const field = await page.find(".ask .schema-form input[type=number]");
  expect(field.closest(".schema-form")?.querySelectorAll("input, textarea").length).toBeLessThan(2_100);
  await page.type(".ask .schema-form input[type=number]", "9007199254740993");
  await page.click(".ask button", "Answer");
  await page.find(".ask .notice", "more digits");
  await page.type(".ask .schema-form input[type=number]", "7");
  await page.click(".ask button", "Answer");
  await page.find("body", '"given"');
  expect((await read(`/v1/tasks/${task.id}?wait=60`)).output).toEqual({ given: { n: 7 } });
});

/** Its last question is over by itself. */
async function outputOf(id: string): Promise<Json | undefined> {
  for (;;) {
    const { state, output } = await read(`/v1/tasks/${id}?wait=60`);
    if (state !== "input_required") return output;
  }
}

it("what is said before a question answers it where it fits, and nothing where it does not", async () => {
  work = Promise.withResolvers();
  const { id } = await read("/v1/tasks", { input: { agent: "crowd", query: "Go" } });
  const input = `/v1/tasks/${id}/input`;
  const say = async (json: object) => (await server.call(input, { json })).status;
  expect(await say({ prompt: "count", text: "many" })).toBe(200);
  // JSON that is a text is no number, whenever it comes.
  expect(await say({ prompt: "count", value: "3" })).toBe(200);
  expect(await say({ prompt: "list", text: "[1]" })).toBe(200);
  work.resolve();
  for (;;) {
    const { waits, state } = await read(`/v1/tasks/${id}?wait=60`);
    if (waits.join() === "count") break;
    expect(state).not.toBe("completed");
  }
  expect(await say({ prompt: "list", text: "[2]" })).toBe(409);
  expect(await say({ prompt: "count", text: "three" })).toBe(400);
  expect(await say({ prompt: "count", value: "3" })).toBe(400);
  expect(await say({ prompt: "count", text: "3", message_id: "same" })).toBe(200);
  // The question that has come and gone meanwhile had its own time.
  expect(await outputOf(id)).toEqual({ count: 3, list: [1], late: null });
  expect(await say({ prompt: "late", text: "yes" })).toBe(409);
  expect(await say({ prompt: "count", text: "3", message_id: "same" })).toBe(200);
});

it("of several questions each is answered by its own name, and one answer too many or too large is refused", async () => {
  work = Promise.withResolvers();
  work.resolve();
  const { id } = await read("/v1/tasks?wait=60", { input: { agent: "crowd", query: "Go" } });
  const say = async (json: object) => (await server.call(`/v1/tasks/${id}/input`, { json })).status;
  expect(await say({ prompt: "list", value: 4 })).toBe(400);
  expect(await say({ prompt: "count", value: [4] })).toBe(400);
  expect(await say({ prompt: "count", value: 1, text: "1" })).toBe(400);
  expect(await say({ prompt: "count" })).toBe(400);
  expect(await say({ prompt: "list", text: `["${"x".repeat(65 << 20)}"]` })).toBe(413);
  expect((await read(`/v1/tasks/${id}`)).state).toBe("input_required");
  const both = await Promise.all([say({ prompt: "list", value: [4] }), say({ prompt: "list", value: [5] })]);
  expect(both.sort()).toEqual([200, 409]);
  expect(await say({ text: "5" })).toBe(200);
  expect(await outputOf(id)).toMatchObject({ count: 5, list: [expect.any(Number)] });
});

const bill = {
  type: "object",
  required: ["approved", "euros"],
  properties: { approved: { type: "boolean" }, euros: { type: "number" }, comment: { type: "string" } },
};

it("an approval with a form is given by the page with its fields, by actions of the BPM API and by words", async () => {
  const ask = () => asking({ asks: "approval", schema: bill });
  const end = async ({ id }: Asking) => (await read(`/v1/tasks/${id}?wait=60`)).output;
  const shown = await ask();
  page.open(`${server.url}/dashboard/#${shown.id}`);
  await page.find("body", shown.id);
  await page.click("button", "Approve");
  expect((await page.find(".ask .fault")).textContent).toContain("required");
  await page.type(".ask .schema-form input", "5");
  await page.click("button", "Approve");
  await page.find("body", '"given"');
  expect(await end(shown)).toEqual({ given: { approved: true, euros: 5 } });

  const acted = await ask();
  const { act } = clientOf(server);
  expect((await act(acted.number, "APPROVE")).status).toBe(400);
  expect((await act(acted.number, "APPROVE", { payload: { euros: "five" } })).status).toBe(400);
  expect((await act(acted.number, "APPROVE", { payload: { euros: 5 }, comments: "Fine" })).status).toBe(200);
  expect(await end(acted)).toEqual({ given: { approved: true, euros: 5, comment: "Fine" } });

  for (const [door, answers] of Object.entries(byHttp)) {
    const task = await ask();
    const answer = { approved: false, comment: "too dear" };
    const [isRefused, words] = await answers(task, "perhaps", "perhaps");
    expect([door, isRefused, words]).toEqual([door, true, expect.stringContaining("Say yes or no")]);
    expect((await answers(task, "No, too dear", answer))[0]).toBe(false);
    expect([door, await end(task)]).toEqual([door, { given: answer }]);
  }
});
