/**
 * After a storm of retries, broken streams, cancels, children, searches, checks and a kill, everybody who adds up what models have
 * cost says the same, and what the providers themselves have counted.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { TestBrowser } from "./browser.ts";
import { PACKAGE, runWaybill } from "./command.ts";
import { KillableServer } from "./killable-server.ts";
import { type OtlpCollector, startOtlpCollector } from "./otlp-collector.ts";
import { type EmbeddingServer, startEmbeddingServer } from "./providers/embedding-server.ts";
import type { Behaviour, ProviderRequest } from "./providers/provider-server.ts";

const CONFIG = (modelUrl: string, embeddingsUrl: string) => `
import { defineAgent } from ${JSON.stringify(PACKAGE)};
export default {
  models: {
    providers: {
      gateway: { type: "openai-compatible", baseUrl: ${JSON.stringify(modelUrl)} },
      lab: { type: "openai-compatible", baseUrl: ${JSON.stringify(embeddingsUrl)} },
    },
    prices: {
      "gateway:m": { input: 1, output: 10 },
      "gateway:judge": { input: 2, output: 4 },
      "lab:vectors": { input: 3, output: 0 },
    },
    default: "gateway:m",
  },
  embeddings: { model: "lab:vectors" },
  guardrails: { hap: { model: "gateway:judge" } },
  agents: [
    defineAgent({ slug: "poet", name: "Poet", tools: [] }),
    defineAgent({ slug: "lead", name: "Lead", tools: ["calculator", "search_documents"], collaborators: ["poet"] }),
  ],
};
`;

let collector: OtlpCollector;
let embeddings: EmbeddingServer;
let server: KillableServer;
const page = new TestBrowser();

beforeAll(async () => {
  [collector, embeddings] = await Promise.all([startOtlpCollector(), startEmbeddingServer()]);
  server = await KillableServer.start("mjs", (url) => CONFIG(url, `${embeddings.url}/v1`), {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "50",
    OTEL_METRIC_EXPORT_INTERVAL: "100",
  });
  server.provider.script(...Array.from({ length: 100 }, () => play));
});
afterAll(async () => {
  await page.close();
  await server.stop();
  await Promise.all([embeddings.close(), collector.close()]);
});

/** What the providers have counted. */
const ledger = { calls: 0, exactIn: 0, exactOut: 0, estimated: 0 };
const asked = new Map<string, number>();

function counted(input: number, output: number) {
  ledger.calls += 1;
  ledger.exactIn += input;
  ledger.exactOut += output;
  return { input, output };
}
/** It is paid, and nobody says how much. */
function uncounted() {
  ledger.calls += 1;
  ledger.estimated += 1;
}
const answer = (text: string): Behaviour => ({ kind: "answer", text, usage: counted(21, 4) });
const calls = (...given: [name: string, input: Record<string, unknown>][]): Behaviour => ({
  kind: "tool_calls",
  calls: given.map(([name, input], at) => ({ id: `c${at}`, name, arguments: input })),
  usage: counted(31, 7),
});

/** By the word that the task was asked with, and how often it has asked. */
const SCRIPTS: Record<string, (time: number) => Behaviour> = {
  plain: () => answer("Well."),
  shown: () => answer("Well."),
  retried: (time) => {
    if (time === 1) return { kind: "status", status: 500 };
    if (time > 2) return answer("At last.");
    uncounted();
    return { kind: "cut", text: "Half of an" };
  },
  silent_counts: () => {
    uncounted();
    return { kind: "answer", text: "Nobody has counted this.", usage: { input: 0, output: 0 } };
  },
  again: (time) => {
    if (time === 1) return calls(["calculator", { expression: "1+1" }]);
    return time === 2 ? { kind: "status", status: 400 } : answer("Two.");
  },
  parent: (time) =>
    time === 1
      ? calls(
          ["consult_agent", { agent: "poet", question: "roses" }],
          ["consult_agent", { agent: "poet", question: "violets" }],
        )
      : answer("A poem."),
  roses: () => answer("Red."),
  violets: () => answer("Blue."),
  cancelled: () => {
    uncounted();
    return { kind: "stall", text: "Once upon a time" };
  },
  searching: (time) => (time === 1 ? calls(["search_documents", { query: "refunds" }]) : answer("14 days.")),
  guarded: () => answer("Kind words."),
  hushed: () => answer("Kinder words."),
  unsaid: (time) => {
    if (time > 1) return answer("Said.");
    uncounted();
    return { kind: "silence" };
  },
  killed: (time) => {
    if (time > 1) return answer("Once more.");
    uncounted();
    return { kind: "stall", text: "It was a dark and stormy night, and the rain fell" };
  },
};

