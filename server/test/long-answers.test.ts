import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { defineAgent } from "../src/index.ts";
import { oneLine } from "../src/lenses/one-line.ts";
import { defineHandler } from "../src/task/handler.ts";
import { uuidFromTaskId } from "../src/task/id.ts";
import { startTestServer, type TestServer } from "./server.ts";
import { allFrames } from "./sse.ts";

/** Longer than what is made in one piece. */
const OUTPUT = 'ä"\n'.repeat(400_000);

const long = defineHandler({ kind: "long", input: z.strictObject({}), run: async () => OUTPUT });

describe("a task with a long output", () => {
  let server: TestServer;
  let id: string;
  beforeAll(async () => {
    server = await startTestServer({ config: { handlers: [long] } });
    const submitted = await server.call("/v1/tasks?wait=60", { json: { kind: "long", input: {} } });
    const task: unknown = await submitted.json();
    expect(task).toMatchObject({ state: "completed", output: OUTPUT });
    ({ id } = z.object({ id: z.string() }).parse(task));
  });
  afterAll(() => server.stop());

  it.each([
    ["GET /v1/tasks/{id}", (id: string) => `/v1/tasks/${id}`, ["output"]],
    ["Shannon", (id: string) => `/shannon/api/v1/tasks/${id}`, ["result"]],
    ["A2A", (id: string) => `/a2a/v1/tasks/${id}`, ["artifacts", 0, "parts", 0, "text"]],
    ["the page of its log", (id: string) => `/v1/tasks/${id}/events?after=2`, ["data", 0, "data", "output"]],
  ])("is read whole: %s", async (_, route, place) => {
    const answer = await server.call(route(id));
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, null]);
    let found: unknown = await answer.json();
    for (const key of place) found = Object(found)[key];
    expect(found === OUTPUT).toBe(true);
  });

  it("is told whole to whoever follows it", async () => {
    const answer = await server.call(`/v1/tasks/${id}/events`, { headers: { accept: "text/event-stream" } });
    const frames = await allFrames(answer);
    const completed = frames.find(({ event }) => event === "task.completed");
    expect(JSON.parse(completed?.data ?? "{}").data.output === OUTPUT).toBe(true);
    expect(frames.at(-1)?.event).toBe("done");
    const shannon = await server.call(`/shannon/api/v1/stream/sse?workflow_id=${id}`);
    expect((await allFrames(shannon)).some(({ data }) => data.includes(JSON.stringify(OUTPUT)))).toBe(true);
    const headers = { "a2a-version": "1.0", "last-event-id": "1" };
    const a2a = (await allFrames(await server.call(`/a2a/tasks/${id}:subscribe`, { headers }))).map(({ data }) => data);
    const told = a2a.find((data) => data.startsWith('{"artifactUpdate"'));
    expect(JSON.parse(told ?? "{}").artifactUpdate.artifact.parts[0].text === OUTPUT).toBe(true);
  });

  it("is not sent to whoever has it, or asks for the head alone", async () => {
    const first = await server.call(`/v1/tasks/${id}`, { method: "HEAD" });
    const etag = first.headers.get("etag") ?? "";
    expect([first.status, await first.text()]).toEqual([200, ""]);
    const again = await server.call(`/v1/tasks/${id}`, { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });
});

/** Their JSON is long, and most lenses tell it as text. */
const RECORDS = Array.from({ length: 20 }, (_, n) => ({ n, said: 'ä"\n\u2028'.repeat(20_000) }));
/** It is made of pieces that are shorter. */
const PIECE_CHARACTERS_MAX = 1_200_000;

const records = defineHandler({
  kind: "records",
  input: z.strictObject({}),
  run: async (ctx) => {
    ctx.emit({ type: "own.said", data: { records: RECORDS } });
    ctx.artifact({ id: "records", parts: [{ data: RECORDS }] });
    return { records: RECORDS };
  },
});
const recorder = defineAgent({ slug: "recorder", name: "Recorder", run: async () => ({ records: RECORDS }) });

