/** Base URLs as people paste them, each asked over a real socket. */
import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createModels } from "./models.ts";

const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers.authorization ?? "nobody"}`);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ choices: [{ message: { content: "Hello." }, finish_reason: "stop" }] }));
});
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it.each([
  ["/v1/", "", "/v1/chat/completions nobody"],
  ["/v1/chat/completions", "", "/v1/chat/completions nobody"],
  ["/v1/responses/", "", "/v1/chat/completions nobody"],
  ["/openai/deployments/d?api-version=2", "", "/openai/deployments/d/chat/completions?api-version=2 nobody"],
  ["/v1", "ada:se%3Acret@", `/v1/chat/completions Basic ${Buffer.from("ada:se:cret").toString("base64")}`],
])("%s of %s", async (path, user, told) => {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const house = { type: "openai-compatible", baseUrl: `http://${user}127.0.0.1:${port}${path}` } as const;
  const { text } = await createModels({ providers: { house } }).call({
    model: "house:m",
    prompt: [{ role: "user", text: "Hi" }],
    tools: [],
    signal: AbortSignal.timeout(30_000),
  });
  expect([text, asked.at(-1)]).toEqual(["Hello.", told]);
});
