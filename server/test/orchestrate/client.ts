/** A client of an Orchestrate server as its tests call it. */
import { expect } from "vitest";
import { z } from "zod";
import { defineHandler } from "../../src/index.ts";
import { runEvent } from "../../src/lenses/orchestrate/events/schema.ts";
import { type ThreadMessage, threadMessage } from "../../src/lenses/orchestrate/messages/schema.ts";
import { assistantRun, assistantRunResponse } from "../../src/lenses/orchestrate/runs/schema.ts";
import { threadMade } from "../../src/lenses/orchestrate/threads/schema.ts";
import type { TestServerOptions } from "../server.ts";
import { type ShannonServer, startShannonServer } from "../shannon-server.ts";

type Sent = { method?: string; json?: unknown; text?: string; key?: string; headers?: Record<string, string> };
export type RunEvents = z.infer<typeof runEvent>[];

export type OrchestrateClient = ReturnType<typeof orchestrateClient>;

/** Hands its work to the queue `far`, and answers with what comes back. */
const errand = defineHandler({
  kind: "errand",
  input: z.object({ what: z.string() }),
  present: ({ what }) => ({ title: what, message: [{ text: what }] }),
  reply: (output) => [{ text: String(output) }],
  run: async (ctx, { what }) => {
    const brought = await ctx.child("errand", "external", { queue: "far", payload: what });
    return `It brought ${JSON.stringify(brought)}`;
  },
});

export function startOrchestrateServer(options: TestServerOptions = {}): Promise<ShannonServer> {
  return startShannonServer({ ...options, config: { handlers: [errand], ...options.config } });
}

export function orchestrateClient(server: ShannonServer, key?: string) {
  const root = server.lensUrls["orchestrate"] ?? `${server.url}/orchestrate`;

  function call(path: string, { method, json, text, headers = {} }: Sent = {}): Promise<Response> {
    const body = json === undefined ? text : JSON.stringify(json);
    return fetch(`${root}${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
  }

  async function answer<Schema extends z.ZodType>(schema: Schema, path: string, sent?: Sent): Promise<z.infer<Schema>> {
    const response = await call(path, sent);
    const text = await response.text();
    expect([200, 201], text).toContain(response.status);
    const read = schema.parse(JSON.parse(text));
    // A key that is elsewhere than in its schema, or not there, would be elsewhere in what was read.
    expect(text).toBe(JSON.stringify(read));
    return read;
  }

  function begin(text: string, more: Record<string, unknown> = {}) {
    const json = { message: { role: "user", content: text }, agent_id: "scripted", ...more };
    return answer(assistantRunResponse, "/v1/orchestrate/runs", { json });
  }

  /** The lines of a stream, each of which must be JSON and nothing else. */
  async function stream(text: string, more: Record<string, unknown> = {}, path = "/v1/orchestrate/runs/stream") {
    const json = { message: { role: "user", content: text }, agent_id: "scripted", ...more };
    const response = await call(path, { json });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    return linesOf(await response.text());
  }

  function events(run: string, wait = 20_000) {
    return answer(z.array(runEvent), `/v1/orchestrate/runs/${run}/events?stream_timeout=${wait}`);
  }

  function run(id: string) {
    return answer(assistantRun, `/v1/orchestrate/runs/${id}`);
  }

  async function thread(json: Record<string, unknown> = {}): Promise<string> {
    return (await answer(threadMade, "/v1/threads", { json })).thread_id;
  }

  function messages(thread: string): Promise<ThreadMessage[]> {
    return answer(z.array(threadMessage), `/v1/threads/${thread}/messages`);
  }

  return { root, call, answer, begin, stream, events, run, thread, messages };
}

export function linesOf(text: string): RunEvents {
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => runEvent.parse(JSON.parse(line)));
}

export function namesOf(events: RunEvents): string[] {
  return events.map(({ event }) => event);
}

/** The text that the pieces of an answer make. */
export function piecesOf(events: RunEvents): string {
  const delta = z.object({ delta: z.object({ content: z.array(z.object({ text: z.string() })) }) });
  return events
    .flatMap(({ event, data }) => (event === "message.delta" ? [delta.parse(data).delta.content[0]?.text] : []))
    .join("");
}

export function messageIn(events: RunEvents, name = "message.created"): ThreadMessage {
  return threadMessage.parse(events.find(({ event }) => event === name)?.data["message"]);
}

export function textOf(message: Pick<ThreadMessage, "content"> | undefined): unknown {
  return message?.content[0]?.["text"];
}
