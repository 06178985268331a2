/** Whatever is answered has the members that its dialect knows, and no other: strict clients refuse what has more. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { conformance } from "../../../examples/a2a-conformance/conformance.ts";
import { defineHandler } from "../../src/task/handler.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { framesOf } from "../sse.ts";
import { scripted } from "./agents.ts";
import { ask, DIALECTS, type Dialect, dig, idOf, isOld, isRpc, request, type Sent, send, written } from "./client.ts";
import { WORLDS } from "./closed-world.ts";

/** What no agent does. */
const double = defineHandler({ kind: "double", input: z.number(), run: async (_, input) => input * 2 });

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { agents: [conformance, scripted], handlers: [double] } });
  const json = { kind: "double", input: 21, metadata: { of: "us" } };
  expect((await server.call("/v1/tasks?wait=60", { json })).status).toBe(200);
});
afterAll(() => server.stop());

const steered = (prefix: string): Sent => ({ text: "Hello", id: `${prefix}-${crypto.randomUUID()}`, historyLength: 9 });
const rich: Sent = {
  parts: [
    { text: "file", metadata: { tone: "dark" } },
    { raw: "AAECAw==", filename: "a.png", mediaType: "image/png", metadata: { size: 4 } },
    { url: "https://example.com/x", mediaType: "application/octet-stream" },
    { data: { list: [1] } },
  ],
  more: { metadata: { a: 1 }, extensions: ["https://example.com/ext"], referenceTaskIds: ["task_1"] },
};
const SENT: [what: string, sent: Sent, base?: string][] = [
  ...["complete-task", "artifact-text", "artifact-file", "artifact-file-url", "artifact-data", "message-response"].map(
    (name): [string, Sent] => [name, steered(`tck-${name}`)],
  ),
  ...["input-required", "auth-required", "reject-task", "stream-artifact-chunked"].map((name): [string, Sent] => [
    name,
    steered(`tck-${name}`),
  ]),
  ["a message with parts of all kinds", rich, "/a2a/scripted"],
  ["what fails", { text: "fail" }, "/a2a/scripted"],
];

const rpcAnswer = z.strictObject({ jsonrpc: z.literal("2.0"), id: z.literal(7), result: z.unknown() });

describe.each(DIALECTS)("in %s", (dialect: Dialect) => {
  const world = WORLDS[dialect];

  /** How many frames a stream has, each of which fits. */
  async function mustFit(stream: Response): Promise<number> {
    let frames = 0;
    for await (const { data } of framesOf(stream)) {
      const told: unknown = JSON.parse(data);
      world.event.parse(isRpc(dialect) ? rpcAnswer.parse(told).result : told);
      frames += 1;
    }
    return frames;
  }

  it.each(SENT)("%s", async (what, sent, base) => {
    const asked = { base: base ?? "/a2a" };
    world.sent.parse((await send(server, dialect, sent, asked)).result);
    // Its stream stays open.
    if (what === "auth-required") return;
    await mustFit(await request(server, dialect, "stream", written(dialect, sent), asked));
  });

  it("a task that is read, found, followed, cancelled and told of", async () => {
    const { result } = await send(server, dialect, steered("tck-input-required"));
    const id = idOf(dialect === "J3" ? result : dig(result, "task"));
    world.task.parse((await ask(server, dialect, "get", { id })).result);
    const includeArtifacts = true;
    const listed = world.list.parse((await ask(server, dialect, "list", { includeArtifacts, pageSize: 100 })).result);
    expect(listed.tasks.length).toBeGreaterThan(1);
    world.config.parse(await configs(dialect, id, "made"));
    world.config.parse(await configs(dialect, id, "read"));
    world.configs.parse(await configs(dialect, id, "all"));
    expect(await configs(dialect, id, "deleted")).toEqual(dialect === "J3" ? null : {});
    const followed = await request(server, dialect, "subscribe", { id });
    world.task.parse((await ask(server, dialect, "cancel", { id })).result);
    expect(await mustFit(followed)).toBeGreaterThan(1);
    for (const name of ["get", "cancel"] as const)
      world.refused.parse((await ask(server, dialect, name, { id: "task_1" })).error);
  });
});

const RPC_METHODS = {
  J1: { made: "Create", read: "Get", all: "List", deleted: "Delete" },
  J3: { made: "set", read: "get", all: "list", deleted: "delete" },
};

/** Makes a push configuration, reads it, deletes it, or reads all of a task. */
async function configs(dialect: Dialect, id: string, what: keyof typeof RPC_METHODS.J1): Promise<unknown> {
  const config = { id: "c", url: "http://localhost:9/", token: "t" };
  const old = { ...config, authentication: { schemes: ["Bearer"] } };
  const fresh = { ...config, authentication: { scheme: "Bearer" } };
  const headers = { "a2a-version": isOld(dialect) ? "0.3" : "1.0" };
  const rpc = (method: string, params: object) =>
    server.call("/a2a", { headers, json: { jsonrpc: "2.0", id: 1, method, params } });
  const http = (prefix: string, json: object) =>
    server.call(
      `/a2a${prefix}/tasks/${id}/pushNotificationConfigs${what === "read" || what === "deleted" ? "/c" : ""}`,
      {
        headers,
        ...(what === "made" && { json }),
        ...(what === "deleted" && { method: "DELETE" }),
      },
    );
  const asks: Record<Dialect, () => Promise<Response>> = {
    J1: () =>
      rpc(`${RPC_METHODS.J1[what]}TaskPushNotificationConfig${what === "all" ? "s" : ""}`, { taskId: id, ...fresh }),
    J3: () => {
      const named =
        what === "made" ? { taskId: id, pushNotificationConfig: old } : { id, pushNotificationConfigId: "c" };
      return rpc(`tasks/pushNotificationConfig/${RPC_METHODS.J3[what]}`, named);
    },
    R1: () => http("", fresh),
    R3: () => http("/v1", { pushNotificationConfig: old }),
  };
  const answer = z.record(z.string(), z.unknown()).parse(await (await asks[dialect]()).json());
  return isRpc(dialect) ? answer["result"] : answer;
}
