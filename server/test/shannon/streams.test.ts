/** The events of tasks over the Shannon API. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { submitAnswer } from "../../src/lenses/shannon/schema.ts";
import { type ShannonServer, startShannonServer } from "../shannon-server.ts";
import { allFrames, type Frame, framesOf } from "../sse.ts";
import { dataOf, KEY, SCRIPTED, type ShannonClient, shannonClient } from "./client.ts";

let server: ShannonServer;
let client: ShannonClient;
beforeAll(async () => {
  server = await startShannonServer();
  client = shannonClient(server);
});
afterAll(() => server.stop());

describe("a stream", () => {
  test("of an ended task tells it from the start, and resumes after any frame without a gap or a repeat", async () => {
    const { task_id } = await client.ended({ query: "What is the capital of Peru?" });
    const frames = await client.stream(task_id);
    expect(frames.map(({ event }) => event)).toEqual(
      expect.arrayContaining(["WORKFLOW_STARTED", "thread.message.delta", "thread.message.completed", "done"]),
    );
    const [answer, ...others] = frames.filter(({ event }) => event === "thread.message.completed").map(dataOf);
    expect([answer?.["agent_id"], others]).toEqual(["final_output", []]);
    const live = frames.filter(({ event }) => event === "thread.message.delta").map(dataOf);
    expect(new Set(live.map((delta) => delta["agent_id"]))).toEqual(new Set(["final_output"]));
    expect(live.map((delta) => delta["delta"]).join("")).toBe(answer?.["response"]);
    for (const [index, { id, event }] of frames.entries()) {
      const rest = event === "done" ? frames.slice(-1) : frames.slice(index + 1);
      expect(await client.stream(task_id, `&last_event_id=${id}`)).toEqual(rest);
      expect(await client.stream(task_id, "", { "last-event-id": id.split("-")[1] ?? "" })).toEqual(rest);
    }
    expect(await client.stream(task_id, "&last_event_id=0")).toEqual(frames);
  });

  test("resumed beyond the end is done at once, and a header that is no id is ignored", async () => {
    const { task_id } = await client.ended({ query: "5 + 5", mode: "simple" });
    for (const beyond of ["999999", "9999999999999-0", "9999999999999-999999"]) {
      const frames = await client.stream(task_id, `&last_event_id=${beyond}`);
      expect(frames.map(({ event }) => event)).toEqual(["done"]);
    }
    expect((await client.stream(task_id, "", { "last-event-id": "what" })).length).toBeGreaterThan(3);
    const [, seq = ""] = (await client.stream(task_id))[1]?.id.split("-") ?? [];
    const won = await client.stream(task_id, "&last_event_id=0", { "last-event-id": seq });
    expect(won.length).toBe((await client.stream(task_id)).length - 2);
  });

  test("leaves out what is not asked for, by either name, but never the end", async () => {
    const { task_id } = await client.ended({ query: "What is the capital of Chile?" });
    const names = async (types: string) =>
      new Set((await client.stream(task_id, `&types=${types}`)).map(({ event }) => event));
    expect(await names("LLM_PARTIAL")).toEqual(new Set(["thread.message.delta", "done"]));
    expect(await names("thread.message.completed,WORKFLOW_COMPLETED")).toEqual(
      new Set(["thread.message.completed", "WORKFLOW_COMPLETED", "done"]),
    );
  });

  test("goes on live where it began, also for readers that come and go", async () => {
    const id = await client.submit({ query: "hold it", context: SCRIPTED });
    await server.held();
    const reader = framesOf(await client.call(`/api/v1/stream/sse?workflow_id=${id}`));
    const first: Frame[] = [];
    for await (const frame of reader) {
      first.push(frame);
      if (first.length === 3) break;
    }
    const last = first.at(-1)?.id ?? "";
    const second = client.stream(id, `&last_event_id=${last}`);
    const third = client.stream(id);
    server.release();
    expect([...first, ...(await second)]).toEqual(await third);
    expect(await third).toEqual(await client.stream(id));
    expect((await client.status(id)).result).toBe('It said: "released"');
  });

  test("is what the task's own stream address leads to", async () => {
    const query = "types=done&last_event_id=3";
    const response = await client.call(`/api/v1/tasks/some_task/stream?${query}`);
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toBe(`/api/v1/stream/sse?workflow_id=some_task&${query}`);
    const mounted = await fetch(`${server.url}/shannon/api/v1/tasks/some_task/stream`, {
      headers: KEY,
      redirect: "manual",
    });
    expect(mounted.headers.get("location")).toBe("/shannon/api/v1/stream/sse?workflow_id=some_task");
  });

  test("is given at once to who sends a key in the query, so that no key stands in an address", async () => {
    const { task_id } = await client.ended({ query: "5 + 6", mode: "simple" });
    for (const name of ["api_key", "token"]) {
      const response = await client.call(`/api/v1/tasks/${task_id}/stream?${name}=sk_test_123456`);
      expect([response.status, response.headers.get("location")]).toEqual([200, null]);
      expect(await response.text()).toMatch(new RegExp(`^: connected to workflow ${task_id}\n\nid: `));
    }
  });

  test("has the headers and the first bytes that the specification names", async () => {
    const { task_id } = await client.ended({ query: "6 + 6", mode: "simple" });
    const response = await client.call(`/api/v1/stream/sse?workflow_id=${task_id}`);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(await response.text()).toMatch(new RegExp(`^: connected to workflow ${task_id}\n\nid: `));
  });

  test("closes its connection behind it for a client that asks for that, and keeps it for others", async () => {
    const { task_id } = await client.ended({ query: "6 + 6", mode: "simple" });
    const url = new URL(`/api/v1/stream/sse?workflow_id=${task_id}`, server.shannonUrl);
    const told = async (connection: string) => {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request(url, { headers: { ...KEY, connection } }, resolve)
          .on("error", reject)
          .end();
      });
      response.resume();
      await once(response, "end");
      return response.headers.connection;
    };
    expect([await told("close"), await told("keep-alive")]).toEqual(["close", "keep-alive"]);
  });

  test("shows a question to a person with where to answer it, and goes on with the answer", async () => {
    const id = await client.submit({ query: "ask me", context: SCRIPTED });
    const frames: Frame[] = [];
    for await (const frame of framesOf(await client.call(`/api/v1/stream/sse?workflow_id=${id}`))) {
      frames.push(frame);
      if (!dataOf({ ...frame, data: frame.event === "done" ? "{}" : frame.data })["message"]) continue;
      if (String(dataOf(frame)["message"]).startsWith("Answer by")) break;
    }
    expect((await client.status(id)).status).toBe("TASK_STATUS_RUNNING");
    const [question, where] = frames.filter(({ event }) => event === "WAITING").map(dataOf);
    expect(question?.["message"]).toContain("Which of the two?");
    expect(where?.["message"]).toBe(`Answer by POST /v1/tasks/${id}/input of the native API`);
    const { url, body } = z
      .object({ answer: z.object({ url: z.string(), body: z.object({ prompt: z.string() }) }) })
      .parse(question?.["payload"]).answer;
    const answered = await server.call(url, { key: KEY["x-api-key"], json: { ...body, value: "the second" } });
    expect(answered.status).toBeLessThan(300);
    await client.stream(id);
    expect((await client.status(id)).result).toContain("the second");
  });
});

test("a stream is resumed on a server that was started again, without a gap or a repeat", async () => {
  const data = await mkdtemp(join(tmpdir(), "waybill-shannon-"));
  const first = await startShannonServer({ data });
  const json = { query: "What is the capital of Japan?" };
  const submitted = await fetch(`${first.shannonUrl}/api/v1/tasks`, {
    method: "POST",
    headers: KEY,
    body: JSON.stringify(json),
  });
  const { task_id } = submitAnswer.parse(await submitted.json());
  const path = `/api/v1/stream/sse?workflow_id=${task_id}`;
  const before = await allFrames(await fetch(first.shannonUrl + path, { headers: KEY }));
  await first.stop();
  const second = await startShannonServer({ data });
  try {
    for (const [index, { id }] of before.slice(0, -1).entries()) {
      const rest = await allFrames(await fetch(`${second.shannonUrl}${path}&last_event_id=${id}`, { headers: KEY }));
      expect(rest).toEqual(before.slice(index + 1));
    }
  } finally {
    await second.stop();
    await rm(data, { recursive: true, force: true });
  }
});
