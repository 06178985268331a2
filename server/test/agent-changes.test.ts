/** What becomes of the tasks of an agent that is changed or deleted, in a real process that is killed; and what it may search. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { KillableServer } from "./killable-server.ts";

const config = (baseUrl: string) =>
  JSON.stringify({ models: { default: "lab:m1", providers: { lab: { type: "openai-compatible", baseUrl } } } });

let server: KillableServer;
beforeAll(async () => {
  server = await KillableServer.start("json", config);
});
afterAll(() => server.stop());

const body = z.object({ messages: z.array(z.object({ role: z.string(), content: z.unknown() })) });
const told = (n: number) => String(body.parse(server.provider.requests[n]?.body).messages[0]?.content);

test("tasks that run and wait go on as they began when their agent is changed and deleted and the server is killed", async () => {
  const before = server.provider.requests.length;
  await server.client.agents.create({ name: "Poet", instructions: "Answer in rhyme.", tools: [] });
  server.provider.script({ kind: "silence" });
  // The second waits for the first, whenever that ends.
  const concurrency = { key: "one poem", limit: 1 };
  const running = await server.client.submit({ input: { query: "Roses?", agent: "poet" }, concurrency });
  await server.provider.received(before + 1);
  const waiting = await server.client.submit({ input: { query: "Violets?", agent: "poet" }, concurrency });
  await server.client.agents.update("poet", { instructions: "Answer in prose.", name: "Clerk" });
  await server.client.agents.delete("poet");
  await server.client.agents.create({ name: "Poet", instructions: "Somebody else.", tools: [] });
  await server.end("SIGKILL");
  server.provider.script({ kind: "answer", text: "Red." }, { kind: "answer", text: "Red." });
  await server.startAgain();
  for (const { id } of [running, waiting]) await server.client.task(id).result();
  const [, ...later] = Array.from({ length: 3 }, (_, n) => told(before + n));
  for (const instructions of later) expect(instructions).toMatch(/^Answer in rhyme\./);
  expect(await server.client.task(running.id).get()).toMatchObject({ state: "completed", input: { agent: "poet" } });
  expect((await server.client.agents.get("poet")).instructions).toBe("Somebody else.");
  await server.client.agents.delete("poet");
});

test("an agent with knowledge bases finds what is in these stores and cites it, and nothing of the others", async () => {
  const stores = await Promise.all(
    ["The pump takes the seal XK-47.", "The pump of the cellar takes the seal QQ-99."].map(async (text, n) => {
      const file = await server.client.files.upload(new File([text], `pump-${n}.txt`));
      const store = await server.client.vectorStores.create({ name: `Pumps ${n}`, file_ids: [file.id] });
      await server.client.task(store.task_id ?? "").result();
      return store;
    }),
  );
  await server.client.agents.create({ name: "Mechanic", tools: [], knowledge_bases: [stores[0]?.id ?? "", "vs_gone"] });
  const search = (vector_store?: string) => ({
    kind: "tool_calls" as const,
    calls: [{ id: "c", name: "search_documents", arguments: { query: "seal of the pump", vector_store } }],
  });
  server.provider.script(search(), search("Pumps 1"), { kind: "answer", text: "It is XK-47." });
  const task = await server.client.submit({ input: { query: "Which seal?", agent: "mechanic" } });
  await expect(task.text()).resolves.toBe("It is XK-47.");
  const { messages } = body.parse(server.provider.requests.at(-1)?.body);
  const results = messages.flatMap(({ role, content }) => (role === "tool" ? [String(content)] : []));
  expect(results[0]).toContain("XK-47");
  expect(results.join("\n")).not.toContain("QQ-99");
  expect(results[1]).toContain("not found");

  // Read by the other APIs, with what the answer rests on.
  const shownBy = async (path: string): Promise<unknown> => (await server.call(`${path}/${task.id}`)).json();
  const citation = { source: "pump-0.txt", vector_store_id: stores[0]?.id, snippet: expect.stringContaining("XK-47") };
  expect(await shownBy("/shannon/api/v1/tasks")).toMatchObject({ metadata: { citations: [citation] } });
  expect(await shownBy("/documents/v1/tasks")).toMatchObject({ id: task.id, status: "completed", progress: 1 });
});
