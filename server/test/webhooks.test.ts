/** Webhooks over the native API, to receivers on sockets of this machine. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { Waybill } from "@waybill/sdk";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { task as taskSchema } from "../src/lenses/native/schema.ts";
import { delivery, webhook as webhookSchema } from "../src/lenses/native/webhook-schema.ts";
import { defineHandler } from "../src/task/handler.ts";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes, so").toString("base64")}`;
const OTHER_SECRET = `whsec_${Buffer.from("another one, of 32 bytes as well").toString("base64")}`;

const LONG = 'ä"\n'.repeat(400_000);
const long = defineHandler({ kind: "long", input: z.strictObject({}), run: async () => LONG });

/** As the official library of Standard Webhooks judges it, the age of its timestamp too. */
function verified(secret: string, { headers, body }: { headers: IncomingHttpHeaders; body: string }): unknown {
  const given = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return new Webhook(secret).verify(body, Object.fromEntries(given));
}

const received = z.object({
  type: z.string(),
  data: z.object({ task_id: z.string(), seq: z.number(), state: z.string() }),
});

let server: TestServer;
let receiver: Server;
let url = "";
let heard: { headers: IncomingHttpHeaders; body: string }[] = [];
let status = 204;
let news = () => {};

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    heard.push({ headers: request.headers, body: Buffer.concat(await request.toArray()).toString() });
    response.writeHead(status).end();
    news();
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`;
  server = await startTestServer({ config: { handlers: [long] } });
});
afterAll(async () => {
  await server.stop();
  receiver.close();
  receiver.closeAllConnections();
});
beforeEach(() => {
  heard = [];
  status = 204;
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo())
    await new Promise<void>((resolve) => {
      news = resolve;
    });
}

const types = () => heard.map(({ body }) => received.pick({ type: true }).parse(JSON.parse(body)).type);
const call = async (path: string, json?: unknown) => {
  const answer = await server.call(path, json === undefined ? {} : { json });
  return { status: answer.status, text: await answer.text() };
};

async function submitted(more: object = {}): Promise<string> {
  const { text } = await call("/v1/tasks", { kind: "external", input: { queue: "hooks", payload: 1 }, ...more });
  return taskSchema.parse(JSON.parse(text)).id;
}

it("that comes with a submit is told the task's life in order, each by an id of its own and signed", async () => {
  const id = await submitted({ webhook: { url, secret: SECRET } });
  await call(`/v1/tasks/${id}/cancel`, {});
  await until(() => types().at(-1) === "task.cancelled");
  expect(types()[0]).toBe("task.submitted");
  const events = heard.map(({ body }) => received.parse(JSON.parse(body)).data);
  expect(events.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq).sort((a, b) => a - b));
  expect(new Set(heard.map(({ headers }) => headers["webhook-id"])).size).toBe(heard.length);
  for (const { headers, body } of heard) {
    expect(verified(SECRET, { headers, body })).toEqual(JSON.parse(body));
    expect(() => verified(OTHER_SECRET, { headers, body })).toThrow("No matching signature");
    expect(() => verified(SECRET, { headers, body: `${body} ` })).toThrow("No matching signature");
  }
});

it("is told a long event whole, with its length before it, and signed", async () => {
  await call("/v1/tasks", { kind: "long", input: {}, webhook: { url, secret: SECRET, events: ["task.completed"] } });
  await until(() => heard.length > 0);
  const [{ headers, body } = { headers: {}, body: "" }] = heard;
  expect([headers["content-length"], headers["transfer-encoding"]]).toEqual([`${Buffer.byteLength(body)}`, undefined]);
  expect(verified(SECRET, { headers, body })).toMatchObject({ data: { event: { output: LONG } } });
});

it("that breaks off a long event is tried again", async () => {
  const broken = createServer((request) => request.socket.destroy());
  broken.listen(0, "127.0.0.1");
  await once(broken, "listening");
  const at = z.object({ port: z.number() }).parse(broken.address());
  const webhook = { url: `http://127.0.0.1:${at.port}/`, events: ["task.completed"] };
  const { text } = await call("/v1/tasks", { kind: "long", input: {}, webhook });
  const path = `/v1/tasks/${taskSchema.parse(JSON.parse(text)).id}/webhooks`;
  const told = async () =>
    z.object({ data: z.array(webhookSchema) }).parse(JSON.parse((await call(path)).text)).data[0];
  while ((await told())?.attempts === 0);
  expect(await told()).toMatchObject({ state: "active", last_error: expect.any(String) });
  broken.close();
});

