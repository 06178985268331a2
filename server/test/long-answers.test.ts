import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../src/task/handler.ts";
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
