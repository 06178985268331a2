/** The trace that a caller's request belongs to is that of the task, whichever API it comes by. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { DIALECTS, isRpc, request } from "./a2a/client.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const tasks = z.object({ data: z.array(z.object({ id: z.string() })) });
const traced = z.object({ trace_id: z.string().nullable(), lens: z.string() });

/** A request by each API that makes a task. */
const SUBMITS: Record<string, (headers: Record<string, string>) => Promise<Response>> = {
  native: (headers) => server.call("/v1/tasks", { headers, json: { input: { query: "Hi" } } }),
  "shannon, task": (headers) => server.call("/shannon/api/v1/tasks", { headers, json: { query: "Hi" } }),
  "shannon, stream": (headers) => server.call("/shannon/api/v1/tasks/stream", { headers, json: { query: "Hi" } }),
  "orchestrate, run": (headers) =>
    server.call("/orchestrate/v1/orchestrate/runs", { headers, json: { message: { role: "user", content: "Hi" } } }),
  "documents, upload": (headers) => {
    const body = new FormData();
    body.set("file", new Blob(["A text."], { type: "text/plain" }), "a.txt");
    return server.call("/documents/v1/files", { method: "POST", headers, body });
  },
  "documents, vector store": (headers) =>
    server.call("/documents/v1/vector_stores", { headers, json: { name: "Shelf" } }),
  bpm: (headers) => server.call("/bpm/api/4.0/tasks", { headers, json: { taskDefinitionName: "Look", title: "Look" } }),
  ...Object.fromEntries(
    DIALECTS.map((dialect) => [
      `a2a, ${dialect}`,
      (headers: Record<string, string>) => {
        const part = isRpc(dialect) ? { kind: "text", text: "Hi" } : { text: "Hi" };
        return request(
          server,
          dialect,
          "send",
          { message: { messageId: dialect, role: "user", parts: [part] } },
          { headers },
        );
      },
    ]),
  ),
};

it.each(Object.keys(SUBMITS))("%s", async (name) => {
  const id = Object.keys(SUBMITS).indexOf(name).toString(16).padStart(32, "a");
  const response = await SUBMITS[name]?.({ traceparent: `00-${id}-b7ad6b7169203331-01` });
  const answer = await response?.text();
  const newest = tasks.parse(await (await server.call("/v1/tasks?limit=1")).json()).data[0]?.id;
  const task = traced.parse(await (await server.call(`/v1/tasks/${newest}`)).json());
  expect([task.trace_id, answer]).toEqual([id, expect.any(String)]);
});
