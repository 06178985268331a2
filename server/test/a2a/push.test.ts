/** Push notifications over both versions, to a receiver on a socket of this machine. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../server.ts";
import { plain, scripted } from "./agents.ts";
import { dig } from "./client.ts";

let server: TestServer;
let receiver: Server;
let url = "";
const heard: { path: string; headers: IncomingHttpHeaders; body: unknown; text: string }[] = [];
let news = () => {};

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    heard.push({ path: request.url ?? "", headers: request.headers, body: JSON.parse(text), text });
    response.end();
    news();
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  server = await startTestServer({ config: { agents: [plain, scripted] } });
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

it("is asked for by the names that the official client for Go still writes", async () => {
  const config = { id: "go", url: `${url}/go` };
  const sent = await rpc("SendMessage", { message, configuration: { pushNotificationConfig: config } });
  const { id: taskId } = sent.result.task;
  const made = await rpc("CreateTaskPushNotificationConfig", { taskId, config: { ...config, id: "later" } });
  expect(made.result).toMatchObject({ taskId, ...config, id: "later" });
  const { result } = await rpc("ListTaskPushNotificationConfigs", { taskId });
  expect(result.configs.map(({ id }: { id: string }) => id).sort()).toEqual(["go", "later"]);
});

it("tells a config that comes with a message, in the words of 1.0, with its token and credentials", async () => {
  const authentication = { scheme: "Bearer", credentials: "s3cret" };
  const config = { url: `${url}/inline`, token: "t0ken", authentication };
  const sent = await rpc("SendMessage", { message, configuration: { taskPushNotificationConfig: config } });
  const { id } = sent.result.task;
  await until(() => JSON.stringify(told("/inline").at(-1)?.body ?? "").includes("TASK_STATE_COMPLETED"));
  for (const { headers, text } of told("/inline")) {
    const [, at, signed] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-a2a-signature"])) ?? [];
    expect(signed).toBe(createHmac("sha256", "t0ken").update(`${at}.${text}`).digest("hex"));
    expect(headers).toMatchObject({
      ...{ authorization: "Bearer s3cret", "x-a2a-notification-token": "t0ken", "x-a2a-delivery-attempt": "1" },
      ...{ "content-type": "application/a2a+json", "x-a2a-event-id": expect.stringContaining(id) },
    });
  }
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

it("takes a config as clients of 0.3 write it, and finds it by the name that they give the first one", async () => {
  const { id } = (await rpc("SendMessage", { message })).result.task;
  const push_notification_config = { id: "c1", url: `${url}/old`, token: "", authentication: {} };
  const json = { parent: `tasks/${id}`, config_id: "c1", config: { name: "c1", push_notification_config } };
  const made = await call(`/v1/tasks/${id}/pushNotificationConfigs`, { json });
  const own = { id: "c1", url: `${url}/old` };
  expect(made).toMatchObject({ status: 200, json: { pushNotificationConfig: own } });
  const asked = { id, pushNotificationConfigId: "default" };
  const got = await rpc("tasks/pushNotificationConfig/get", asked, "0.3");
  expect(got.result).toMatchObject({ taskId: id, pushNotificationConfig: own });
  expect((await call(`/v1/tasks/${id}/pushNotificationConfigs/default`)).json).toMatchObject({
    pushNotificationConfig: own,
  });
  const fresh = await rpc("GetTaskPushNotificationConfig", { taskId: id, id: "default" });
  expect(fresh.error.code).toBe(-32001);
});

it("refuses what leads elsewhere, what no header can hold, and tasks that are not there, and says on its cards that it pushes", async () => {
  const { id } = (await rpc("SendMessage", { message })).result.task;
  for (const target of ["http://10.0.0.1/", "http://[::ffff:10.0.0.1]/", "ftp://x.example/", "nonsense"])
    expect((await rpc("CreateTaskPushNotificationConfig", { taskId: id, url: target })).error.code).toBe(-32602);
  for (const secret of [{ token: "a\nb" }, { authentication: { scheme: "Bea\r\nrer" } }])
    expect((await rpc("CreateTaskPushNotificationConfig", { taskId: id, url, ...secret })).error.code).toBe(-32602);
  const old = { url, authentication: { schemes: ["Basic"], credentials: "☃" } };
  const config = { taskId: id, pushNotificationConfig: old };
  expect((await rpc("tasks/pushNotificationConfig/set", config, "0.3")).error.code).toBe(-32602);
  const gone = { taskId: "task_00000000000000000000000000", url };
  expect((await rpc("CreateTaskPushNotificationConfig", gone)).error.code).toBe(-32001);
  expect((await call("/.well-known/agent-card.json")).json.capabilities.pushNotifications).toBe(true);
});

const LIVES = [
  {
    version: "1.0",
    method: "SendStreamingMessage",
    params: (to: string) => ({ message, configuration: { taskPushNotificationConfig: { url: to } } }),
    isTask: (body: object) => "task" in body,
    stateIn: (body: object) => dig(body, "task", "status") ?? dig(body, "statusUpdate", "status"),
    // Where an event makes several items, a task as it stands takes their place.
    isTold: (item: object) => !("task" in item),
  },
  {
    version: "0.3",
    method: "message/stream",
    params: (to: string) => ({
      message: { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text: "What is 2 + 2?" }] },
      configuration: { pushNotificationConfig: { url: to } },
    }),
    isTask: (body: object) => dig(body, "kind") === "task",
    stateIn: (body: object) => dig(body, "status"),
    // A change of status is told by the task as it stands.
    isTold: (item: object) => dig(item, "kind") === "artifact-update",
  },
] as const;

it.each(LIVES)("tells a task's whole life as its stream does, in $version", async (life) => {
  const { version, method, isTask, stateIn, isTold } = life;
  const path = `/life-${version}`;
  const json = { jsonrpc: "2.0", id: 1, method, params: life.params(url + path) };
  const answer = await server.call("/a2a", { json, headers: { "a2a-version": version } });
  const streamed = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].map(
    ([, data = ""]): object => JSON.parse(data).result,
  );
  const end = JSON.stringify(stateIn(streamed.at(-1) ?? {}));
  expect(end).toMatch(/COMPLETED|completed/);
  const pushed = () => told(path).map(({ body }) => Object(body));
  const itemsPushed = () => pushed().filter((body) => !isTask(body));
  // A task as it stands may have ended before its items are told.
  await until(() => JSON.stringify(stateIn(pushed().at(-1) ?? {})) === end && itemsPushed().length > 0);
  const items = itemsPushed();
  // In the stream's order, letter by letter, and none that it has not.
  const written = streamed.map((item) => JSON.stringify(item));
  let place = -1;
  for (const item of items) {
    const next = written.indexOf(JSON.stringify(item), place + 1);
    expect([item, next > place]).toEqual([item, true]);
    place = next;
  }
  // What the stream has and no item told, a task as it stands has told.
  const untold = streamed.filter((item) => isTold(item) && !items.some((each) => isDeepStrictEqual(each, item)));
  if (untold.length > 0 || version === "0.3") expect(pushed().some(isTask)).toBe(true);
});

it("tells a config that comes with an answer what comes of that", async () => {
  const said = async (text: string, more: object = {}, config: object | null = null) => {
    const params = {
      message: { ...message, parts: [{ text }], ...more },
      ...(config && { configuration: { taskPushNotificationConfig: config } }),
    };
    const json = { jsonrpc: "2.0", id: 1, method: "SendMessage", params };
    return (await call("/scripted", { json, headers: { "a2a-version": "1.0" } })).json.result.task;
  };
  const { id } = await said("ask");
  const answer = { messageId: "blue", taskId: id };
  await said("blue", answer, { url: `${url}/answer` });
  await until(() => JSON.stringify(told("/answer").at(-1)?.body ?? "").includes("TASK_STATE_COMPLETED"));
  // Nothing of what came before it.
  expect(JSON.stringify(told("/answer").map(({ body }) => body))).not.toContain("TASK_STATE_INPUT_REQUIRED");
  expect((await rpc("ListTaskPushNotificationConfigs", { taskId: id })).result.configs).toHaveLength(1);
});

it("keeps the config that a repeat of a message brings, where the first one has brought none", async () => {
  const at = async (method: string, params: object) => {
    const json = { jsonrpc: "2.0", id: 1, method, params };
    return (await call("/scripted", { json, headers: { "a2a-version": "1.0" } })).json.result;
  };
  const saying = (text: string, more: object = {}) => ({
    messageId: text,
    role: "ROLE_USER",
    parts: [{ text }],
    ...more,
  });
  const configuration = { returnImmediately: true };
  const { id: taskId } = (await at("SendMessage", { message: saying("wait"), configuration })).task;
  const said = { message: saying("more", { taskId }), configuration };
  await at("SendMessage", said);
  const taskPushNotificationConfig = { id: "late", url: `${url}/late` };
  await at("SendMessage", { ...said, configuration: { ...configuration, taskPushNotificationConfig } });
  const { configs } = await at("ListTaskPushNotificationConfigs", { taskId });
  expect(configs).toMatchObject([taskPushNotificationConfig]);
});

it("keeps no config of a message that is refused, ten of a task, and takes the three bodies of 0.3 over HTTP", async () => {
  const { id } = (await rpc("SendMessage", { message })).result.task;
  const late = { message: { ...message, messageId: "late", taskId: id } };
  const configuration = { taskPushNotificationConfig: { id: "late", url: `${url}/late` } };
  expect((await rpc("SendMessage", { ...late, configuration })).error.code).toBe(-32004);
  const listed = async () => (await rpc("ListTaskPushNotificationConfigs", { taskId: id })).result.configs;
  expect(await listed()).toEqual([]);
  const path = `/v1/tasks/${id}/pushNotificationConfigs`;
  const parent = `tasks/${id}/pushNotificationConfigs`;
  const bodies = [
    { name: `${parent}/a`, pushNotificationConfig: { id: "a", url: `${url}/three` } },
    { parent, config_id: "b", config: { name: `${parent}/b`, push_notification_config: { url: `${url}/three` } } },
    { id: "c", url: `${url}/three` },
  ];
  for (const json of bodies) expect((await call(path, { json })).status).toBe(200);
  expect((await listed()).map((config: { id: string }) => config.id).sort()).toEqual(["a", "b", "c"]);
  for (let n = 0; n < 7; n++)
    await rpc("CreateTaskPushNotificationConfig", { taskId: id, id: `n${n}`, url: `${url}/many` });
  const eleventh = await rpc("CreateTaskPushNotificationConfig", { taskId: id, url: `${url}/many` });
  expect(eleventh.error.message).toContain("as many as are kept");
  expect(
    (await rpc("CreateTaskPushNotificationConfig", { taskId: id, id: "a", url: `${url}/again` })).error,
  ).toBeUndefined();
  expect(await listed()).toHaveLength(10);

  const paged: string[] = [];
  for (let pageToken = ""; ; ) {
    const { result } = await rpc("ListTaskPushNotificationConfigs", { taskId: id, pageSize: 4, pageToken });
    paged.push(...result.configs.map((config: { id: string }) => config.id));
    pageToken = result.nextPageToken;
    if (pageToken === "") break;
  }
  expect(paged).toEqual((await listed()).map((config: { id: string }) => config.id));
  const elsewhere = { taskId: id, pageToken: "nowhere" };
  expect((await rpc("ListTaskPushNotificationConfigs", elsewhere)).error.code).toBe(-32602);
});
