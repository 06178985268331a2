/** An agent whose server has died twice under it goes on in a process of its own, and still finds what only the server has. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { greeted, spawnWaybill } from "./command.ts";
import { type ProviderServer, startProviderServer } from "./providers/provider-server.ts";

const config = (modelUrl: string) => `
import { defineTool } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
export default {
  models: { default: "lab:m1", providers: { lab: { type: "openai-compatible", baseUrl: "${modelUrl}/v1" } } },
  tools: [
    defineTool({
      name: "whereabouts",
      description: "Says which program runs.",
      input: z.object({}),
      run: async () => process.argv[1],
    }),
  ],
  agents: [{ slug: "reader", name: "Reader", instructions: "Look things up.", tools: ["search_documents", "whereabouts"] }],
};
`;

let folder = "";
let provider: ProviderServer;
let server: ChildProcess;
let client: Waybill;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-suspect-agent-"));
  provider = await startProviderServer();
  await writeFile(join(folder, "waybill.config.mjs"), config(provider.url));
  await start();
}, 60_000);

afterAll(async () => {
  await died("SIGTERM");
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const flags = ["--data", join(folder, "data"), "--port", "0", "--lens-port", "none"];
  server = spawnWaybill(["dev", ...flags, "--config", join(folder, "waybill.config.mjs")], { cwd: folder });
  client = new Waybill({ baseUrl: await greeted(server) });
}

async function died(signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill(signal);
  await gone;
}

test("a suspect finds the documents of its owner from its own process", { timeout: 120_000 }, async () => {
  const file = await client.files.upload(new File(["The coolant pump takes the seal XK-4711-B."], "pumps.txt"));
  const store = await client.vectorStores.create({ name: "Pumps", file_ids: [file.id] });
  await client.task(store.task_id ?? "").result();

  const search = { id: "call_1", name: "search_documents", arguments: { query: "seal of the coolant pump" } };
  const where = { id: "call_2", name: "whereabouts", arguments: {} };
  provider.script(
    { kind: "silence" },
    { kind: "silence" },
    { kind: "tool_calls", calls: [search, where] },
    { kind: "answer", text: "It is XK-4711-B." },
  );
  const { id } = await client.submit({ input: { query: "Which seal does the pump take?", agent: "reader" } });
  for (const death of [1, 2]) {
    await provider.received(death);
    await died("SIGKILL");
    await start();
  }
  const output = await client.task(id).result();
  expect(z.looseObject({ text: z.string() }).parse(output).text).toBe("It is XK-4711-B.");
  const told = JSON.stringify(provider.requests.at(-1)?.body);
  expect(told).toContain("The coolant pump takes the seal XK-4711-B.");
  expect(told).toMatch(/run-process\.[tj]s/);
});
