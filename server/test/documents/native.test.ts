/** Files and vector stores by Waybill's own API. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answered, type DocumentsClient, documentsClient, type Json } from "./documents-client.ts";
import { type DocumentsServer, startDocumentsServer } from "./documents-server.ts";

let server: DocumentsServer;
let ask: DocumentsClient["ask"];
beforeAll(async () => {
  server = await startDocumentsServer();
  ask = documentsClient(server.mainUrl).ask;
});
afterAll(() => server.stop());

function form(text: string, fields: Record<string, string> = {}, filename = "a.txt"): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new File([text], filename, { type: "text/plain" }));
  return form;
}

const upload = (text: string, fields: Record<string, string> = {}, init: RequestInit = {}) =>
  ask("/v1/files", { method: "POST", body: form(text, fields), ...init });
const uploadBytes = (text: string | Uint8Array<ArrayBuffer>, query: string, init: RequestInit = {}) =>
  ask(`/v1/files?${query}`, { method: "POST", body: text, ...init });

/** The file once its last task has ended. */
async function settled(id: string): Promise<Json> {
  for (;;) {
    const { body } = await ask(`/v1/files/${id}`);
    const task = await ask(`/v1/tasks/${body.task_id}?wait=60`);
    if (task.body.ended_at !== null) return (await ask(`/v1/files/${id}`)).body;
  }
}

function refused({ status, body }: Answered) {
  return [status, body.code, body.field];
}

