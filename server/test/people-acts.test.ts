/**
 * Everything that people may do with a task, by Waybill's own API and by the BPM API, with a restart of the server in the
 * middle of each life: what was done before it stands, and what comes after it goes on from there.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACTION_OF } from "../src/lenses/bpm/vocabulary.ts";
import { directoryConfig } from "../src/task/people/directory.ts";
import type { HumanActName } from "../src/task/people/human.ts";
import type { Identity } from "../src/task/people/identity.ts";
import { startTestServer, type TestServer } from "./server.ts";

type Who = "ada" | "bob" | "cyd" | "boss";
type Act = { act: HumanActName; outcome?: string; to?: Identity[]; from?: Identity[]; [more: string]: unknown };
type Step = [who: Who, act: Act, state: string];
type Life = { name: string; input?: object; before: Step[]; after: Step[]; ends: object };

const USERS: readonly Who[] = ["ada", "bob", "cyd", "boss"];
const user = (id: Who): Identity => ({ type: "user", id });
const yes: Act = { act: "decide", outcome: "approve" };
const no: Act = { act: "decide", outcome: "reject" };
const board: Identity = { type: "group", id: "board" };
const done = (outcome: string | null, by: Who) => ({ state: "completed", output: { outcome, by } });

const LIVES: readonly Life[] = [
  {
    name: "claim, release",
    input: { assignees: [board] },
    before: [["bob", { act: "claim" }, "assigned"]],
    after: [
      ["bob", { act: "release" }, "assigned"],
      ["cyd", yes, "completed"],
    ],
    ends: done("approve", "cyd"),
  },
  {
    name: "delegate, push_back",
    before: [["bob", { act: "delegate", to: [user("cyd")] }, "assigned"]],
    after: [
      ["cyd", { act: "push_back" }, "assigned"],
      ["bob", no, "completed"],
    ],
    ends: done("reject", "bob"),
  },
  {
    name: "reassign",
    before: [["ada", { act: "reassign", to: [user("cyd")] }, "assigned"]],
    after: [["cyd", yes, "completed"]],
    ends: done("approve", "cyd"),
  },
  {
    name: "escalate",
    before: [["bob", { act: "escalate" }, "assigned"]],
    after: [["boss", yes, "completed"]],
    ends: done("approve", "boss"),
  },
  {
    name: "suspend, resume",
    before: [["bob", { act: "suspend" }, "suspended"]],
    after: [
      ["bob", { act: "resume" }, "assigned"],
      ["bob", yes, "completed"],
    ],
    ends: done("approve", "bob"),
  },
  { name: "withdraw", before: [["ada", { act: "withdraw" }, "withdrawn"]], after: [], ends: { state: "cancelled" } },
  {
    name: "request_information, submit_information",
    before: [["bob", { act: "request_information", from: [user("cyd")] }, "information"]],
    after: [
      ["cyd", { act: "submit_information" }, "assigned"],
      ["bob", yes, "completed"],
    ],
    ends: done("approve", "bob"),
  },
  {
    name: "route, in parallel",
    before: [
      ["bob", { act: "route", to: [user("cyd"), user("boss")], routing: "parallel" }, "assigned"],
      ["cyd", yes, "voting"],
    ],
    after: [["boss", yes, "completed"]],
    ends: done("approve", "boss"),
  },
  {
    name: "skip",
    input: { stages: [{ assignees: [user("bob")] }, { assignees: [user("cyd")] }] },
    before: [["ada", { act: "skip" }, "assigned"]],
    after: [["ada", { act: "skip" }, "completed"]],
    ends: done(null, "ada"),
  },
  {
    name: "save",
    input: { payload: { amount: 1 } },
    before: [["bob", { act: "save", payload: { amount: 2 } }, "assigned"]],
    after: [["bob", yes, "completed"]],
    ends: { state: "completed", output: { payload: { amount: 2 } } },
  },
  { name: "error", before: [["boss", { act: "error" }, "errored"]], after: [], ends: { state: "failed" } },
  {
    name: "delete",
    before: [["ada", { act: "delete" }, "deleted"]],
    after: [],
    ends: { assignment: { state: "deleted" } },
  },
  {
    name: "stages, of which the first wants all and the second anybody",
    input: { stages: [{ assignees: [user("bob"), user("cyd")], votes: "all" }, { assignees: [board, user("boss")] }] },
    before: [["bob", yes, "voting"]],
    after: [
      ["cyd", yes, "assigned"],
      ["boss", yes, "completed"],
    ],
    ends: done("approve", "boss"),
  },
  {
    name: "a stage that wants two of three",
    input: { stages: [{ assignees: [user("bob"), user("cyd"), user("boss")], votes: 2 }] },
    before: [["bob", no, "voting"]],
    after: [["cyd", no, "completed"]],
    ends: done("reject", "cyd"),
  },
];

let data = "";
let server: TestServer;
let keys: ReadonlyMap<Who, string> = new Map();
type Begun = { id: string; number: number };
const begun = new Map<string, Begun>();

async function start(first: boolean): Promise<void> {
  const directory = directoryConfig.parse({
    users: USERS.map((id) => ({
      id,
      ...(id === "boss" ? {} : { manager: "boss" }),
      ...(id !== "ada" && { groups: ["board"] }),
    })),
  });
  const wanted = USERS.map((name) => ({ user: name, ...(name !== "boss" && { scopes: ["tasks" as const] }) }));
  server = await startTestServer({ mode: "serve", data, config: { directory }, ...(first && { keys: wanted }) });
  if (first) keys = new Map(USERS.map((name, at) => [name, server.secrets[at] ?? ""]));
}

async function ask(who: Who, method: string, path: string, json?: object) {
  const answer = await server.call(path, { method, key: keys.get(who) ?? "", ...(json && { json }) });
  const text = await answer.text();
  return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : text };
}

async function begin(name: string, input: object = {}): Promise<void> {
  const whose = "stages" in input ? {} : { assignees: [user("bob")] };
  const { body } = await ask("ada", "POST", "/v1/tasks", { kind: "human", input: { title: name, ...whose, ...input } });
  begun.set(name, { id: body.id, number: body.number });
}

const read = (who: Who, { id }: Begun) => ask(who, "GET", `/v1/tasks/${id}`);

/** The ways to do an act; each answers with its status. */
const DOORS = {
  native: async (who: Who, { id }: Begun, act: Act) => (await ask(who, "POST", `/v1/tasks/${id}/acts`, act)).status,
  bpm: async (who: Who, { number }: Begun, { act, outcome, to, from, routing, payload }: Act) => {
    const action = act === "decide" ? outcome : ACTION_OF[act];
    const identities = to ?? from;
    const body = { action: { id: action }, identities, payload, routingType: routing };
    return (await ask(who, "PUT", `/bpm/api/4.0/tasks/${number}`, body)).status;
  },
};
const CASES = LIVES.flatMap((life) =>
  (["native", "bpm"] as const).map((door) => ({ ...life, door, key: `${life.name} by ${door}` })),
);

