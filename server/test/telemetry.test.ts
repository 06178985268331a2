/** Traces and metrics that go out by OTLP, to a collector on a socket of this machine. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../src/handlers/agent/definition.ts";
import { defineTool } from "../src/handlers/agent/tool.ts";
import { defineHandler } from "../src/task/handler.ts";
import { traceHeaders } from "../src/task/trace.ts";
import { telemetrySettings } from "../src/telemetry/settings.ts";
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from "./otlp-collector.ts";
import { type ProviderServer, providersAt, startProviderServer } from "./providers/provider-server.ts";
import { startTestServer, type TestServer } from "./server.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const CALLER = { traceparent: `00-${ID}-${PARENT}-01`, tracestate: "rojo=1" };

let said: Record<string, string> = {};
const lookUp = defineTool({
  name: "look_up",
  description: "Looks something up.",
  input: z.object({ word: z.string() }),
  run: ({ word }, { task }) => {
    said = traceHeaders(task);
    return `${word} is a word`;
  },
});
const librarian = defineAgent({ slug: "librarian", name: "Librarian", tools: ["look_up"] });
const parent = defineHandler({
  kind: "parent",
  version: 1,
  input: z.strictObject({}),
  run: async (ctx) => {
    await ctx.step("before", async () => null);
    await ctx.waitForInput("ok", { asks: "answer", prompt: "Go on?" });
    await ctx.child("below", "leaf", {});
    return null;
  },
});
const leaf = defineHandler({
  kind: "leaf",
  version: 1,
  input: z.strictObject({}),
  run: (ctx) => ctx.step("fails", () => Promise.reject(new Error("No.")), { retries: 0 }).catch(() => null),
});

let collector: OtlpCollector;
let provider: ProviderServer;
let receiver: Server;
let told: IncomingHttpHeaders[] = [];
let hook = "";
let server: TestServer | null = null;
let folder = "";

beforeAll(async () => {
  provider = await startProviderServer();
  receiver = createServer((request, response) => {
    told.push(request.headers);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  hook = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`;
});
afterAll(async () => {
  await provider.close();
  receiver.close();
  receiver.closeAllConnections();
});
beforeEach(async () => {
  collector = await startOtlpCollector();
  folder = await mkdtemp(join(tmpdir(), "waybill-telemetry-"));
  told = [];
});
afterEach(async () => {
  await server?.stop();
  await collector.close();
  await rm(folder, { recursive: true, force: true });
});

/** With what the environment says; nothing of telemetry where it says nothing. */
async function start(env: Record<string, string>): Promise<Waybill> {
  const { settings } = telemetrySettings({
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "50",
    OTEL_METRIC_EXPORT_INTERVAL: "100",
    ...env,
  });
  const models = {
    providers: providersAt(provider),
    default: "gateway:m",
    prices: { "gateway:m": { input: 1, output: 1 } },
  };
  const config = { models, telemetry: settings, agents: [librarian], tools: [lookUp], handlers: [parent, leaf] };
  server = await startTestServer({ data: folder, config });
  return new Waybill({ baseUrl: server.url });
}

async function submit(json: object, headers: Record<string, string> = {}): Promise<string> {
  const answer = await server?.call("/v1/tasks?wait=60", { json, headers });
  return z.object({ id: z.string() }).parse(await answer?.json()).id;
}

const named = (name: string) => collector.spans.filter((span) => span.name === name);
async function span(name: string): Promise<CollectedSpan> {
  await expect.poll(() => named(name).length).toBe(1);
  const [found] = named(name);
  if (!found) throw new Error(`There is no span ${name}.`);
  return found;
}

it("tells of an agent's run as spans of its caller's trace, which providers, tools and receivers are told of too", async () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/otlp`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-token=a%20b",
    OTEL_SERVICE_NAME: "books",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  };
  await start(env);
  const call = { id: "c1", name: "look_up", arguments: { word: "secret-word" } };
  provider.script({ kind: "tool_calls", calls: [call] }, { kind: "answer", text: "It is." });
  const input = { query: "secret-question", agent: "librarian" };
  const id = await submit({ kind: "agent", input, webhook: { url: hook } }, CALLER);
  const shown = await (await server?.call(`/v1/tasks/${id}`))?.json();
  expect(shown).toMatchObject({ trace_id: ID });
  const task = await span("invoke_agent librarian");
  const first = provider.requests.length - 2;
  expect(task).toMatchObject({ traceId: ID, parentSpanId: PARENT, kind: 1, traceState: "rojo=1", status: {} });
  expect(task.attributes).toMatchObject({
    "waybill.task.id": id,
    "waybill.task.state": "completed",
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "librarian",
    "gen_ai.usage.input_tokens": 40,
  });
  await expect.poll(() => named("chat m").length).toBe(2);
  const chats = named("chat m").sort((a, b) => a.startTimeUnixNano - b.startTimeUnixNano);
  const turns = [await span("step model 1"), await span("step model 2")];
  const tool = await span("execute_tool look_up");
  expect([...turns, tool].map(({ parentSpanId }) => parentSpanId)).toEqual(Array(3).fill(task.spanId));
  expect(tool.attributes["gen_ai.tool.name"]).toBe("look_up");
  for (const [at, chat] of chats.entries()) {
    expect(chat).toMatchObject({ traceId: ID, parentSpanId: turns[at]?.spanId, kind: 3 });
    expect(chat.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "gateway",
      "gen_ai.request.model": "m",
      "gen_ai.usage.input_tokens": 20,
      "gen_ai.usage.output_tokens": 10,
    });
    const { headers } = provider.requests[first + at] ?? { headers: {} };
    expect(headers).toMatchObject({ traceparent: `00-${ID}-${chat.spanId}-01`, tracestate: "rojo=1" });
  }
  expect(said["traceparent"]).toBe(`00-${ID}-${task.spanId}-01`);
  await expect.poll(() => told.length).toBeGreaterThan(0);
  expect(told[0]).toMatchObject({ traceparent: `00-${ID}-${task.spanId}-01` });
  expect(collector.resource).toMatchObject({ "service.name": "books", "deployment.environment.name": "test" });
  expect(collector.requests[0]).toMatchObject({ headers: { "x-token": "a b" } });
  expect(collector.requests.every(({ path }) => path.startsWith("/otlp/v1/"))).toBe(true);
  expect(JSON.stringify(collector.spans)).not.toContain("secret-");
});

it("keeps the trace of a task over a restart, and with it what its children and failures are told under", async () => {
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` };
  await start(env);
  const id = await submit({ kind: "parent", input: {} });
  const before = await span("step before");
  await server?.stop();
  const client = await start(env);
  await client.task(id).input("yes");
  const task = await span("task parent");
  const child = await span("task leaf");
  const failed = await span("step fails");
  const traces = new Set(collector.spans.map(({ traceId }) => traceId));
  expect([...traces]).toEqual([before.traceId]);
  expect(task.parentSpanId ?? "").toBe("");
  expect([before.parentSpanId, child.parentSpanId, failed.parentSpanId]).toEqual([
    task.spanId,
    task.spanId,
    child.spanId,
  ]);
  expect(failed).toMatchObject({ status: { code: 2, message: "No." } });
  expect(child.attributes).toMatchObject({ "waybill.task.parent": id });
  expect(task.startTimeUnixNano).toBeLessThan(before.endTimeUnixNano);
  expect(task.endTimeUnixNano).toBeGreaterThan(failed.startTimeUnixNano);
});

