import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { ParserThread } from "../src/http/body/parser-thread.ts";
import { agent } from "../src/lenses/native/agent-schema.ts";
import { auditEntry } from "../src/lenses/native/audit-schema.ts";
import * as wire from "../src/lenses/native/schema.ts";
import { why as whySchema } from "../src/lenses/native/why-schema.ts";
import { defineHandler } from "../src/task/handler.ts";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** Ends at once with what it was given. */
const echo = defineHandler({
  kind: "echo",
  input: z.strictObject({ say: z.string() }),
  present: ({ say }) => ({ title: say }),
  run: async (ctx, { say }) => ctx.step("say", async () => ({ said: say })),
});

/** Asks a person, and ends with the answer. */
const ask = defineHandler({
  kind: "ask",
  input: z.strictObject({}),
  run: async (ctx) => {
    ctx.emit({ type: "own.event", data: { camelCase: 1 } });
    const answer = await ctx.waitForInput("colour", {
      asks: "answer",
      prompt: "Which colour?",
      schema: { type: "string" },
      deadlineMs: 600_000,
    });
    return answer?.value ?? null;
  },
});

/** Asks in one branch, and works in the other until it was answered. */
const answeredThen = Promise.withResolvers<null>();
const both = defineHandler({
  kind: "both",
  input: z.strictObject({}),
  run: (ctx) =>
    ctx.parallel({
      work: (ctx) => ctx.step("work", () => answeredThen.promise),
      answer: async (ctx) => {
        const answer = await ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" });
        return ctx.step("note", async () => {
          answeredThen.resolve(null);
          return answer?.value ?? null;
        });
      },
    }),
});

const broken = defineHandler({
  kind: "broken",
  input: z.strictObject({}),
  run: async () => {
    throw new Error("it broke");
  },
});

const batch = z.object({
  data: z.array(
    z.object({ status: z.int(), replayed: z.boolean(), task: wire.task.nullable(), error: wire.problem.nullable() }),
  ),
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { handlers: [echo, ask, both, broken] } });
});
afterAll(() => server.stop());

async function submit(body: object, query = "?wait=60") {
  const response = await server.call(`/v1/tasks${query}`, { json: body });
  return { response, task: wire.task.parse(await response.json()) };
}
const read = async (id: string, query = "") =>
  wire.task.parse(await (await server.call(`/v1/tasks/${id}${query}`)).json());
const say = (text: string) => ({ kind: "echo", input: { say: text } });

