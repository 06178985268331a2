import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { threadMessage } from "../../src/lenses/orchestrate/messages/schema.ts";
import { thread, threadList } from "../../src/lenses/orchestrate/threads/schema.ts";
import { ask } from "../a2a/client.ts";
import { KEY, shannonClient } from "../shannon/client.ts";
import type { ShannonServer } from "../shannon-server.ts";
import { type OrchestrateClient, orchestrateClient, startOrchestrateServer, textOf } from "./client.ts";

let server: ShannonServer;
let client: OrchestrateClient;
beforeAll(async () => {
  server = await startOrchestrateServer({
    keys: [
      { user: "ada", scopes: ["tasks"] },
      { user: "bob", scopes: ["tasks"] },
    ],
  });
  client = orchestrateClient(server);
});
afterAll(() => server.stop());

const NOBODYS = "0199aaaa-bbbb-4ccc-8ddd-eeeeffff0000";
const detail = z.object({ detail: z.string() });
const faults = z.object({
  detail: z.array(z.object({ type: z.string(), loc: z.array(z.unknown()), msg: z.string() })),
});

async function refusal(path: string, sent?: Parameters<OrchestrateClient["call"]>[1]) {
  const response = await client.call(path, sent);
  return [response.status, detail.parse(await response.json()).detail];
}

describe("a thread", () => {
  test("is made, read, changed and deleted, under either address, with all of its keys", async () => {
    const made = await client.call("/v1/orchestrate/threads", {
      json: { title: "Alps", agent_id: "guide", assistant_id: NOBODYS, context: { season: "winter" } },
    });
    expect(made.status).toBe(201);
    const { thread_id } = z.object({ thread_id: z.uuid() }).parse(await made.json());
    expect(made.headers.get("location")).toBe(`/threads/${thread_id}`);
    const read = await client.answer(thread, `/api/v1/threads/${thread_id}`);
    expect(read).toEqual({
      id: thread_id,
      tenant_id: "default",
      status: "ready",
      tenant_name: "default",
      title: "Alps",
      assistant_id: NOBODYS,
      agent_id: "guide",
      knowledge_base_id: null,
      created_by: "developer",
      created_by_username: "developer",
      created_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/),
      updated_at: expect.any(String),
      deleted_at: null,
      deleted_by: null,
      last_read_at: null,
      last_agent_message_at: null,
    });
    expect(Object.keys(read)).toEqual(Object.keys(thread.shape));
    const patch = { title: "Dolomites", knowledge_base_id: "maps", status: "async_wait", updated_at: "now" };
    const changed = await client.answer(thread, `/v1/threads/${thread_id}`, { method: "PATCH", json: patch });
    expect(changed).toMatchObject({
      title: "Dolomites",
      knowledge_base_id: "maps",
      status: "ready",
      agent_id: "guide",
    });
    expect(changed.assistant_id).toBe(NOBODYS);
    expect((await client.call(`/v1/threads/${thread_id}`, { method: "DELETE" })).status).toBe(204);
    expect(await refusal(`/v1/threads/${thread_id}`)).toEqual([404, "Thread not found"]);
    expect(await refusal(`/v1/threads/${thread_id}`, { method: "DELETE" })).toEqual([404, "Thread not found"]);
  });

  test("is listed newest first, in pages, and by its agent", async () => {
    const ids = [];
    for (const title of ["a", "b", "c"]) ids.push(await client.thread({ title, agent_id: "lister" }));
    await client.thread({ agent_id: "another" });
    const all = await client.answer(threadList, "/v1/threads?agent_id=lister");
    expect(all.data.map(({ id }) => id)).toEqual(ids.toReversed());
    expect([all.total, all.limit, all.offset]).toEqual([3, 50, 0]);
    const page = await client.answer(threadList, "/v1/orchestrate/threads?agent_id=lister&limit=1&offset=1");
    expect([page.data.map(({ title }) => title), page.total, page.limit, page.offset]).toEqual([["b"], 3, 1, 1]);
  });

  test("that nobody made is not found, by every operation", async () => {
    for (const id of [NOBODYS, "no-uuid", "..%2f..%2fv1"]) {
      for (const path of [`/v1/threads/${id}`, `/v1/threads/${id}/messages`, `/v1/threads/${id}/messages/${NOBODYS}`])
        expect([404, 422], path).toContain((await client.call(path)).status);
    }
    const json = { message: { role: "user", content: "hi" }, thread_id: NOBODYS };
    expect(await refusal("/v1/orchestrate/runs/stream", { json })).toEqual([404, "Thread not found"]);
  });

  test("of another user is not there", async () => {
    const [ada, bob] = server.secrets.map((secret) => orchestrateClient(server, secret));
    const id = (await ada?.thread({ title: "mine" })) ?? "";
    expect((await ada?.call(`/v1/threads/${id}`))?.status).toBe(200);
    for (const [path, method] of [
      ["", "GET"],
      ["", "PATCH"],
      ["", "DELETE"],
      ["/messages", "GET"],
    ] as const) {
      const sent = { method, ...(method === "PATCH" && { json: { title: "stolen" } }) };
      expect((await bob?.call(`/v1/threads/${id}${path}`, sent))?.status).toBe(404);
    }
  });
});

