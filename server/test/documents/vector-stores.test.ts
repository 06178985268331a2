/** Sections 4 to 9 of the contract: vector stores, their files and batches, search, summary, status. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answered } from "./documents-client.ts";
import { type DocumentsServer, startDocumentsServer } from "./documents-server.ts";

let server: DocumentsServer;
beforeAll(async () => {
  server = await startDocumentsServer();
  for (const [id, text] of Object.entries({
    cats: "Cats sleep all day.\fA cat drinks milk.",
    rivers: "The Danube is a river.\fRivers flow into the sea.",
    parts: "Order part XK-4711-B for the pump.",
    broken: "broken",
  })) {
    await server.upload(text, { id }, `${id}.txt`);
    await server.ended(`upload-${id}`);
  }
});
afterAll(() => server.stop());

function refused({ status, body }: Answered) {
  return [status, body.detail?.type, body.detail?.field];
}

async function makeStore(id: string, more: object = {}) {
  const made = await server.ask("/v1/vector_stores", { json: { id, ...more } });
  if (made.status === 200) await server.ended(made.body.task_id);
  return made;
}

describe("a vector store", () => {
  it("is made by a task, and counts its files", async () => {
    const file_ids = ["cats", "rivers", "cats", "broken"];
    const made = await makeStore("vs_1", { name: "Animals", description: "All", file_ids, metadata: { year: 2020 } });
    expect(Object.keys(made.body).slice(0, 6)).toEqual(["id", "object", "created_at", "name", "description", "bytes"]);
    expect(made.body).toMatchObject({ id: "vs_1", object: "vector_store", task_id: "create-vs_1", bytes: null });
    expect((await server.ask("/v1/tasks/create-vs_1")).body.data).toMatchObject({
      operation: "vector_store_creation",
      vector_store_id: "vs_1",
      file_counts: { completed: 2, failed: 1 },
      chunks_embedded: 1,
    });
    const { body } = await server.ask("/v1/vector_stores/vs_1");
    expect(body).toMatchObject({
      name: "Animals",
      description: "All",
      file_counts: { in_progress: 0, completed: 2, failed: 1, cancelled: 0, total: 3 },
      status: "completed",
      metadata: { year: 2020 },
      expires_after: null,
      expires_at: null,
      chunking_strategy: { type: "static", static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } },
    });
    expect(body.bytes).toBeGreaterThan(0);
    expect(body.file_ids.toSorted()).toEqual(["broken", "cats", "rivers"]);
  });

  it("has a random id and an empty name by itself", async () => {
    const { body } = await server.ask("/v1/vector_stores", { json: {} });
    expect(body.id).toMatch(/^vs_[0-9a-f]{24}$/);
    expect([body.name, body.status, body.file_counts.total]).toEqual(["", "completed", 0]);
  });

  it("is refused under a taken id, with an unknown file, and with what is too long", async () => {
    await makeStore("vs_taken");
    expect(refused(await makeStore("vs_taken"))).toEqual([409, "conflict", "id"]);
    expect(refused(await makeStore("vs_new", { file_ids: ["cats", "nobody"] }))).toEqual([
      404,
      "not_found",
      "file_ids",
    ]);
    expect((await server.ask("/v1/vector_stores/vs_new")).status).toBe(404);
    const bad = [
      { name: "x".repeat(257) },
      { description: "x".repeat(2_001) },
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, n])) },
      { metadata: { k: "x".repeat(513) } },
      { file_ids: Array(501).fill("cats") },
      { expires_after: { anchor: "last_active_at", days: 366 } },
      { chunking_strategy: { type: "static", static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 51 } } },
      { chunking_strategy: { type: "static", static: { max_chunk_size_tokens: 99, chunk_overlap_tokens: 0 } } },
    ];
    for (const json of bad)
      expect([json, (await server.ask("/v1/vector_stores", { json })).status]).toEqual([json, 400]);
  });

  it("has its texts measured in characters, also those that are two units of UTF-16", async () => {
    const metadata = { ["😀".repeat(64)]: "😀".repeat(512) };
    const { status, body } = await makeStore("vs_emoji", { name: "😀".repeat(256), metadata });
    expect([status, body.metadata]).toEqual([200, metadata]);
    for (const more of [{ ["😀".repeat(65)]: "x" }, { x: "😀".repeat(513) }])
      expect((await makeStore("vs_longer", { metadata: more })).status).toBe(400);
  });

  it("expires in days or in seconds, as it was asked for", async () => {
    const days = await makeStore("vs_days", { expires_after: { anchor: "last_active_at", days: 7 } });
    expect(days.body.expires_after).toEqual({ anchor: "last_active_at", days: 7 });
    expect(days.body.expires_at).toBe(days.body.last_active_at + 7 * 86_400);
    expect((await makeStore("vs_seconds", { expires_after: 90 })).body.expires_after).toBe(90);
  });

  it("changes, and begins a task when its files do", async () => {
    await makeStore("vs_change", { file_ids: ["cats"] });
    const change = (json: object) => server.ask("/v1/vector_stores/vs_change", { json });
    expect((await change({ name: "New" })).body).toMatchObject({ name: "New", task_id: "create-vs_change" });
    const joined = await change({ join_file_ids: ["rivers", "cats"] });
    expect(joined.body.task_id).toBe("vectorize-vs_change");
    expect((await server.ended("vectorize-vs_change")).data).toMatchObject({
      operation: "vectorization",
      vector_store_id: "vs_change",
      dimensions: 64,
      model: "test:words",
    });
    const left = await change({ left_file_ids: ["cats", "parts"] });
    expect(left.body).toMatchObject({ task_id: "vectorize-vs_change-2", file_ids: ["rivers"] });
    const again = await change({ left_file_ids: ["cats", "cats", "nobody"] });
    expect([again.status, again.body.file_ids]).toEqual([200, ["rivers"]]);
    expect((await change({})).status).toBe(400);
    expect((await change({ join_file_ids: ["cats"], left_file_ids: ["cats"] })).status).toBe(400);
    expect(refused(await change({ join_file_ids: ["nobody"] }))).toEqual([404, "not_found", "join_file_ids"]);
  });

  it("is listed, and deleted by a task while its files stay", async () => {
    await makeStore("vs_old", { file_ids: ["cats"] });
    const { body } = await server.ask("/v1/vector_stores?limit=100");
    expect(body.data.map(({ id }: { id: string }) => id)).toContain("vs_old");
    const deleted = await server.ask("/v1/vector_stores/vs_old", { method: "DELETE" });
    expect(deleted.body).toEqual({
      id: "vs_old",
      object: "vector_store.deleted",
      deleted: true,
      task_id: "delete-vs_old",
    });
    expect((await server.ended("delete-vs_old")).data).toMatchObject({
      operation: "vector_store_deletion",
      vector_store_id: "vs_old",
    });
    expect((await server.ask("/v1/vector_stores/vs_old")).status).toBe(404);
    expect((await server.ask("/v1/files/cats")).status).toBe(200);
  });

  it("is summarised for both readers, and not while it is empty", async () => {
    await makeStore("vs_summary", { file_ids: ["cats"] });
    const { body } = await server.ask("/v1/vector_stores/vs_summary/summary?model=gpt-nine&max_tokens=100");
    expect(body).toMatchObject({
      object: "vector_store.summary",
      vector_store_id: "vs_summary",
      model: "extractive",
      model_used: "extractive",
      token_count: 3,
    });
    expect(body.summary).toContain("Cats sleep");
    expect(body.summary_text).toBe(body.summary);
    expect(typeof body.duration_ms).toBe("number");
    await makeStore("vs_empty");
    expect((await server.ask("/v1/vector_stores/vs_empty/summary")).status).toBe(409);
    expect((await server.ask("/v1/vector_stores/vs_summary/summary?max_tokens=4001")).status).toBe(400);
  });
});

describe("the files of a vector store", () => {
  it("are added, read, listed, given attributes and taken out", async () => {
    await makeStore("vs_files");
    const path = "/v1/vector_stores/vs_files/files";
    const added = await server.ask(path, { json: { file_id: "cats", attributes: { year: 2020, tame: true } } });
    expect(added.body).toMatchObject({
      id: "cats",
      object: "vector_store.file",
      vector_store_id: "vs_files",
      last_error: null,
      attributes: { year: 2020, tame: true },
      chunking_strategy: { type: "static" },
      task_id: "vectorize-vs_files",
    });
    expect(["in_progress", "completed"]).toContain(added.body.status);
    await server.ended("vectorize-vs_files");
    await server.ask(path, { json: { file_id: "broken" } });
    const failed = (await server.ask(`${path}/broken`)).body;
    expect([failed.status, failed.last_error]).toEqual([
      "failed",
      { code: "invalid_file", message: "invalid_file: the file is damaged" },
    ]);
    const ids = async (query: string) =>
      (await server.ask(`${path}?${query}`)).body.data.map(({ id, filename }: { id: string; filename: string }) => [
        id,
        filename,
      ]);
    expect(await ids("filter=failed")).toEqual([["broken", "broken.txt"]]);
    expect(await ids("order=asc")).toEqual([
      ["cats", "cats.txt"],
      ["broken", "broken.txt"],
    ]);
    expect((await server.ask(`${path}/cats`, { json: { attributes: { a: "b" } } })).body.attributes).toEqual({
      a: "b",
    });
    expect((await server.ask(`${path}/cats/content`)).body).toEqual({
      object: "vector_store.file_content.page",
      data: [
        { type: "text", text: "Cats sleep all day." },
        { type: "text", text: "A cat drinks milk." },
      ],
      has_more: false,
      next_page: null,
    });
    const removed = await server.ask(`${path}/cats`, { method: "DELETE" });
    expect(removed.body).toEqual({ id: "cats", object: "vector_store.file.deleted", deleted: true });
    for (const gone of ["cats", "cats/content"]) expect((await server.ask(`${path}/${gone}`)).status).toBe(404);
    expect(refused(await server.ask(path, { json: { file_id: "nobody" } }))).toEqual([404, "not_found", "file_id"]);
    const bad = { file_id: "cats", attributes: { nested: {} } };
    expect((await server.ask(path, { json: bad })).status).toBe(400);
  });

  it("come in batches, by their ids or each with attributes of its own", async () => {
    await makeStore("vs_batches");
    const path = "/v1/vector_stores/vs_batches/file_batches";
    const made = await server.ask(path, { json: { file_ids: ["cats", "rivers"], attributes: { a: 1 } } });
    expect(made.body.id).toMatch(/^vsfb_/);
    expect(made.body).toMatchObject({
      object: "vector_store.files_batch",
      vector_store_id: "vs_batches",
      task_id: "vectorize-vs_batches",
    });
    await server.ended("vectorize-vs_batches");
    const { body } = await server.ask(`${path}/${made.body.id}`);
    expect(body).toMatchObject({ status: "completed", file_counts: { completed: 2, total: 2 } });
    const files = (await server.ask(`${path}/${made.body.id}/files?order=asc`)).body.data;
    expect(files.map(({ id, attributes }: { id: string; attributes: object }) => [id, attributes])).toEqual([
      ["cats", { a: 1 }],
      ["rivers", { a: 1 }],
    ]);
    const own = await server.ask(path, { json: { files: [{ file_id: "parts", attributes: { b: 2 } }] } });
    await server.ended(own.body.task_id);
    expect((await server.ask("/v1/vector_stores/vs_batches/files/parts")).body.attributes).toEqual({ b: 2 });
    const again = await server.ask(path, { json: { file_ids: ["cats"], attributes: { c: 3 } } });
    expect(again.body.file_counts).toMatchObject({ in_progress: 0, completed: 1 });
    expect((await server.ask(`${path}/${again.body.id}/cancel`, { method: "POST" })).status).toBe(200);
    const cats = (await server.ask("/v1/vector_stores/vs_batches/files/cats")).body;
    expect(cats).toMatchObject({ status: "completed", attributes: { c: 3 } });
    for (const json of [{}, { file_ids: [], files: [] }, { file_ids: ["cats"], files: [{ file_id: "cats" }] }])
      expect((await server.ask(path, { json })).status).toBe(400);
    expect((await server.ask(`${path}/nobody`)).status).toBe(404);
  });

  it("that wait are in progress, and are cancelled with their batch", async () => {
    await server.upload("Waits", { id: "waiting" }, "hold.txt");
    await makeStore("vs_waits");
    const path = "/v1/vector_stores/vs_waits/file_batches";
    const made = await server.ask(path, { json: { file_ids: ["waiting"] } });
    expect([made.body.status, made.headers.get("openai-poll-after-ms")]).toEqual(["in_progress", "250"]);
    const cancelled = await server.ask(`${path}/${made.body.id}/cancel`, { method: "POST" });
    expect(cancelled.body).toMatchObject({ status: "cancelled", file_counts: { cancelled: 1, total: 1 } });
    expect((await server.ended(made.body.task_id)).status).toBe("cancelled");
    expect((await server.ask("/v1/vector_stores/vs_waits")).body.status).toBe("completed");
  });
});

describe("a search", () => {
  const path = "/v1/vector_stores/vs_search/search";
  const search = (json: object) => server.ask(path, { json });
  beforeAll(async () => {
    await makeStore("vs_search");
    for (const [file_id, year] of Object.entries({ cats: 2020, rivers: 2021, parts: 2022 })) {
      const { body } = await server.ask("/v1/vector_stores/vs_search/files", {
        json: { file_id, attributes: { year } },
      });
      await server.ended(body.task_id);
    }
  });

  it("by `queries` is answered as the page says", async () => {
    const { body } = await search({ queries: ["XK-4711-B", "cats"], max_num_results: 3 });
    expect(Object.keys(body)).toEqual(["object", "vector_store_id", "queries", "results"]);
    expect(body).toMatchObject({ object: "file_search.results", queries: ["XK-4711-B", "cats"] });
    const unset = { query: null, max_num_results: null, filters: null, score_threshold: null, rewrite_query: null };
    expect((await search({ ...unset, queries: ["cats"] })).body).toEqual((await search({ queries: ["cats"] })).body);
    expect(Object.keys(body.results[0])).toEqual(["file_id", "filename", "text", "score", "attributes"]);
    const scores = body.results.map(({ score }: { score: number }) => score);
    expect(scores.toSorted((a: number, b: number) => b - a)).toEqual(scores);
    for (const score of scores) expect(score >= 0 && score <= 1).toBe(true);
  });

  it("by `query` and `top_k` names the query as a string, and by OpenAI's members as a list", async () => {
    const own = (await search({ query: "  part XK-4711-B ", top_k: 1 })).body;
    expect(Object.keys(own)).toEqual(["object", "search_query", "data", "has_more", "next_page", "request_id"]);
    expect(own).toMatchObject({ object: "vector_store.search_results.page", search_query: "part XK-4711-B" });
    expect(own.request_id).toMatch(/^req_/);
    expect(own.data).toMatchObject([
      {
        file_id: "parts",
        filename: "parts.txt",
        attributes: { segment_index: 0, page: 1, year: 2022 },
        content: [{ type: "text", text: expect.stringContaining("XK-4711-B") }],
      },
    ]);
    const theirs = (await search({ query: "milk", ranking_options: { ranker: "auto" }, rewrite_query: true })).body;
    expect(theirs.search_query).toEqual(["milk"]);
    expect(theirs.data[0]).toMatchObject({ file_id: "cats", attributes: { segment_index: 1, page: 2 } });
  });

  it("filters before it cuts, by equality, comparison and combination", async () => {
    const files = async (filters: unknown) => {
      const { body } = await search({ query: "cat river pump", filters });
      return [...new Set(body.data.map(({ file_id }: { file_id: string }) => file_id))].toSorted();
    };
    expect(await files({ year: 2021 })).toEqual(["rivers"]);
    expect(await files({ type: "gte", key: "year", value: 2021 })).toEqual(["parts", "rivers"]);
    expect(await files({ type: "nin", key: "year", value: [2021, 2022] })).toEqual(["cats"]);
    const both = {
      type: "and",
      filters: [
        { type: "ne", key: "year", value: 2020 },
        { type: "lt", key: "year", value: 2022 },
      ],
    };
    expect(await files(both)).toEqual(["rivers"]);
    const deep = (depth: number): unknown =>
      depth === 0 ? { type: "eq", key: "a", value: 1 } : { type: "or", filters: [deep(depth - 1)] };
    const bad = [
      { type: "gt", key: "year", value: true },
      { type: "in", key: "year", value: 2020 },
      { type: "and", filters: [] },
      { year: { nested: 1 } },
      deep(5),
      { type: "or", filters: Array(51).fill({ type: "eq", key: "a", value: 1 }) },
      "year",
    ];
    for (const filters of bad)
      expect(refused(await search({ query: "x", filters }))).toEqual([400, "validation_error", "filters"]);
  });

  it("has a threshold, which is inclusive, and the same answer for the same question", async () => {
    const { body } = await search({ queries: ["river"] });
    const best = body.results[0].score;
    const again = await search({ queries: ["river"], score_threshold: best });
    expect(again.body.results.map(({ score }: { score: number }) => score)).toContain(best);
    expect((await search({ queries: ["river"] })).body).toEqual(body);
  });

  it("is refused when it says nothing, too much, or both", async () => {
    const bad: [object, string][] = [
      [{}, "query"],
      [{ query: "a", queries: ["b"] }, "query"],
      [{ query: "   " }, "query"],
      [{ query: "x".repeat(4_097) }, "query"],
      [{ queries: [] }, "queries"],
      [{ queries: Array(11).fill("a") }, "queries"],
      [{ query: "a", top_k: 51 }, "top_k"],
      [{ query: "a", max_num_results: 0 }, "max_num_results"],
      [{ queries: ["a"], score_threshold: 1.1 }, "score_threshold"],
    ];
    for (const [json, field] of bad) {
      const answered = await search(json);
      expect([json, answered.status, answered.body.detail.field]).toEqual([json, 400, field]);
    }
    const { body } = await search({ query: "a", max_num_results: 51 });
    expect(body.message).toContain("must be between 1 and 50");
  });

  it("finds nothing in an empty store, and is a conflict in one that has expired", async () => {
    await makeStore("vs_nothing");
    expect((await server.ask("/v1/vector_stores/vs_nothing/search", { json: { query: "x" } })).body.data).toEqual([]);
    await makeStore("vs_expiring", { expires_after: 1 });
    await expect.poll(async () => (await server.ask("/v1/vector_stores/vs_expiring")).body.status).toBe("expired");
    expect((await server.ask("/v1/vector_stores/vs_expiring/search", { json: { query: "x" } })).status).toBe(409);
    expect((await server.ask("/v1/vector_stores/nobody/search", { json: { query: "x" } })).status).toBe(404);
  });
});

describe("the server's status", () => {
  it("has true values", async () => {
    const { body } = await server.ask("/v1/serverstatus");
    expect(body).toMatchObject({
      status: "healthy",
      version: "0.0.0",
      services: {
        database: "available",
        vector_store: "available",
        llm_service: "unavailable",
        embedding_service: "available",
        file_storage: "available",
        task_queue: "available",
      },
      features: { response_api: false, file_search: true, web_search: false, list_documents: true },
    });
    expect(body.metrics.total_files_processed).toBeGreaterThanOrEqual(3);
    expect(body.metrics.total_vector_stores).toBeGreaterThan(0);
    expect(Object.keys(body.metrics)).toHaveLength(6);
  });

  it("has a health of its own", async () => {
    const { status, body } = await server.ask("/v1/serverstatus/health");
    expect([status, body]).toEqual([200, { status: "healthy", timestamp: expect.any(Number) }]);
  });
});
