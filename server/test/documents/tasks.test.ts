/** Section 1 of the contract: the task, and how errors are told. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DocumentsServer, startDocumentsServer } from "./documents-server.ts";

let server: DocumentsServer;
beforeAll(async () => {
  server = await startDocumentsServer();
});
afterAll(() => server.stop());

const MEMBERS = ["id", "status", "progress", "data", "created_at", "updated_at", "failure_reason"];

describe("a task", () => {
  it("has exactly the seven members of the published page, in its order, in every state", async () => {
    await server.upload("hold me", { id: "running" });
    await server.upload("Hello", { id: "done" });
    await server.upload("broken", { id: "failing" });
    await server.upload("hold me too", { id: "stopped" });
    await server.ended("upload-done");
    await server.ended("upload-failing");
    await server.ask("/v1/tasks/upload-stopped/cancel", { method: "POST" });
    const statuses: string[] = [];
    for (const id of ["running", "done", "failing", "stopped"]) {
      const { status, headers, body, text } = await server.ask(`/v1/tasks/upload-${id}`);
      expect([status, Object.keys(body)]).toEqual([200, MEMBERS]);
      expect(headers.get("content-type")).toContain("application/json");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-request-id")).toBeTruthy();
      expect(body.id).toBe(`upload-${id}`);
      expect(text).toMatch(/"progress":[01]\.\d/);
      expect(Number.isInteger(body.created_at) && Number.isInteger(body.updated_at)).toBe(true);
      expect(body.updated_at).toBeGreaterThanOrEqual(body.created_at);
      expect(body.data.operation).toBe("file_processing");
      expect(body.status === "failed").toBe(typeof body.failure_reason === "string" && body.failure_reason !== "");
      expect(body.progress === 1).toBe(body.status === "completed");
      statuses.push(body.status);
    }
    expect(statuses).toEqual(["in_progress", "completed", "failed", "cancelled"]);
  });

  it("that is completed says 1.0, and what came of the file", async () => {
    await server.upload("One\fTwo\fThree", { id: "three" });
    const task = await server.ended("upload-three");
    expect(task.data).toMatchObject({
      operation: "file_processing",
      file_id: "three",
      chunks_created: 3,
      page_count: 3,
      language: "en",
      bytes: 13,
    });
    expect((await server.ask("/v1/tasks/upload-three")).text).toContain('"progress":1.0,');
  });

  it("that failed says why: a machine word, a colon and a sentence, at 200", async () => {
    await server.upload("broken", { id: "broken" });
    expect((await server.ended("upload-broken")).failure_reason).toBe("invalid_file: the file is damaged");
    expect((await server.ask("/v1/files/broken")).body).toMatchObject({
      status: "error",
      status_details: "invalid_file: the file is damaged",
      processing_error_message: "invalid_file: the file is damaged",
    });
  });

  it("tells when to ask again until it is final", async () => {
    await server.upload("hold", { id: "slow" });
    expect((await server.ask("/v1/tasks/upload-slow")).headers.get("openai-poll-after-ms")).toBe("250");
    await server.upload("Hello", { id: "quick" });
    await server.ended("upload-quick");
    expect((await server.ask("/v1/tasks/upload-quick")).headers.get("openai-poll-after-ms")).toBeNull();
  });

  it("is not found by an id that is nobody's, or could be no id", async () => {
    const ids = [
      "nobody",
      "task_01ARZ3NDEKTSV4RRFFQ69G5FAV",
      "",
      "a".repeat(201),
      "a%20b",
      "%C3%A4",
      "a%2Fb",
      "a%00b",
      "%zz",
      "%FF",
    ];
    for (const id of ids) {
      const { status, body } = await server.ask(`/v1/tasks/${id}`);
      expect([id, status, body.detail?.type]).toEqual([id, 404, "not_found"]);
      if (id !== "") expect(body.message).toBe("Task not found");
    }
  });

  it("names no field where the URL itself is at fault", async () => {
    for (const path of ["/v1/tasks/a%00b/cancel", "/v1/tasks/%zz/cancel"]) {
      const { status, body } = await server.ask(path, { method: "POST" });
      expect([status, body.detail.field, body.error.param]).toEqual([400, null, null]);
    }
  });

  it("takes no other method, and says which it takes", async () => {
    for (const method of ["DELETE", "PUT", "PATCH", "POST"]) {
      const { status, headers, body } = await server.ask("/v1/tasks/upload-done", { method });
      expect([status, headers.get("allow"), body.detail.type]).toEqual([405, "GET, HEAD", "method_not_allowed"]);
    }
    expect((await server.ask("/v1/tasks/upload-done", { method: "HEAD" })).status).toBe(200);
  });

  it("is cancelled at once, and only while it has not ended", async () => {
    await server.upload("hold", { id: "cancel-me" });
    const { status, body } = await server.ask("/v1/tasks/upload-cancel-me/cancel", { method: "POST" });
    expect([status, Object.keys(body), body.status]).toEqual([200, MEMBERS, "cancelled"]);
    const again = await server.ask("/v1/tasks/upload-cancel-me/cancel", { method: "POST" });
    expect([again.status, again.body.detail.type]).toEqual([409, "conflict"]);
  });

  it("outlives its file", async () => {
    await server.upload("Hello", { id: "short-lived" });
    await server.ended("upload-short-lived");
    await server.ask("/v1/files/short-lived", { method: "DELETE" });
    expect((await server.ask("/v1/tasks/upload-short-lived")).body.status).toBe("completed");
  });
});

describe("a list of tasks", () => {
  it("filters by status, in the page's words and their synonyms, and by operation", async () => {
    await server.upload("hold", { id: "listed-running" });
    await server.upload("hold", { id: "listed-cancelled" });
    await server.ask("/v1/tasks/upload-listed-cancelled/cancel", { method: "POST" });
    const ids = async (query: string) => {
      const { body } = await server.ask(`/v1/tasks?limit=100&${query}`);
      return body.data.map(({ id }: { id: string }) => id);
    };
    for (const status of ["in_progress", "running"])
      expect(await ids(`status=${status}`)).toContain("upload-listed-running");
    for (const status of ["cancelled", "canceled"])
      expect(await ids(`status=${status}`)).toContain("upload-listed-cancelled");
    expect(await ids("operation=vectorization")).toEqual([]);
    const { status, body } = await server.ask("/v1/tasks?status=parsing");
    expect([status, body.detail]).toEqual([400, { type: "validation_error", field: "status" }]);
  });

  it("goes page by page from either end, and refuses cursors that it has not given", async () => {
    const all: string[] = [];
    for (let after = ""; ; ) {
      const { body, text } = await server.ask(`/v1/tasks?limit=3&order=asc${after && `&after=${after}`}`);
      const ids = body.data.map(({ id }: { id: string }) => id);
      expect(Object.keys(body)).toEqual(["object", "data", "first_id", "last_id", "has_more"]);
      expect([body.object, body.first_id, body.last_id]).toEqual(["list", ids[0], ids.at(-1)]);
      expect(text).toMatch(/"progress":[01]\.\d/);
      all.push(...ids);
      after = body.last_id;
      if (!body.has_more) break;
    }
    expect(new Set(all).size).toBe(all.length);
    const newest = (await server.ask("/v1/tasks?limit=100")).body.data.map(({ id }: { id: string }) => id);
    expect(newest.toReversed()).toEqual(all);
    expect((await server.ask(`/v1/tasks?limit=2&before=${newest[2]}`)).body.data).toHaveLength(2);
    for (const query of ["after=nobody", `after=${all[0]}&before=${all[1]}`, "limit=0", "limit=101", "order=up"])
      expect([query, (await server.ask(`/v1/tasks?${query}`)).status]).toEqual([query, 400]);
  });
});

describe("an error", () => {
  it("is told to both kinds of clients in one body", async () => {
    const { status, body } = await server.ask("/v1/tasks?limit=0");
    expect(status).toBe(400);
    expect(body).toEqual({
      code: 1,
      message: expect.stringContaining("limit"),
      detail: { type: "validation_error", field: "limit" },
      error: {
        message: body.message,
        type: "invalid_request_error",
        param: "limit",
        code: "validation_error",
      },
    });
  });

  it("of a body that is no JSON, or of another type, says so", async () => {
    const init = { method: "POST", body: "{oops" };
    const broken = await server.ask("/v1/vector_stores", { ...init, headers: { "content-type": "application/json" } });
    expect([broken.status, broken.body.code]).toEqual([400, 1]);
    const other = await server.ask("/v1/vector_stores", { ...init, headers: { "content-type": "text/plain" } });
    expect([other.status, other.body.code, other.body.detail.type]).toEqual([415, 5, "unsupported_type"]);
  });

  it("of what this dialect has not is 501, and of nothing 404", async () => {
    const { status, body } = await server.ask("/v1/responses", { json: { input: "Hello" } });
    expect([status, body.code, body.error.type]).toEqual([501, 9, "server_error"]);
    const nowhere = await server.ask("/v1/nowhere");
    expect([nowhere.status, nowhere.body.code]).toEqual([404, 2]);
  });
});

describe("tasks of other APIs", () => {
  const call = async (path: string, json?: unknown) => {
    const init = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
    const headers = { "content-type": "application/json" };
    return JSON.parse(await (await fetch(server.mainUrl + path, { ...init, headers })).text());
  };

  it("are read here too, whatever their kind", async () => {
    const made = await call("/v1/tasks?wait=60", { kind: "answering", input: {} });
    const { status, body } = await server.ask(`/v1/tasks/${made.id}`);
    expect([status, Object.keys(body)]).toEqual([200, MEMBERS]);
    expect(body).toMatchObject({ id: made.id, status: "completed", progress: 1, failure_reason: null });
    expect(body.data).toEqual({ operation: "answering", output: { answer: 42 } });
  });

  it("never tell a task as pending again, however early it is paused", async () => {
    const { id } = await call("/v1/tasks", { kind: "answering", input: {}, delay_ms: 3_600_000 });
    const told = async () => (await server.ask(`/v1/tasks/${id}`)).body.status;
    const statuses = [await told()];
    for (const act of ["pause", "resume", "pause", "cancel"]) {
      await call(`/v1/tasks/${id}/${act}`, {});
      statuses.push(await told());
    }
    expect(statuses).toEqual(["pending", "in_progress", "in_progress", "in_progress", "cancelled"]);
  });

  it("read those of documents: the native one and Shannon's", async () => {
    await server.upload("Hello", { id: "seen" });
    await server.ended("upload-seen");
    const { data: tasks } = await call("/v1/tasks?metadata[file_id]=seen");
    expect(tasks).toMatchObject([{ kind: "file_processing", state: "completed", metadata: { file_id: "seen" } }]);
    const shannon = await call(`/shannon/api/v1/tasks/${tasks[0].id}`);
    expect(shannon).toMatchObject({ task_id: tasks[0].id, status: "TASK_STATUS_COMPLETED" });
    const here = await call(`/v1/tasks/${tasks[0].id}?lens=documents`);
    expect([Object.keys(here), here.data.file_id]).toEqual([MEMBERS, "seen"]);
  });
});

describe("a server that demands keys", () => {
  it("refuses without one and with a wrong one, and knows users apart", async () => {
    const strict = await startDocumentsServer({ development: false });
    const [ada, bob] = [await strict.makeKey("ada"), await strict.makeKey("bob")];
    for (const key of [undefined, "sk_wrong"]) {
      const refused = await strict.ask("/v1/tasks/x", key === undefined ? {} : { key });
      expect([refused.status, refused.body.code, refused.body.error.type]).toEqual([401, 7, "authentication_error"]);
      expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    }
    expect((await strict.ask("/v1/serverstatus/health")).status).toBe(200);
    const form = new FormData();
    form.append("file", new File(["Hello"], "a.txt"));
    form.append("id", "mine");
    expect((await strict.ask("/v1/files", { method: "POST", body: form, key: ada })).status).toBe(200);
    expect((await strict.ask("/v1/tasks/upload-mine", { key: ada })).status).toBe(200);
    expect((await strict.ask("/v1/tasks/upload-mine", { key: bob })).status).toBe(404);
    expect((await strict.ask("/v1/files/mine", { key: bob })).status).toBe(404);
    await strict.stop();
  });
});