it("is made for a task that there is, is told what it asked for, and shows its secret to nobody", async () => {
  const id = await submitted();
  const path = `/v1/tasks/${id}/webhooks`;
  const made = await call(path, { url, secret: SECRET, events: ["task.cancelled"] });
  expect(made.status).toBe(201);
  const { id: hook, signed } = webhookSchema.parse(JSON.parse(made.text));
  expect(signed).toBe(true);
  await call(`/v1/tasks/${id}/cancel`, {});
  await until(() => heard.length > 0);
  expect(types()).toEqual(["task.cancelled"]);
  for (let done = false; !done; ) done = webhookSchema.parse(JSON.parse((await call(`${path}/${hook}`)).text)).done;
  const log = await call(`${path}/${hook}/deliveries`);
  expect(z.object({ data: z.array(delivery) }).parse(JSON.parse(log.text)).data).toMatchObject([
    { n: 1, type: "task.cancelled", attempt: 1, outcome: "delivered", status: 204, error: null },
  ]);
  for (const { text } of [made, log, await call(path), await call(`${path}/${hook}`)])
    expect(text).not.toContain(SECRET.slice(6));
  const again = webhookSchema.parse(JSON.parse((await call(`${path}/${hook}/redrive`, { from: 1 })).text));
  expect(again.done).toBe(false);
  await until(() => heard.length > 1);
  expect(types()).toEqual(["task.cancelled", "task.cancelled"]);
  expect((await server.call(`${path}/${hook}`, { method: "DELETE" })).status).toBe(204);
  expect((await call(`${path}/${hook}`)).status).toBe(404);
});

it("that is gone is disabled, goes on once it is enabled, and its deliveries are counted", async () => {
  status = 410;
  const id = await submitted({ webhook: { url } });
  await until(() => heard.length > 0);
  const path = `/v1/tasks/${id}/webhooks`;
  const all = z.object({ data: z.array(webhookSchema) });
  const state = async () => all.parse(JSON.parse((await call(path)).text)).data[0];
  while ((await state())?.state !== "disabled");
  expect(await state()).toMatchObject({ reason: "The receiver answered 410: it is gone.", told_up_to: 0 });
  status = 200;
  heard = [];
  await call(`${path}/${(await state())?.id}/enable`, {});
  await until(() => heard.length > 0);
  expect(types()[0]).toBe("task.submitted");
  const { text } = await call("/metrics");
  expect(text).toContain('waybill_deliveries_total{format="native",outcome="disabled"} 1');
  expect(text).toMatch(/^waybill_delivery_oldest_seconds /m);
  await call(`/v1/tasks/${id}/cancel`, {});
});

it("is refused where it may not lead, in text or by redirect, and is no task's that one may not see", async () => {
  const id = await submitted();
  for (const target of [
    "http://169.254.169.254/latest",
    "http://10.0.0.1/",
    "http://[::ffff:10.0.0.1]/",
    "ftp://x.example/",
    "http://u:p@1.1.1.1/",
    "nonsense",
  ]) {
    const { status, text } = await call(`/v1/tasks/${id}/webhooks`, { url: target });
    expect([status, target]).toEqual([400, target]);
    expect(text).toContain('"invalid"');
  }
  expect(
    (await call("/v1/tasks", { kind: "external", input: { queue: "q" }, webhook: { url: "http://10.0.0.1/" } })).status,
  ).toBe(400);
  expect((await call("/v1/tasks/task_00000000000000000000000000/webhooks", { url })).status).toBe(404);
  expect((await call(`/v1/tasks/${id}/webhooks`, { url, secret: "short" })).status).toBe(400);
});

