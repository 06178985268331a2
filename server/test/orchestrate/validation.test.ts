/**
 * Every field of every request schema, asked over HTTP with values just inside and just outside of what it takes: what is
 * inside passes validation, what is outside is refused with the very error that the contract has for it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { orchestrateLens } from "../../src/lenses/orchestrate/routes.ts";
import { KeptConnections } from "../kept-connections.ts";
import { startTestServer, type TestServer } from "../server.ts";

let server: TestServer;
let own = "";
let sent = 0;
beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }] });
  own = server.lensUrls["orchestrate"] ?? "";
});
const connections = new KeptConnections();
afterAll(() => {
  connections.close();
  return server.stop();
});

/** A thread that there is not: what fits its schema is a 404, and begins nothing. */
const NOWHERE = "00000000-0000-4000-8000-000000000000";
const MESSAGE = { role: "user", content: "hi" };
const UUID = "fd438015-df29-4b3b-9fa3-d84c61871336";

type Wrong = { type: string; msg: string; ctx?: object };
/** One field: where it is, a request that holds a value there, and what it takes and does not. */
type Field = { place: string[]; body: (value: unknown) => unknown; inside: unknown[]; outside: [unknown, Wrong][] };

async function ask(path: string, body: unknown): Promise<{ status: number; text: string }> {
  const [key = ""] = server.secrets;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  sent += 1;
  const { status, text } = await connections.send(own + path, { method: "POST", body: JSON.stringify(body), headers });
  return { status, text };
}

const le = (bound: number): Wrong => ({
  type: "less_than_equal",
  msg: `Input should be less than or equal to ${bound}`,
  ctx: { le: bound },
});
const ge = (bound: number): Wrong => ({
  type: "greater_than_equal",
  msg: `Input should be greater than or equal to ${bound}`,
  ctx: { ge: bound },
});
const HUNDREDTH: Wrong = {
  type: "multiple_of",
  msg: "Input should be a multiple of 0.01",
  ctx: { multiple_of: 0.01 },
};
const NO_TEXT: Wrong = { type: "string_type", msg: "Input should be a valid string" };
const NO_LIST: Wrong = { type: "list_type", msg: "Input should be a valid list" };
const NO_DICT: Wrong = { type: "dict_type", msg: "Input should be a valid dictionary" };
const NO_MODEL: Wrong = {
  type: "model_attributes_type",
  msg: "Input should be a valid dictionary or object to extract fields from",
};
const WHOLE: Wrong = { type: "int_type", msg: "Input should be a valid integer" };
const WHOLE_TEXT: Wrong = {
  type: "int_parsing",
  msg: "Input should be a valid integer, unable to parse string as an integer",
};
const FRACTION: Wrong = {
  type: "int_from_float",
  msg: "Input should be a valid integer, got a number with a fractional part",
};
const NUMBER: Wrong = { type: "float_type", msg: "Input should be a valid number" };
const NUMBER_TEXT: Wrong = {
  type: "float_parsing",
  msg: "Input should be a valid number, unable to parse string as a number",
};
const FLAG: Wrong = { type: "bool_type", msg: "Input should be a valid boolean" };
const FLAG_TEXT: Wrong = { type: "bool_parsing", msg: "Input should be a valid boolean, unable to interpret input" };
const EXTRA: Wrong = { type: "extra_forbidden", msg: "Extra inputs are not permitted" };
const uuidWrong = (error: string): Wrong => ({
  type: "uuid_parsing",
  msg: `Input should be a valid UUID, ${error}`,
  ctx: { error },
});

type Kind = Pick<Field, "inside" | "outside">;
const not = (wrong: Wrong, ...values: unknown[]) => values.map((value): [unknown, Wrong] => [value, wrong]);

