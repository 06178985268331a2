/** What `/metrics` says of a server that works: money and tokens, providers, queues and waits, and who looks at that. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../src/task/handler.ts";
import { type ProviderServer, providersAt, startProviderServer } from "./providers/provider-server.ts";
import { startTestServer, type TestServer } from "./server.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/monitoring", import.meta.url));

const holds = Promise.withResolvers<null>();
const hold = defineHandler({ kind: "hold", version: 1, input: z.strictObject({}), run: () => holds.promise });

let provider: ProviderServer;
let server: TestServer;
let client: Waybill;
beforeAll(async () => {
  provider = await startProviderServer();
  const prices = { "gateway:priced": { input: 1_000, output: 2_000, cacheRead: 100 } };
  const models = { providers: providersAt(provider), prices, default: "gateway:priced" };
  server = await startTestServer({
    config: { models, handlers: [hold], limits: { running: 1, runningReserve: 0 } },
  });
  client = new Waybill({ baseUrl: server.url });
});
afterAll(async () => {
  holds.resolve(null);
  await server.stop();
  await provider.close();
});

/** The value of each line of the page, by its name with its labels. */
async function scraped(): Promise<Map<string, number>> {
  const text = await (await server.call("/metrics")).text();
  return new Map(
    [...text.matchAll(/^([^#\s]\S*(?:\{.*\})?) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)]),
  );
}

it("counts tokens and money of paid calls once, each token in one direction, those that failed after they were paid for too", async () => {
  provider.script(
    { kind: "cut", text: "Half an" },
    { kind: "answer", text: "Done.", usage: { input: 100, output: 10, cacheRead: 40 } },
  );
  const asked = (model?: string) => ({ query: "Say done.", mode: "simple", ...(model && { model }) });
  await (await client.submit({ kind: "agent", input: asked() })).result();
  await (await client.submit({ kind: "agent", input: asked("gateway:unpriced") })).result();
  provider.script({ kind: "status", status: 400 });
  const refused = await client.submit({ kind: "agent", input: asked() });
  await expect(refused.result()).rejects.toThrow("400");
  const page = await scraped();
  const of = 'provider="gateway",model="priced"';
  expect(page.get(`waybill_model_calls_total{${of}}`)).toBe(2);
  expect(page.get(`waybill_estimated_calls_total{${of}}`)).toBe(1);
  expect(page.get(`waybill_tokens_total{${of},direction="cache_read"}`)).toBe(40);
  const estimated = (page.get(`waybill_tokens_total{${of},direction="input"}`) ?? 0) - 60;
  const halfAn = (page.get(`waybill_tokens_total{${of},direction="output"}`) ?? 0) - 10;
  expect([estimated > 0, halfAn > 0]).toEqual([true, true]);
  const cost = (60 + estimated) * 0.001 + (10 + halfAn) * 0.002 + 40 * 0.0001;
  expect(page.get(`waybill_cost_usd_total{${of}}`)).toBeCloseTo(cost, 9);
  expect(page.get('waybill_unpriced_calls_total{provider="gateway",model="unpriced"}')).toBe(1);
  const { total } = await client.usage().page();
  expect(total).toMatchObject({ calls: 3, estimated_calls: 1, unpriced_calls: 1 });
  expect(total.cost_usd).toBeCloseTo(cost, 9);
});

it("says how providers fail, and how long they take for the first token and for the whole", async () => {
  const page = await scraped();
  expect(page.get('waybill_provider_errors_total{provider="gateway",kind="unavailable"}')).toBe(1);
  expect(page.get('waybill_provider_errors_total{provider="gateway",kind="refused"}')).toBe(1);
  // The one that was cut had begun to answer.
  expect(page.get('waybill_provider_first_token_seconds_count{provider="gateway"}')).toBe(3);
  expect(page.get('waybill_provider_call_seconds_count{provider="gateway"}')).toBe(2);
  expect(page.get("waybill_store_write_seconds_count")).toBeGreaterThan(3);
});

it("says how many tasks are in each state, and how long they wait for a slot or for a worker", async () => {
  const first = await client.submit({ kind: "hold", input: {} });
  await expect.poll(async () => (await first.get()).state).toBe("running");
  await client.submit({ kind: "hold", input: {} });
  await client.submit({ kind: "external", input: { queue: "gpu" } });
  const page = await scraped();
  expect(page.get('waybill_tasks{kind="hold",state="running"}')).toBe(1);
  expect(page.get('waybill_tasks{kind="hold",state="queued"}')).toBe(1);
  expect(page.get('waybill_tasks{kind="external",state="queued"}')).toBe(1);
  expect(page.get('waybill_kind_ready{kind="hold"}')).toBe(1);
  expect(page.get('waybill_kind_ready_oldest_seconds{kind="hold"}')).toBeGreaterThanOrEqual(0);
  expect(page.get("waybill_tasks_ready_oldest_seconds")).toBeGreaterThanOrEqual(0);
  expect(page.get('waybill_queue_ready{tenant="default",queue="gpu"}')).toBe(1);
});

it("has every metric that the dashboard of Grafana and the alerts ask for", async () => {
  const text = await (await server.call("/metrics")).text();
  const known = new Set<string>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    known.add(name);
    if (type === "histogram") for (const suffix of ["bucket", "sum", "count"]) known.add(`${name}_${suffix}`);
  }
  const read = (file: string) => readFileSync(`${EXAMPLES}/${file}`, "utf8");
  const panels = z
    .object({ panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })).optional() })) })
    .parse(JSON.parse(read("grafana.json")))
    .panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const alerts = [...read("alerts.yml").matchAll(/expr: (>-\n(?: {10}.*\n)+|.*\n)/g)].map(([, expr = ""]) => expr);
  expect([panels.length > 30, alerts.length]).toEqual([true, 13]);
  const asked = [...panels, ...alerts].flatMap((expr) => expr.match(/\b(waybill|nodejs|process)_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThan(40);
  expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
});