describe("a message", () => {
  test("is written without a run, read, changed and deleted, and keeps what the protocol says of it", async () => {
    const id = await client.thread();
    const content = [
      { response_type: "text", text: "See the file" },
      { response_type: "file_download", files: [{ name: "a.pdf" }] },
    ];
    const extras = {
      mentions: [{ type: "agent", id: NOBODYS, name: "Guide" }],
      document_ids: [NOBODYS],
      parent_message_id: NOBODYS,
      additional_properties: { mood: "calm" },
      context: { values: [1] },
      message_state: { seen: true },
    };
    const made = await client.call(`/v1/threads/${id}/messages`, { json: { role: "user", content, ...extras } });
    expect(made.status).toBe(201);
    const { message_id } = z.object({ message_id: z.uuid() }).parse(await made.json());
    const [listed] = await client.messages(id);
    expect(listed).toMatchObject({ id: message_id, thread_id: id, role: "user", step_history: [], ...extras });
    expect(listed?.content).toEqual([
      { response_type: "text", id: "1", text: "See the file" },
      { response_type: "file_download", id: "2", files: [{ name: "a.pdf" }] },
    ]);
    const path = `/v1/orchestrate/threads/${id}/messages/${message_id}`;
    expect(await client.answer(threadMessage, path)).toEqual(listed);
    const changed = await client.answer(threadMessage, path, { method: "PATCH", json: { content: "Never mind" } });
    expect([textOf(changed), changed.mentions]).toEqual(["Never mind", extras.mentions]);
    expect((await client.call(path, { method: "DELETE" })).status).toBe(204);
    expect(await refusal(path)).toEqual([404, "Message not found"]);
    expect(await client.messages(id)).toEqual([]);
  });

  test("of a run keeps what came with it, and the answer says which it answers", async () => {
    const message = { role: "user", content: "hello", additional_properties: { from: "the page" }, mentions: [] };
    const begun = await client.begin("", { message });
    await client.events(begun.run_id);
    const [asked, answered] = await client.messages(begun.thread_id);
    expect(asked).toMatchObject({ id: begun.message_id, additional_properties: { from: "the page" }, mentions: [] });
    expect(answered).toMatchObject({ parent_message_id: begun.message_id, role: "assistant" });
    expect(answered?.additional_properties).toEqual({
      display_properties: { skip_render: false, is_async: false },
      is_interrupt: false,
    });
  });

  test("has the log of its run, by either address", async () => {
    const begun = await client.begin("What is 12 * 12?", { agent_id: "assistant" });
    await client.events(begun.run_id);
    const answered = (await client.messages(begun.thread_id)).at(-1);
    const logs = z.object({
      captured_logs: z.object({ log_id: z.string(), log_count: z.int(), logs: z.array(z.looseObject({})) }),
    });
    const path = `/v1/threads/${begun.thread_id}/messages/${answered?.id}/logs`;
    const own = (await client.answer(logs, path)).captured_logs;
    const byId = (await client.answer(logs, `/v1/threads/logs/${answered?.log_id}`)).captured_logs;
    expect(byId.logs).toEqual(own.logs);
    expect(own.log_count).toBe(own.logs.length);
    expect(JSON.stringify(own.logs)).toContain("Completed");
    expect(await refusal(`/v1/threads/logs/${NOBODYS}`)).toEqual([404, "Log not found"]);
    expect(await refusal("/v1/threads/logs/x")).toEqual([404, "Log not found"]);
  });
});