async function live(door: keyof typeof DOORS, task: Begun, steps: readonly Step[]): Promise<void> {
  for (const [who, act, state] of steps) {
    const what = `${act.act} of ${[...begun].find(([, each]) => each === task)?.[0]}`;
    expect([what, await DOORS[door](who, task, act)]).toEqual([what, 200]);
    expect([what, (await read("ada", task)).body.assignment.state]).toEqual([what, state]);
  }
}

const task = (name: string): Begun => begun.get(name) ?? { id: "", number: 0 };
const settled = (name: string, what: object) =>
  expect.poll(async () => (await read("ada", task(name))).body).toMatchObject(what);

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "waybill-acts-"));
  await start(true);
  // A server takes its time for the first it is asked.
  await begin("asked over A2A");
  // Renewed, it lives for as long again as is left when it comes in: a busy machine takes its time to look at it.
  await begin("expiring", { expires_at: new Date(Date.now() + 5_000).toISOString() });
  for (const { key, input, door, before } of CASES) {
    await begin(key, input);
    await live(door, task(key), before);
  }
  // It comes due about while nobody is there to see it.
  await begin("overdue", { due_at: new Date(Date.now() + 500).toISOString() });
  await server.stop();
  await start(false);
});
afterAll(async () => {
  await server.stop();
  await rm(data, { recursive: true, force: true });
});