function play({ body }: ProviderRequest): Behaviour {
  const words = JSON.stringify(body["messages"]);
  if (body["model"] === "judge" && words.includes("play hushed.") && !asked.has("judge")) {
    asked.set("judge", 1);
    uncounted();
    return { kind: "silence" };
  }
  if (body["model"] === "judge") return { kind: "answer", text: '{"findings":[]}', usage: counted(50, 3) };
  const name = Object.keys(SCRIPTS).findLast((each) => words.includes(`play ${each}.`) || words.includes(`"${each}"`));
  const script = SCRIPTS[name ?? ""];
  if (script === undefined) throw new Error(`Nobody plays ${words}.`);
  const time = (asked.get(name ?? "") ?? 0) + 1;
  asked.set(name ?? "", time);
  return script(time);
}

const guardrails = { hap: { input: { enabled: true, threshold: 0.5 } } };
const json = async (path: string, init: Parameters<KillableServer["call"]>[1] = {}) =>
  JSON.parse(await (await server.call(path, init)).text());
const submit = async (name: string, more: object = {}): Promise<string> => {
  const input = { query: `play ${name}.`, agent: "lead", mode: "standard", ...more };
  return z.object({ id: z.string() }).parse(await json("/v1/tasks", { json: { kind: "agent", input } })).id;
};
const ended = (id: string) =>
  expect
    .poll(async () => (await json(`/v1/tasks/${id}`)).state, { timeout: 120_000 })
    .toMatch(/completed|failed|cancelled/);

const totals = z.object({
  calls: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number(),
  estimated_calls: z.number().default(0),
});
type Totals = z.infer<typeof totals>;
const NOTHING: Totals = { calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0, estimated_calls: 0 };
const plus = (a: Totals, b: Totals, times = 1): Totals => ({
  calls: a.calls + times * b.calls,
  input_tokens: a.input_tokens + times * b.input_tokens,
  output_tokens: a.output_tokens + times * b.output_tokens,
  cost_usd: a.cost_usd + times * b.cost_usd,
  estimated_calls: a.estimated_calls + times * b.estimated_calls,
});
const sum = (all: readonly Totals[]): Totals => all.reduce((a, b) => plus(a, b), NOTHING);
const difference = (a: Totals, b: Totals): Totals => plus(a, b, -1);
/** Dollars are added up in one order here and in another there. */
const near = (all: Totals) => ({ ...all, cost_usd: expect.closeTo(all.cost_usd, 9) });

const usagePage = z.object({ data: z.array(totals), total: totals });
const usageBy = async (group: string) => usagePage.parse(await json(`/v1/usage?group_by=${group}&limit=200`));
/** Of what no task has paid. */
const outside: Totals[] = [];
const noting = async (work: () => Promise<void>) => {
  const before = (await usageBy("day")).total;
  await work();
  const after = (await usageBy("day")).total;
  outside.push(difference(after, before));
};

async function storeOf(text: string): Promise<string> {
  const form = new FormData();
  form.set("file", new Blob([text]), "handbook.md");
  const file = await json("/v1/files", { method: "POST", body: form });
  const made = await json("/v1/vector-stores", { json: { name: "Handbook", file_ids: [file.id] } });
  return z.object({ id: z.string() }).parse(made.vector_store ?? made).id;
}
const embedded = (id: string) =>
  expect
    .poll(() => json(`/v1/vector-stores/${id}`), { timeout: 60_000, interval: 200 })
    .toMatchObject({ file_counts: { completed: 1 } });

const listedTask = z.object({ id: z.string(), parent_id: z.string().nullable(), usage: totals });
async function tasks() {
  const { data } = await json("/v1/tasks?limit=200");
  const all = z.array(listedTask).parse(data);
  const roots = all.filter(({ parent_id }) => parent_id === null);
  const trees = await Promise.all(
    roots.map(async ({ id }) => totals.parse((await json(`/v1/tasks/${id}`)).tree_usage)),
  );
  return { all, roots, trees };
}

async function metric(name: string): Promise<number> {
  const text = await (await server.call("/metrics")).text();
  const lines = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))];
  return lines.reduce((all, [, value]) => all + Number(value), 0);
}

function spans(): Totals {
  const paid = collector.spans.filter(({ attributes }) => attributes["gen_ai.usage.input_tokens"] !== undefined);
  const number = (value: unknown) => (typeof value === "number" ? value : 0);
  // Those of the task's own span are those of its calls.
  const called = paid.filter(({ name }) => /^(chat|embeddings) /.test(name));
  return sum(
    called.map(({ attributes }) => ({
      calls: 1,
      input_tokens: number(attributes["gen_ai.usage.input_tokens"]),
      output_tokens: number(attributes["gen_ai.usage.output_tokens"]),
      cost_usd: number(attributes["waybill.cost_usd"]),
      estimated_calls: 0,
    })),
  );
}

