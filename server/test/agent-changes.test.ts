/** What becomes of the tasks of an agent that is changed or deleted, in a real process that is killed; and what it may search. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { greeted, spawnWaybill } from "./command.ts";
import { type ProviderServer, startProviderServer } from "./providers/provider-server.ts";

const config = (modelUrl: string) => ({
  models: { default: "lab:m1", providers: { lab: { type: "openai-compatible", baseUrl: `${modelUrl}/v1` } } },
});

let folder = "";
let provider: ProviderServer;
let server: ChildProcess;
let client: Waybill;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-agent-changes-"));
  provider = await startProviderServer();
  await writeFile(join(folder, "waybill.config.json"), JSON.stringify(config(provider.url)));
  await start();
}, 60_000);

afterAll(async () => {
  await died("SIGTERM");
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const flags = ["--data", join(folder, "data"), "--port", "0", "--lens-port", "none"];
  server = spawnWaybill(["dev", ...flags, "--config", join(folder, "waybill.config.json")], { cwd: folder });
  client = new Waybill({ baseUrl: await greeted(server) });
}

async function died(signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill(signal);
  await gone;
}

const body = z.object({ messages: z.array(z.object({ role: z.string(), content: z.unknown() })) });
const told = (n: number) => String(body.parse(provider.requests[n]?.body).messages[0]?.content);

test("tasks that run and wait go on as they began when their agent is changed and deleted and the server is killed", async () => {
  const before = provider.requests.length;
  await client.agents.create({ name: "Poet", instructions: "Answer in rhyme.", tools: [] });
  provider.script({ kind: "silence" });
  const running = await client.submit({ input: { query: "Roses?", agent: "poet" } });
  await provider.received(before + 1);
  const waiting = await client.submit({ input: { query: "Violets?", agent: "poet" }, delay_ms: 100 });
  await client.agents.update("poet", { instructions: "Answer in prose.", name: "Clerk" });
  await client.agents.delete("poet");
  await client.agents.create({ name: "Poet", instructions: "Somebody else.", tools: [] });
  await died("SIGKILL");
  provider.script({ kind: "answer", text: "Red." }, { kind: "answer", text: "Red." });
  await start();
  for (const { id } of [running, waiting]) await client.task(id).result();
  const [, ...later] = Array.from({ length: 3 }, (_, n) => told(before + n));
  for (const instructions of later) expect(instructions).toMatch(/^Answer in rhyme\./);
  expect(await client.task(running.id).get()).toMatchObject({ state: "completed", input: { agent: "poet" } });
  expect((await client.agents.get("poet")).instructions).toBe("Somebody else.");
  await client.agents.delete("poet");
}, 60_000);

test("an agent with knowledge bases finds what is in these stores, and nothing of the others", async () => {
  const stores = await Promise.all(
    ["The pump takes the seal XK-47.", "The pump of the cellar takes the seal QQ-99."].map(async (text, n) => {
      const file = await client.files.upload(new File([text], `pump-${n}.txt`));
      const store = await client.vectorStores.create({ name: `Pumps ${n}`, file_ids: [file.id] });
      await client.task(store.task_id ?? "").result();
      return store;
    }),
  );
  await client.agents.create({ name: "Mechanic", tools: [], knowledge_bases: [stores[0]?.id ?? "", "vs_gone"] });
  const search = (vector_store?: string) => ({
    kind: "tool_calls" as const,
    calls: [{ id: "c", name: "search_documents", arguments: { query: "seal of the pump", vector_store } }],
  });
  provider.script(search(), search("Pumps 1"), { kind: "answer", text: "It is XK-47." });
  const task = await client.submit({ input: { query: "Which seal?", agent: "mechanic" } });
  await expect(task.text()).resolves.toBe("It is XK-47.");
  const { messages } = body.parse(provider.requests.at(-1)?.body);
  const results = messages.flatMap(({ role, content }) => (role === "tool" ? [String(content)] : []));
  expect(results[0]).toContain("XK-47");
  expect(results.join("\n")).not.toContain("QQ-99");
  expect(results[1]).toContain("not found");
}, 120_000);
