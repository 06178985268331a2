/** Requests that are no task and pay a model, as parts of their callers' traces, told to a collector on a socket of this machine. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { telemetrySettings } from "../src/telemetry/settings.ts";
import { type OtlpCollector, startOtlpCollector } from "./otlp-collector.ts";
import { type EmbeddingServer, startEmbeddingServer } from "./providers/embedding-server.ts";
import { type ProviderServer, providersAt, startProviderServer } from "./providers/provider-server.ts";
import { startTestServer, type TestServer } from "./server.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const CALLER = { traceparent: `00-${ID}-${PARENT}-01`, tracestate: "rojo=1" };

let provider: ProviderServer;
let embeddings: EmbeddingServer;
let collector: OtlpCollector;
let server: TestServer;
let data: string;

beforeAll(async () => {
  [provider, embeddings, collector] = await Promise.all([
    startProviderServer(),
    startEmbeddingServer(),
    startOtlpCollector(),
  ]);
  data = await mkdtemp(join(tmpdir(), "waybill-telemetry-"));
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
});
afterAll(async () => {
  await server.stop();
  await Promise.all([provider.close(), embeddings.close(), collector.close()]);
  await rm(data, { recursive: true, force: true });
});
beforeEach(() => void collector.spans.splice(0));

async function start(env: Record<string, string>): Promise<void> {
  const { settings } = telemetrySettings({
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "50",
    OTEL_METRIC_EXPORT_INTERVAL: "100",
    ...env,
  });
  const lab = { type: "openai-compatible" as const, baseUrl: `${embeddings.url}/v1` };
  const judge = { model: "gateway:judge", detector: "offline" as const, whenDown: "closed" as const };
  const prices = { "gateway:judge": { input: 1, output: 1 }, "lab:vectors": { input: 1_000_000, output: 0 } };
  server = await startTestServer({
    data,
    config: {
      models: { providers: { ...providersAt(provider), lab }, prices, default: "gateway:m" },
      embeddings: { model: "lab:vectors" },
      guardrails: { hap: { ...judge } },
      telemetry: settings,
    },
  });
}

const ask = async (path: string, json: object, headers = {}) => {
  const answer = await server.call(path, { json, headers });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
};
const judged = { kind: "answer" as const, text: '{"findings":[]}', usage: { input: 100, output: 10 } };
const rail = { hap: { input: { enabled: true, threshold: 0.5 } } };
const check = (headers = {}) =>
  ask("/v1/guardrails/check", { text: "You fool.", in: "input", guardrails: rail }, headers);

let handbook = "";
async function search(headers = {}): Promise<number> {
  if (handbook === "") {
    handbook = await storeWithOneDocument();
    // The last span of what has made it: no other comes late.
    await span("task vector_store_creation");
  }
  collector.spans.splice(0);
  const { status } = await ask(`/v1/vector-stores/${handbook}/search`, { query: "refunds please" }, headers);
  return status;
}

async function storeWithOneDocument(): Promise<string> {
  const form = new FormData();
  form.set("file", new Blob(["# Refunds\n\nMoney comes back within 14 days."]), "refunds.md");
  const file = await server.call("/v1/files", { method: "POST", body: form });
  const { id } = z.object({ id: z.string() }).parse(await file.json());
  const { body } = await ask("/v1/vector-stores", { name: "Handbook", file_ids: [id] });
  const made = z.object({ id: z.string() }).parse(body.vector_store ?? body);
  const shown = async () => (await server.call(`/v1/vector-stores/${made.id}`)).json();
  await expect.poll(shown).toMatchObject({ file_counts: { completed: 1 } });
  return made.id;
}

async function span(name: string) {
  const named = () => collector.spans.filter((each) => each.name === name);
  await expect.poll(() => named().length).toBe(1);
  const [found] = named();
  if (!found) throw new Error(`There is no span ${name}.`);
  return found;
}

it("tells of the embedding of a search below the search, in the trace of its caller and with what it has cost", async () => {
  expect(await search(CALLER)).toBe(200);
  const request = await span("request search");
  expect(request).toMatchObject({ traceId: ID, parentSpanId: PARENT, kind: 2, traceState: "rojo=1", status: {} });
  const embedding = await span("embeddings vectors");
  expect(embedding).toMatchObject({ traceId: ID, parentSpanId: request.spanId, kind: 3 });
  expect(embedding.attributes).toEqual({
    "gen_ai.operation.name": "embeddings",
    "gen_ai.provider.name": "lab",
    "gen_ai.request.model": "vectors",
    "gen_ai.embeddings.dimension.count": 2,
    "gen_ai.usage.input_tokens": 5,
    "waybill.cost_usd": 5,
  });
  expect(embeddings.calls.at(-1)?.headers).toMatchObject({
    traceparent: `00-${ID}-${embedding.spanId}-01`,
    tracestate: "rojo=1",
  });
  expect(JSON.stringify(collector.spans)).not.toContain("refunds please");
});

it("tells of the embedding of documents below the step of the task that embeds them", async () => {
  await storeWithOneDocument();
  const task = await span("task vector_store_creation");
  const embedding = await span("embeddings vectors");
  const step = collector.spans.find(({ spanId }) => spanId === embedding.parentSpanId);
  expect(step).toMatchObject({ name: "step embed", traceId: embedding.traceId, parentSpanId: task.spanId });
  expect(embedding.attributes["waybill.task.id"]).toBe(task.attributes["waybill.task.id"]);
});

it("tells of a check by a model below its request, or below the step of the task whose text is looked at", async () => {
  provider.script(judged);
  expect((await check(CALLER)).status).toBe(200);
  const request = await span("request guardrails");
  expect(request).toMatchObject({ traceId: ID, parentSpanId: PARENT });
  const chat = await span("chat judge");
  expect(chat).toMatchObject({ traceId: ID, parentSpanId: request.spanId });
  expect(chat.attributes).toMatchObject({ "gen_ai.usage.input_tokens": 100, "gen_ai.operation.name": "chat" });
  expect(provider.requests.at(-1)?.headers).toMatchObject({ traceparent: `00-${ID}-${chat.spanId}-01` });
  collector.spans.splice(0);
  provider.script(judged, { kind: "answer", text: "Hello." });
  const input = { query: "Hello?", mode: "simple", guardrails: rail };
  expect((await ask("/v1/tasks?wait=60", { kind: "agent", input })).body.state).toBe("completed");
  const inTask = await span("chat judge");
  const step = await span("step guard input");
  expect([inTask.traceId, inTask.parentSpanId]).toEqual([step.traceId, step.spanId]);
});

it("begins a trace for a request whose caller names none, sends none that the caller does not want, and tells of failures", async () => {
  provider.script({ kind: "status", status: 400 });
  expect((await check()).status).toBe(503);
  const request = await span("request guardrails");
  expect(request.parentSpanId ?? "").toBe("");
  expect(request).toMatchObject({ status: { code: 2 }, attributes: { "error.type": "unavailable" } });
  expect(await span("chat judge")).toMatchObject({ parentSpanId: request.spanId, status: { code: 2 } });
  embeddings.fail({ status: 400 });
  expect(await search()).toBe(200);
  expect(await span("embeddings vectors")).toMatchObject({ status: { code: 2 } });
  collector.spans.splice(0);
  expect(await search({ traceparent: `00-${ID}-${PARENT}-00` })).toBe(200);
  expect(embeddings.calls.at(-1)?.headers["traceparent"]).toMatch(new RegExp(`^00-${ID}-[0-9a-f]{16}-00$`));
  expect(await search()).toBe(200);
  const other = await span("request search");
  expect(other.traceId).not.toBe(ID);
});

it("counts embeddings among the calls of generative AI, and their failures among those of their provider", async () => {
  embeddings.fail({ status: 400 });
  await search();
  await expect
    .poll(() => collector.metrics.get("gen_ai.client.operation.duration")?.map(({ attributes }) => attributes))
    .toContainEqual(expect.objectContaining({ "gen_ai.operation.name": "embeddings", "error.type": "refused" }));
  const metrics = await (await server.call("/metrics")).text();
  expect(metrics).toMatch(/waybill_provider_errors_total\{provider="lab",kind="refused"\} \d/);
});

it("passes the caller's trace on as it came where no address is set", async () => {
  await server.stop();
  await start({});
  expect(await search(CALLER)).toBe(200);
  expect(embeddings.calls.at(-1)?.headers).toMatchObject(CALLER);
  provider.script(judged);
  expect((await check(CALLER)).status).toBe(200);
  expect(provider.requests.at(-1)?.headers).toMatchObject(CALLER);
  expect(collector.spans).toEqual([]);
});