it("are the same for everybody who says them, and those of the providers", async () => {
  const store = await storeOf("# Refunds\n\nMoney comes back within 14 days.");
  await embedded(store);
  await noting(async () => {
    await json(`/v1/vector-stores/${store}/search`, { json: { query: "refunds" } });
    await json("/v1/guardrails/check", { json: { text: "You fool.", in: "input", guardrails } });
  });
  const names = ["plain", "retried", "silent_counts", "parent", "searching"];
  const ids = await Promise.all(names.map((name) => submit(name)));
  ids.push(await submit("guarded", { guardrails }));
  const again = await submit("again");
  await ended(again);
  await json(`/v1/tasks/${again}/retry`, { json: {} });
  const cancelled = await submit("cancelled", { agent: "poet" });
  await expect.poll(() => asked.get("cancelled")).toBe(1);
  await expect.poll(async () => (await server.call(`/v1/tasks/${cancelled}/events`)).text()).toContain("Once");
  await json(`/v1/tasks/${cancelled}/cancel`, { json: {} });
  const shannon = await json("/shannon/api/v1/tasks", {
    json: { query: "play shown.", context: { agent: "lead" }, mode: "standard" },
    headers: { "x-user-id": "eve" },
  });
  ids.push(again, cancelled, z.object({ task_id: z.string() }).parse(shannon).task_id);
  for (const id of ids) await ended(id);
  const before = await same(NOTHING, 0);
  await pages(before, z.string().parse(ids[names.indexOf("parent")]));

  const shown = await submit("killed", { agent: "poet" });
  const silent = await submit("unsaid");
  await expect.poll(async () => (await server.call(`/v1/tasks/${shown}/events`)).text()).toContain("stormy");
  const hushed = await submit("hushed", { guardrails });
  embeddings.fail("silence");
  ledger.estimated += 1;
  const vectors = embeddings.received(embeddings.calls.length + 1);
  const unembedded = await storeOf("# Returns\n\nThings go back within 30 days.");
  await vectors;
  for (const name of ["unsaid", "judge"]) await expect.poll(() => asked.get(name)).toBe(1);
  await server.end("SIGKILL");
  collector.spans.splice(0);
  await server.startAgain();
  for (const id of [shown, silent, hushed]) await ended(id);
  await embedded(unembedded);
  await same(before, 4);
  const [lost] = z.array(totals).parse((await json(`/v1/tasks/${shown}/usage`)).data.map(asTotals));
  // By the text that it has said.
  expect(lost).toMatchObject({ estimated_calls: 1, output_tokens: 13 });
}, 180_000);

const paidCall = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number(),
  estimated: z.boolean(),
});
function asTotals(given: unknown): Totals {
  const { estimated, ...call } = paidCall.parse(given);
  return { calls: 1, ...call, estimated_calls: estimated ? 1 : 0 };
}

/** What a person and the clients of another API are shown of a tree, and of all. */
async function pages(total: Totals, parent: string): Promise<void> {
  const tree = totals.parse((await json(`/v1/tasks/${parent}`)).tree_usage);
  expect(tree.calls).toBe(4);
  const { usage } = await json(`/shannon/api/v1/tasks/${parent}`);
  const { input_tokens, output_tokens } = tree;
  expect(usage).toMatchObject({ total_tokens: input_tokens + output_tokens, input_tokens, output_tokens });
  expect(usage.estimated_cost).toBeCloseTo(tree.cost_usd, 9);
  page.open(`${server.client.baseUrl}/dashboard/#${parent}`);
  await page.find("body", `${tree.calls} calls, ${tree.input_tokens} tokens in, ${tree.output_tokens} out`);
  page.open(`${server.client.baseUrl}/dashboard/usage.html`);
  await page.find("#sums dd", total.input_tokens.toLocaleString("en"));
  await page.find("#sums dd", total.output_tokens.toLocaleString("en"));
}

/** Compares all that say it; `before` is what this process has not lived through, which has lost the spans of `lost` calls since. */
async function same(before: Totals, lost: number): Promise<Totals> {
  const { total } = await usageBy("day");
  expect(total).toMatchObject({
    calls: ledger.calls + embeddings.calls.length,
    estimated_calls: ledger.estimated,
  });
  for (const group of ["day", "model", "agent", "user"]) {
    const { data, total: its } = await usageBy(group);
    expect([group, its, sum(data)]).toEqual([group, near(total), near(total)]);
  }
  const { all, trees } = await tasks();
  expect(sum([...all.map(({ usage }) => usage), ...outside])).toEqual(near(total));
  expect(sum([...trees, ...outside])).toEqual(near(total));
  const { out } = await runWaybill(["usage", "--json"], { WAYBILL_URL: server.client.baseUrl, NO_COLOR: "1" });
  expect(totals.parse(JSON.parse(out.trim().split("\n").at(-1) ?? "").total)).toEqual(near(total));
  const lived = difference(total, before);
  expect(await metric("waybill_tokens_total")).toBe(lived.input_tokens + lived.output_tokens);
  expect(await metric("waybill_cost_usd_total")).toBeCloseTo(lived.cost_usd, 9);
  expect(await metric("waybill_model_calls_total")).toBe(lived.calls);
  await expect.poll(() => spans().calls).toBe(lived.calls - lost);
  if (lost === 0) expect({ ...spans(), estimated_calls: total.estimated_calls }).toEqual(near(total));
  return total;
}
