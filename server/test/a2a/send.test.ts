/** Messages to agents: what a send begins, joins and answers, in the four dialects. */
import { ReadStream } from "node:fs";
import { readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { plain, scripted } from "./agents.ts";
import { ask, DIALECTS, type Dialect, dig, idOf, message, send, sentTask, stateOf, told } from "./client.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { agents: [scripted, plain] } });
});
afterAll(() => server.stop());

describe.each(DIALECTS)("in %s", (dialect: Dialect) => {
  it("a message begins a task, in a context of the server's, and is answered once the task has ended", async () => {
    const sent = await send(server, dialect, { text: "count", id: "m-1" });
    const task = sentTask(dialect, sent);
    expect(stateOf(task)).toBe("completed");
    expect(dig(task, "contextId")).toMatch(/^[0-9a-f-]{36}$/);
    expect(dig(task, "history", 0, "messageId")).toBe("m-1");
    expect(dig(task, "artifacts", 0, "artifactId")).toBe("result");
  });

  it("a context that the client names is kept, and joins its tasks", async () => {
    const contextId = `talk:${dialect}@example.com`;
    const first = sentTask(dialect, await send(server, dialect, { text: "count", contextId }));
    const second = sentTask(dialect, await send(server, dialect, { text: "count", contextId }));
    expect([dig(first, "contextId"), dig(second, "contextId")]).toEqual([contextId, contextId]);
    expect(idOf(first)).not.toBe(idOf(second));
    const { error } = await send(server, dialect, { text: "count", contextId: "no spaces" });
    expect(told(dialect, error)).toBe(-32602);
  });

  it("what a client writes as empty is as if it were not there", async () => {
    const parts = [{ text: "count", filename: "", mediaType: "" }];
    const sent = await send(server, dialect, { parts, more: { contextId: "", taskId: "" } });
    expect(stateOf(sentTask(dialect, sent))).toBe("completed");
  });

  it.each([
    ["", "ask me"],
    [" of an agent that it was handed to", "hand it on"],
  ])("a question%s ends the wait, and a message to the task answers it under the same ids", async (_, text) => {
    const asked = sentTask(dialect, await send(server, dialect, { text }));
    expect(stateOf(asked)).toBe("input-required");
    expect(JSON.stringify(dig(asked, "status", "message"))).toContain("Which colour?");
    const taskId = idOf(asked);
    const parts = [{ text: "blue", metadata: { tone: "dark" } }, { data: { rgb: [0, 0, 255] } }];
    const answered = sentTask(dialect, await send(server, dialect, { parts, taskId, id: "the-answer" }));
    expect([idOf(answered), stateOf(answered)]).toEqual([taskId, "completed"]);
    expect(JSON.stringify(dig(answered, "status", "message"))).toContain("255");
    const history = JSON.stringify(dig(answered, "history"));
    for (const words of [text, "Which colour?", "blue", "the-answer"]) expect(history).toContain(words);
    const late = await send(server, dialect, { text: "and now?", taskId });
    expect(told(dialect, late.error)).toBe(-32004);
  });

  it("a context that is not the task's is refused, but where its clients make one up", async () => {
    const taskId = idOf(sentTask(dialect, await send(server, dialect, { text: "ask" })));
    const other = sentTask(dialect, await send(server, dialect, { text: "count", contextId: "another" }));
    const known = await send(server, dialect, { text: "blue", taskId, contextId: String(dig(other, "contextId")) });
    expect(told(dialect, known.error)).toBe(-32602);
    const madeUp = await send(server, dialect, { text: "blue", taskId, contextId: "made-up" });
    if (dialect === "R3") expect(idOf(sentTask(dialect, madeUp))).toBe(taskId);
    else expect(told(dialect, madeUp.error)).toBe(-32602);
  });

  it("a message is no proof of a permission: the task goes on asking for it", async () => {
    const asked = sentTask(dialect, await send(server, dialect, { text: "login" }));
    expect(stateOf(asked)).toBe("auth-required");
    const after = sentTask(
      dialect,
      await send(server, dialect, { text: "my password is hunter2", taskId: idOf(asked) }),
    );
    expect(stateOf(after)).toBe("auth-required");
    expect(JSON.stringify(dig(after, "history"))).toContain("hunter2");
  });

  it("the answer of a message alone shows no task", async () => {
    const { result } = await send(server, dialect, { text: "alone" });
    const said = dialect === "J3" ? result : dig(result, "message");
    expect(dig(said, "role")).toBe(dialect === "J3" ? "agent" : "ROLE_AGENT");
    expect(JSON.stringify(said)).toContain("Hello.");
    expect(dig(said, "taskId")).toBeUndefined();
  });

  it("refusals and failures are told with the task, and its words", async () => {
    const refused = sentTask(dialect, await send(server, dialect, { text: "refuse" }));
    expect([stateOf(refused), JSON.stringify(refused)]).toEqual([
      "rejected",
      expect.stringContaining("I do not do that."),
    ]);
    const failed = sentTask(dialect, await send(server, dialect, { text: "fail" }));
    expect([stateOf(failed), JSON.stringify(failed)]).toEqual(["failed", expect.stringContaining("It broke.")]);
  });

  it("who does not wait is answered at once", async () => {
    const sent = await send(server, dialect, { text: "wait", waits: false }, { base: "/a2a/plain" });
    expect(["submitted", "working", "completed"]).toContain(stateOf(sentTask(dialect, sent)));
  });

  it("bytes, names and types of a part come back as they went", async () => {
    const bytes = Buffer.alloc(100_000, 7).toString("base64");
    const parts = [
      { raw: "AAECAw==", filename: "a.png", mediaType: "image/png" },
      { raw: bytes },
      { url: "https://example.com/x" },
    ];
    const sent = sentTask(dialect, await send(server, dialect, { parts: [{ text: "count" }, ...parts] }));
    const [, small, large, link] = message(dialect, dig(sent, "history", 0));
    expect(small).toMatchObject(
      dialect === "R3" ? { raw: "AAECAw==" } : { raw: "AAECAw==", filename: "a.png", mediaType: "image/png" },
    );
    expect(large?.raw).toBe(bytes);
    expect(link?.url).toBe("https://example.com/x");
  });

  it("a part of a type that the agent does not take is refused", async () => {
    const parts = [{ text: "x", mediaType: "application/x-unsupported-tck-type" }];
    const { error } = await send(server, dialect, { parts });
    if (dialect !== "R3") expect(told(dialect, error)).toBe(-32005);
  });

  it("a task is cancelled, and a second cancel is told what its version says", async () => {
    const begun = sentTask(dialect, await send(server, dialect, { text: "ask" }));
    const id = idOf(begun);
    const first = await ask(server, dialect, "cancel", { id: id });
    expect(stateOf(first.result)).toBe("canceled");
    const second = await ask(server, dialect, "cancel", { id: id });
    const isOld = dialect === "J3" || dialect === "R3";
    expect(isOld ? told(dialect, second.error) : stateOf(second.result)).toBe(isOld ? -32002 : "canceled");
    const done = sentTask(dialect, await send(server, dialect, { text: "count" }));
    expect(told(dialect, (await ask(server, dialect, "cancel", { id: idOf(done) })).error)).toBe(-32002);
  });
});

