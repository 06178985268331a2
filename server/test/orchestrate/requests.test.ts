/**
 * Requests of every operation that reads a body, a form or a query, sent over HTTP and compared with what FastAPI 0.165
 * with pydantic 2.13 has answered to them; runs and background tasks have walks of their own. What was taken there passes
 * validation here too, whatever comes of it then. In the fixture, names of somebody else's classes are ours, and text of
 * a form that is no JSON is refused without the words of a parser.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { KeptConnections } from "../kept-connections.ts";
import { startTestServer, type TestServer } from "../server.ts";

const recorded = z.object({
  ask: z.string(),
  raw: z.string().optional(),
  type: z.string().optional(),
  detail: z.unknown().optional(),
});
type Recorded = z.infer<typeof recorded>;
const cases = readFileSync(new URL("fixtures/requests.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => recorded.parse(JSON.parse(line)));
const operations = Map.groupBy(cases, ({ ask }) => ask.split("?")[0] ?? "");

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }] });
});
const connections = new KeptConnections();
afterAll(() => {
  connections.close();
  return server.stop();
});

/** What fits its schema and is refused all the same: names that are taken or empty, files without bytes. */
const OURS = /^\[\{"type":"value_error","loc":\["body",[^\]]*\],"msg":"Value error, (?!Expected UploadFile)/;

/** What a request is refused for, or that it is not. */
async function answerTo({ ask, raw, type = "application/json" }: Recorded): Promise<string> {
  const [method = "", path = ""] = ask.split(" ");
  const [key = ""] = server.secrets;
  const headers = { authorization: `Bearer ${key}`, ...(raw !== undefined && { "content-type": type }) };
  const url = (server.lensUrls["orchestrate"] ?? "") + path;
  const { status, text } = await connections.send(url, { method, headers, body: raw });
  if (status !== 422) return status < 500 ? "fits" : text;
  const detail = JSON.stringify(JSON.parse(text).detail);
  return OURS.test(detail) ? "fits" : detail.replaceAll(/"list\[[^"]*"/g, '"LIST"');
}

it.each([...operations.keys()])(
  "%s takes and refuses what its framework does, with the same words",
  async (operation) => {
    const own = operations.get(operation) ?? [];
    expect(own.length).toBeGreaterThan(4);
    for (const request of own) {
      const wanted = request.detail === undefined ? "fits" : JSON.stringify(request.detail);
      expect([request.ask, request.raw, await answerTo(request)]).toEqual([request.ask, request.raw, wanted]);
    }
  },
);
