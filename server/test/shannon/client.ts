/** A client of a Shannon server as its tests call it: every answer is read by its schema. */
import { expect } from "vitest";
import { z } from "zod";
import { statusAnswer, submitAnswer } from "../../src/lenses/shannon/schema.ts";
import type { ShannonServer } from "../shannon-server.ts";
import { allFrames, type Frame } from "../sse.ts";

export const KEY = { "x-api-key": "sk_test_123456" };
/** The agent whose model does what the query says. */
export const SCRIPTED = { agent: "scripted" };

export type Body = NonNullable<RequestInit["body"]>;
type Sent = { method?: string; json?: unknown; body?: Body; headers?: Record<string, string> };

export type ShannonClient = ReturnType<typeof shannonClient>;

export function shannonClient(server: ShannonServer) {
  function call(path: string, { json, body, headers = KEY, method }: Sent = {}): Promise<Response> {
    const content = json === undefined ? body : JSON.stringify(json);
    return fetch(new URL(path, server.shannonUrl), {
      method: method ?? (content === undefined ? "GET" : "POST"),
      headers,
      redirect: "manual",
      ...(content !== undefined && { body: content }),
    });
  }

  async function answer<Schema extends z.ZodType>(schema: Schema, path: string, sent?: Sent): Promise<z.infer<Schema>> {
    const response = await call(path, sent);
    expect(response.status, await response.clone().text()).toBe(200);
    return schema.parse(await response.json());
  }

  async function refused(path: string, sent?: Sent): Promise<[number, unknown]> {
    const response = await call(path, sent);
    return [response.status, await response.json()];
  }

  async function submit(json: Record<string, unknown>, headers?: Record<string, string>): Promise<string> {
    const sent = { json, headers: { ...KEY, ...headers } };
    return (await answer(submitAnswer, "/api/v1/tasks", sent)).task_id;
  }

  function status(id: string) {
    return answer(statusAnswer, `/api/v1/tasks/${id}`);
  }

  async function stream(id: string, query = "", headers: Record<string, string> = {}): Promise<Frame[]> {
    const response = await call(`/api/v1/stream/sse?workflow_id=${id}${query}`, { headers: { ...KEY, ...headers } });
    expect(response.status).toBe(200);
    return allFrames(response);
  }

  /** Submits and waits for the end. */
  async function ended(json: Record<string, unknown>) {
    const id = await submit(json);
    await stream(id);
    return status(id);
  }
  return { call, answer, refused, submit, status, stream, ended };
}

export function dataOf(frame: Frame | undefined): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(frame?.data ?? "{}"));
}
