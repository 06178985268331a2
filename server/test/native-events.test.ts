import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { LocalEventFeed } from "../src/engine/event-feed.ts";
import { event as eventSchema } from "../src/lenses/native/event-schema.ts";
import * as wire from "../src/lenses/native/schema.ts";
import { ENDED } from "../src/task/events/log-reader.ts";
import { defineHandler, type Handler } from "../src/task/handler.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** Says a few things, waits to be answered, and says a few more. */
const talk: Handler = defineHandler({
  kind: "talk",
  input: z.strictObject({ words: z.int() }),
  run: async (ctx, { words }) => {
    const say = (round: string) =>
      ctx.step(`say ${round}`, async (step) => {
        for (let n = 1; n <= words; n++) step.emit({ type: "own.word", data: { camelCase: n, round } });
        return null;
      });
    await say("first");
    await ctx.waitForInput("go", { asks: "answer", prompt: "Go on?" });
    await say("second");
    return { done: true };
  },
});

type Frame = { id?: number; event: string; data: z.infer<typeof eventSchema> | { task_id: string; state: string } };

/** Reads frames until `enough` says so, or the stream ends. */
async function frames(
  server: TestServer,
  id: string,
  { after, header, enough = () => false }: { after?: number; header?: string; enough?: (frame: Frame) => boolean } = {},
): Promise<{ frames: Frame[]; ended: boolean }> {
  const response = await server.call(`/v1/tasks/${id}/events${after === undefined ? "" : `?after=${after}`}`, {
    headers: { accept: "text/event-stream", ...(header !== undefined && { "last-event-id": header }) },
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const found: Frame[] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = new Map(
        text
          .slice(0, end)
          .split("\n")
          .map((line) => [line.split(": ", 1)[0], line.replace(/^[^:]*: ?/, "")]),
      );
      text = text.slice(end + 2);
      const event = lines.get("event");
      if (event === undefined) continue;
      const sequence = lines.get("id");
      const data = JSON.parse(lines.get("data") ?? "null");
      const frame: Frame = { event, data, ...(sequence !== undefined && { id: Number(sequence) }) };
      if (event !== "done") eventSchema.parse(data);
      found.push(frame);
      if (enough(frame)) return { frames: found, ended: false };
    }
  }
  return { frames: found, ended: true };
}

const ids = (found: Frame[]) => found.flatMap(({ id }) => (id === undefined ? [] : [id]));
const numbered = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);

