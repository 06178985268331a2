/** Tasks that came in by other APIs, read in the four dialects. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { startTestServer, type TestServer } from "../server.ts";
import { ask, DIALECTS } from "./client.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function submitted(query: string): Promise<string> {
  const response = await server.call("/v1/tasks?wait=30", { json: { kind: "agent", input: { query } } });
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