it("sends the metrics of the server, and those of generative AI, by their names", async () => {
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_EXPORTER: "none" });
  await submit({ kind: "agent", input: { query: "Hello?", mode: "simple" } });
  await expect.poll(() => collector.metrics.get("gen_ai.client.token.usage")?.length).toBe(2);
  const usage = collector.metrics.get("gen_ai.client.token.usage") ?? [];
  expect(usage.map(({ attributes }) => attributes["gen_ai.token.type"]).sort()).toEqual(["input", "output"]);
  await expect.poll(() => collector.metrics.get("waybill_tokens_total")?.length).toBe(2);
  const names = ["waybill_tasks_open", "waybill_cost_usd_total", "waybill_store_write_seconds"];
  for (const name of names) expect(collector.metrics.get(name)?.length, name).toBe(1);
  expect(collector.metrics.get("gen_ai.client.operation.duration")?.[0]).toMatchObject({
    attributes: { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "gateway", "gen_ai.request.model": "m" },
  });
  expect(collector.spans).toEqual([]);
});

it("takes the caller's word for whether a trace is sent, a share of those that begin here, and sends contents if asked", async () => {
  await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0",
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: "true",
  });
  const ask = { kind: "agent", input: { query: "secret-question", mode: "simple" } };
  await submit(ask);
  await submit(ask, { traceparent: `00-${ID}-${PARENT}-00` });
  await submit(ask, { traceparent: `00-${"5".repeat(32)}-${PARENT}-01` });
  const task = await span("invoke_agent");
  expect(task.traceId).toBe("5".repeat(32));
  const chat = await span("chat m");
  expect(String(chat.attributes["gen_ai.input.messages"])).toContain("secret-question");
  expect(String(chat.attributes["gen_ai.output.messages"])).toContain("Hello.");
  expect(provider.requests.at(-2)?.headers["traceparent"]).toMatch(new RegExp(`^00-${ID}-[0-9a-f]{16}-00$`));
});

it("speaks protobuf where nobody asks for JSON", async () => {
  await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "",
    OTEL_METRICS_EXPORTER: "none",
  });
  await submit({ kind: "leaf", input: {} }, CALLER);
  await expect.poll(() => collector.requests.length).toBeGreaterThan(0);
  const [{ headers, bytes } = { headers: {}, bytes: Buffer.alloc(0) }] = collector.requests;
  expect(headers["content-type"]).toBe("application/x-protobuf");
  expect([bytes.includes(Buffer.from(ID, "hex")), bytes.includes("step fails")]).toEqual([true, true]);
});

it("goes on, and stops in time, while the collector fails, hangs or is gone", async () => {
  await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_MAX_QUEUE_SIZE: "8",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "4",
  });
  for (const answers of [503, 400, "silence"] as const) {
    collector.answers = answers;
    const before = collector.requests.length;
    await Promise.all(Array.from({ length: 20 }, () => submit({ kind: "leaf", input: {} })));
    await expect.poll(() => collector.requests.length).toBeGreaterThan(before);
  }
  await collector.close();
  await submit({ kind: "leaf", input: {} });
  const list = await server?.call("/v1/tasks?state=completed&limit=1");
  expect(await list?.json()).toMatchObject({ total: 61 });
});

it("passes a caller's trace on as it came where no address is set, and begins none", async () => {
  await start({});
  const ask = { kind: "agent", input: { query: "Hello?", mode: "simple" } };
  await submit(ask, CALLER);
  await submit(ask, { traceparent: "not a trace" });
  expect(provider.requests.at(-2)?.headers).toMatchObject(CALLER);
  expect(provider.requests.at(-1)?.headers["traceparent"]).toBeUndefined();
  expect(collector.requests).toEqual([]);
});