const whole = ({ min, max }: { min?: number; max?: number } = {}): Kind => ({
  inside: [
    ...(min === undefined ? [-7] : [min, String(min), min + 1]),
    ...(max === undefined ? [1_000_000] : [max, `${max}.0`]),
  ],
  outside: [
    ...(min === undefined ? [] : not(ge(min), min - 1)),
    ...(max === undefined ? [] : not(le(max), max + 1)),
    ...not(FRACTION, 1.5),
    ...not(WHOLE_TEXT, "x", "", "1.5"),
    ...not(WHOLE, [], {}),
  ],
});
const hundredths = (min: number, max: number): Kind => ({
  inside: [min, max, String(max), min + 0.29, min + 0.57, max - 0.07].map((n) =>
    typeof n === "number" ? Math.round(n * 100) / 100 : n,
  ),
  outside: [
    ...not(ge(min), Math.round((min - 0.01) * 100) / 100),
    ...not(le(max), Math.round((max + 0.01) * 100) / 100),
    ...not(HUNDREDTH, max - 0.005, min + 0.123),
    ...not(NUMBER_TEXT, "x", ""),
    ...not(NUMBER, [], {}),
  ],
});
const flag: Kind = {
  inside: [true, false, 0, 1, "yes", "NO", "On", "off", "t", "F", "1", "0", "TRUE"],
  outside: [...not(FLAG_TEXT, 2, "maybe", ""), ...not(FLAG, [], {}, 0.5)],
};
const text: Kind = { inside: ["", "x"], outside: not(NO_TEXT, 1, true, [], {}) };
const dict: Kind = { inside: [{}, { a: { b: [null] } }], outside: not(NO_DICT, 1, "x", [], true) };
const model: Kind = { inside: [{}], outside: not(NO_MODEL, 1, "x", [], true) };
const list = (item: unknown): Kind => ({ inside: [[], [item]], outside: not(NO_LIST, 1, "x", {}, true) });
const uuid: Kind = {
  inside: [UUID, UUID.toUpperCase(), UUID.replaceAll("-", "")],
  outside: [
    ...not(uuidWrong("invalid length: expected length 32 for simple format, found 3"), "abc"),
    ...not(uuidWrong("invalid character: found `x` at 1"), "xyz"),
    ...not({ type: "uuid_type", msg: "UUID input should be a string, bytes or UUID object" }, 1, [], {}),
  ],
};

const PARAMETERS: Readonly<Record<string, Kind>> = {
  beam_width: whole({ min: 0, max: 3 }),
  decoding_method: {
    inside: ["greedy", "sample"],
    outside: not(
      { type: "enum", msg: "Input should be 'greedy' or 'sample'", ctx: { expected: "'greedy' or 'sample'" } },
      "GREEDY",
      "beam",
      1,
      [],
    ),
  },
  include_stop_sequence: flag,
  length_penalty: model,
  max_new_tokens: whole({ min: 0 }),
  min_new_tokens: whole({ min: 0 }),
  random_seed: whole({ min: 1, max: 4_294_967_295 }),
  repetition_penalty: hundredths(1, 2),
  return_options: model,
  stop_sequences: {
    inside: [["a"], ["a", "b", "c", "d", "e", "f"]],
    outside: [
      [
        [],
        {
          type: "too_short",
          msg: "List should have at least 1 item after validation, not 0",
          ctx: { field_type: "List", min_length: 1, actual_length: 0 },
        },
      ],
      [
        ["a", "b", "c", "d", "e", "f", "g"],
        {
          type: "too_long",
          msg: "List should have at most 6 items after validation, not 7",
          ctx: { field_type: "List", max_length: 6, actual_length: 7 },
        },
      ],
      ...not(NO_LIST, "a", 1, {}),
    ],
  },
  temperature: hundredths(0, 2),
  time_limit: whole(),
  top_k: whole({ min: 1, max: 100 }),
  top_p: hundredths(0, 1),
  truncate_input_tokens: whole({ min: 0 }),
  typical_p: hundredths(0.01, 1),
};
const PENALTY: Readonly<Record<string, Kind>> = {
  decay_factor: {
    inside: [1.000001, "1.5", 2],
    outside: [
      ...not({ type: "greater_than", msg: "Input should be greater than 1", ctx: { gt: 1 } }, 1, 0, "1"),
      ...not(NUMBER_TEXT, "x"),
      ...not(NUMBER, []),
    ],
  },
  start_index: whole({ min: 1 }),
};
const RETURNS: Readonly<Record<string, Kind>> = {
  generated_tokens: flag,
  input_parameters: flag,
  input_text: flag,
  input_tokens: flag,
  token_logprobs: flag,
  token_ranks: flag,
  top_n_tokens: whole({ min: 0, max: 5 }),
};
const MESSAGES: Readonly<Record<string, Kind>> = {
  role: text,
  content: { inside: ["hi", [{ response_type: "text", text: "hi" }]], outside: [] },
  mentions: list({ type: "agent", id: UUID, name: "x" }),
  document_ids: list(UUID),
  parent_message_id: uuid,
  additional_properties: dict,
  assistant_id: uuid,
  context: model,
  step_history: list({}),
  message_state: dict,
};
const RUN: Readonly<Record<string, Kind>> = {
  message: { inside: [MESSAGE], outside: not(NO_MODEL, 1, "x", []) },
  agent_id: text,
  environment_id: text,
  version: whole(),
  llm_params: model,
  guardrails: model,
  context: dict,
  context_variables: dict,
  additional_parameters: dict,
};
const number: Kind = { inside: [0, 1, -3.5, "0.7", 7], outside: [...not(NUMBER_TEXT, "x"), ...not(NUMBER, [], {})] };