describe("a request that does not fit", () => {
  test.each<[string, string, string, unknown, string]>([
    ["a title that is no text", "POST", "/v1/threads", { title: 5 }, "string_type"],
    ["a context that is no object", "POST", "/v1/threads", { context: [] }, "dict_type"],
    ["a context that is too large", "POST", "/v1/threads", { context: { a: "x".repeat(70_000) } }, "value_error"],
    ["a title that is too long", "POST", "/v1/threads", { title: "x".repeat(201) }, "value_error"],
    ["a thread that is a list", "POST", "/v1/threads", [], "model_attributes_type"],
    ["a status of no thread", "PATCH", "/v1/threads/ID", { status: "sleepy" }, "enum"],
    ["a message without a role", "POST", "/v1/threads/ID/messages", { content: "hi" }, "missing"],
    ["a message without content", "POST", "/v1/threads/ID/messages", { role: "user" }, "missing"],
    ["content that is a number", "POST", "/v1/threads/ID/messages", { role: "user", content: 5 }, "string_type"],
    [
      "properties that are too many",
      "POST",
      "/v1/threads/ID/messages",
      { role: "user", content: "hi", additional_properties: { a: "x".repeat(20_000) } },
      "value_error",
    ],
    ["a page of no size", "GET", "/v1/threads?limit=0", undefined, "greater_than_equal"],
    ["a page before the first", "GET", "/v1/threads?offset=-1", undefined, "greater_than_equal"],
    ["a time that is no number", "GET", "/v1/orchestrate/runs/ID/events?stream_timeout=soon", undefined, "int_parsing"],
    ["a chat without messages", "POST", "/v1/orchestrate/assistant/chat/completions", {}, "missing"],
    [
      "a chat in which nobody asks",
      "POST",
      "/v1/orchestrate/assistant/chat/completions",
      { messages: [] },
      "value_error",
    ],
  ])("like %s is told where and why", async (_, method, path, json, type) => {
    const id = await client.thread();
    const sent = { method, ...(json !== undefined && { json }) };
    const response = await client.call(path.replace("ID", id), sent);
    expect([response.status, await response.clone().text()]).toEqual([422, expect.any(String)]);
    const [first] = faults.parse(await response.json()).detail;
    expect(first?.type).toBe(type);
  });

  test("is no JSON", async () => {
    for (const path of ["/v1/threads", "/v1/orchestrate/runs/stream", "/v1/orchestrate/assistant/chat/completions"]) {
      const response = await client.call(path, { text: '{"a": ' });
      expect([path, response.status]).toEqual([path, 422]);
      expect(faults.parse(await response.json()).detail[0]?.type).toBe("json_invalid");
    }
  });
});

describe("one conversation", () => {
  test("that began as a thread goes on as a Shannon session, and back", async () => {
    const shannon = shannonClient(server);
    const begun = await client.begin("My name is Ada.", { agent_id: "assistant" });
    await client.events(begun.run_id);
    const task = await shannon.ended({ query: "What is my name?", session_id: begun.thread_id });
    expect(task.result).toContain("Ada");
    const history = await (await shannon.call(`/api/v1/sessions/${begun.thread_id}/history`, { headers: KEY })).json();
    expect(history).toMatchObject({ total: 2, tasks: [{ query: "My name is Ada." }, { query: "What is my name?" }] });
    const again = await client.begin("And what was my name?", { agent_id: "assistant", thread_id: begun.thread_id });
    await client.events(again.run_id);
    const messages = await client.messages(begun.thread_id);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user", "assistant"]);
    expect(textOf(messages[2])).toBe("What is my name?");
    expect(textOf(messages.at(-1))).toContain("Ada");
  });

  test("that began as a Shannon session goes on as a thread", async () => {
    const shannon = shannonClient(server);
    const submitted = await shannon.ended({ query: "My name is Grace.", session_id: "from-shannon" });
    const session = z.object({ session_id: z.uuid() }).loose();
    const { session_id } = session.parse(await (await shannon.call(`/api/v1/sessions/${submitted.session_id}`)).json());
    const begun = await client.begin("What is my name?", { agent_id: "assistant", thread_id: session_id });
    expect(begun.thread_id).toBe(session_id);
    await client.events(begun.run_id);
    expect(textOf((await client.messages(session_id)).at(-1))).toContain("Grace");
    const history = await (await shannon.call(`/api/v1/sessions/from-shannon/history`)).json();
    expect(history).toMatchObject({ total: 2 });
  });

  test("that began as a thread goes on as an A2A context, and one that began there as a thread and as a session", async () => {
    const say = async (text: string, contextId?: string) => {
      const message = {
        role: "user",
        kind: "message",
        messageId: crypto.randomUUID(),
        parts: [{ kind: "text", text }],
      };
      const params = { message: { ...message, ...(contextId && { contextId }) }, configuration: { blocking: true } };
      const told = await ask(server, "J3", "send", params);
      return z.looseObject({ contextId: z.uuid(), status: z.looseObject({ state: z.string() }) }).parse(told.result);
    };
    const begun = await client.begin("My name is Ada.", { agent_id: "assistant" });
    await client.events(begun.run_id);
    const there = await say("What is my name?", begun.thread_id);
    expect([there.contextId, JSON.stringify(there)]).toEqual([begun.thread_id, expect.stringContaining("Ada")]);
    expect(textOf((await client.messages(begun.thread_id)).at(-1))).toContain("Ada");

    const { contextId } = await say("My name is Grace.");
    const back = await client.begin("What is my name?", { agent_id: "assistant", thread_id: contextId });
    expect(back.thread_id).toBe(contextId);
    await client.events(back.run_id);
    expect(textOf((await client.messages(contextId)).at(-1))).toContain("Grace");
    const session = await shannonClient(server).ended({ query: "What is my name?", session_id: contextId });
    expect(session.result).toContain("Grace");
    expect(await client.messages(contextId)).toHaveLength(6);
  });
});