describe("over a restart", () => {
  it.each(CASES)("$key", async ({ key, door, before, after, ends }) => {
    const last = before.at(-1)?.[2];
    expect((await read("ada", task(key))).body.assignment.state).toBe(last);
    await live(door, task(key), after);
    expect((await read("ada", task(key))).body).toMatchObject(ends);
    const { body } = await ask("boss", "GET", `/v1/tasks/${task(key).id}/history`);
    const did = [...before, ...after].map(([who, { act }]) => `${who} ${act}`);
    expect(
      body.data.flatMap(({ by, act }: { by: string; act: string }) => (act === "submit" ? [] : `${by} ${act}`)),
    ).toEqual(did);
  });

  it("a task becomes overdue and goes to the manager by itself, and expires and is renewed", async () => {
    await settled("overdue", { assignment: { overdue: true, escalations: 1, assignees: [user("boss")] } });
    expect(await DOORS.bpm("boss", task("overdue"), yes)).toBe(200);
    await settled("expiring", { state: "timed_out", assignment: { state: "expired" } });
    const { number } = task("expiring");
    const path = `/bpm/api/4.0/tasks/${number}?view=worklist&expand=history`;
    expect((await ask("ada", "GET", path)).body).toMatchObject({ state: "EXPIRED" });
    const inA2a = async () => (await ask("ada", "GET", `/bpm/api/4.0/tasks/${number}`)).body.contextId;
    const context = await inA2a();
    const renewed = await ask("ada", "PUT", path, { action: "RENEW" });
    const same = { number, state: "ASSIGNED", assignees: { items: [user("bob")] } };
    expect([renewed.status, renewed.body]).toMatchObject([200, same]);
    const { body } = await ask("bob", "GET", path);
    expect(body).toMatchObject(same);
    const again = await ask("ada", "GET", `/a2a/tasks/${body.taskId}`);
    expect([context, context]).toEqual([await inA2a(), again.body.contextId]);
    const did = body.history.taskHistory.map(({ actionName }: { actionName: string }) => actionName);
    expect(did.slice(-2)).toEqual(["EXPIRE", "RENEW"]);
    const expired = await ask("ada", "GET", "/bpm/api/4.0/tasks?assignment=OWNER&status=EXPIRED");
    expect(expired.body.items.map((item: { number: number }) => item.number)).not.toContain(number);
    // Once, whoever does it.
    expect(await DOORS.native("ada", task("expiring"), { act: "renew" })).toBe(409);
    expect(await DOORS.bpm("boss", task("expiring"), { act: "renew" })).toBe(409);
  });

  it("a question of people is answered over A2A, once, and purged by who looks after all", async () => {
    const asked = task("asked over A2A");
    const say = (who: Who, text: string) => {
      const message = { kind: "message", role: "user", messageId: `${who}-${asked.id}`, taskId: asked.id };
      const params = { message: { ...message, parts: [{ kind: "text", text }] } };
      return ask(who, "POST", "/a2a", { jsonrpc: "2.0", id: 1, method: "message/send", params });
    };
    expect((await say("bob", "reject")).body).toMatchObject({ result: { status: { state: "completed" } } });
    expect((await say("ada", "approve")).body).toHaveProperty("error");
    expect((await read("ada", asked)).body).toMatchObject(done("reject", "bob"));
    expect(await DOORS.native("ada", asked, { act: "purge" })).toBe(403);
    expect(await DOORS.bpm("boss", asked, { act: "purge" })).toBe(200);
    expect((await read("ada", asked)).status).toBe(404);
  });
});