/** The fields of a model at a place of a run's body. */
function fields(place: string[], kinds: Readonly<Record<string, Kind>>, hasNulls = true): Field[] {
  return Object.entries(kinds).map(([name, { inside, outside }]) => ({
    place: [...place, name],
    body: (value) => placed([...place, name], value),
    inside: hasNulls && name !== "role" && name !== "content" ? [null, ...inside] : inside,
    outside,
  }));
}

/** A request that is right but for the value at this place. */
function placed(place: readonly string[], value: unknown): unknown {
  const [name = "", ...rest] = place;
  const usual: Record<string, unknown> = place.length === 2 && name === "message" ? { message: MESSAGE } : {};
  const held = rest.length === 0 ? value : { ...Object(usual[name]), ...Object(placed(rest, value)) };
  return { ...usual, [name]: held };
}

const RAILS = ["hap", "social_bias", "pii"];
const config: Readonly<Record<string, Kind>> = { enabled: flag, threshold: number };
const FIELDS: Field[] = [
  ...fields([], RUN),
  ...fields([], { thread_id: uuid }, false),
  ...fields(["message"], MESSAGES),
  ...fields(["llm_params"], PARAMETERS),
  ...fields(["llm_params", "length_penalty"], PENALTY),
  ...fields(["llm_params", "return_options"], RETURNS),
  ...fields(["guardrails"], Object.fromEntries(RAILS.map((rail) => [rail, model]))),
  ...RAILS.flatMap((rail) => [
    ...fields(["guardrails", rail], { input: model, output: model, mask: model }),
    ...fields(["guardrails", rail, "input"], config, false),
    ...fields(["guardrails", rail, "output"], config, false),
    ...fields(["guardrails", rail, "mask"], { remove_entity_value: flag }, false),
  ]),
];