it("a client may encode the colon of an operation, as those do that encode all of a path", async () => {
  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "count" }] };
  for (const path of ["/a2a/message%3Asend", "/a2a/scripted/1.0/message%3asend", "/a2a/message:send"]) {
    const response = await server.call(path, { json: { message }, headers: { "a2a-version": "1.0" } });
    expect(await response.json()).toMatchObject({ task: { status: { state: "TASK_STATE_COMPLETED" } } });
  }
});

it("the message may have the name that the old protocol buffers give it, and their own spelling", async () => {
  const request = { message_id: "m", role: "ROLE_USER", content: [{ text: "count" }] };
  const { result } = await ask(server, "R3", "send", { request, configuration: { blocking: true } });
  expect(dig(result, "task", "status", "state")).toBe("TASK_STATE_COMPLETED");
});

it("a message reads nothing that was said before it but the last, where no history is asked for", async () => {
  const all = vi.spyOn(SqliteStore.prototype, "told");
  const last = vi.spyOn(SqliteStore.prototype, "lastTold");
  const taskId = idOf(sentTask("R1", await send(server, "R1", { text: "wait", waits: false })));
  for (const text of ["one", "two", "three"])
    await send(server, "R1", { text, taskId, waits: false, historyLength: 0 });
  const reads = [all.mock.calls.length, last.mock.calls.length];
  vi.restoreAllMocks();
  expect(reads).toEqual([0, 3]);
  const { result } = await ask(server, "R1", "get", { id: taskId });
  expect(JSON.stringify(dig(result, "history")).match(/one|two|three/g)).toEqual(["one", "two", "three"]);
});

