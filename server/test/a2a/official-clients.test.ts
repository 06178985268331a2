/**
 * The official TypeScript clients, unmodified: that of 1.x over JSON-RPC and over HTTP, the same as a client of 0.3, and the
 * last one that was of 0.3 alone.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentCard,
  CancelTaskRequest,
  GetTaskRequest,
  SendMessageRequest,
  type SendMessageResult,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
} from "@a2a-js/sdk";
import { type Client, ClientFactory, JsonRpcTransportFactory, RestTransportFactory } from "@a2a-js/sdk/client";
import { JsonRpcTransport as OldTransport } from "a2a-js-sdk-0.3/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conformance } from "../../../examples/a2a-conformance/conformance.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { dig } from "./client.ts";

let folder: string;
let server: TestServer;
const start = () => startTestServer({ data: folder, config: { agents: [conformance] } });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-a2a-"));
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const FORMS = ["1.x over JSON-RPC", "1.x over HTTP", "1.x as 0.3 over JSON-RPC"] as const;
type Form = (typeof FORMS)[number];

async function clientOf(form: Form): Promise<Client> {
  const legacyCompat = { enabled: form === "1.x as 0.3 over JSON-RPC" };
  const factory = new ClientFactory({
    transports:
      form === "1.x over HTTP" ? [new RestTransportFactory()] : [new JsonRpcTransportFactory({ legacyCompat })],
  });
  const card = AgentCard.fromJSON({
    name: "Conformance",
    capabilities: { streaming: true },
    supportedInterfaces: [
      {
        url: `${server.url}/a2a/`,
        protocolBinding: form === "1.x over HTTP" ? "HTTP+JSON" : "JSONRPC",
        protocolVersion: legacyCompat.enabled ? "0.3" : "1.0",
      },
    ],
  });
  return factory.createFromAgentCard(card);
}

/** What is sent, in the words of 1.0: the client writes it in its own. */
function sent(messageId: string, more: { taskId?: string; now?: boolean } = {}): SendMessageRequest {
  const { now = false, ...named } = more;
  return SendMessageRequest.fromJSON({
    message: { messageId, role: "ROLE_USER", parts: [{ text: "Hello" }, { data: { n: 1 } }], ...named },
    configuration: { returnImmediately: now },
  });
}

function taskIn(result: SendMessageResult): { id: string; json: unknown } {
  if (!("status" in result)) throw new Error(`no task: ${JSON.stringify(result)}`);
  return { id: result.id, json: Task.toJSON(result) };
}

async function read(stream: AsyncIterable<StreamResponse>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const event of stream) found.push(StreamResponse.toJSON(event));
  return found;
}

/** `task TASK_STATE_WORKING`, `artifactUpdate`, … */
function wordOf(event: unknown): string {
  const [kind = ""] = Object.keys(Object(event));
  return [kind, dig(event, kind, "status", "state")].filter((word) => word !== undefined).join(" ");
}