describe("a field of a run", () => {
  it.each(FIELDS.map((field) => ({ ...field, name: field.place.join(".") })))(
    "$name takes what is inside of its bounds, and refuses what is outside",
    async ({ place, body, inside, outside }) => {
      for (const value of inside) {
        const request = { thread_id: NOWHERE, ...Object(body(value)) };
        const heard = await ask("/v1/orchestrate/runs", request);
        expect([request, heard]).toEqual([request, { status: 404, text: '{"detail":"Thread not found"}' }]);
      }
      for (const [value, { type, msg, ctx }] of outside) {
        const request = { thread_id: NOWHERE, ...Object(body(value)) };
        const error = { type, loc: ["body", ...place], msg, input: value, ...(ctx && { ctx }) };
        const heard = await ask("/v1/orchestrate/runs", request);
        expect([heard.status, heard.text]).toEqual([422, JSON.stringify({ detail: [error] })]);
      }
    },
  );

  it.each([["guardrails"], ...RAILS.map((rail) => ["guardrails", rail, "input"]), ["guardrails", "pii", "mask"]])(
    "has no sister that nobody knows, in %s %s",
    async (...place) => {
      const given = [...place.filter((name) => name !== undefined), "unknown"];
      const heard = await ask("/v1/orchestrate/runs", { thread_id: NOWHERE, ...Object(placed(given, 1)) });
      const error = { type: EXTRA.type, loc: ["body", ...given], msg: EXTRA.msg, input: 1 };
      expect([heard.status, heard.text]).toEqual([422, JSON.stringify({ detail: [error] })]);
    },
  );

  it("may be unknown anywhere else, or missing where it may", async () => {
    const unknown = { of_ours: 1 };
    const body = {
      thread_id: NOWHERE,
      message: { ...MESSAGE, ...unknown },
      llm_params: { ...unknown, length_penalty: unknown, return_options: unknown },
      ...unknown,
    };
    expect((await ask("/v1/orchestrate/runs", body)).status).toBe(404);
    for (const name of ["role", "content"] as const) {
      const { [name]: _, ...message } = MESSAGE;
      const heard = await ask("/v1/orchestrate/runs", { message });
      const error = { type: "missing", loc: ["body", "message", name], msg: "Field required", input: message };
      expect([heard.status, heard.text]).toEqual([422, JSON.stringify({ detail: [error] })]);
    }
  });

  it("that may be one of two things is refused for both", async () => {
    const heard = await ask("/v1/orchestrate/runs", { message: { role: "user", content: 5 } });
    const told = z.object({ detail: z.array(z.object({ type: z.string(), loc: z.array(z.string()) })) });
    const { detail } = told.parse(JSON.parse(heard.text));
    expect(detail.map(({ type, loc }) => [type, loc.length])).toEqual([
      ["string_type", 4],
      ["list_type", 4],
    ]);
    expect(detail[0]?.loc).toEqual(["body", "message", "content", "str"]);
  });

  it("was asked for often enough", () => expect(sent).toBeGreaterThan(400));
});

describe("a parameter of a query", () => {
  const flagText: Kind = {
    inside: ["true", "false", "0", "1", "yes", "NO", "On", "off", "t", "F"],
    outside: not(FLAG_TEXT, "2", "maybe", ""),
  };
  const wholeText = (min: number): Kind => ({
    inside: [String(min), String(min + 1), "7.0", "+5"],
    outside: [...not(ge(min), String(min - 1)), ...not(WHOLE_TEXT, "x", "", "1.5", "1e3")],
  });
  const RUNS = "/v1/orchestrate/runs";
  const parameters: [method: string, path: string, name: string, kind: Kind][] = [
    ["POST", RUNS, "stream", flagText],
    ["POST", RUNS, "multiple_content", flagText],
    ["POST", RUNS, "stream_timeout", wholeText(0)],
    ["GET", RUNS, "limit", wholeText(1)],
    ["GET", RUNS, "offset", wholeText(0)],
  ];

  it.each(parameters)("%s %s %s takes what is inside of its bounds, and refuses what is outside", async (...row) => {
    const [method, path, name, { inside, outside }] = row;
    const [key = ""] = server.secrets;
    const body = JSON.stringify({ thread_id: NOWHERE });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const query = async (value: unknown) => {
      const url = `${own}${path}?${new URLSearchParams({ [name]: String(value) })}`;
      const answer = await fetch(url, { method, headers, ...(method === "POST" && { body }) });
      return { status: answer.status, text: await answer.text() };
    };
    for (const value of inside)
      expect([value, (await query(value)).status]).toEqual([value, method === "POST" ? 404 : 200]);
    for (const [value, { type, msg, ctx }] of outside) {
      const error = { type, loc: ["query", name], msg, input: value, ...(ctx && { ctx }) };
      expect(await query(value)).toEqual({ status: 422, text: JSON.stringify({ detail: [error] }) });
    }
  });
});

