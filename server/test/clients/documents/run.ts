/**
 * Runs OpenAI's official client for JavaScript, unmodified, against a server that this starts: `node run.ts`. Files, vector
 * stores, batches, polling and search are read, cut, embedded and found by the server's own. Exit code 0 when all checks pass.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert";
import OpenAI, { toFile } from "openai";
import { startTestServer } from "../../server.ts";

const RIVERS = "# Rivers\n\nThe Danube rises in the Black Forest and flows into the Black Sea.\n";
const PUMPS = "# Spare parts\n\nFor the pump order part XK-4711-B. The seal is part ZZ-99.\n";
const markdown = { type: "text/markdown" };

const server = await startTestServer();
const baseURL = `${server.lensUrls["documents"] ?? `${server.url}/documents`}/v1`;
const client = new OpenAI({ apiKey: "none", baseURL, maxRetries: 0, timeout: 60_000 });

const checks: [says: string, check: () => Promise<void>][] = [
  [
    "uploads a file, waits for it, reads it back and lists it",
    async () => {
      const file = await client.files.create({
        file: await toFile(Buffer.from(RIVERS), "rivers.md", markdown),
        purpose: "assistants",
      });
      strictEqual(file.object, "file");
      const processed = await client.files.waitForProcessing(file.id, { pollInterval: 100 });
      strictEqual(processed.status, "processed");
      const content = await client.files.content(file.id);
      strictEqual(await content.text(), RIVERS);
      const listed: string[] = [];
      for await (const { id } of client.files.list({ purpose: "assistants" })) listed.push(id);
      deepStrictEqual(listed, [file.id]);
      deepStrictEqual(await client.files.delete(file.id), { id: file.id, object: "file", deleted: true });
      await rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
    },
  ],
  [
    "makes a vector store, uploads into it and polls until it is done",
    async () => {
      const store = await client.vectorStores.create({ name: "Handbook", metadata: { team: "pumps" } });
      const file = await toFile(Buffer.from(PUMPS), "pumps.md", markdown);
      const member = await client.vectorStores.files.uploadAndPoll(store.id, file);
      strictEqual(member.status, "completed");
      strictEqual(member.last_error, null);
      const again = await client.vectorStores.files.createAndPoll(store.id, {
        file_id: member.id,
        attributes: { year: 2020 },
      });
      deepStrictEqual(again.attributes, { year: 2020 });
      const changed = await client.vectorStores.update(store.id, { name: "Renamed" });
      strictEqual(changed.name, "Renamed");
      strictEqual((await client.vectorStores.retrieve(store.id)).file_counts.completed, 1);
      const texts: string[] = [];
      for await (const { text } of await client.vectorStores.files.content(member.id, { vector_store_id: store.id }))
        texts.push(text ?? "");
      ok(texts.join("").includes("XK-4711-B"));
      await client.vectorStores.files.delete(member.id, { vector_store_id: store.id });
      deepStrictEqual((await client.vectorStores.files.list(store.id)).data, []);
      strictEqual((await client.vectorStores.delete(store.id)).deleted, true);
    },
  ],
  [
    "adds a batch, and finds its files by a rare word, by what they mean and by filters",
    async () => {
      const store = await client.vectorStores.create({ expires_after: { anchor: "last_active_at", days: 7 } });
      const files = await Promise.all(
        [
          [RIVERS, "rivers.md"],
          [PUMPS, "pumps.md"],
        ].map(([text = "", name = ""]) => toFile(Buffer.from(text), name, markdown)),
      );
      const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files });
      deepStrictEqual([batch.status, batch.file_counts.completed, batch.file_counts.total], ["completed", 2, 2]);
      const members = await client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: store.id });
      strictEqual(members.data.length, 2);
      const found = async (query: string, more: object = {}) =>
        (await client.vectorStores.search(store.id, { query, ...more })).data;
      const [rare] = await found("XK-4711-B");
      strictEqual(rare?.filename, "pumps.md");
      ok(rare.content[0]?.text.includes("XK-4711-B"));
      strictEqual((await found("Where does the river flow?", { max_num_results: 1 }))[0]?.filename, "rivers.md");
      for (const { id } of members.data)
        await client.vectorStores.files.update(id, { vector_store_id: store.id, attributes: { of: id } });
      const [, only] = members.data;
      const filtered = await found("part river", { filters: { type: "eq", key: "of", value: only?.id ?? "" } });
      deepStrictEqual([...new Set(filtered.map(({ file_id }) => file_id))], [only?.id]);
    },
  ],
  [
    "is told what it did wrong in the errors that it knows",
    async () => {
      await rejects(client.vectorStores.retrieve("vs_nobody"), OpenAI.NotFoundError);
      await rejects(client.vectorStores.create({ file_ids: ["nobody"] }), OpenAI.NotFoundError);
      const store = await client.vectorStores.create({});
      const wrong = client.vectorStores.search(store.id, { query: "x", max_num_results: 51 });
      await rejects(wrong, (error) => error instanceof OpenAI.BadRequestError && error.param === "max_num_results");
    },
  ],
];

let failed = 0;
for (const [says, check] of checks) {
  try {
    await check();
    process.stdout.write(`ok      ${says}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`FAILED  ${says}\n${error instanceof Error ? error.stack : String(error)}\n`);
  }
}
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