async function pagesOf(path: string): Promise<Json[][]> {
  const pages: Json[][] = [];
  for (let cursor = ""; ; ) {
    const { body } = await ask(`${path}${cursor}`);
    pages.push(body.data);
    if (body.next_cursor === null) return pages;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

describe("an upload", () => {
  it("is a form with its file, or the bytes of the file alone: a file and the task that reads it", async () => {
    const sent = await upload("Hello", { id: "of-form", analyses: "abstract,keywords" });
    expect([sent.status, sent.headers.get("location")]).toEqual([202, "/v1/files/of-form"]);
    expect(sent.body).toMatchObject({
      ...{
        id: "of-form",
        filename: "a.txt",
        purpose: "general",
        media_type: "text/plain",
        bytes: 5,
        status: "uploaded",
      },
      ...{ md5: createHash("md5").update("Hello").digest("hex"), error: null, reading: null, expires_at: null },
      task_id: expect.stringMatching(/^task_/),
    });
    expect(await settled("of-form")).toMatchObject({ status: "processed", reading: { language: "en" } });
    expect((await ask("/v1/files/of-form/analysis")).body).toMatchObject({ abstract: "Short.", summary: null });
    const headers = { "content-type": "application/json" };
    const raw = await uploadBytes('{"a":1}', "filename=../odd%20name.json&id=of-bytes&purpose=qa", { headers });
    expect([raw.status, raw.body.filename, raw.body.media_type, raw.body.purpose]).toEqual([
      ...[202, "odd name.json", "application/json", "qa"],
    ]);
    expect((await ask("/v1/files/of-bytes/content")).text).toBe('{"a":1}');
  });

  it("is refused where it does not fit, and nothing of it is kept", async () => {
    expect(refused(await uploadBytes("x", ""))).toEqual([400, "invalid", "filename"]);
    expect(refused(await uploadBytes("", "filename=a.txt"))).toEqual([400, "invalid", "file"]);
    expect(refused(await upload("", {}))).toEqual([400, "invalid", "file"]);
    expect(refused(await upload("x", { md5: "0".repeat(32) }))).toEqual([400, "invalid", "md5"]);
    expect(refused(await upload("x", { purpose: "fun" }))).toEqual([400, "invalid", "purpose"]);
    expect(refused(await upload("x", { sing: "true" }))).toEqual([400, "invalid", undefined]);
    expect(refused(await uploadBytes("x", "filename=a&id=a%20b"))).toEqual([400, "invalid", "query.id"]);
    expect(refused(await uploadBytes(new Uint8Array(2 << 20), "filename=a.txt"))).toEqual([
      413,
      "too_large",
      undefined,
    ]);
    const two = form("x");
    two.append("file", new File(["y"], "b.txt"));
    expect(refused(await ask("/v1/files", { method: "POST", body: two }))).toEqual([400, "invalid", "file"]);
    expect((await ask("/v1/files")).body.data.filter(({ filename }: Json) => filename === "a")).toEqual([]);
  });

  it("without a key is refused, however much of it still comes", async () => {
    const strict = await startDocumentsServer({ development: false, documents: { fileBytesMax: 64 << 20 } });
    try {
      const { ask } = documentsClient(strict.mainUrl);
      for (const body of [new Uint8Array(32 << 20), form("x".repeat(32 << 20))]) {
        const sent = await ask("/v1/files?filename=a.txt", { method: "POST", body });
        expect(refused(sent)).toEqual([401, "unauthenticated", undefined]);
      }
    } finally {
      await strict.stop();
    }
  });

  it("takes effect once under its key; other bytes under the same key are another request", async () => {
    const headers = { "idempotency-key": "upload-once" };
    const first = await upload("Once", {}, { headers });
    const again = await upload("Once", {}, { headers });
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect([first, again].map((each) => each.headers.get("idempotency-replayed"))).toEqual([null, "true"]);
    expect(refused(await upload("Twice", {}, { headers }))).toEqual([422, "conflict", "Idempotency-Key"]);
    expect(refused(await upload("Once", { purpose: "qa" }, { headers }))[0]).toBe(422);
  });

  it("under a taken id is a conflict, and under that of a deleted file is not", async () => {
    await upload("Hello", { id: "taken" });
    expect(refused(await upload("Hello", { id: "taken" }))).toEqual([409, "conflict", "id"]);
    expect((await upload("Hello", { id: "taken", skip_existing: "true" })).status).toBe(202);
    expect((await ask("/v1/files/taken", { method: "DELETE" })).status).toBe(204);
    expect((await ask("/v1/files/taken", { method: "DELETE" })).status).toBe(404);
    expect((await upload("Hello", { id: "taken" })).status).toBe(202);
  });
});

describe("files", () => {
  it("are listed newest first, page by page, also while they are deleted on the way", async () => {
    for (const n of [1, 2, 3, 4, 5]) await upload(`${n}`, { id: `listed-${n}`, purpose: "evals" });
    const ids = (page: Json[]) => page.map(({ id }) => id);
    expect((await pagesOf("/v1/files?purpose=evals&limit=2")).map(ids)).toEqual([
      ["listed-5", "listed-4"],
      ["listed-3", "listed-2"],
      ["listed-1"],
    ]);
    const { body } = await ask("/v1/files?purpose=evals&limit=2");
    for (const id of ids(body.data)) await ask(`/v1/files/${id}`, { method: "DELETE" });
    const rest = await ask(`/v1/files?purpose=evals&limit=9&cursor=${body.next_cursor}`);
    expect([ids(rest.body.data), rest.body.next_cursor]).toEqual([["listed-3", "listed-2", "listed-1"], null]);
    expect(refused(await ask("/v1/files?cursor=nonsense"))).toEqual([400, "invalid", "query.cursor"]);
    expect(refused(await ask("/v1/files?limit=1000"))).toEqual([400, "invalid", "query.limit"]);
  });

  it("have pages, numbered from 1, and tasks", async () => {
    await upload("One\fTwo\fThree", { id: "paged" });
    await settled("paged");
    const first = (await ask("/v1/files/paged/pages?limit=2")).body;
    expect(first).toMatchObject({ data: [{ number: 1, content: "One" }, { number: 2 }], total: 3, next: 3 });
    const rest = (await ask("/v1/files/paged/pages?start=3")).body;
    expect(rest).toMatchObject({ data: [{ number: 3, content: "Three", recognized: false }], next: null });
    const analyzed = await ask("/v1/files/paged/analysis", { json: { analyses: ["keywords"] } });
    expect([analyzed.status, analyzed.body.id]).toEqual([202, "paged"]);
    const tasks = (await ask("/v1/files/paged/tasks")).body;
    expect(tasks.data.map(({ kind }: Json) => kind)).toEqual(["document_analysis", "file_processing"]);
    expect([tasks.total, tasks.data[0].id]).toEqual([2, analyzed.body.task_id]);
    expect(refused(await ask("/v1/files/paged/analysis", { json: {} }))[0]).toBe(400);
    for (const path of ["", "/content", "/pages", "/tasks", "/analysis"])
      expect(refused(await ask(`/v1/files/nobody${path}`))).toEqual([404, "not_found", undefined]);
  });

  it("are their owner's", async () => {
    const [ada, bob] = [await server.makeKey("ada"), await server.makeKey("bob")];
    const headers = { authorization: `Bearer ${ada}` };
    await upload("Ada's", { id: "adas" }, { headers });
    expect((await ask("/v1/files/adas", { key: ada })).body.user).toBe("ada");
    expect((await ask("/v1/files/adas", { key: bob })).status).toBe(404);
    expect((await ask("/v1/files", { key: bob })).body.data).toEqual([]);
  });
});

describe("a vector store", () => {
  it("is made of files by a task, changed, listed and deleted", async () => {
    await upload("A cat sleeps.", { id: "cats" });
    const json = { id: "pets", name: "Pets", file_ids: ["cats"], metadata: { team: "a" } };
    const headers = { "idempotency-key": "store-once" };
    const made = await ask("/v1/vector-stores", { json, headers });
    expect([made.status, made.headers.get("location")]).toEqual([202, "/v1/vector-stores/pets"]);
    expect(made.body).toMatchObject({ name: "Pets", metadata: { team: "a" }, expires_after_ms: null });
    const again = await ask("/v1/vector-stores", { json, headers });
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([202, "true"]);
    expect(refused(await ask("/v1/vector-stores", { json }))).toEqual([409, "conflict", "id"]);
    expect(refused(await ask("/v1/vector-stores", { json: { file_ids: ["nobody"] } }))[0]).toBe(404);
    expect((await ask(`/v1/tasks/${made.body.task_id}?wait=60`)).body.state).toBe("completed");
    expect((await ask("/v1/vector-stores/pets")).body).toMatchObject({
      status: "completed",
      file_counts: { completed: 1, in_progress: 0, failed: 0, cancelled: 0 },
    });
    const patch = (json: unknown) =>
      ask("/v1/vector-stores/pets", {
        method: "PATCH",
        body: JSON.stringify(json),
        headers: { "content-type": "application/json" },
      });
    expect((await patch({ description: "All of them" })).body).toMatchObject({
      name: "Pets",
      description: "All of them",
    });
    expect((await patch({})).status).toBe(400);
    await ask("/v1/vector-stores", { json: { id: "empty" } });
    expect((await pagesOf("/v1/vector-stores?limit=1")).flat().map(({ id }) => id)).toEqual(["empty", "pets"]);
    const tasks = (await ask("/v1/vector-stores/pets/tasks")).body.data;
    expect(tasks.map(({ kind }: Json) => kind)).toEqual(["vector_store_creation"]);
    const deleted = await ask("/v1/vector-stores/empty", { method: "DELETE" });
    expect([deleted.status, deleted.body]).toEqual([202, { id: "empty", task_id: expect.stringMatching(/^task_/) }]);
    expect((await ask("/v1/vector-stores/empty")).status).toBe(404);
  });

  it("takes files with attributes, shows what became of each, and lets them go", async () => {
    for (const id of ["pump", "river"]) await upload(`About a ${id}.`, { id });
    await ask("/v1/vector-stores", { json: { id: "things" } });
    const json = { files: [{ file_id: "pump", attributes: { year: 2020 } }, { file_id: "river" }] };
    const added = await ask("/v1/vector-stores/things/files", { json });
    expect(added.status).toBe(202);
    expect(added.body.data).toMatchObject([{ file_id: "pump", attributes: { year: 2020 } }, { file_id: "river" }]);
    await ask(`/v1/tasks/${added.body.data[0].task_id}?wait=60`);
    const files = "/v1/vector-stores/things/files";
    expect(
      (await pagesOf(`${files}?limit=1&status=completed`))
        .flat()
        .map(({ file_id }) => file_id)
        .sort(),
    ).toEqual(["pump", "river"]);
    const attributes = { method: "PATCH", body: '{"attributes":{"year":2021}}' };
    const patched = await ask(`${files}/pump`, { ...attributes, headers: { "content-type": "application/json" } });
    expect(patched.body).toMatchObject({ status: "completed", attributes: { year: 2021 }, error: null });
    const search = async (json: object) => (await ask("/v1/vector-stores/things/search", { json })).body;
    const { data } = await search({ query: "pump", limit: 1 });
    expect(data).toMatchObject([{ file_id: "pump", filename: "a.txt", attributes: { year: 2021 } }]);
    expect(data[0].text.slice(data[0].highlights[0].start, data[0].highlights[0].end)).toBe("pump");
    expect((await search({ query: ["pump", "river"], filter: { year: 2021 } })).data.length).toBe(1);
    expect(refused(await ask("/v1/vector-stores/things/search", { json: { query: "x", filter: 7 } }))).toEqual([
      ...[400, "invalid", "filter"],
    ]);
    expect((await ask("/v1/vector-stores/things/summary?tokens=100")).body).toMatchObject({ model: "extractive" });
    expect((await ask(`${files}/pump`, { method: "DELETE" })).status).toBe(204);
    expect((await ask(`${files}/pump`)).status).toBe(404);
    expect((await ask("/v1/files/pump")).status).toBe(200);
  });
});
