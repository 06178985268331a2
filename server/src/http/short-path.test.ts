/** What is in the way of a request is said by the framework: of none of these the short path takes any. */
import { createServer, request as send } from "node:http";
import { afterEach, expect, it } from "vitest";
import type { ShortRoute } from "../lenses/short-routes.ts";
import type { Principal } from "../task/principal.ts";
import { Connections } from "./connections/connections.ts";
import { createStreams } from "./connections/stream.ts";
import { ShortPath } from "./short-path.ts";
import { testParts } from "./test-app.suite.ts";

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const ADA: Principal = { tenant: "acme", user: "ada", scopes: new Set(["tasks"]), keyId: "key_1" };

/** Answers with the address from which it was asked. */
const who = (method: "GET" | "POST"): ShortRoute => ({
  ...{ method, prefix: "/who", suffix: "", param: null, hasBody: method === "POST", quiet: true, url: "/who" },
  authenticated: () => ADA,
  run: async ({ ip }) => ({
    status: 200,
    headers: { "content-type": "text/plain" },
    bytes: Buffer.from(`short: ${ip}`),
  }),
  refuse: (_request, response, error) => response.end(String(error)),
});

/** What one who asks hears: from whichever address the short path took it, or that the framework is to answer. */
async function heard(parts: Parameters<typeof testParts>[0], headers: Record<string, string> = {}, body?: string) {
  const all = testParts(parts);
  const { stream } = createStreams({ streamsMax: 10, log: all.log });
  const path = new ShortPath({ ...all, stream }, [who("GET"), who("POST")]);
  const server = createServer((raw, response) => {
    if (!path.takes(raw, response)) response.end("framework");
  });
  server.on("connection", (socket) => all.connections.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const method = body === undefined ? "GET" : "POST";
  return await new Promise<string>((resolve, reject) => {
    const asked = send({ port, host: "127.0.0.1", path: "/who", method, headers, agent: false }, async (response) => {
      resolve((await response.toArray()).join(""));
    });
    asked.on("error", reject).end(body);
  });
}

const json = { "content-type": "application/json" };
const busy = new Connections({ max: 100, requestsOfOne: 0, ofKey: null, ofAddress: null });

it("takes what nothing is in the way of", async () => {
  expect(await heard({})).toBe("short: 127.0.0.1");
  expect(await heard({}, { ...json, "content-length": "2" }, "{}")).toBe("short: 127.0.0.1");
  expect(await heard({ hosts: new Set() }, { origin: "http://localhost:7420" })).toBe("short: 127.0.0.1");
});

it.each<[string, Parameters<typeof testParts>[0], Record<string, string>]>([
  ["before the server serves", { traffic: { inFlight: 0, stage: "starting" } }, {}],
  ["while the server stops", { traffic: { inFlight: 0, stage: "stopping" } }, {}],
  ["where too many are in work", { traffic: { inFlight: 100, stage: "serving" } }, {}],
  ["where too many of its connection are", { connections: busy }, {}],
  ["by a name that is none of this machine's", { hosts: new Set() }, { host: "evil.example.com" }],
  ["of a page of another machine", { hosts: new Set() }, { origin: "https://evil.example.com" }],
  ["with a header that is no text", {}, { "x-odd": "\u00ff" }],
])("leaves a request %s", async (_what, parts, headers) => {
  expect(await heard(parts, headers)).toBe("framework");
});

it.each<[string, Record<string, string>]>([
  ["that is compressed", { ...json, "content-length": "2", "content-encoding": "gzip" }],
  ["of another type", { "content-type": "text/plain", "content-length": "2" }],
  ["of a length that nobody says", { ...json, "transfer-encoding": "chunked" }],
])("leaves a body %s", async (_what, headers) => {
  expect(await heard({}, headers, "{}")).toBe("framework");
});

it("is asked by the client that as many proxies as are trusted say", async () => {
  const forwarded = { "x-forwarded-for": "6.6.6.6, 5.5.5.5" };
  expect(await heard({ trustProxy: 0 }, forwarded)).toBe("short: 127.0.0.1");
  expect(await heard({ trustProxy: 1 }, forwarded)).toBe("short: 5.5.5.5");
  expect(await heard({ trustProxy: 2 }, forwarded)).toBe("short: 6.6.6.6");
  expect(await heard({ trustProxy: 3 }, forwarded), "through fewer than that").toBe("short: 6.6.6.6");
});
