import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../../test/server.ts";
import { nativeLens } from "../lenses/native/routes.ts";
import { shannonLens } from "../lenses/shannon/routes.ts";
import { openTo } from "./cross-origin.ts";

const APP = "https://app.example.com";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }], config: { corsOrigins: [APP] } });
});
afterAll(() => server.stop());

const key = () => ({ authorization: `Bearer ${server.secrets[0]}` });

it("lets a page of a listed origin read answers, refusals and streams, and no other", async () => {
  const made = await server.call("/v1/tasks", {
    headers: { ...key(), origin: APP },
    json: { kind: "external", input: { queue: "q" } },
  });
  expect(made.headers.get("access-control-allow-origin")).toBe(APP);
  expect(made.headers.get("access-control-expose-headers")).toContain("Location");
  const paths = [
    "/v1/tasks",
    "/v1/tasks/nobody",
    "/v1/nothing",
    "/v1/events?types=none",
    "/bpm/api/4.0/tasks",
    "/a2a/.well-known/agent-card.json",
  ];
  for (const path of paths) {
    const told = await server.call(path, { headers: { ...key(), origin: APP } });
    const { headers } = told;
    expect([path, headers.get("access-control-allow-origin")]).toEqual([path, APP]);
    expect([path, headers.get("vary")]).toEqual([path, expect.stringMatching(/\bOrigin$/)]);
    await told.body?.cancel();
    const other = await server.call(path, { headers: { ...key(), origin: "https://evil.example" } });
    expect([path, other.headers.get("access-control-allow-origin")]).toEqual([path, null]);
    await other.body?.cancel();
  }
});

it("leaves Shannon's and Orchestrate's answers as on their own ports: for every page, whoever asks", async () => {
  for (const path of ["/shannon/api/v1/tasks", "/orchestrate/v1/orchestrate/runs", "/shannon/nothing"]) {
    const { status, headers, body } = await server.call(path, { headers: { origin: "https://evil.example" } });
    await body?.cancel();
    const told = [headers.get("access-control-allow-origin"), headers.get("vary")];
    expect([path, status >= 400, told]).toEqual([path, true, ["*", null]]);
  }
});

it("tells a page beforehand what it may send", async () => {
  const asked = {
    origin: APP,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,idempotency-key",
  };
  const told = await server.call("/v1/tasks", { method: "OPTIONS", headers: asked });
  expect([told.status, told.headers.get("access-control-allow-origin")]).toEqual([200, APP]);
  expect(told.headers.get("access-control-allow-headers")).toBe("authorization,idempotency-key");
  expect(told.headers.get("access-control-allow-methods")).toContain("PATCH");
});

it("is for pages of this machine in dev, for nobody without a list, and leaves a wire its own rules", () => {
  const local = { listed: [], local: true };
  const allowed = (origin: string) => openTo(nativeLens, local).headers?.({ origin })["access-control-allow-origin"];
  expect(allowed("http://localhost:5173")).toBe("http://localhost:5173");
  expect(allowed("http://localhost.evil.example")).toBeUndefined();
  expect(openTo(nativeLens, { listed: [], local: false })).toBe(nativeLens);
  expect(openTo(shannonLens, local)).toBe(shannonLens);
});
