/** Messages whose answers come as a stream, in the four dialects. */
import { readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conformance } from "../../../examples/a2a-conformance/conformance.ts";
import { defineAgent } from "../../src/handlers/agent/definition.ts";
import { messageAsked } from "../../src/task/agent/agent-message.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { plain } from "./agents.ts";
import { ask, DIALECTS, type Dialect, dig, request, type Sent, send, written } from "./client.ts";
import { all, streamed, type Told, textOf, words } from "./streamed.ts";

const LONG = "ä".repeat(2_600_000);
/** Makes artifacts that are too large for one event. */
const large = defineAgent({
  slug: "large",
  name: "Large",
  run: async (ctx) => {
    ctx.artifact({ id: "one", parts: [{ text: LONG }] });
    ctx.artifact({ id: "many", parts: Array.from({ length: 6 }, () => ({ text: "x".repeat(800_000) })), last: false });
    ctx.artifact({ id: "many", parts: [{ text: "end" }], append: true });
    await ctx.waitForInput("more", { asks: "answer", prompt: "More?" });
    return null;
  },
});

let isGone = Promise.withResolvers<null>();
/** Gives back what it was sent, once the test has done away with it. */
const echo = defineAgent({
  slug: "echo",
  name: "Echo",
  card: { inputModes: ["*/*"] },
  run: async (ctx, input) => {
    await ctx.step("wait", () => isGone.promise);
    ctx.artifact({ id: "echo", parts: messageAsked(input).parts });
    return null;
  },
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { agents: [conformance, plain, large, echo] } });
});
afterAll(() => server.stop());

const open = (dialect: Dialect, sent: Sent, base?: string) =>
  request(server, dialect, "stream", written(dialect, sent), base === undefined ? {} : { base });
const stream = async (dialect: Dialect, sent: Sent, base?: string) => all(await open(dialect, sent, base), dialect);
const idIn = (told: readonly Told[]) => String(told[0]?.body["id"]);

