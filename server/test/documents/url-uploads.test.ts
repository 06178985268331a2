/** Uploads by address, where the operator allows them: against the server's own reading of files. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../server.ts";
import { type DocumentsClient, documentsClient } from "./documents-client.ts";

const bounds = { fileBytes: 10_000 };
let origin: Server;
let address = "";
let open: TestServer;
let guarded: TestServer;

const clientOf = (server: TestServer): DocumentsClient => documentsClient(server.lensUrls["documents"] ?? "");

function byUrl(client: DocumentsClient, url: string, more: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ url, name: "rivers.md", file_type: "text/markdown", ...more }))
    form.append(name, value);
  return client.ask("/v1/files", { method: "POST", body: form });
}

beforeAll(async () => {
  origin = createServer((request, response) => {
    response.statusCode = request.url === "/nothing" ? 404 : 200;
    response.end(request.url === "/large" ? "x".repeat(10_001) : "The Danube flows into the Black Sea.");
  });
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const bound = origin.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
  open = await startTestServer({ config: { documents: { ...bounds, urls: "any" } } });
  guarded = await startTestServer({ config: { documents: { ...bounds, urls: "public" } } });
});
afterAll(async () => {
  await Promise.all([open.stop(), guarded.stop()]);
  origin.close();
  origin.closeAllConnections();
});

it("is fetched and read by its task, which says how that failed", async () => {
  const client = clientOf(open);
  await byUrl(client, `${address}/file`, { id: "river" });
  const task = await client.ended("upload-river");
  expect([task.failure_reason, task.data]).toMatchObject([null, { file_id: "river", chunks_created: 1, bytes: 36 }]);
  expect((await client.ask("/v1/files/river/content")).body.url).toBe(`${address}/file`);
  await byUrl(client, `${address}/nothing`, { id: "missing" });
  expect((await client.ended("upload-missing")).failure_reason).toBe("invalid_file: download failed, HTTP 404");
  await byUrl(client, `${address}/large`, { id: "large" });
  expect((await client.ended("upload-large")).failure_reason).toMatch(/^too_large: /);
  await byUrl(client, `${address}/file`, { id: "other", md5: "0".repeat(32) });
  expect((await client.ended("upload-other")).failure_reason).toMatch(/^invalid_file: the MD5/);
});

it("of this machine or its network is refused, however it is written", async () => {
  const client = clientOf(guarded);
  for (const url of [
    `${address}/file`,
    "http://localhost/",
    "http://[::1]/",
    "http://2130706433/",
    "http://10.0.0.1/",
  ]) {
    const { status, body } = await byUrl(client, url);
    expect([url, status, body.detail]).toEqual([url, 400, { type: "validation_error", field: "url" }]);
  }
  for (const more of [{ name: "" }, { file_type: "" }, { url: "ftp://example.org/a" }])
    expect((await byUrl(client, "https://1.1.1.1/", more)).status).toBe(400);
});