describe("a field of a background task", () => {
  it.each([
    ["task_name", text, { task_args: null }],
    ["task_args", dict, { task_name: 1 }],
  ])("%s is refused with what is outside of its bounds", async (name, { outside }, rest) => {
    for (const [value, { type, msg }] of outside) {
      const { detail } = JSON.parse((await ask("/v1/tasks", { ...rest, [name]: value })).text);
      expect(detail).toContainEqual({ type, loc: ["body", name], msg, input: value });
    }
  });
});

describe("a callback", () => {
  const path = `/v1/tools/default/callback/${NOWHERE}`;

  it("takes any JSON for what has come back, and refuses what is none", async () => {
    const [key = ""] = server.secrets;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const post = async (body: string) => {
      const answer = await fetch(own + path, { method: "POST", body, headers });
      return { status: answer.status, detail: JSON.parse(await answer.text()).detail };
    };
    for (const inside of ["null", "0", '"text"', "[]", "{}", '{"error":1}', '{"error":"no"}', "false"])
      expect([inside, await post(inside)]).toEqual([inside, { status: 404, detail: "Task not found" }]);
    const missing = { type: "missing", loc: ["body"], msg: "Field required", input: null };
    expect(await post("")).toEqual({ status: 422, detail: [missing] });
    expect(await post("{")).toMatchObject({ status: 422, detail: [{ type: "json_invalid", loc: ["body", 1] }] });
  });
});

describe("what fits its schema and is refused all the same", () => {
  const long = "x".repeat(201);
  it.each<[path: string, body: object, loc: (string | number)[], input: unknown]>([
    ["/v1/threads", { title: long }, ["title"], long],
    ["/v1/tasks", { task_name: "No queue" }, ["task_name"], "No queue"],
    ["/v1/tasks", { task_name: "file_processing", task_args: {} }, ["task_name"], "file_processing"],
    ["/v1/tasks", { task_name: "agent", task_args: { query: 7 } }, ["task_args", "query"], 7],
    ["/v1/tasks", { task_name: "agent" }, ["task_args", "query"], null],
    ["/v1/orchestrate/agents", { name: "a", tools: ["calculator", "no"] }, ["tools"], ["calculator", "no"]],
    ["/v1/orchestrate/agents", { name: "a", knowledge_base: ["a", ""] }, ["knowledge_base", 1], ""],
    ["/v1/orchestrate/runs", { message: { role: "user", content: [] } }, ["message", "content"], []],
    ["/v1/orchestrate/runs", {}, ["message"], null],
    ["/v1/orchestrate/assistant/chat/completions", { messages: [] }, ["messages"], []],
  ])("is told with what was given: %s %j", async (path, body, loc, input) => {
    const [key = ""] = server.secrets;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const answer = await fetch(own + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect([answer.status, await answer.json()]).toEqual([
      422,
      {
        detail: [
          {
            type: "value_error",
            loc: ["body", ...loc],
            msg: expect.stringMatching(/^Value error, (?!input)/),
            input,
            ctx: { error: {} },
          },
        ],
      },
    ]);
  });
});

describe("a name in a path", () => {
  const withNames = orchestrateLens.routes.filter(({ path }) => path.includes("{"));
  const names = [NOWHERE, "no-uuid", "%00", "%F0%9F%98%80", "..%2F..%2Fv1", "%C3%BC", "0", "x".repeat(2_000), "%FF"];

  it.each(withNames.map(({ method, path, id }) => ({ method, path, id })))(
    "of $method $path ($id) may be anything: what is not there is not found, or unknown",
    async ({ method, path, id }) => {
      const [key = ""] = server.secrets;
      for (const name of names) {
        const url = own + path.replaceAll(/\{[^}]+\}/g, name);
        const sent = method === "GET" || method === "DELETE" ? {} : { body: "{}" };
        const headers = { authorization: `Bearer ${key}`, ...(sent.body && { "content-type": "application/json" }) };
        const answer = await fetch(url, { method, headers, ...sent });
        const text = await answer.text();
        const mayBeHad = id === "fetch_background_task" && answer.status === 200;
        expect([name.slice(0, 40), answer.status, text]).toEqual([
          name.slice(0, 40),
          mayBeHad
            ? 200
            : expect.toSatisfy((status) => [404, 414, 422, ...(method === "GET" ? [] : [400])].includes(status)),
          expect.any(String),
        ]);
        if (mayBeHad) expect(JSON.parse(text)).toMatchObject({ task_id: expect.any(String), status: "unknown" });
        if (!mayBeHad) expect(Object.keys(JSON.parse(text))).toEqual(["detail"]);
      }
    },
  );
});