describe("a submit", () => {
  it("answers at once with the task, where it is, and 202", async () => {
    const { response, task } = await submit(say("hello"), "");
    expect(response.status).toBe(202);
    expect(response.headers.get("location")).toBe(`/v1/tasks/${task.id}`);
    expect(task).toMatchObject({ kind: "echo", title: "hello", input: { say: "hello" }, lens: "native" });
  });

  it("keeps no other large body waiting while it is held", async () => {
    const held = vi.spyOn(ParserThread.prototype, "held");
    await submit(say("so ".repeat(30_000)));
    // At its hold, and at its end.
    expect(held).toHaveBeenCalledTimes(2);
    held.mockRestore();
  });

  it("holds its answer for as long as it is asked to, and is then 200 with the outcome", async () => {
    const { response, task } = await submit(say("hello"));
    expect(response.status).toBe(200);
    expect(task).toMatchObject({ state: "completed", output: { said: "hello" }, error: null });
    expect(task.ended_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it("that is sent again with its Idempotency-Key is the same task; with another body it is 422", async () => {
    const headers = { "idempotency-key": "order-7" };
    const first = await server.call("/v1/tasks", { json: say("once"), headers });
    const again = await server.call("/v1/tasks", { json: say("once"), headers });
    const { id } = wire.task.parse(await first.json());
    expect(wire.task.parse(await again.json()).id).toBe(id);
    expect([first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")]).toEqual([
      null,
      "true",
    ]);
    const other = await server.call("/v1/tasks", { json: say("twice"), headers });
    expect(other.status).toBe(422);
    expect(wire.problem.parse(await other.json())).toMatchObject({ code: "conflict", field: "Idempotency-Key" });
  });

  it("comes with many others in one call: each is taken or refused by itself, and known by its key however it came", async () => {
    const one = { kind: "echo", input: { say: "first" } };
    const alone = await server.call("/v1/tasks", { json: one, headers: { "idempotency-key": "alone" } });
    const { id } = wire.task.parse(await alone.json());
    const keyed = (idempotency_key: string, say: string) => ({ kind: "echo", input: { say }, idempotency_key });
    const tasks = [
      keyed("many", "second"),
      { kind: "echo", input: { shout: "third" } },
      keyed("alone", "first"),
      keyed("many", "second"),
      keyed("many", "another"),
    ];
    const answer = await server.call("/v1/tasks:batch", { json: { tasks } });
    const { data } = batch.parse(await answer.json());
    expect(data.map(({ status, replayed, error }) => [status, replayed, error?.code ?? null])).toEqual([
      [202, false, null],
      [400, false, "invalid"],
      [202, true, null],
      [202, true, null],
      [422, false, "conflict"],
    ]);
    const [second, refused, first, again] = data;
    expect([first?.task?.id, again?.task?.id]).toEqual([id, second?.task?.id]);
    expect(refused?.error?.field).toContain("input");
    for (const wrong of [[], Array(257).fill(one), [{ ...one, priority: 1_000 }]])
      expect((await server.call("/v1/tasks:batch", { json: { tasks: wrong } })).status).toBe(400);
  });

  it("keeps priority, delay, deadline, budget, retry, concurrency and metadata", async () => {
    const { task } = await submit(
      {
        ...say("later"),
        priority: 5,
        delay_ms: 3_600_000,
        deadline_ms: 7_200_000,
        retry: { attempts: 3 },
        concurrency: { key: "k", limit: 2 },
        budget: { tokens: 100, on_spent: "fail" },
        metadata: { order: "42" },
      },
      "",
    );
    expect(task).toMatchObject({
      state: "queued",
      priority: 5,
      retry: { attempts: 3, backoff_ms: 1_000, backoff_max_ms: 60_000 },
      concurrency: { key: "k", limit: 2 },
      budget: { tokens: 100, cost_usd: null, on_spent: "fail" },
      metadata: { order: "42" },
    });
    expect(Date.parse(task.not_before ?? "") - Date.parse(task.created_at)).toBe(3_600_000);
    expect(Date.parse(task.deadline_at ?? "") - Date.parse(task.created_at)).toBe(7_200_000);
  });

  it("of a kind that is not here, or with input that does not fit, is refused before anything is stored", async () => {
    for (const body of [{ kind: "nothing", input: {} }, { kind: "echo", input: { say: 7 } }, { kind: "echo" }]) {
      const response = await server.call("/v1/tasks", { json: body });
      expect(response.status).toBe(400);
      expect(wire.problem.parse(await response.json())).toMatchObject({ code: "invalid" });
    }
  });
});

describe("a read", () => {
  it("has an ETag, and is 304 while nothing has changed", async () => {
    const { task } = await submit(say("etag"));
    const first = await server.call(`/v1/tasks/${task.id}`);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = await server.call(`/v1/tasks/${task.id}`, { headers: { "if-none-match": `"x", W/${etag}` } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    const other = await server.call(`/v1/tasks/${task.id}`, { headers: { "if-none-match": '"other"' } });
    expect(other.status).toBe(200);
  });

  it("holds its answer until the task has ended", async () => {
    const { task } = await submit({ kind: "ask", input: {} });
    const ended = read(task.id, "?wait=60");
    await server.call(`/v1/tasks/${task.id}/input`, { json: { value: "red" } });
    expect((await ended).state).toBe("input_required");
    await expect.poll(async () => (await read(task.id, "?wait=60")).state).toBe("completed");
  });

  it("shows it as a lens that there is, and refuses one that there is not", async () => {
    const { task } = await submit(say("lens"));
    expect((await read(task.id, "?lens=native")).id).toBe(task.id);
    const shannon = await server.call(`/v1/tasks/${task.id}?lens=shannon`);
    expect(shannon.headers.get("content-type")).toBe("application/vnd.waybill.shown+json; charset=utf-8");
    expect(await shannon.json()).toMatchObject({ task_id: task.id, status: "TASK_STATUS_COMPLETED" });
    const response = await server.call(`/v1/tasks/${task.id}?lens=telex`);
    expect(wire.problem.parse(await response.json())).toMatchObject({ status: 400, field: "query.lens" });
  });
});

describe("a question to a person", () => {
  it("is shown with its prompt, explained, and answered", async () => {
    const { response, task } = await submit({ kind: "ask", input: {} });
    expect(response.status).toBe(202);
    expect(task.state).toBe("input_required");
    expect(task.input_required).toMatchObject({ name: "colour", text: "Which colour?", schema: { type: "string" } });
    expect(task.waits).toMatchObject([{ on: "input", prompt: { name: "colour" } }]);
    const why = whySchema.parse(await (await server.call(`/v1/tasks/${task.id}/why`)).json());
    expect(why).toMatchObject({ state: "input_required", until: task.input_required?.until });
    const wrong = await server.call(`/v1/tasks/${task.id}/input`, { json: { value: "red", prompt: "size" } });
    expect(wire.problem.parse(await wrong.json())).toMatchObject({
      code: "not_allowed_in_state",
      state: "input_required",
    });
    await server.call(`/v1/tasks/${task.id}/input`, { json: { value: "red", prompt: "colour", message_id: "m1" } });
    await expect.poll(async () => (await read(task.id)).output).toBe("red");
  });

  it("takes the same message again, and answers 409 to another one under its id or to a question that is closed", async () => {
    const { task } = await submit({ kind: "ask", input: {} });
    const answer = { value: "red", prompt: "colour", message_id: "m1" };
    const send = (more: object = {}) => server.call(`/v1/tasks/${task.id}/input`, { json: { ...answer, ...more } });
    expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(200);
    const other = await send({ value: "blue" });
    expect(wire.problem.parse(await other.json())).toMatchObject({
      status: 409,
      code: "conflict",
      field: "message_id",
    });
    await expect.poll(async () => (await read(task.id)).output).toBe("red");
    expect((await send()).status).toBe(200);
    const late = await send({ message_id: "m2" });
    expect(wire.problem.parse(await late.json())).toMatchObject({ status: 409, code: "not_allowed_in_state" });
  });

  it("is shown, streamed and answered while another branch still works", async () => {
    const { task } = await submit({ kind: "both", input: {} }, "");
    await expect.poll(async () => (await read(task.id)).input_required).toMatchObject({ name: "colour" });
    expect(await read(task.id)).toMatchObject({ state: "running", waits: [{ on: "input" }] });
    const log = await (await server.call(`/v1/tasks/${task.id}/events`)).text();
    expect(log).toContain("task.input_required");
    const sent = await server.call(`/v1/tasks/${task.id}/input`, { json: { value: "red" } });
    expect(await sent.json()).toMatchObject({ state: "running", input_required: null });
    await expect.poll(async () => (await read(task.id)).output).toEqual({ work: null, answer: "red" });
  });
});

describe("steering", () => {
  it("pauses, resumes and cancels, and the audit log says who did", async () => {
    const { task } = await submit({ kind: "ask", input: {} });
    const act = async (verb: string, body: object = {}) =>
      wire.task.parse(await (await server.call(`/v1/tasks/${task.id}/${verb}`, { json: body })).json());
    const paused = await act("pause", { reason: "lunch" });
    expect(paused).toMatchObject({
      state: "paused",
      paused: { by: "developer", reason: "lunch", resumes_as: "input_required" },
    });
    expect((await act("resume")).state).toBe("input_required");
    expect(await act("cancel", { reason: "enough" })).toMatchObject({
      state: "cancelled",
      cancelled: { reason: "enough" },
    });
    const again = await server.call(`/v1/tasks/${task.id}/cancel`, { method: "POST" });
    expect(wire.problem.parse(await again.json())).toMatchObject({
      status: 409,
      code: "not_allowed_in_state",
      state: "cancelled",
    });
    const audit = z
      .object({ data: z.array(auditEntry) })
      .parse(await (await server.call(`/v1/audit?task_id=${task.id}`)).json());
    expect(audit.data.map(({ act }) => act)).toEqual(["cancel", "resume", "pause", "submit"]);
  });

  it("gives a task that has a budget another one, with its reason in the log, and none to a task without", async () => {
    const { task } = await submit({ kind: "ask", input: {}, budget: { tokens: 10, on_spent: "fail" } });
    const { out, talk } = await runWaybill(["budget", task.id, "--usd", "2.50", "--reason", "more to do"], {
      WAYBILL_URL: server.url,
      NO_COLOR: "1",
    });
    expect(out + talk).toBe(`${task.id} may spend 10 tokens and $2.50.\n`);
    expect((await read(task.id)).budget).toMatchObject({ tokens: 10, cost_usd: 2.5, on_spent: "fail" });
    const log = await (await server.call(`/v1/tasks/${task.id}/events`)).text();
    expect(log).toContain(
      '"facts":{"by":"developer","onSpent":"fail","tokens":10,"costUsd":2.5,"reason":"more to do"}',
    );
    const set = (id: string, json: object) => server.call(`/v1/tasks/${id}/budget`, { json });
    expect((await set(task.id, { tokens: null })).status).toBe(200);
    expect((await read(task.id)).budget).toMatchObject({ tokens: null, cost_usd: 2.5, on_spent: "fail" });
    const { budget } = await read(task.id);
    expect((await set(task.id, { ...budget, reason: "as it was" })).status).toBe(200);
    const again = await submit({ kind: "ask", input: {}, budget });
    expect((await read(again.task.id)).budget).toEqual(budget);
    expect((await set(task.id, { spent: budget?.spent })).status).toBe(400);
    const lifted = await runWaybill(["budget", task.id, "--usd", "none"], { WAYBILL_URL: server.url, NO_COLOR: "1" });
    expect(lifted.out + lifted.talk).toBe(`${task.id} may spend any amount.\n`);
    for (const none of [{ tokens: 0 }, {}, { reason: "no more" }]) expect((await set(task.id, none)).status).toBe(400);
    expect((await set((await submit({ kind: "ask", input: {} })).task.id, { tokens: 5 })).status).toBe(409);
  });

  it("tries a failed task again as a new one", async () => {
    const { task } = await submit({ kind: "broken", input: {} });
    expect(task).toMatchObject({ state: "failed", error: { message: expect.stringContaining("it broke") } });
    const response = await server.call(`/v1/tasks/${task.id}/retry`, { json: { reuse_journal: true } });
    expect(response.status).toBe(202);
    expect(wire.task.parse(await response.json())).toMatchObject({ retry_of: task.id });
  });

  it("deletes an ended task, and no open one", async () => {
    const { task: open } = await submit({ kind: "ask", input: {} });
    expect((await server.call(`/v1/tasks/${open.id}`, { method: "DELETE" })).status).toBe(409);
    const { task } = await submit(say("bye"));
    expect((await server.call(`/v1/tasks/${task.id}`, { method: "DELETE" })).status).toBe(204);
    expect((await server.call(`/v1/tasks/${task.id}`)).status).toBe(404);
  });
});

describe("a list", () => {
  const list = async (query: string) => {
    const response = await server.call(`/v1/tasks?${query}`);
    return wire.page(wire.taskSummary).parse(await response.json());
  };

  it("is filtered by state, kind, time, words and metadata, and paged without gaps", async () => {
    const from = new Date().toISOString();
    for (const n of [1, 2, 3]) await submit({ ...say(`pear ${n}`), metadata: { n: String(n), crate: "a" } });
    const all = await list(`created_from=${from}`);
    expect(all.data.map(({ title }) => title)).toEqual(["pear 3", "pear 2", "pear 1"]);
    const first = await list(`created_from=${from}&limit=2`);
    expect([first.total, first.data.length]).toEqual([3, 2]);
    const second = await list(`created_from=${from}&limit=2&cursor=${first.next_cursor}`);
    expect([second.data.map(({ title }) => title), second.next_cursor]).toEqual([["pear 1"], null]);
    expect((await list("metadata[n]=2&metadata[crate]=a&state=completed,failed&kind=echo")).total).toBe(1);
    expect((await list("state=running&state=queued&metadata[n]=2")).total).toBe(0);
    expect((await list(`q=pear&created_before=${from}`)).total).toBe(0);
  });

  it("refuses filters that it does not know", async () => {
    for (const query of [
      "stat=running",
      "state=sleeping",
      "limit=0",
      "limit=x",
      "cursor=zzz",
      "created_from=yesterday",
    ]) {
      const response = await server.call(`/v1/tasks?${query}`);
      expect([query, response.status]).toEqual([query, 400]);
      expect(wire.problem.parse(await response.json()).code).toBe("invalid");
    }
  });
});

describe("conversations", () => {
  it("are made by a name, read by it or by their id, renamed, spoken in and deleted", async () => {
    const { task } = await submit({
      kind: "agent",
      input: { query: "What is 2 + 2?" },
      conversation: { alias: "maths", context: { class: "1a" } },
    });
    const one = wire.conversation.parse(await (await server.call("/v1/conversations/maths")).json());
    expect(one).toMatchObject({ id: task.conversation_id, alias: "maths", context: { class: "1a" }, tasks: 1 });
    const renamed = await server.call(`/v1/conversations/${one.id}`, { json: { title: "Sums" }, method: "PATCH" });
    expect(wire.conversation.parse(await renamed.json()).title).toBe("Sums");
    const said = await server.call("/v1/conversations/maths/messages", { json: { parts: [{ text: "Thank you." }] } });
    expect(said.status).toBe(201);
    const messages = wire
      .counted(wire.message)
      .parse(await (await server.call("/v1/conversations/maths/messages")).json());
    expect(messages.data.map(({ role }) => role)).toEqual(["user", "agent", "user"]);
    const all = wire.counted(wire.conversation).parse(await (await server.call("/v1/conversations")).json());
    expect(all.data.map(({ id }) => id)).toContain(one.id);
    expect((await server.call("/v1/conversations/maths", { method: "DELETE" })).status).toBe(204);
    expect((await server.call("/v1/conversations/maths")).status).toBe(404);
    expect((await read(task.id)).conversation_id).toBe(one.id);
  });
});

describe("external work", () => {
  const post = (path: string, json: object) => server.call(path, { json });

  it("is claimed, kept alive, completed, and fenced for whoever lost it", async () => {
    const { task } = await submit({ kind: "external", input: { queue: "q1", payload: { n: 1 } } }, "");
    const claimed = wire
      .list(wire.task)
      .parse(await (await post("/v1/work/claim", { worker: "w", queue: "q1", wait_ms: 60_000 })).json()).data;
    expect(claimed).toMatchObject([
      { id: task.id, state: "running", input: { payload: { n: 1 } }, lease: { worker: "w" } },
    ]);
    const attempt = claimed[0]?.attempt;
    const beat = await post(`/v1/tasks/${task.id}/heartbeat`, {
      worker: "w",
      attempt,
      progress: { fraction: 0.5, message: "half" },
    });
    expect(wire.task.parse(await beat.json()).progress).toEqual({ fraction: 0.5, message: "half" });
    const stranger = await post(`/v1/tasks/${task.id}/complete`, { worker: "other", attempt: 99, output: 1 });
    expect(wire.problem.parse(await stranger.json())).toMatchObject({ status: 409, code: "fenced" });
    const done = await post(`/v1/tasks/${task.id}/complete`, { worker: "w", attempt, output: { ok: true } });
    expect(wire.task.parse(await done.json())).toMatchObject({ state: "completed", output: { ok: true } });
  });

  it("answers a claim with nothing when there is none", async () => {
    const claimed = await post("/v1/work/claim", { worker: "w", queue: "empty" });
    expect(await claimed.json()).toEqual({ data: [] });
  });
});

describe("the documents", () => {
  it("are served, and loaded from nowhere else", async () => {
    const openapi = z
      .object({ openapi: z.literal("3.1.0"), paths: z.record(z.string(), z.unknown()) })
      .parse(await (await server.call("/openapi.json")).json());
    expect(Object.keys(openapi.paths)).toContain("/v1/tasks/{id}/events");
    const docs = await server.call("/docs");
    expect(docs.headers.get("content-security-policy")).toContain("default-src 'none'");
    const page = await docs.text();
    expect(page).not.toMatch(/<script|(src|href)="https?:/);
    for (const path of Object.keys(openapi.paths)) expect(page).toContain(path);
  });

  it("say who calls, and which agents there are", async () => {
    expect(await (await server.call("/v1/me")).json()).toMatchObject({ tenant: "default", user: "developer" });
    const agents = wire.paged(agent).parse(await (await server.call("/v1/agents")).json());
    expect(agents.data.map(({ slug }) => slug)).toEqual(["assistant"]);
    expect((await server.call("/v1/agents/nobody")).status).toBe(404);
  });

  it("count", async () => {
    const metrics = await server.call("/metrics");
    expect(metrics.headers.get("content-type")).toContain("text/plain");
    const text = await metrics.text();
    expect(text).toMatch(
      /waybill_http_request_duration_seconds_count\{route="\/v1\/tasks",method="POST",status="202"\} \d+/,
    );
    expect(text).toMatch(/waybill_task_transitions_total\{kind="echo",state="completed"\} \d+/);
    expect(text).toMatch(/waybill_step_duration_seconds_count\{kind="echo"\} \d+/);
    expect(text).toContain("process_cpu_seconds_total");
  });
});
