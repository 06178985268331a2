/** The client's files and vector stores, against a whole server that reads, embeds and finds. */
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let client: Waybill;
beforeAll(async () => {
  server = await startTestServer();
  client = new Waybill({ baseUrl: server.url });
});
afterAll(() => server.stop());

const HANDBOOK = "# Pumps\n\nFor the pump order part XK-4711-B.\n\n# Rivers\n\nThe Danube flows into the Black Sea.\n";

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Resolves when the task has done what it was to do. */
const read = (id: string | null) => client.task(id ?? "").result();

test("a file is uploaded, read, analysed and downloaded", async () => {
  const sent = await client.files.upload(new File([HANDBOOK], "handbook.md"), { id: "handbook" });
  expect(sent).toMatchObject({ id: "handbook", filename: "handbook.md", status: "uploaded", purpose: "general" });
  await read(sent.task_id);
  expect(await client.files.get("handbook")).toMatchObject({ status: "processed", reading: { language: "en" } });
  const pages = await all(client.files.pages("handbook"));
  expect(pages.map(({ content }) => content).join("\n")).toContain("XK-4711-B");
  const analysis = await client.files.analyze("handbook", { analyses: ["keywords", "abstract"] });
  await read(analysis.task_id);
  expect((await client.files.analysis("handbook")).method).toBe("extractive");
  const tasks = await all(client.files.tasks("handbook"));
  expect(tasks.map(({ kind }) => kind)).toEqual(["document_analysis", "file_processing"]);
  expect(await new Response(await client.files.download("handbook")).text()).toBe(HANDBOOK);
});

test("a blob without a name needs one, and a repeated upload under one key is one file", async () => {
  const blob = new Blob(["Hello"], { type: "text/plain" });
  await expect(client.files.upload(blob)).rejects.toMatchObject({ code: "invalid", field: "filename" });
  const options = { filename: "hello.txt", idempotencyKey: "once" };
  const [first, again] = [await client.files.upload(blob, options), await client.files.upload(blob, options)];
  expect(again.id).toBe(first.id);
  await client.files.delete(first.id);
  await expect(client.files.get(first.id)).rejects.toMatchObject({ code: "not_found" });
  await expect(client.files.download(first.id)).rejects.toMatchObject({ code: "not_found" });
});

test("a list is gone through to its end while each file of it is deleted", async () => {
  for (const n of [1, 2, 3, 4, 5]) {
    await client.files.upload(new File([`Number ${n}`], `${n}.txt`), { purpose: "evals" });
  }
  const gone: string[] = [];
  for await (const { id, filename } of client.files.list({ purpose: "evals", limit: 2 })) {
    await client.files.delete(id);
    gone.push(filename);
  }
  expect(gone).toEqual(["5.txt", "4.txt", "3.txt", "2.txt", "1.txt"]);
});

test("a vector store is made, filled, searched and deleted", async () => {
  const { id: file } = await client.files.upload(new File([HANDBOOK], "pumps.md"));
  const store = await client.vectorStores.create({ name: "Handbook" });
  const [member] = await client.vectorStores.addFiles(store.id, [{ file_id: file, attributes: { year: 2026 } }]);
  await read(member?.task_id ?? null);
  expect(await client.vectorStores.file(store.id, file)).toMatchObject({ status: "completed", filename: "pumps.md" });
  const [hit] = await client.vectorStores.search(store.id, "XK-4711-B", { limit: 3, filter: { year: 2026 } });
  expect(hit).toMatchObject({ file_id: file, attributes: { year: 2026 } });
  await client.vectorStores.setAttributes(store.id, file, { year: 2027 });
  expect(await client.vectorStores.search(store.id, "pump", { filter: { year: 2026 } })).toEqual([]);
  expect((await client.vectorStores.summary(store.id, { tokens: 200 })).text).toContain("Danube");
  expect((await client.vectorStores.update(store.id, { description: "All of it" })).description).toBe("All of it");
  expect((await all(client.vectorStores.list())).map(({ id }) => id)).toEqual([store.id]);
  expect((await all(client.vectorStores.files(store.id))).map(({ file_id }) => file_id)).toEqual([file]);
  const kinds = (await client.vectorStores.tasks(store.id).page()).items.map(({ kind }) => kind);
  expect(kinds).toEqual(["vectorization", "vector_store_creation"]);
  await client.vectorStores.removeFile(store.id, file);
  await read((await client.vectorStores.delete(store.id)).task_id);
  await expect(client.vectorStores.get(store.id)).rejects.toMatchObject({ code: "not_found" });
});