it("of all tasks is told of each that it chooses from its first event on, and is looked after as one", async () => {
  const client = new Waybill({ baseUrl: server.url });
  const tasks = { kinds: ["external"], metadata: { team: "red" } };
  const hook = await client.webhooks.create({ url, secret: SECRET, states: ["queued", "cancelled"], tasks });
  expect(hook).toMatchObject({ task_id: null, tasks, signed: true, events: ["task.submitted", "task.cancelled"] });
  await submitted();
  const chosen = [await submitted({ metadata: { team: "red" } }), await submitted({ metadata: { team: "red" } })];
  for (const id of chosen) await call(`/v1/tasks/${id}/cancel`, {});
  await until(() => heard.length === 4);
  for (const id of chosen) {
    const told = heard.filter(({ body }) => received.parse(JSON.parse(body)).data.task_id === id);
    expect(told.map(({ body }) => received.parse(JSON.parse(body)).type)).toEqual(["task.submitted", "task.cancelled"]);
    const [place] = await client.task(id).webhooks.list();
    expect(place).toMatchObject({ standing_id: hook.id, task_id: id, url });
  }
  let log = await client.webhooks.deliveries(hook.id);
  // An attempt is in the log once its answer is on disk.
  while (log.length < 4) log = await client.webhooks.deliveries(hook.id);
  expect(log.map(({ task_id }) => task_id).sort()).toEqual([...chosen, ...chosen].sort());

  heard = [];
  const { secret } = await client.webhooks.rotate(hook.id, { secret: OTHER_SECRET, overlapS: 60 });
  expect(await client.webhooks.test(hook.id)).toMatchObject({ delivered: true, status: 204, error: null });
  const [both] = heard;
  if (!both) throw new Error("Nothing was sent.");
  for (const each of [SECRET, secret]) expect(verified(each, both)).toMatchObject({ type: "webhook.test" });
  const made = (await client.webhooks.rotate(hook.id, { overlapS: 0 })).secret;
  await client.webhooks.test(hook.id);
  const last = heard.at(-1) ?? both;
  expect(verified(made, last)).toMatchObject({ type: "webhook.test" });
  expect(() => verified(OTHER_SECRET, last)).toThrow("No matching signature");

  status = 400;
  const refused = await submitted({ metadata: { team: "red" } });
  await until(() => types().includes("task.submitted"));
  const cursor = async () => (await client.task(refused).webhooks.list())[0];
  while ((await cursor())?.given_up !== 1);
  status = 204;
  heard = [];
  await client.webhooks.redrive(hook.id);
  await until(() => heard.length > 0);
  expect(types()).toEqual(["task.submitted"]);
  await client.webhooks.delete(hook.id);
  expect(await client.webhooks.list()).toEqual([]);
  expect(await cursor()).toBeUndefined();
  await call(`/v1/tasks/${refused}/cancel`, {});
});

it("is added, tried, looked at, redriven, enabled, rotated and removed from the command line", async () => {
  const waybill = (...args: string[]) => runWaybill(["webhooks", ...args], { WAYBILL_URL: server.url, NO_COLOR: "1" });
  const id = (await waybill("add", url, "--state", "queued", "--kind", "external", "--secret", SECRET)).out.trim();
  expect((await waybill("test", id)).talk).toMatch(/^It was taken: HTTP 204/);
  status = 400;
  const task = await submitted();
  await until(() => types().includes("task.submitted"));
  const listed = async () => (await waybill()).out;
  expect(await listed()).toMatch(new RegExp(`${id} +${url} +yes +active`));
  while (!(await waybill("deliveries", id)).out.includes("given_up"));
  const shown = await runWaybill(["get", task], { WAYBILL_URL: server.url, NO_COLOR: "1" });
  expect(shown.out).toMatch(/Webhook +127\.0\.0\.1:\d+ follows, has given up event 1\n/);
  status = 410;
  expect(await waybill("test", id)).toMatchObject({ code: 1, talk: expect.stringContaining("HTTP 410") });
  await waybill("redrive", id);
  while (!(await listed()).includes("disabled"));
  expect((await waybill("show", id)).out).toMatch(/Now +stands still: The receiver answered 410: it is gone\./);
  status = 204;
  heard = [];
  expect((await waybill("enable", id)).talk).toBe("It is active.\n");
  await until(() => heard.length > 0);
  expect((await waybill("rotate", id, "--overlap", "1h")).out).toMatch(/^whsec_.{44}\n$/);
  const one = (await waybill("add", url, "--task", task)).out.trim();
  expect((await waybill("show", one, "--task", task, "--json")).out).toContain(`"task_id":"${task}"`);
  expect((await waybill("remove", id)).talk).toBe(`Removed ${id}.\n`);
  expect((await waybill("show", id)).code).toBe(1);
  await call(`/v1/tasks/${task}/cancel`, {});
});