it("looks into every body of every operation, whatever type it says that it is", () => {
  const refusing = orchestrateLens.routes.filter(({ body, reads = "json" }) => body !== null && reads === "json");
  expect(refusing.map(({ path }) => path)).toEqual([]);
});

describe("a body of a stranger", () => {
  const post = async (body: string | Buffer, type: string | null = "application/json") => {
    const [key = ""] = server.secrets;
    const headers = { authorization: `Bearer ${key}`, ...(type !== null && { "content-type": type }) };
    const answer = await fetch(`${own}/v1/orchestrate/runs`, { method: "POST", body, headers });
    return { status: answer.status, text: await answer.text() };
  };
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const bodies: [string, string | Buffer, number][] = [
    ["nothing", "", 422],
    ["null", "null", 422],
    ["no JSON", "{", 422],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22]), 400],
    ["a key named __proto__", '{"__proto__":{"message":1}}', 400],
    ["10,000 levels", deep(10_000), 422],
    ["100 levels where any object may be", `{"thread_id":"${NOWHERE}","context":${deep(100)}}`, 422],
    ["60 levels where any object may be", `{"thread_id":"${NOWHERE}","context":${deep(60)}}`, 404],
    ["NUL in a text", `{"thread_id":"${NOWHERE}","message":{"role":"user","content":"a\\u0000b"}}`, 400],
    ["half a character", `{"thread_id":"${NOWHERE}","message":{"role":"user","content":"\\ud800"}}`, 400],
    ["half a character where a UUID should be", '{"thread_id":"\\udc00"}', 400],
    ["too many bytes", JSON.stringify({ message: { role: "user", content: "x".repeat(5 << 20) } }), 413],
    ["too many values", JSON.stringify({ message: { role: "user", content: Array(200_000).fill(0) } }), 413],
    ["50,000 faults", JSON.stringify({ message: { role: "user", content: Array(50_000).fill(0) } }), 422],
  ];

  it.each(bodies)("of %s is refused in this API's own words, and in few of them", async (_, body, status) => {
    const heard = await post(body);
    expect([heard.text.slice(0, 200), heard.status]).toEqual([heard.text.slice(0, 200), status]);
    expect(Object.keys(Object(JSON.parse(heard.text)))).toEqual(["detail"]);
    expect(heard.text.length).toBeLessThan(400_000);
  });

  it("of another type is what it is: a text, which is no object", async () => {
    const error = { type: NO_MODEL.type, loc: ["body"], msg: NO_MODEL.msg, input: "a=1" };
    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "none", "a b/c", "/"]) {
      const heard = await post("a=1", type);
      expect([type, heard.status, heard.text]).toEqual([type, 422, JSON.stringify({ detail: [error] })]);
    }
    expect((await post(Buffer.from(`{"thread_id":"${NOWHERE}"}`), null)).status).toBe(404);
    expect((await post(`{"thread_id":"${NOWHERE}"}`, "application/vnd.api+json")).status).toBe(404);
  });

  it("leaves the server as it was", async () => {
    expect((await post(JSON.stringify({ message: MESSAGE }))).status).toBe(200);
  });
});