describe("long values that are told as text", () => {
  const inText = (value: object) => oneLine(JSON.stringify(JSON.stringify(value)));
  const [whole, artifact] = [inText({ records: RECORDS }), inText(RECORDS)];
  let server: TestServer;
  let id: string;
  beforeAll(async () => {
    server = await startTestServer({ config: { handlers: [records], agents: [recorder] } });
    const submitted = await server.call("/v1/tasks?wait=60", { json: { kind: "records", input: {} } });
    ({ id } = z.object({ id: z.string(), state: z.literal("completed") }).parse(await submitted.json()));
  });
  afterAll(() => server.stop());

  /** The answer as text of one line, and how long the longest text of JSON was that was made for it at once. */
  async function told(path: string, init: Parameters<TestServer["call"]>[1]) {
    const { stringify } = JSON;
    let longest = 0;
    const watched = vi.spyOn(JSON, "stringify").mockImplementation((...given: Parameters<typeof stringify>) => {
      const text = stringify(...given);
      longest = Math.max(longest, text?.length ?? 0);
      return text;
    });
    try {
      const answer = await server.call(path, init);
      return { status: answer.status, text: oneLine(await answer.text()), longest };
    } finally {
      watched.mockRestore();
    }
  }

  const run = (id: string) => `/orchestrate/v1/orchestrate/runs/${uuidFromTaskId(id)}`;
  it.each<[string, (id: string) => string, texts: readonly string[], headers?: Record<string, string>]>([
    ["Shannon", (id) => `/shannon/api/v1/tasks/${id}`, [whole]],
    ["Shannon's list of its events", (id) => `/shannon/api/v1/tasks/${id}/events?limit=200`, []],
    ["the end of that list", (id) => `/shannon/api/v1/tasks/${id}/events?limit=1&offset=4`, [whole]],
    ["Shannon's stream", (id) => `/shannon/api/v1/stream/sse?workflow_id=${id}`, [whole]],
    ["Orchestrate", run, [whole]],
    ["Orchestrate's events", (id) => `${run(id)}/events`, [whole]],
    ["Orchestrate's background task", (id) => `/orchestrate/v1/tasks/${uuidFromTaskId(id)}`, [whole]],
    ["BPM", (id) => `/bpm/api/4.0/tasks/${id}`, [artifact, whole]],
    ["BPM with its history", (id) => `/bpm/api/4.0/tasks/${id}?expand=history,payload`, [artifact, whole]],
    ["A2A", (id) => `/a2a/tasks/${id}`, [], { "a2a-version": "1.0" }],
  ])("are whole by %s, and nothing of them is made at once", async (_, route, texts, headers = {}) => {
    const { status, text, longest } = await told(route(id), { headers });
    expect(status).toBe(200);
    expect(texts.map((each) => text.includes(each))).toEqual(texts.map(() => true));
    expect(longest).toBeLessThan(PIECE_CHARACTERS_MAX);
  });

  it.each([
    [
      "a stream of Orchestrate",
      "/orchestrate/v1/orchestrate/runs/stream",
      { message: { role: "user", content: "Go." } },
    ],
    [
      "a chat of Orchestrate",
      "/orchestrate/v1/orchestrate/recorder/chat/completions",
      { messages: [{ role: "user", content: "Go." }], stream: true },
    ],
  ])("are whole as they come: %s", async (_, route, json) => {
    const { status, text, longest } = await told(route, { json });
    expect(status).toBe(200);
    expect(text.includes(whole)).toBe(true);
    const lines = text.split("\n").filter((line) => line !== "");
    expect(
      lines.filter((line) => !/^(: ping|(data: )?(\{.*\}|\[DONE\]))$/.test(line)).map((line) => line.slice(0, 99)),
    ).toEqual([]);
    expect(longest).toBeLessThan(PIECE_CHARACTERS_MAX);
  });

  it("are whole as a message of a thread, and more than the turns of a session may hold", async () => {
    const answer = await server.call("/v1/tasks?wait=60", {
      json: { kind: "agent", input: { query: "Go." }, conversation: { alias: "c" } },
    });
    const { conversation_id } = z.object({ conversation_id: z.string() }).parse(await answer.json());
    const messages = await told(`/orchestrate/v1/threads/${conversation_id}/messages`, {});
    expect([messages.status, messages.text.includes(whole)]).toEqual([200, true]);
    const turns = await told(`/shannon/api/v1/sessions/${conversation_id}/events`, {});
    expect([turns.status, turns.text]).toEqual([413, expect.stringContaining("too many events")]);
    expect(Math.max(messages.longest, turns.longest)).toBeLessThan(PIECE_CHARACTERS_MAX);
  });
});
