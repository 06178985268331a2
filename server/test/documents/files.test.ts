/** Sections 2 and 3 of the contract: task ids, uploads, files and documents. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answered } from "./documents-client.ts";
import { type DocumentsServer, startDocumentsServer } from "./documents-server.ts";

let server: DocumentsServer;
beforeAll(async () => {
  server = await startDocumentsServer();
});
afterAll(() => server.stop());

const md5Of = (text: string) => createHash("md5").update(text).digest("hex");
const FILE_MEMBERS = ["id", "object", "bytes", "created_at", "filename", "purpose", "task_id"];

function refused({ status, body }: Answered) {
  return [status, body.detail?.type, body.detail?.field];
}

describe("an upload", () => {
  it("answers 200 with the File, whose task is `upload-` and its id", async () => {
    const { status, body, headers } = await server.upload("Hello");
    expect(status).toBe(200);
    expect(Object.keys(body).slice(0, 7)).toEqual(FILE_MEMBERS);
    expect(body).toMatchObject({
      object: "file",
      bytes: 5,
      filename: "a.txt",
      purpose: "general",
      task_id: `upload-${body.id}`,
      status: "uploaded",
      status_details: null,
      content_type: "text/plain",
      md5: md5Of("Hello"),
      metadata: {},
      expires_at: null,
    });
    expect(body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(headers.get("openai-poll-after-ms")).toBe("250");
    await server.ended(body.task_id);
    expect((await server.ask(`/v1/files/${body.id}`)).body.status).toBe("processed");
  });

  it("takes an id of the client's, once, and again when it is deleted", async () => {
    expect((await server.upload("Hello", { id: "own-id_1" })).body.id).toBe("own-id_1");
    expect(refused(await server.upload("Hello", { id: "own-id_1" }))).toEqual([409, "conflict", "id"]);
    await server.ended("upload-own-id_1");
    await server.ask("/v1/files/own-id_1", { method: "DELETE" });
    expect((await server.ask("/v1/tasks/upload-own-id_1")).body.status).toBe("completed");
    expect((await server.upload("Hello", { id: "own-id_1" })).body.task_id).toBe("upload-own-id_1");
    await server.ended("upload-own-id_1");
    for (const id of ["a b", "x".repeat(65), "a/b", ""])
      expect(refused(await server.upload("Hello", { id }))).toEqual([400, "validation_error", "id"]);
  });

  it("checks the MD5 that it names", async () => {
    expect((await server.upload("Hello", { md5: md5Of("Hello").toUpperCase() })).status).toBe(200);
    expect(refused(await server.upload("Hello", { md5: md5Of("Bye") }))).toEqual([400, "validation_error", "md5"]);
    expect(refused(await server.upload("Hello", { md5: "xyz" }))).toEqual([400, "validation_error", "md5"]);
  });

  it("that skips what exists is answered with the file of the same bytes, and processes nothing", async () => {
    const first = await server.upload("Only once", { id: "once" });
    await server.ended("upload-once");
    const again = await server.upload("Only once", { id: "twice", skip_exists: "true" });
    expect(again.body).toMatchObject({ id: "once", task_id: first.body.task_id, status: "processed" });
    expect((await server.ask("/v1/files/twice")).status).toBe(404);
    // As Python writes it.
    const inPython = await server.upload("Only once", { id: "twice", skip_exists: "True" });
    expect(inPython.body).toMatchObject({ id: "once" });
    expect((await server.upload("Only once", { id: "twice", skip_exists: "False" })).body).toMatchObject({
      id: "twice",
    });
  });

  it("has options, of which unknown ones are told and bad ones refused", async () => {
    const options = { abstract: "enable", keywords: "disable", sing: "enable" };
    await server.upload("Hello", { id: "options", parse_options: JSON.stringify(options) });
    const { data } = await server.ended("upload-options");
    expect(data.warnings).toEqual([{ code: "unknown_option", message: "There is no option sing." }]);
    expect((await server.ask("/v1/files/options/content")).body.content.abstract).toBe("Short.");
    for (const bad of ["{oops", "[]", '{"abstract":"maybe"}', '"enable"'])
      expect((await server.upload("Hello", { parse_options: bad })).status).toBe(400);
  });

  it("echoes its request id, expires, and passes over fields that there are not", async () => {
    const fields = {
      request_id: "req-17",
      other: "x",
      "expires_after[anchor]": "created_at",
      "expires_after[seconds]": "3600",
      purpose: "user_data",
    };
    const { headers, body } = await server.upload("Hello", fields);
    expect(headers.get("x-request-id")).toBe("req-17");
    // What is no name of a request is no header.
    for (const request_id of ["a\nb: c", "größe"]) {
      const { status, headers } = await server.upload("Hello", { request_id });
      expect([status, headers.get("x-request-id")]).toEqual([200, expect.not.stringContaining(request_id.slice(0, 2))]);
    }
    expect(body.expires_at).toBe(body.created_at + 3600);
    expect(body.purpose).toBe("user_data");
    for (const bad of [{ purpose: "fun" }, { ...fields, "expires_after[seconds]": "60" }])
      expect((await server.upload("Hello", bad)).status).toBe(400);
  });

  it("without a file, a name or a byte is refused, and so is one that is too long", async () => {
    const form = new FormData();
    form.append("purpose", "qa");
    expect(refused(await server.ask("/v1/files", { method: "POST", body: form }))).toEqual([
      400,
      "validation_error",
      "file",
    ]);
    expect(refused(await server.upload(""))).toEqual([400, "validation_error", "file"]);
    expect(refused(await server.upload("Hello", {}, "../"))).toEqual([400, "validation_error", "file"]);
    expect(refused(await server.upload(Buffer.alloc((1 << 20) + 1)))[0]).toBe(413);
    expect((await server.ask("/v1/files", { json: {} })).status).toBe(415);
  });

  it("has a name without folders and hidden characters, of at most 255 bytes", async () => {
    const names: [string, string][] = [
      ["../../etc/passwd", "passwd"],
      ["C:\\docs\\a.txt", "a.txt"],
      ["evil\u202Efdp.exe", "evilfdp.exe"],
      [`${"ä".repeat(200)}.pdf`, `${"ä".repeat(125)}.pdf`],
    ];
    for (const [given, kept] of names) expect((await server.upload("Hello", {}, given)).body.filename).toBe(kept);
  });

  it("by URL is switched off, unless the operator switches it on", async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries({
      url: "https://example.org/a.pdf",
      name: "a",
      file_type: "text/plain",
    }))
      form.append(name, value);
    expect(refused(await server.ask("/v1/files", { method: "POST", body: form }))).toEqual([
      403,
      "permission_error",
      "url",
    ]);
  });

  it("is limited by the hour where the operator says so, and told when to come again", async () => {
    const limited = await startDocumentsServer({ documents: { perHour: { upload: 1 } } });
    expect((await limited.upload("One")).status).toBe(200);
    const { status, headers, body } = await limited.upload("Two");
    expect([status, body.code, body.error.type]).toEqual([429, 6, "rate_limit_error"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(3_000);
    await limited.stop();
  });
});

describe("a file", () => {
  it("is listed, by purpose and page by page", async () => {
    for (const id of ["v1", "v2", "v3"]) await server.upload(id, { id, purpose: "vision" });
    const ids = async (query: string) =>
      (await server.ask(`/v1/files?purpose=vision&${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await ids("order=asc")).toEqual(["v1", "v2", "v3"]);
    expect(await ids("limit=2")).toEqual(["v3", "v2"]);
    expect(await ids("limit=2&after=v2")).toEqual(["v1"]);
    expect((await server.ask("/v1/files?after=nobody")).status).toBe(400);
    expect((await server.ask("/v1/files?purpose=fun")).status).toBe(400);
  });

  it("is a Document by its content: every string a string, and its pages as segments from P0000", async () => {
    await server.upload("First\fSecond", { id: "doc" });
    await server.ended("upload-doc");
    const { body } = await server.ask("/v1/files/doc/content");
    const { content, ...document } = body;
    const md5 = md5Of("First\fSecond");
    expect(document).toMatchObject({
      id: "doc",
      object: "file",
      filename: "a.txt",
      bytes: 12,
      purpose: "general",
      status: "processed",
      md5sum: md5,
      mime_type: "text/plain",
      metadata: {},
      vector_store_ids: [],
      read_progress: null,
      bookmarks: [],
      is_favorite: false,
      is_delete: false,
      permissions: [],
    });
    expect(document.created_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(content).toEqual({
      id: md5,
      abstract: "",
      summary: "",
      outline: "",
      keywords: [],
      language: "en",
      url: null,
      page_count: 2,
      file_type: "text",
      encoding: "utf-8",
      status: "completed",
      metadata: {},
      vector_store_ids: [],
      contexts: [],
      images: [],
      graph: null,
      segments: [
        { id: `${md5}-P0000`, content: "First", index: 0, metadata: {}, url: "" },
        { id: `${md5}-P0001`, content: "Second", index: 1, metadata: {}, url: "" },
      ],
    });
    const chunks = (await server.ask("/v1/files/doc/content?segments=chunks")).body.content.segments;
    expect(chunks[1]).toMatchObject({ content: "Second", metadata: { page: 2, start: 0, end: 6 } });
    expect(chunks[1].id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  });

  it("has null content while it is being read", async () => {
    await server.upload("hold", { id: "reading" });
    const { status, body } = await server.ask("/v1/files/reading/content");
    expect([status, body.content]).toEqual([200, null]);
  });

  it("gives its bytes to whoever accepts binary and no JSON, and always as raw", async () => {
    await server.upload("Hello", { id: "bytes" }, "höhe.txt");
    const accept = (value: string) => server.ask("/v1/files/bytes/content", { headers: { accept: value } });
    for (const value of ["application/binary", "application/octet-stream, text/plain;q=0.5"])
      expect((await accept(value)).text).toBe("Hello");
    for (const value of ["*/*", "application/json", "application/binary, application/json"])
      expect((await accept(value)).body.id).toBe("bytes");
    const { text, headers } = await server.ask("/v1/files/bytes/raw");
    expect(text).toBe("Hello");
    expect(headers.get("content-type")).toContain("text/plain");
    expect(headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''h%C3%B6he.txt");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-length")).toBe("5");
    expect(headers.get("x-request-id")).toBeTruthy();
  });

  it("is annotated name by name; nothing is refused", async () => {
    await server.upload("Hello", { id: "notes" });
    await server.ended("upload-notes");
    const { status, body } = await server.ask("/v1/files/notes/content", {
      json: { title: "A title", notes: [{ text: "n" }], read_progress: 0.5, is_favorite: true },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ title: "A title", notes: [{ text: "n" }], read_progress: 0.5, is_favorite: true });
    const changed = await server.ask("/v1/files/notes/content", { json: { metadata: { year: 2020 } } });
    expect(changed.body).toMatchObject({ title: "A title", metadata: { year: 2020 } });
    expect((await server.ask("/v1/files/notes")).body.metadata).toEqual({ year: 2020 });
    for (const json of [{}, { read_progress: 2 }])
      expect((await server.ask("/v1/files/notes/content", { json })).status).toBe(400);
  });

  it("has pages from 1 on, both ends included", async () => {
    await server.upload("One\fTwo\fThree", { id: "paged" });
    await server.ended("upload-paged");
    const pages = (query: string) => server.ask(`/v1/files/paged/pages${query}`);
    expect((await pages("?start_page=2&end_page=3")).body).toEqual({
      object: "list",
      file_id: "paged",
      page_count: 3,
      pages: [
        { page_number: 2, content: "Two" },
        { page_number: 3, content: "Three" },
      ],
    });
    expect((await pages("")).body.pages).toHaveLength(3);
    expect((await pages("?start_page=1&end_page=2")).body.pages).toHaveLength(2);
    for (const query of ["?start_page=3&end_page=2", "?start_page=0"]) expect((await pages(query)).status).toBe(400);
  });

  it("is analysed by a task of its own, which is its last then", async () => {
    await server.upload("Hello", { id: "analysed" });
    await server.ended("upload-analysed");
    const asked = { parse_options: { abstract: "enable", keywords: "enable" } };
    const { status, body } = await server.ask("/v1/files/analysed/analysis", { json: asked });
    expect([status, body.task_id]).toEqual([200, "analyze-analysed"]);
    expect((await server.ended("analyze-analysed")).data).toMatchObject({
      operation: "document_analysis",
      file_id: "analysed",
      produced: ["abstract", "keywords"],
      method: "extractive",
    });
    expect((await server.ask("/v1/files/analysed/analysis", { json: asked })).body.task_id).toBe("analyze-analysed-2");
  });

  it("is deleted once, with its running task, and leaves every store", async () => {
    await server.upload("hold", { id: "gone" });
    await server.ask("/v1/vector_stores", { json: { id: "vs-gone", file_ids: ["gone"] } });
    const { body } = await server.ask("/v1/files/gone", { method: "DELETE" });
    expect(body).toEqual({ id: "gone", object: "file", deleted: true });
    expect((await server.ask("/v1/files/gone", { method: "DELETE" })).status).toBe(404);
    expect((await server.ended("upload-gone")).status).toBe("cancelled");
    expect((await server.ask("/v1/vector_stores/vs-gone")).body.file_ids).toEqual([]);
  });
});