describe("a task's events", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ config: { handlers: [talk] } });
  });
  afterAll(() => server.stop());

  const submit = async (words = 5) =>
    wire.task.parse(
      await (await server.call("/v1/tasks?wait=60", { json: { kind: "talk", input: { words } } })).json(),
    );
  const goOn = (id: string) => server.call(`/v1/tasks/${id}/input`, { json: { value: "yes" } });
  const finish = async (id: string) => {
    await goOn(id);
    await expect
      .poll(async () => wire.task.parse(await (await server.call(`/v1/tasks/${id}?wait=60`)).json()).state)
      .toBe("completed");
    return wire.task.parse(await (await server.call(`/v1/tasks/${id}`)).json());
  };

  it("come live, numbered from 1 without a gap, and end with done", async () => {
    const { id } = await submit();
    const all = frames(server, id);
    await goOn(id);
    const { frames: found, ended } = await all;
    expect(ended).toBe(true);
    expect(ids(found)).toEqual(numbered(1, found.length - 1));
    expect(found[0]?.event).toBe("task.submitted");
    expect(found.at(-2)?.event).toBe("task.completed");
    expect(found.at(-1)).toMatchObject({ event: "done", data: { task_id: id, state: "completed" } });
  });

  it("are the same from any point on, while it runs and after its end, by header or parameter", async () => {
    const { id } = await submit();
    const { last_event: last } = await finish(id);
    const whole = (await frames(server, id)).frames;
    for (const after of numbered(0, last)) {
      const { frames: rest } = await frames(
        server,
        id,
        after % 2 === 0 ? { after } : { header: String(after), after: 0 },
      );
      expect(rest).toEqual(whole.filter((frame) => frame.id === undefined || frame.id > after));
    }
  });

  it("go on where a reader broke off in the middle", async () => {
    const { id } = await submit();
    const first = await frames(server, id, { enough: ({ id }) => id === 4 });
    const second = await frames(server, id, { header: "4", enough: ({ event }) => event === "task.input_required" });
    await goOn(id);
    const third = await frames(server, id, { header: String(ids(second.frames).at(-1)) });
    const all = [...first.frames, ...second.frames, ...third.frames];
    expect(ids(all)).toEqual(numbered(1, ids(all).length));
    expect(all.at(-1)?.event).toBe("done");
  });

  it("end at once with done when a reader has had them all, or says that it has had more", async () => {
    const { id } = await submit();
    const { last_event: last } = await finish(id);
    for (const after of [last, last + 100]) {
      const { frames: found, ended } = await frames(server, id, { after });
      expect([found.map(({ event }) => event), ended]).toEqual([["done"], true]);
    }
  });

  it("are refused from a point that the log of an open task has not reached", async () => {
    const { id, last_event: last } = await submit();
    const headers = { accept: "text/event-stream", "last-event-id": String(last + 1) };
    const refused = await server.call(`/v1/tasks/${id}/events`, { headers });
    expect(refused.status).toBe(400);
    expect(wire.problem.parse(await refused.json())).toMatchObject({ status: 400, code: "invalid" });
    const nonsense = await server.call(`/v1/tasks/${id}/events`, { headers: { ...headers, "last-event-id": "abc" } });
    expect(wire.problem.parse(await nonsense.json())).toMatchObject({ status: 400, field: "Last-Event-ID" });
  });

  it("are read for nobody who has left", async () => {
    const read = vi.spyOn(LocalEventFeed.prototype, "read");
    const { id } = await submit();
    const { ended } = await frames(server, id, { enough: () => true });
    expect(ended).toBe(false);
    const [reader] = read.mock.results.map(({ value }) => value);
    await expect.poll(() => reader?.next()).toBe(ENDED);
    read.mockRestore();
  });

  it("are a page of JSON where no stream is asked for", async () => {
    const { id } = await submit();
    const page = async (query: string) =>
      wire.list(eventSchema).parse(await (await server.call(`/v1/tasks/${id}/events?${query}`)).json()).data;
    const all = await page("");
    expect(all.map(({ seq }) => seq)).toEqual(numbered(1, all.length));
    expect((await page("after=2&limit=3")).map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(await page(`after=${all.length}`)).toEqual([]);
  });

  it("say our own things in snake_case with times, and leave a handler's as they are", async () => {
    const { id } = await submit(1);
    const { data } = wire.list(eventSchema).parse(await (await server.call(`/v1/tasks/${id}/events`)).json());
    expect(data.find(({ type }) => type === "own.word")?.data).toEqual({ camelCase: 1, round: "first" });
    await server.call(`/v1/tasks/${id}/input`, { json: { value: 1, message_id: "m-1" } });
    await server.call(`/v1/tasks/${id}?wait=60`);
    const after = wire.list(eventSchema).parse(await (await server.call(`/v1/tasks/${id}/events`)).json()).data;
    expect(after.find(({ type }) => type === "task.input_received")?.data).toMatchObject({ message_id: "m-1" });
  });

  it("reach a reader in the order of the log when a thousand come at once", async () => {
    const { id } = await submit(1_000);
    const all = frames(server, id);
    await goOn(id);
    const { frames: found } = await all;
    expect(ids(found)).toEqual(numbered(1, found.length - 1));
    expect(found.filter(({ event }) => event === "own.word")).toHaveLength(2_000);
  });
});

it("a stream goes on after a restart of the server without a gap or a duplicate", async () => {
  const data = await mkdtemp(join(tmpdir(), "waybill-restart-"));
  try {
    const first = await startTestServer({ data, config: { handlers: [talk] } });
    const submitted = await first.call("/v1/tasks?wait=60", { json: { kind: "talk", input: { words: 3 } } });
    const { id } = wire.task.parse(await submitted.json());
    const read = Promise.withResolvers<void>();
    const before = frames(first, id, {
      enough: ({ event }) => {
        if (event === "task.input_required") read.resolve();
        return false;
      },
    });
    await read.promise;
    await first.stop();
    const { frames: seen, ended } = await before;
    expect(ended).toBe(true);
    expect(seen.at(-1)?.event).not.toBe("done");
    const second = await startTestServer({ data, config: { handlers: [talk] } });
    const rest = frames(second, id, { header: String(ids(seen).at(-1)) });
    await second.call(`/v1/tasks/${id}/input`, { json: { value: "yes" } });
    const all = [...seen, ...(await rest).frames];
    expect(ids(all)).toEqual(numbered(1, ids(all).length));
    expect(all.at(-1)).toMatchObject({ event: "done", data: { state: "completed" } });
    await second.stop();
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});
