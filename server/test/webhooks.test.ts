/** Webhooks over the native API, to receivers on sockets of this machine. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { task as taskSchema } from "../src/lenses/native/schema.ts";
import { delivery, webhook as webhookSchema } from "../src/lenses/native/webhook-schema.ts";
import { signature } from "../src/lenses/native/webhook-secret.ts";
import { startTestServer, type TestServer } from "./server.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes, so").toString("base64")}`;
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
  server = await startTestServer();
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

const types = () => heard.map(({ body }) => received.parse(JSON.parse(body)).type);
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
    const { "webhook-id": messageId, "webhook-timestamp": at, "webhook-signature": signed } = headers;
    expect(signed).toBe(signature(SECRET, String(messageId), Number(at), body));
    expect(Math.abs(Number(at) - Date.now() / 1_000)).toBeLessThan(300);
  }
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