it("a key is that of one agent: what is sent to another one with it is another message", async () => {
  const headers = { "idempotency-key": "said-once" };
  const begun = async (base: string) =>
    idOf(sentTask("J1", await send(server, "J1", { text: "wait", id: "m", waits: false }, { headers, base })));
  const [first, again, other] = [await begun("/a2a/scripted"), await begun("/a2a/scripted"), await begun("/a2a/plain")];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

it("a long file is read at its address, and nothing of it for its head alone", async () => {
  const raw = Buffer.alloc(600_000, 7).toString("base64");
  const sent = sentTask("J1", await send(server, "J1", { parts: [{ text: "count" }, { raw }] }));
  const [, link] = message("J1", dig(sent, "history", 0));
  const { pathname } = new URL(link?.url ?? "");
  const reads = vi.spyOn(ReadStream.prototype, "_read");
  const told = async (method: "GET" | "HEAD") => {
    const { status, headers } = await server.call(pathname, { method });
    return [
      status,
      ...["content-type", "content-disposition", "content-length", "etag"].map((name) => headers.get(name)),
      reads.mock.calls.length > 0,
    ];
  };
  const head = await told("HEAD");
  // Whoever sent it chose its type: no browser opens it as a page of this server.
  expect(head).toEqual([200, "application/octet-stream", "attachment", "600000", expect.any(String), false]);
  expect(await told("GET")).toEqual([...head.slice(0, -1), true]);
  reads.mockRestore();
});

it("a file that was cut or changed on disk is shown to nobody as the whole", async () => {
  const sentFile = async (byte: number, length: number) => {
    const raw = Buffer.alloc(length, byte).toString("base64");
    return sentTask("J1", await send(server, "J1", { parts: [{ text: "count" }, { raw }] }));
  };
  const pathOf = (sent: unknown) => new URL(message("J1", dig(sent, "history", 0))[1]?.url ?? "").pathname;
  const [cut, changed] = [pathOf(await sentFile(8, 600_000)), pathOf(await sentFile(9, 600_000))];
  await onDisk(cut, (file) => truncate(file, 300_000));
  await onDisk(changed, (file) => writeFile(file, Buffer.alloc(600_000, 1)));
  for (const path of [cut, changed])
    await expect(server.call(path).then((response) => response.arrayBuffer())).rejects.toThrow();
});

async function onDisk(address: string, act: (file: string) => Promise<void>): Promise<void> {
  const sha256 = address.split("/").at(-1) ?? "";
  for (const { parentPath, name } of await readdir(server.data, { recursive: true, withFileTypes: true }))
    if (sha256.endsWith(name) && name.length === 62) await act(join(parentPath, name));
}
