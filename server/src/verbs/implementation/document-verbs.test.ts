import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Idempotency } from "../../task/submission.ts";
import type { NewDocument } from "../documents.ts";
import { ada, admin, bob, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const NOTHING = { analyses: [], vectorize: false, outlineAsJson: false, unknown: [] };
const PAGE = { limit: 10, order: "asc" } as const;

async function upload(text: string, more: Partial<NewDocument> = {}, who = ada) {
  return (await begin(text, more, who)).document;
}

async function begin(text: string, more: Partial<NewDocument> = {}, who = ada, idempotency?: Idempotency) {
  const { documents, uploads } = stage.verbs;
  const from = await uploads.receive(who, Readable.from([Buffer.from(text)]), { bytesMax: 1_000 });
  const options = { ...NOTHING, recognize: true };
  const wanted = { filename: "a.txt", purpose: "qa", mediaType: "text/plain", skipExisting: false, options };
  try {
    return await documents.upload(who, "documents", { ...wanted, from, ...more }, idempotency);
  } finally {
    await from.release();
  }
}

/** The task that clients of the documents API call so, once it has ended. */
async function endedTask(name: string, who = ada) {
  const { id } = await stage.verbs.tasks.named(who, "documents", name);
  return stage.ended(id, who);
}

describe("an upload", () => {
  it("is a document and the task that reads it, which its client names after it", async () => {
    const document = await upload("Hello", {
      id: "mine",
      options: { ...NOTHING, recognize: false, unknown: ["sing"] },
    });
    expect(document).toMatchObject({ id: "mine", taskId: "upload-mine", status: "uploaded", bytes: 5 });
    const task = await endedTask("upload-mine");
    expect(task).toMatchObject({
      kind: "file_processing",
      lens: "documents",
      metadata: { file_id: "mine" },
      details: { unknownOptions: ["sing"] },
      output: { asked: { recognize: false, analyses: [], vectorize: false, outlineAsJson: false, url: null } },
    });
    expect((await stage.verbs.documents.get(ada, "mine")).task).toBe(task.id);
    const { size, bytes } = await stage.verbs.documents.bytes(ada, "mine");
    expect([size, (await bytes.toArray()).join("")]).toEqual([5, "Hello"]);
  });

  it("whose file was cut is an error of whoever reads it, and not shown as whole", async () => {
    await upload("Hello", { id: "mine" });
    vi.spyOn(stage.store.files, "open").mockResolvedValue({ size: 3, bytes: Readable.from(["Hel"]) });
    await expect(stage.verbs.documents.bytes(ada, "mine")).rejects.toThrow(
      "The content of document mine cannot be read: its file has 3 bytes in the place of 5",
    );
  });

  it("under a taken id is refused and keeps nothing", async () => {
    await upload("Hello", { id: "mine" });
    await expect(upload("Other", { id: "mine" })).rejects.toMatchObject({ code: "conflict", detail: { field: "id" } });
    expect((await stage.verbs.tasks.list(ada, {}, { limit: 10 })).total).toBe(1);
    await upload("Bob's", { id: "mine" }, bob);
    expect((await stage.verbs.documents.list(ada, {}, PAGE)).documents.map(({ bytes }) => bytes)).toEqual([5]);
  });

  it("under the id of a deleted document takes over its name, and the task before it stays readable by its own id", async () => {
    await upload("Hello", { id: "mine" });
    const before = await endedTask("upload-mine");
    await stage.verbs.documents.delete(ada, "mine");
    expect((await endedTask("upload-mine")).id).toBe(before.id);
    expect(await upload("Again", { id: "mine" })).toMatchObject({ id: "mine", taskId: "upload-mine" });
    const { task } = await stage.verbs.documents.get(ada, "mine");
    expect((await endedTask("upload-mine")).id).toBe(task);
    expect(task).not.toBe(before.id);
    expect((await stage.verbs.tasks.named(ada, "documents", before.id)).state).toBe("completed");
    const { tasks } = await stage.verbs.documents.tasks(ada, "mine", { limit: 10 });
    expect(tasks.map(({ id }) => id)).toEqual([task, before.id]);
  });

  it("that comes again under its key is the first one, also once its id is taken by it; another one is refused", async () => {
    const send = (hash: string) => begin("Hello", { id: "mine" }, ada, { key: "once", hash });
    const first = await send("h");
    expect(first.replayed).toBe(false);
    expect(await send("h")).toMatchObject({ replayed: true, document: { key: first.document.key } });
    await expect(send("other")).rejects.toMatchObject({ code: "conflict", detail: { field: "Idempotency-Key" } });
    expect((await stage.verbs.tasks.list(ada, {}, { limit: 10 })).total).toBe(1);
  });

  it("whose bytes have another MD5 than it says is refused, and nothing of it stays", async () => {
    const md5 = "0".repeat(32);
    await expect(upload("Hello", { md5 })).rejects.toMatchObject({ code: "invalid", detail: { field: "md5" } });
    expect((await stage.verbs.documents.list(ada, {}, PAGE)).documents).toEqual([]);
    expect((await stage.verbs.tasks.list(ada, {}, { limit: 10 })).total).toBe(0);
  });

  it("that skips what exists answers with the document of the same bytes or the same id", async () => {
    const first = await upload("Hello", { id: "first" });
    const again = await upload("Hello", { id: "second", skipExisting: true });
    expect(again).toMatchObject({ id: "first", taskId: "upload-first", key: first.key });
    expect((await upload("Other", { id: "first", skipExisting: true })).key).toBe(first.key);
    expect((await upload("Hello", { skipExisting: true }, bob)).key).not.toBe(first.key);
  });

  it("is begun by no submit of its kind: the keys of its input are nobody's to give", async () => {
    const { key } = await upload("Hello");
    const input = { document: key, analyses: ["abstract"] };
    await expect(stage.submit("document_analysis", { input })).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("a document", () => {
  it("is its owner's, and seen by whoever may see all of the tenant", async () => {
    await upload("Hello", { id: "mine" });
    const { documents } = stage.verbs;
    expect((await documents.get(admin, "mine")).user).toBe("ada");
    for (const other of [bob, stranger])
      await expect(documents.get(other, "mine")).rejects.toMatchObject({ code: "not_found" });
    await upload("Bob's", { id: "mine" }, bob);
    expect((await documents.get(bob, "mine")).user).toBe("bob");
    expect((await documents.list(admin, {}, PAGE)).documents.map(({ user }) => user)).toEqual(["ada", "bob"]);
  });

  it("that has expired is not found, and is in no list", async () => {
    await upload("Hello", { id: "mine", expiresAfterMs: 3_600_000 });
    await endedTask("upload-mine");
    await stage.clock.advance(3_600_000, async () => {});
    await expect(stage.verbs.documents.get(ada, "mine")).rejects.toMatchObject({ code: "not_found" });
    expect((await stage.verbs.documents.list(ada, {}, PAGE)).documents).toEqual([]);
    expect((await upload("Anew", { id: "mine" })).bytes).toBe(4);
  });

  it("is analysed and embedded by tasks of their own, numbered from the second on", async () => {
    await upload("Hello", { id: "mine" });
    const analyze = (options: object) =>
      stage.verbs.documents.analyze(ada, "documents", "mine", { ...NOTHING, ...options });
    expect((await analyze({ analyses: ["abstract"] })).taskId).toBe("analyze-mine");
    expect((await analyze({ analyses: ["graph"], vectorize: true })).taskId).toBe("analyze-mine-2");
    expect((await analyze({ vectorize: true })).taskId).toBe("vectorize-mine-2");
    expect(await endedTask("analyze-mine-2")).toMatchObject({ output: { produced: ["graph"] } });
    await expect(analyze({})).rejects.toMatchObject({ code: "invalid", detail: { field: "parse_options" } });
  });

  it("is deleted with its running tasks, once", async () => {
    await upload("Hello", { id: "mine", filename: "hold" });
    const { id } = await stage.verbs.tasks.named(ada, "documents", "upload-mine");
    await stage.verbs.documents.delete(ada, "mine");
    expect((await stage.ended(id)).state).toBe("cancelled");
    await expect(stage.verbs.documents.delete(ada, "mine")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a task", () => {
  it("is listed from either end by its names, page by page, among others", async () => {
    const { tasks } = stage.verbs;
    await upload("one", { id: "a" });
    const between = await stage.submit("echo");
    await upload("two", { id: "b" });
    for (const name of ["upload-a", "upload-b"]) await endedTask(name);
    await stage.ended(between);
    const names = async (page: object, filter: object = {}) => {
      const found = await tasks.page(ada, "documents", filter, { limit: 2, order: "desc", ...page });
      return [found.names, found.more];
    };
    expect(await names({})).toEqual([["upload-b", between], true]);
    expect(await names({ after: between })).toEqual([["upload-a"], false]);
    expect(await names({ before: "upload-a" })).toEqual([["upload-b", between], false]);
    expect(await names({ order: "asc", after: "upload-a" })).toEqual([[between, "upload-b"], false]);
    expect(await names({}, { kinds: ["file_processing"] })).toEqual([["upload-b", "upload-a"], false]);
    expect(await names({}, { states: ["failed"] })).toEqual([[], false]);
    await expect(names({ after: "upload-c" })).rejects.toMatchObject({ code: "invalid", detail: { field: "after" } });
    await expect(tasks.named(bob, "documents", "upload-a")).rejects.toMatchObject({ code: "not_found" });
    expect((await tasks.named(admin, "documents", "upload-a")).user).toBe("ada");
  });
});

describe("a vector store", () => {
  const NEW = { name: "Reports", description: "", metadata: {}, expiresAfterMs: null };

  it("is made with its members and its task, or not at all", async () => {
    const { vectorStores } = stage.verbs;
    await upload("one", { id: "a" });
    const made = await vectorStores.create(ada, "documents", { ...NEW, id: "vs", documentIds: ["a", "a"] });
    expect(made.store).toMatchObject({ id: "vs", taskId: "create-vs", counts: { in_progress: 1 } });
    expect(await vectorStores.documentIds(made.store)).toEqual(["a"]);
    expect((await endedTask("create-vs")).metadata).toEqual({ vector_store_id: "vs" });
    const missing = vectorStores.create(ada, "documents", { ...NEW, id: "other", documentIds: ["a", "b"] });
    await expect(missing).rejects.toMatchObject({ code: "not_found", detail: { field: "file_ids" } });
    await expect(vectorStores.get(ada, "other")).rejects.toMatchObject({ code: "not_found" });
    await expect(vectorStores.create(ada, "documents", { ...NEW, id: "vs", documentIds: [] })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(vectorStores.get(bob, "vs")).rejects.toMatchObject({ code: "not_found" });
  });

  it("is made once by a request that comes again under its key", async () => {
    const { vectorStores } = stage.verbs;
    const create = (hash: string) =>
      vectorStores.create(ada, "documents", { ...NEW, documentIds: [] }, { key: "once", hash });
    const first = await create("h");
    expect(await create("h")).toMatchObject({ replayed: true, store: { id: first.store.id } });
    await expect(create("other")).rejects.toMatchObject({ code: "conflict", detail: { field: "Idempotency-Key" } });
    expect((await vectorStores.list(ada, PAGE)).stores.length).toBe(1);
  });

  it("changes its members by a task, and nothing else by one", async () => {
    const { vectorStores } = stage.verbs;
    for (const id of ["a", "b"]) await upload(id, { id });
    await vectorStores.create(ada, "documents", { ...NEW, id: "vs", documentIds: ["a"] });
    expect((await vectorStores.change(ada, "documents", "vs", { name: "New" })).taskId).toBe("create-vs");
    const changed = await vectorStores.change(ada, "documents", "vs", { join: ["a", "b"], leave: [] });
    expect(changed).toMatchObject({ name: "New", taskId: "vectorize-vs" });
    expect(await vectorStores.documentIds(changed)).toEqual(["a", "b"]);
    const left = await vectorStores.change(ada, "documents", "vs", { leave: ["a"] });
    expect([left.taskId, await vectorStores.documentIds(left)]).toEqual(["vectorize-vs-2", ["b"]]);
    const both = vectorStores.change(ada, "documents", "vs", { join: ["a"], leave: ["a"] });
    await expect(both).rejects.toMatchObject({ code: "invalid" });
  });

  it("takes batches, which are counted by themselves and can be cancelled", async () => {
    const { vectorStores } = stage.verbs;
    for (const id of ["a", "b"]) await upload(id, { id });
    await vectorStores.create(ada, "documents", { ...NEW, id: "vs", documentIds: ["a"] });
    const members = ["a", "b"].map((documentId) => ({ documentId, attributes: { n: documentId } }));
    const { batch } = await vectorStores.add(ada, "documents", "vs", members, true);
    expect(batch).toMatchObject({ taskId: "vectorize-vs", counts: { in_progress: 2 } });
    expect(await vectorStores.member(ada, "vs", "b")).toMatchObject({ attributes: { n: "b" }, taskId: "vectorize-vs" });
    const cancelled = await vectorStores.cancelBatch(ada, "vs", batch?.id ?? "");
    expect(cancelled.counts).toEqual({ in_progress: 0, completed: 0, failed: 0, cancelled: 2 });
    const found = await vectorStores.members(ada, "vs", { batch: batch?.id ?? "", status: "cancelled" }, PAGE);
    expect(found.members.map(({ documentId }) => documentId)).toEqual(["a", "b"]);
    await vectorStores.remove(ada, "vs", "a");
    await expect(vectorStores.remove(ada, "vs", "a")).rejects.toMatchObject({ code: "not_found" });
  });

  it("is gone at once when it is deleted; its documents and the task that says so stay", async () => {
    const { vectorStores } = stage.verbs;
    await upload("a", { id: "a" });
    await vectorStores.create(ada, "documents", { ...NEW, id: "vs", documentIds: ["a"] });
    expect(await vectorStores.delete(ada, "documents", "vs")).toMatchObject({ id: "vs", taskId: "delete-vs" });
    await expect(vectorStores.get(ada, "vs")).rejects.toMatchObject({ code: "not_found" });
    expect((await endedTask("delete-vs")).state).toBe("completed");
    expect((await stage.verbs.documents.get(ada, "a")).id).toBe("a");
    await vectorStores.create(ada, "documents", { ...NEW, id: "vs", documentIds: [] });
    expect((await vectorStores.get(ada, "vs")).taskId).toBe("create-vs-2");
  });

  it("that has expired is read and not searched", async () => {
    const { vectorStores } = stage.verbs;
    await vectorStores.create(ada, "documents", { ...NEW, id: "vs", documentIds: [], expiresAfterMs: 1_000 });
    const search = () =>
      vectorStores.search(
        ada,
        "vs",
        { queries: ["x"], filter: null, scoreMin: 0, limit: 10 },
        new AbortController().signal,
      );
    expect(await search()).toEqual([]);
    await endedTask("create-vs");
    await stage.clock.advance(1_000, async () => {});
    expect((await vectorStores.get(ada, "vs")).expired).toBe(true);
    await expect(search()).rejects.toMatchObject({ code: "not_allowed_in_state" });
  });
});
