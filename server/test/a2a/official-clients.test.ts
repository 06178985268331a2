/**
 * The official TypeScript clients, unmodified: that of 1.x and the same as a client of 0.3, over JSON-RPC and over HTTP, and the
 * last one that was of 0.3 alone. Each finds its agent by the card that the server shows, and asks for everything there is.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTasksRequest,
  SendMessageRequest,
  type SendMessageResult,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
  verifyAgentCardSignature,
} from "@a2a-js/sdk";
import { type Client, ClientFactory, JsonRpcTransportFactory, RestTransportFactory } from "@a2a-js/sdk/client";
import {
  ClientFactory as OldFactory,
  JsonRpcTransportFactory as OldJsonRpc,
  RestTransportFactory as OldRest,
} from "a2a-js-sdk-0.3/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { conformance } from "../../../examples/a2a-conformance/conformance.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { dig } from "./client.ts";

let folder: string;
let server: TestServer;
const agent: typeof conformance = {
  ...conformance,
  card: {
    ...conformance.card,
    extended: {
      description: "What the kits ask for, and more.",
      skills: [{ id: "secret", name: "Secret", description: "Not for everybody.", tags: [] }],
    },
  },
};
const start = () => startTestServer({ data: folder, config: { agents: [agent] } });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-a2a-"));
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const FORMS = ["1.x over JSON-RPC", "1.x over HTTP", "1.x as 0.3 over JSON-RPC", "1.x as 0.3 over HTTP"] as const;
type Form = (typeof FORMS)[number];

const isOld = (form: Form) => form.includes("0.3");

/** By the card of the default agent; a client of 0.3 by that of the base that is pinned to it. */
function clientOf(form: Form): Promise<Client> {
  const legacyCompat = { enabled: isOld(form) };
  const transports = form.endsWith("HTTP")
    ? [new RestTransportFactory({ legacyCompat })]
    : [new JsonRpcTransportFactory({ legacyCompat })];
  return new ClientFactory({ transports }).createFromUrl(`${server.url}/a2a/${isOld(form) ? "0.3/" : ""}`);
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

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });
/** By the server's own key, which is read where the signature says. */
const verifier = verifyAgentCardSignature(async (kid, jku = "") => {
  const { keys } = keySet.parse(await (await fetch(jku)).json());
  const found = keys.find((key) => key.kid === kid);
  if (found === undefined) throw new Error("no such key");
  return found;
});

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
    // The proto file of 0.3 has no name for a file.
    const named = form === "1.x as 0.3 over HTTP" ? {} : { filename: "output.txt" };
    expect(file.json).toMatchObject({ artifacts: [{ parts: [{ raw: "dGNr", ...named }] }] });
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

  it("gets and cancels a task, and is told why not", async () => {
    const client = await clientOf(form);
    const { id } = taskIn(await client.sendMessage(sent("test-resubscribe-message-id-1", { now: true })));
    expect(taskIn(await client.getTask(GetTaskRequest.fromJSON({ id }))).id).toBe(id);
    const { json } = taskIn(await client.cancelTask(CancelTaskRequest.fromJSON({ id })));
    expect(json).toMatchObject({ status: { state: "TASK_STATE_CANCELED" } });
    const second = client.cancelTask(CancelTaskRequest.fromJSON({ id }));
    if (isOld(form)) await expect(second).rejects.toMatchObject({ name: "TaskNotCancelableError" });
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

  it("lists tasks, page by page, where its version can", async () => {
    const client = await clientOf(form);
    const { json } = taskIn(await client.sendMessage(sent("tck-artifact-text-1")));
    const contextId = String(dig(json, "contextId"));
    const again = SendMessageRequest.toJSON(sent("tck-complete-task-1"));
    const message = { ...Object(dig(again, "message")), contextId };
    const { id } = taskIn(await client.sendMessage(SendMessageRequest.fromJSON({ message })));
    const page = (pageToken: string) =>
      client.listTasks(ListTasksRequest.fromJSON({ contextId, pageSize: 1, pageToken }));
    if (isOld(form)) return await expect(page("")).rejects.toThrow();
    const first = await page("");
    expect([first.totalSize, first.tasks.map((task) => task.id)]).toEqual([2, [id]]);
    const second = await page(first.nextPageToken);
    expect([second.nextPageToken, second.tasks.map((task) => task.id)]).toEqual(["", [dig(json, "id")]]);
  });

  it("has a push configuration made, read, listed and deleted", async () => {
    const client = await clientOf(form);
    const { id: taskId } = taskIn(await client.sendMessage(sent("an-open-task", { now: true })));
    const wanted = { taskId, id: "mine", url: "https://example.com/hook", token: "t0ken" };
    const made = await client.createTaskPushNotificationConfig(TaskPushNotificationConfig.fromJSON(wanted));
    expect(TaskPushNotificationConfig.toJSON(made)).toMatchObject(wanted);
    const named = { taskId, id: "mine" };
    const got = await client.getTaskPushNotificationConfig(GetTaskPushNotificationConfigRequest.fromJSON(named));
    expect(got.url).toBe(wanted.url);
    const all = () =>
      client.listTaskPushNotificationConfig(ListTaskPushNotificationConfigsRequest.fromJSON({ taskId }));
    expect((await all()).configs.map(({ id }) => id)).toEqual(["mine"]);
    await client.deleteTaskPushNotificationConfig(DeleteTaskPushNotificationConfigRequest.fromJSON(named));
    expect((await all()).configs).toEqual([]);
    await client.cancelTask(CancelTaskRequest.fromJSON({ id: taskId }));
  });

  it("is told by the extended card what only those with a key are told", async () => {
    const client = await clientOf(form);
    const card = AgentCard.toJSON(await client.getAgentCard(undefined, isOld(form) ? undefined : verifier));
    expect(card).toMatchObject({
      description: "What the kits ask for, and more.",
      capabilities: { streaming: true, pushNotifications: true },
      skills: [{ id: "conformance" }, { id: "secret" }],
    });
  });
});

