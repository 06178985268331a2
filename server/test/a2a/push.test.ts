/** Push notifications over both versions, to a receiver on a socket of this machine. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../server.ts";

let server: TestServer;
let receiver: Server;
let url = "";
const heard: { path: string; headers: IncomingHttpHeaders; body: unknown }[] = [];
let news = () => {};

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const body: unknown = JSON.parse(Buffer.concat(await request.toArray()).toString());
    heard.push({ path: request.url ?? "", headers: request.headers, body });
    response.end();
    news();
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  server = await startTestServer();
});
afterAll(async () => {
  await server.stop();
  receiver.close();
  receiver.closeAllConnections();
});

const call = async (path: string, init: Parameters<TestServer["call"]>[1] = {}) => {
  const answer = await server.call(`/a2a${path}`, init);
  return { status: answer.status, json: JSON.parse(await answer.text()) };
};
const rpc = async (method: string, params: object, version = "1.0") => {
  const json = { jsonrpc: "2.0", id: 1, method, params };
  return (await call("", { json, headers: { "a2a-version": version } })).json;
};
const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "What is 2 + 2?" }] };
const told = (path: string) => heard.filter((each) => each.path === path);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo())
    await new Promise<void>((resolve) => {
      news = resolve;
    });
}

it("tells a config that comes with a message, in the words of 1.0, with its token and credentials", async () => {
  const authentication = { scheme: "Bearer", credentials: "s3cret" };
  const config = { url: `${url}/inline`, token: "t0ken", authentication };
  const sent = await rpc("SendMessage", { message, configuration: { taskPushNotificationConfig: config } });
  const { id } = sent.result.task;
  await until(() => JSON.stringify(told("/inline").at(-1)?.body ?? "").includes("TASK_STATE_COMPLETED"));
  for (const { headers } of told("/inline"))
    expect(headers).toMatchObject({
      ...{ authorization: "Bearer s3cret", "x-a2a-notification-token": "t0ken", "x-a2a-delivery-attempt": "1" },
      ...{ "content-type": "application/a2a+json", "x-a2a-event-id": expect.stringContaining(id) },
    });
  const listed = await rpc("ListTaskPushNotificationConfigs", { taskId: id });
  expect(listed.result.configs).toMatchObject([
    { taskId: id, url: `${url}/inline`, authentication: { scheme: "Bearer" } },
  ]);
  expect(JSON.stringify(listed)).not.toMatch(/s3cret|t0ken/);
});

it("has configs made, replaced, read and deleted in every dialect, and tells an ended task as it stands", async () => {
  const { id } = (await rpc("SendMessage", { message })).result.task;
  const v1 = { headers: { "a2a-version": "1.0" } };
  const made = await call(`/tasks/${id}/pushNotificationConfigs`, {
    ...v1,
    json: { id: "c1", url: `${url}/one`, token: "t" },
  });
  expect(made).toMatchObject({ status: 200, json: { id: "c1", taskId: id, url: `${url}/one`, token: "t" } });
  await until(() => told("/one").length > 0);
  expect(told("/one")).toMatchObject([{ body: { task: { id, status: { state: "TASK_STATE_COMPLETED" } } } }]);

  const pushNotificationConfig = {
    id: "c1",
    url: `${url}/three`,
    authentication: { schemes: ["Basic"], credentials: "x" },
  };
  const set = await rpc("tasks/pushNotificationConfig/set", { taskId: id, pushNotificationConfig }, "0.3");
  expect(set.result).toMatchObject({ taskId: id, pushNotificationConfig });
  await until(() => told("/three").length > 0);
  expect(told("/three")).toMatchObject([
    {
      headers: { "content-type": "application/json", authorization: "Basic x" },
      body: { kind: "task", id, status: { state: "completed" } },
    },
  ]);
  expect((await rpc("tasks/pushNotificationConfig/list", { id }, "0.3")).result).toHaveLength(1);
  const got = await call(`/v1/tasks/${id}/pushNotificationConfigs/c1`);
  expect(got.json).toMatchObject({
    name: `tasks/${id}/pushNotificationConfigs/c1`,
    pushNotificationConfig: { url: `${url}/three` },
  });
  const path = `/tasks/${id}/pushNotificationConfigs/c1`;
  for (let times = 0; times < 2; times++)
    expect(await call(path, { ...v1, method: "DELETE" })).toEqual({ status: 200, json: {} });
  expect((await call(path, v1)).status).toBe(404);
  expect((await rpc("GetTaskPushNotificationConfig", { taskId: id, id: "c1" })).error.code).toBe(-32001);
});

it("refuses what leads elsewhere, and tasks that are not there, and says on its cards that it pushes", async () => {
  const { id } = (await rpc("SendMessage", { message })).result.task;
  for (const target of ["http://10.0.0.1/", "http://[::ffff:10.0.0.1]/", "ftp://x.example/", "nonsense"])
    expect((await rpc("CreateTaskPushNotificationConfig", { taskId: id, url: target })).error.code).toBe(-32602);
  const gone = { taskId: "task_00000000000000000000000000", url };
  expect((await rpc("CreateTaskPushNotificationConfig", gone)).error.code).toBe(-32001);
  expect((await call("/.well-known/agent-card.json")).json.capabilities.pushNotifications).toBe(true);
});
