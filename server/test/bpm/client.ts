/** A client of the BPM API for tests: one person, by key. */
import { z } from "zod";
import type { TestServer } from "../server.ts";

export const BASE = "/bpm/api/4.0";

type Bytes = string | Uint8Array<ArrayBuffer> | FormData;

export function clientOf(server: TestServer, key?: string) {
  const ask = async (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) => {
    const response = await server.call(path.startsWith("/bpm") || path.startsWith("/ic") ? path : BASE + path, {
      method,
      ...(key !== undefined && { key }),
      headers: { ...headers, ...(json !== undefined && { "content-type": "application/json" }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    return said(response);
  };
  /** Sends bytes as they are. */
  const sendTo = async (method: string, path: string, { body, type }: { body: Bytes; type?: string }) =>
    said(
      await server.call(BASE + path, {
        method,
        body,
        ...(key !== undefined && { key }),
        headers: { ...(type !== undefined && { "content-type": type }) },
      }),
    );
  return {
    get: (path: string, headers?: Record<string, string>) => ask("GET", path, undefined, headers),
    put: (path: string, json: unknown, headers?: Record<string, string>) => ask("PUT", path, json, headers),
    post: (path: string, json: unknown, headers?: Record<string, string>) => ask("POST", path, json, headers),
    delete: (path: string, headers?: Record<string, string>) => ask("DELETE", path, undefined, headers),
    sendTo,
    send: (path: string, body: Bytes, type?: string) => sendTo("POST", path, { body, ...(type && { type }) }),
    /** Acts on a task, and answers the status. */
    act: async (number: number, action: string, more: object = {}) =>
      ask("PUT", `/tasks/${number}?view=worklist`, { action: { id: action }, ...more }),
    /** Makes a task of people by the native API. */
    task: async (input: object): Promise<number> => {
      const made = await server.call("/v1/tasks", {
        json: { kind: "human", input },
        ...(key !== undefined && { key }),
      });
      return z.object({ number: z.int() }).parse(await made.json()).number;
    },
  };
}

async function said(response: Response) {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== "" ? JSON.parse(text) : null,
  };
}
