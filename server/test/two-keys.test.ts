/** A wrong key beside a right one, in every place that a key can come in, and in the same place twice. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LENSES } from "../src/lenses/index.ts";
import { KEY_PLACES } from "../src/lenses/secrets.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let right = "";
let foreign = "";
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { user: "ada", scopes: ["tasks"] },
      { user: "bob", scopes: ["tasks"] },
    ],
  });
  [right = "", foreign = ""] = server.secrets;
});
afterAll(() => server.stop());

/** Sent as it stands, since clients put two headers of a name together. */
function statusOf(path: string, headers: readonly string[], url = server.url): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () =>
      socket.write([`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", ""].join("\r\n")),
    );
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      // A stream goes on.
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      if (status === undefined) return;
      resolve(Number(status));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

const bearer = (key: string) => `Authorization: Bearer ${key}`;
const basic = (key: string) => `Authorization: Basic ${Buffer.from(`any:${key}`).toString("base64")}`;
const own = (key: string) => `X-API-Key: ${key}`;

const PATHS = {
  native: "/v1/tasks",
  shannon: "/shannon/api/v1/tasks",
  documents: "/documents/v1/files",
  orchestrate: "/orchestrate/v1/orchestrate/runs",
  a2a: "/a2a/tasks",
  bpm: "/bpm/api/4.0/tasks",
};
const A2A = "A2A-Version: 1.0";

describe.each(Object.entries(PATHS))("%s", (lens, path) => {
  const status = (...headers: string[]) => statusOf(path, [A2A, ...headers]);

  it("lets the right key in", async () => {
    expect(await status(bearer(right))).toBe(200);
  });

  it.each<[string, (wrong: string) => string[]]>([
    ["a second bearer", (wrong) => [bearer(right), bearer(wrong)]],
    ["a first bearer", (wrong) => [bearer(wrong), bearer(right)]],
    ["basic behind the bearer", (wrong) => [bearer(right), basic(wrong)]],
    ["basic before the bearer", (wrong) => [basic(wrong), bearer(right)]],
    [
      "another spelling of the header",
      (wrong) => [bearer(right), bearer(wrong).replace("Authorization", "aUTHORIZATION")],
    ],
    ["an empty second header", () => [bearer(right), "Authorization:"]],
    ["the same key again", () => [bearer(right), bearer(right)]],
    ["both in one header", (wrong) => [`${bearer(right)}, Bearer ${wrong}`]],
    ["both in one header, apart by a blank", (wrong) => [`${bearer(right)} ${wrong}`]],
  ])("refuses %s", async (_what, headers) => {
    for (const wrong of ["sk_wrong", foreign]) expect(await status(...headers(wrong))).toBe(401);
  });

  it.runIf(["native", "shannon", "a2a"].includes(lens))("refuses one in a header of its own", async () => {
    for (const wrong of ["sk_wrong", foreign]) {
      expect(await status(bearer(right), own(wrong))).toBe(401);
      expect(await status(own(right), bearer(wrong))).toBe(401);
      expect(await status(own(right), own(wrong))).toBe(401);
      expect(await status(own(wrong), own(right))).toBe(401);
    }
    expect(await status(own(right))).toBe(200);
    expect(await status(own(right), bearer(right))).toBe(200);
  });

  it.each(KEY_PLACES)("refuses one where some API of ours reads it: $in $name", async (place) => {
    for (const wrong of ["sk_wrong", foreign]) expect(await beside(path, place, wrong)).toBe(401);
    // What none is, and the same key again, are no wrong key; an API whose fields are all known says so of this one.
    for (const fine of ["", right]) expect([200, 400]).toContain(await beside(path, place, fine));
  });

  it.each(["X-Goog-Api-Key", "Cookie", "Proxy-Authorization"])("has no use for %s, which others read", async (name) => {
    expect(await status(bearer(right), `${name}: sk_wrong`)).toBe(200);
  });
});

/** A right bearer, and another key in this place. */
function beside(path: string, place: (typeof KEY_PLACES)[number], key: string): Promise<number> {
  if (place.in === "query") return statusOf(`${path}?${place.name}=${key}`, [A2A, bearer(right)]);
  return statusOf(path, [A2A, bearer(right), `${place.name}: ${key}`]);
}

it("knows every place in which an API of ours looks for a key", () => {
  const read = LENSES.flatMap(({ caller, routes }) => [caller, ...routes].flatMap(({ secrets = [] }) => secrets));
  const known = [
    ...KEY_PLACES,
    ...(["any", "basic", "bearer"] as const).map((scheme) => ({ in: "authorization", scheme })),
  ];
  expect(known).toEqual(expect.arrayContaining(read));
});

it("lets nobody read the metrics by two keys", async () => {
  const metrics = (...headers: string[]) => statusOf("/metrics", [bearer(right), ...headers]);
  // The key is known, and not of that scope.
  expect(await metrics()).toBe(403);
  for (const wrong of ["sk_wrong", foreign]) {
    expect(await metrics(bearer(wrong))).toBe(401);
    expect(await metrics(own(wrong))).toBe(401);
  }
});

it("refuses one in an address, before or behind the right one", async () => {
  const stream = "/shannon/api/v1/stream/sse?workflow_id=task_00000000000000000000000000";
  const of = (...keys: string[]) => stream + keys.map((key) => `&api_key=${key}`).join("");
  expect(await statusOf(of(right), [])).not.toBe(401);
  for (const wrong of ["sk_wrong", foreign]) {
    expect(await statusOf(of(right, wrong), [])).toBe(401);
    expect(await statusOf(of(wrong, right), [])).toBe(401);
    expect(await statusOf(of(right), [bearer(wrong)])).toBe(401);
    expect(await statusOf(of(wrong), [bearer(right)])).toBe(401);
    expect(await statusOf(of(right), [own(wrong)])).toBe(401);
  }
});

it("a task is read by one key alone where it is read before the framework", async () => {
  const path = "/v1/tasks/task_00000000000000000000000000";
  expect(await statusOf(path, [bearer(right)])).toBe(404);
  for (const wrong of ["sk_wrong", foreign, right])
    expect(await statusOf(path, [bearer(right), bearer(wrong)])).toBe(401);
});