describe.each(FORMS)("the client of %s", (form) => {
  it("sends, and is answered with a task or a message", async () => {
    const client = await clientOf(form);
    const { json } = taskIn(await client.sendMessage(sent("tck-artifact-data-1")));
    expect(json).toMatchObject({
      status: { state: "TASK_STATE_COMPLETED" },
      artifacts: [{ artifactId: "output", parts: [{ data: { key: "value", count: 42 } }] }],
      history: [{ messageId: "tck-artifact-data-1", parts: [{ text: "Hello" }, { data: { n: 1 } }] }],
    });
    expect(JSON.stringify(await client.sendMessage(sent("tck-message-response-1")))).toContain(
      "Direct message response",
    );
    const file = taskIn(await client.sendMessage(sent("tck-artifact-file-1")));
    expect(file.json).toMatchObject({ artifacts: [{ parts: [{ raw: "dGNr", filename: "output.txt" }] }] });
  });

  it("streams what comes of a message, and follows the task that goes on", async () => {
    const client = await clientOf(form);
    const whole = await read(client.sendMessageStream(sent("tck-stream-artifact-chunked-1")));
    expect(whole.map(wordOf)).toEqual([
      "task TASK_STATE_SUBMITTED",
      "statusUpdate TASK_STATE_WORKING",
      "artifactUpdate",
      "artifactUpdate",
      "statusUpdate TASK_STATE_COMPLETED",
    ]);
    const asked = await read(client.sendMessageStream(sent("tck-input-required-1")));
    expect(asked.map(wordOf).at(-1)).toBe("statusUpdate TASK_STATE_INPUT_REQUIRED");
    const id = String(dig(asked[0], "task", "id"));
    const followed = client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id }));
    const first = await followed.next();
    if (!first.value) throw new Error("nothing to follow");
    expect(wordOf(StreamResponse.toJSON(first.value))).toBe("task TASK_STATE_INPUT_REQUIRED");
    await client.sendMessage(sent("tck-stream-artifact-text-1", { taskId: id }));
    expect((await read(followed)).map(wordOf)).toEqual([
      "statusUpdate TASK_STATE_WORKING",
      "artifactUpdate",
      "statusUpdate TASK_STATE_COMPLETED",
    ]);
  });

  it("follows a task over a restart of the server", async () => {
    const client = await clientOf(form);
    const { id } = taskIn(await client.sendMessage(sent("tck-input-required-1")));
    const cut = client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id }));
    await cut.next();
    const rest = read(cut);
    await server.stop();
    expect(await rest).toEqual([]);
    server = await start();
    const again = await clientOf(form);
    const followed = read(again.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })));
    await again.sendMessage(sent("tck-complete-task-1", { taskId: id }));
    expect((await followed).map(wordOf).at(-1)).toBe("statusUpdate TASK_STATE_COMPLETED");
  });

  it("gets and cancels a task, and is told why not", async () => {
    const client = await clientOf(form);
    const { id } = taskIn(await client.sendMessage(sent("test-resubscribe-message-id-1", { now: true })));
    expect(taskIn(await client.getTask(GetTaskRequest.fromJSON({ id }))).id).toBe(id);
    const { json } = taskIn(await client.cancelTask(CancelTaskRequest.fromJSON({ id })));
    expect(json).toMatchObject({ status: { state: "TASK_STATE_CANCELED" } });
    const isOld = form === "1.x as 0.3 over JSON-RPC";
    const second = client.cancelTask(CancelTaskRequest.fromJSON({ id }));
    if (isOld) await expect(second).rejects.toMatchObject({ name: "TaskNotCancelableError" });
    else expect(taskIn(await second).id).toBe(id);
    await expect(client.sendMessage(sent("tck-complete-task-1", { taskId: id }))).rejects.toMatchObject({
      name: "UnsupportedOperationError",
    });
    await expect(read(client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })))).rejects.toMatchObject({
      name: expect.stringMatching(/UnsupportedOperation|Error/),
    });
    await expect(client.getTask(GetTaskRequest.fromJSON({ id: "task_none" }))).rejects.toMatchObject({
      name: "TaskNotFoundError",
    });
  });
});

describe("the last client of 0.3", () => {
  const message = (messageId: string, more: { taskId?: string } = {}) => ({
    message: {
      kind: "message" as const,
      messageId,
      role: "user" as const,
      parts: [{ kind: "text" as const, text: "Hello" }],
      ...more,
    },
  });
  const client = () => new OldTransport({ endpoint: `${server.url}/a2a/` });

  it("sends, streams, follows, gets and cancels", async () => {
    const done = await client().sendMessage(message("tck-artifact-text-1"));
    expect(done).toMatchObject({ kind: "task", status: { state: "completed" } });
    const told: unknown[] = [];
    for await (const event of client().sendMessageStream(message("tck-input-required-1"))) told.push(event);
    expect(told).toMatchObject([
      { kind: "task", status: { state: "submitted" } },
      { kind: "status-update", status: { state: "working" }, final: false },
      { kind: "status-update", status: { state: "input-required" }, final: true },
    ]);
    const id = String(dig(told[0], "id"));
    const followed = client().resubscribeTask({ id });
    expect((await followed.next()).value).toMatchObject({ kind: "task", status: { state: "input-required" } });
    expect(await client().getTask({ id })).toMatchObject({ id, kind: "task" });
    expect(await client().cancelTask({ id })).toMatchObject({ status: { state: "canceled" } });
    expect((await followed.next()).value).toMatchObject({ status: { state: "canceled" }, final: true });
    expect((await followed.next()).done).toBe(true);
    await expect(client().cancelTask({ id })).rejects.toThrow();
    await expect(client().resubscribeTask({ id: "task_none" }).next()).rejects.toThrow(/not.*found|task/i);
  });
});