describe.each(DIALECTS)("in %s", (dialect: Dialect) => {
  const isOld = dialect === "J3" || dialect === "R3";

  it("begins with the task as it was sent, and tells what becomes of it in its order", async () => {
    const response = await open(dialect, { text: "Hello", id: "tck-stream-001-1" });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const told = await all(response, dialect);
    expect(words(told)).toEqual(["task submitted", "status working", "artifact", "status completed"]);
    expect(dig(told[0]?.body, "history", 0, "messageId")).toBe("tck-stream-001-1");
    expect(textOf(told, "output")).toBe("Stream hello from TCK");
    if (isOld) expect(told.flatMap(({ body }) => body.final ?? [])).toEqual([false, true]);
    else expect(told.some(({ raw }) => /"final"|"kind"/.test(raw))).toBe(false);
    if (dialect.startsWith("J")) expect(told.every(({ raw }) => raw.startsWith('{"jsonrpc":"2.0","id":7,'))).toBe(true);
  });

  it("lets an artifact grow, and says which piece is the last", async () => {
    const told = await stream(dialect, { text: "Hello", id: "tck-stream-artifact-chunked-1" });
    const pieces = told.filter(({ what }) => what === "artifact").map(({ body }) => body);
    // The JSON of the old protocol buffers leaves out what is false.
    expect(pieces.map(({ append = false, lastChunk = false }) => [append, lastChunk])).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(textOf(told, "output")).toBe("chunk-1 chunk-2");
  });

  it("is one message where that is all the answer", async () => {
    const told = await stream(dialect, { text: "Hello", id: "tck-message-response-1" });
    expect(words(told)).toEqual(["message"]);
    expect(told[0]?.raw).toContain("Direct message response");
  });

  it("stays open while a permission is asked for, and goes on once it is given", async () => {
    const frames = streamed(await open(dialect, { text: "Hello", id: "tck-auth-required-1" }), dialect);
    const told: Told[] = [];
    for await (const frame of frames) {
      told.push(frame);
      if (frame.state !== "auth-required") continue;
      const json = { value: { message: { id: "tck-stream-001-2", parts: [{ text: "Go on." }] } } };
      expect((await server.call(`/v1/tasks/${idIn(told)}/input`, { json })).status).toBe(200);
    }
    const asked = ["task submitted", "status working", "status auth-required"];
    expect(words(told)).toEqual([...asked, "status working", "artifact", "status completed"]);
    if (isOld) expect(told.flatMap(({ body }) => body.final ?? [])).toEqual([false, false, false, true]);
  });

  it("says as an event that it cannot go on, and ends", async () => {
    isGone = Promise.withResolvers();
    const raw = Buffer.alloc(100_000, dialect).toString("base64");
    const message = { parts: [{ raw, mediaType: "application/octet-stream" }], historyLength: 0 };
    const frames = streamed(await open(dialect, message, "/a2a/echo"), dialect);
    await frames.next();
    for (const file of await readdir(server.data, { recursive: true, withFileTypes: true }))
      if (/^[0-9a-f]{62}$/.test(file.name)) await rm(join(file.parentPath, file.name));
    isGone.resolve(null);
    const rest: Told[] = [];
    for await (const frame of frames) rest.push(frame);
    expect(words(rest)).toEqual(["status working", "error"].slice(-rest.length));
    expect(rest.at(-1)?.raw).toMatch(/^\{("jsonrpc":"2.0","id":7,)?"(error|code)":/);
  });

  it("tells of the task as soon as its run waits, though its answer may be a message alone", async () => {
    const frames = streamed(await open(dialect, { text: "Hello", id: "test-resubscribe-message-id-1" }), dialect);
    const told: Told[] = [];
    for await (const frame of frames) {
      told.push(frame);
      if (frame.state === "working") await ask(server, dialect, "cancel", { id: idIn(told) });
    }
    expect(words(told).slice(0, 2)).toEqual(["task submitted", "status working"]);
    expect(words(told).at(-1)).toMatch(/^status cancell?ed$/);
  });

  it("ends with a question, and goes on with the answer", async () => {
    const asked = await stream(dialect, { text: "Hello", id: "tck-input-required-1" });
    expect(words(asked)).toEqual(["task submitted", "status working", "status input-required"]);
    if (isOld) expect(asked.at(-1)?.body.final).toBe(true);
    const told = await stream(dialect, { text: "Go on", id: "tck-complete-task-2", taskId: idIn(asked) });
    expect(words(told)).toEqual(["task working", "status completed"]);
    expect(idIn(told)).toBe(idIn(asked));
    expect(told.at(-1)?.raw).toContain("Hello from TCK");
  });

  it("ends with what the task ended with", async () => {
    const rejected = await stream(dialect, { text: "Hello", id: "tck-reject-task-1" });
    expect(words(rejected).at(-1)).toBe("status rejected");
    const open = await stream(dialect, { text: "Hello", id: "tck-input-required-1" });
    await ask(server, dialect, "cancel", { id: idIn(open) });
    const late = await request(server, dialect, "stream", written(dialect, { text: "Late", taskId: idIn(open) }));
    expect(late.headers.get("content-type")).toContain("application/json");
    expect(await late.text()).toMatch(/-32004|UNSUPPORTED_OPERATION/);
  });

  it("tells a model's answer while it is made, and what was told is what the task has", async () => {
    const told = await stream(dialect, { text: "What is the area of Norway, and what is 17 * 23?" }, "/a2a/plain");
    expect(told.filter(({ what }) => what === "artifact").length).toBeGreaterThan(1);
    const { result } = await ask(server, dialect, "get", { id: idIn(told) }, { base: "/a2a/plain" });
    const parts = dig(result, "artifacts", 0, "parts", 0, "text");
    expect(textOf(told)).toBe(parts);
    expect(told.at(-2)?.body).toMatchObject({ lastChunk: true });
  });
});

it("refuses what is no message before anything is streamed", async () => {
  const rpc = await request(server, "J1", "stream", { message: { messageId: "1", role: "ROLE_USER", parts: [] } });
  expect(rpc.headers.get("content-type")).toContain("application/json");
  expect(await rpc.json()).toMatchObject({ id: 7, error: { code: -32602 } });
  expect((await request(server, "R1", "stream", { message: {} })).status).toBe(400);
});

it("tells large artifacts in events that clients take, also in the snapshot of a subscription", async () => {
  const told = await stream("J1", { text: "Hello" }, "/a2a/large");
  const id = idIn(told);
  const asked = { base: "/a2a/large" };
  const response = request(server, "J1", "subscribe", { id }, asked);
  await send(server, "J1", { text: "No.", taskId: id }, asked);
  const later = await all(await response, "J1");
  for (const read of [told, later]) {
    expect(Math.max(...read.map(({ raw }) => Buffer.byteLength(raw)))).toBeLessThan(4 << 20);
    expect(textOf(read, "one")).toBe(LONG);
    expect(textOf(read, "many")).toBe(`${"x".repeat(4_800_000)}end`);
  }
});

it("waits for nobody who does not read", async () => {
  const sent = written("J1", { text: "Hello" });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 7, method: "SendStreamingMessage", params: sent });
  const { hostname: host, port } = new URL(server.url);
  const head = `POST /a2a/large HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Type: application/json\r\n`;
  const sleepers = Array.from({ length: 5 }, () => {
    const socket = connect({ host, port: Number(port) }).on("error", () => {});
    socket.pause();
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    return socket;
  });
  const told = await stream("J1", { text: "Hello" }, "/a2a/large");
  expect(words(told).at(-1)).toBe("status input-required");
  expect(textOf(told, "one")).toBe(LONG);
  for (const socket of sleepers) socket.destroy();
});

it("keeps nobody with more than 100 streams", async () => {
  const { result } = await send(server, "J1", { text: "Hello", id: "tck-input-required-1" });
  const id = String(dig(result, "task", "id"));
  const leave = new AbortController();
  const follow = () => server.call(`/a2a/tasks/${id}:subscribe`, { method: "POST", json: {}, signal: leave.signal });
  const streams = await Promise.all(Array.from({ length: 100 }, follow));
  expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await follow()).status).toBe(429);
  leave.abort();
  await expect
    .poll(async () => {
      const again = await server.call(`/a2a/tasks/${id}:subscribe`, { method: "POST", json: {} });
      await again.body?.cancel();
      return again.status;
    })
    .toBe(200);
});
