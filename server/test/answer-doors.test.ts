/** Each kind of question through each door: a wrong answer is refused and the task goes on asking, a right one is the plain value. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../src/handlers/agent/definition.ts";
import { type Json, jsonObject } from "../src/task/json.ts";
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

let server: TestServer;
const page = new TestBrowser();
beforeAll(async () => {
  server = await startTestServer({ config: { agents: [asker] } });
});
afterAll(async () => {
  await page.close();
  await server.stop();
});

type Asking = { id: string; number: number; thread: string };

const shown = z.object({
  id: z.string(),
  number: z.int(),
  conversation_id: z.string(),
  state: z.string(),
  output: z.json().optional(),
});
const read = async (path: string, json?: unknown) =>
  shown.parse(await (await server.call(path, json === undefined ? {} : { json })).json());

async function asking(question: z.infer<typeof wanted>): Promise<Asking> {
  const made = z.object({ id: z.string() }).parse(await (await server.call("/v1/conversations", { json: {} })).json());
  const json = { input: { agent: "asker", query: JSON.stringify(question) }, conversation: { id: made.id } };
  const { id, number, conversation_id } = await read("/v1/tasks?wait=60", json);
  return { id, number, thread: conversation_id };
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

const ON_PAGE = new Set(["integer", "flag", "form"]);
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