it("a client of 1.x follows a task over a restart of the server", async () => {
  const client = await clientOf("1.x over JSON-RPC");
  const { id } = taskIn(await client.sendMessage(sent("tck-input-required-1")));
  const cut = client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id }));
  await cut.next();
  const rest = read(cut);
  await server.stop();
  expect(await rest).toEqual([]);
  server = await start();
  const again = await clientOf("1.x over JSON-RPC");
  const followed = read(again.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })));
  await again.sendMessage(sent("tck-complete-task-1", { taskId: id }));
  expect((await followed).map(wordOf).at(-1)).toBe("statusUpdate TASK_STATE_COMPLETED");
});

it("the address of the server alone leads a client to the default agent", async () => {
  const client = await new ClientFactory().createFromUrl(server.url);
  expect((await client.getAgentCard()).name).toBe("Conformance");
  expect(taskIn(await client.sendMessage(sent("tck-complete-task-1"))).json).toMatchObject({
    status: { state: "TASK_STATE_COMPLETED" },
  });
});

/** The client of 0.3 finds its agent by the card that says no version, as it asks for it. */
describe.each([
  ["JSON-RPC", new OldJsonRpc()],
  ["HTTP", new OldRest()],
] as const)("the last client of 0.3 over %s", (_binding, transport) => {
  const client = () =>
    new OldFactory({ transports: [transport], preferredTransports: [transport.protocolName] }).createFromUrl(
      `${server.url}/a2a/`,
    );
  const message = (messageId: string, more: { taskId?: string } = {}) => ({
    message: {
      kind: "message" as const,
      messageId,
      role: "user" as const,
      parts: [{ kind: "text" as const, text: "Hello" }],
      ...more,
    },
  });

  it("sends, streams, follows, gets and cancels", async () => {
    const old = await client();
    const done = await old.sendMessage(message("tck-artifact-text-1"));
    expect(done).toMatchObject({ kind: "task", status: { state: "completed" } });
    const told: unknown[] = [];
    for await (const event of old.sendMessageStream(message("tck-input-required-1"))) told.push(event);
    expect(told).toMatchObject([
      { kind: "task", status: { state: "submitted" } },
      { kind: "status-update", status: { state: "working" }, final: false },
      { kind: "status-update", status: { state: "input-required" }, final: true },
    ]);
    const id = String(dig(told[0], "id"));
    const followed = old.resubscribeTask({ id });
    expect((await followed.next()).value).toMatchObject({ kind: "task", status: { state: "input-required" } });
    expect(await old.getTask({ id })).toMatchObject({ id, kind: "task" });
    expect(await old.cancelTask({ id })).toMatchObject({ status: { state: "canceled" } });
    expect((await followed.next()).value).toMatchObject({ status: { state: "canceled" }, final: true });
    expect((await followed.next()).done).toBe(true);
    await expect(old.cancelTask({ id })).rejects.toThrow();
    await expect(old.resubscribeTask({ id: "task_none" }).next()).rejects.toThrow();
  });

  it("has a push configuration made, read, listed and deleted, and is told the extended card", async () => {
    const old = await client();
    const sent = await old.sendMessage({ ...message("an-open-task"), configuration: { blocking: false } });
    const taskId = String(dig(sent, "id"));
    const pushNotificationConfig = { id: "mine", url: "https://example.com/hook", token: "t0ken" };
    expect(await old.setTaskPushNotificationConfig({ taskId, pushNotificationConfig })).toMatchObject({
      taskId,
      pushNotificationConfig,
    });
    const named = { id: taskId, pushNotificationConfigId: "mine" };
    expect(await old.getTaskPushNotificationConfig(named)).toMatchObject({ pushNotificationConfig: { id: "mine" } });
    expect(await old.listTaskPushNotificationConfig({ id: taskId })).toHaveLength(1);
    await old.deleteTaskPushNotificationConfig(named);
    expect(await old.listTaskPushNotificationConfig({ id: taskId })).toEqual([]);
    await old.cancelTask({ id: taskId });
    expect(await old.getAgentCard()).toMatchObject({ skills: [{ id: "conformance" }, { id: "secret" }] });
  });
});
