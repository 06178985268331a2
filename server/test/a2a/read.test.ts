/** Tasks that came in by other APIs, read in the four dialects; and what a deployment may choose of this one. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { startTestServer, type TestServer } from "../server.ts";
import { ask, DIALECTS } from "./client.ts";

let server: TestServer;
beforeAll(async () => {
  const a2a = { cardWithoutVersion: "1.0", foreignType: 400 } as const;
  server = await startTestServer({ config: { lenses: { a2a } } });
});
afterAll(() => server.stop());

async function submitted(query: string): Promise<string> {
  const response = await server.call("/v1/tasks?wait=60", { json: { kind: "agent", input: { query } } });
  return z.object({ id: z.string() }).parse(await response.json()).id;
}

describe("a task", () => {
  it("is read in each dialect as that writes it", async () => {
    const id = await submitted("What is 17 * 23?");
    const read = Object.fromEntries(
      await Promise.all(DIALECTS.map(async (dialect) => [dialect, (await ask(server, dialect, "get", { id })).result])),
    );
    expect(read["J1"]).toEqual(read["R1"]);
    expect(read["J1"]).toMatchObject({
      id,
      status: { state: "TASK_STATE_COMPLETED" },
      history: [{ role: "ROLE_USER", parts: [{ text: "What is 17 * 23?" }] }],
      artifacts: [{ artifactId: "result", parts: [{ text: expect.stringContaining("391") }] }],
    });
    expect(read["J3"]).toMatchObject({
      kind: "task",
      status: { state: "completed" },
      history: [{ kind: "message", role: "user", parts: [{ kind: "text", text: "What is 17 * 23?" }] }],
    });
    expect(read["R3"]).toMatchObject({
      status: { state: "TASK_STATE_COMPLETED" },
      history: [{ role: "ROLE_USER", content: [{ text: "What is 17 * 23?" }] }],
    });
  });

  it("that there is not is told so in the words of each", async () => {
    const id = "task_00000000000000000000000000";
    const told = await Promise.all(DIALECTS.map((dialect) => ask(server, dialect, "get", { id })));
    expect(told.map(({ status, error }) => [status, error?.code])).toEqual([
      [200, -32001],
      [404, 404],
      [200, -32001],
      [404, -32001],
    ]);
    const info = [{ reason: "TASK_NOT_FOUND", domain: "a2a-protocol.org", metadata: {} }];
    expect(told[0]?.error?.data).toMatchObject(info);
    expect(told[1]?.error).toMatchObject({ status: "NOT_FOUND", details: info });
  });
});

describe("a server that needs no key", () => {
  it("has cards that ask for none, in whose words its configuration says", async () => {
    const card = async (version?: string) => {
      const headers: Record<string, string> = version === undefined ? {} : { "a2a-version": version };
      const response = await server.call("/.well-known/agent-card.json", { headers });
      return z.record(z.string(), z.unknown()).parse(await response.json());
    };
    const usual = await card();
    expect(usual).toEqual(await card("1.0"));
    expect(usual).toHaveProperty("supportedInterfaces");
    for (const shown of [usual, await card("0.3")])
      expect(Object.keys(shown).filter((name) => /security/i.test(name))).toEqual([]);
  });
});

it("has a body of another type refused with 400 over HTTP, where its configuration says so", async () => {
  const init = { method: "POST", body: "<a/>", headers: { "content-type": "text/xml" } };
  const http = await server.call("/a2a/message:send", init);
  const details = [{ reason: "CONTENT_TYPE_NOT_SUPPORTED" }];
  expect([http.status, await http.json()]).toMatchObject([400, { error: { code: 400, details } }]);
  const old = await server.call("/a2a/v1/message:send", init);
  expect([old.status, await old.json()]).toMatchObject([400, { code: -32005 }]);
  const rpc = await server.call("/a2a", init);
  expect([rpc.status, await rpc.json()]).toMatchObject([415, { error: { code: -32005 } }]);
});
