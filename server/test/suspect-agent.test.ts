/** An agent whose server has died twice under it goes on in a process of its own, and still finds what only the server has. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { PACKAGE } from "./command.ts";
import { KillableServer } from "./killable-server.ts";
import { type OtlpCollector, startOtlpCollector } from "./otlp-collector.ts";

const config = (modelUrl: string) => `
import { defineTool } from ${JSON.stringify(PACKAGE)};
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
export default {
  models: { default: "lab:m1", providers: { lab: { type: "openai-compatible", baseUrl: "${modelUrl}" } } },
  tools: [
    defineTool({
      name: "whereabouts",
      description: "Says which program runs.",
      input: z.object({}),
      run: async () => process.argv[1],
    }),
    defineTool({
      name: "look",
      description: "Looks at a page.",
      input: z.object({ url: z.string() }),
      run: async ({ url }, { fetch }) => (await fetch(url)).text(),
    }),
  ],
  agents: [{ slug: "reader", name: "Reader", instructions: "Look things up.", tools: ["search_documents", "whereabouts", "look"], reach: ["docs.example.com"] }],
};
`;

let server: KillableServer;
let collector: OtlpCollector;
beforeAll(async () => {
  collector = await startOtlpCollector();
  server = await KillableServer.start("mjs", config, {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "50",
  });
});
afterAll(async () => {
  await server.stop();
  await collector.close();
});

test("a suspect finds the documents of its owner from its own process", async () => {
  const file = await server.client.files.upload(new File(["The coolant pump takes the seal XK-4711-B."], "pumps.txt"));
  const store = await server.client.vectorStores.create({ name: "Pumps", file_ids: [file.id] });
  await server.client.task(store.task_id ?? "").result();

  const search = { id: "call_1", name: "search_documents", arguments: { query: "seal of the coolant pump" } };
  const look = { id: "call_3", name: "look", arguments: { url: "https://evil.example.org/" } };
  const where = { id: "call_2", name: "whereabouts", arguments: {} };
  server.provider.script(
    { kind: "silence" },
    { kind: "silence" },
    { kind: "tool_calls", calls: [search, where, look] },
    { kind: "answer", text: "It is XK-4711-B." },
  );
  const { id } = await server.client.submit({ input: { query: "Which seal does the pump take?", agent: "reader" } });
  for (const death of [1, 2]) {
    await server.provider.received(death);
    await server.end("SIGKILL");
    await server.startAgain();
  }
  const output = await server.client.task(id).result();
  expect(z.looseObject({ text: z.string() }).parse(output).text).toBe("It is XK-4711-B.");
  const told = JSON.stringify(server.provider.requests.at(-1)?.body);
  expect(told).toContain("The coolant pump takes the seal XK-4711-B.");
  expect(told).toContain("https://evil.example.org is not reached");
  expect(told).toMatch(/run-process\.[tj]s/);
  // Its process has no way out: the server tells of the calls that it made, as of any other.
  const spans = () => collector.spans.filter(({ name }) => name === "chat m1");
  await vi.waitFor(() => expect(spans()).toHaveLength(2), { timeout: 120_000 });
  for (const { attributes } of spans()) expect(attributes["waybill.task.id"]).toBe(id);
  // What it asks of the server is a part of the step that asks.
  const [tool, asked] = ["execute_tool search_documents", "request search"].map((name) =>
    collector.spans.find((span) => span.name === name),
  );
  expect(asked).toMatchObject({ traceId: spans()[0]?.traceId, parentSpanId: tool?.spanId });
});
