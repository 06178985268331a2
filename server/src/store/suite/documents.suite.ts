/** Documents, their pages, and vector stores with their members: how every store keeps them. */
import { describe, expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import { AUTO_CHUNKING } from "../../task/documents/chunk.ts";
import type { DocumentRecord, MemberRecord, VectorStoreRecord } from "../../task/documents/document.ts";
import type { ListPage, PlacedPage } from "../../task/task-filter.ts";
import type { Store } from "../store.ts";
import { ADA, code, complete, EVERYBODY, live, submit } from "./life.suite.ts";
import { newConversationId as newKey, newTask, START } from "./new-task.suite.ts";

const MD5 = "0123456789abcdef0123456789abcdef";

export function newDocument(fields: Partial<DocumentRecord> = {}): DocumentRecord {
  const key = newKey();
  return {
    key,
    tenant: "acme",
    user: "ada",
    id: `file-${key.slice(-12)}`,
    filename: "report.pdf",
    purpose: "qa",
    sha256: null,
    md5: MD5,
    bytes: 10,
    mediaType: "application/pdf",
    status: "uploaded",
    error: null,
    createdAt: START,
    updatedAt: START,
    expiresAt: null,
    task: null,
    annotations: {},
    reading: null,
    produced: {},
    ...fields,
  };
}

export function newVectorStore(fields: Partial<VectorStoreRecord> = {}): VectorStoreRecord {
  const key = newKey();
  return {
    key,
    tenant: "acme",
    user: "ada",
    id: `vs_${key.slice(-12)}`,
    name: "Reports",
    description: "",
    metadata: {},
    chunking: AUTO_CHUNKING,
    model: "offline",
    createdAt: START,
    lastActiveAt: START,
    expiresAfterMs: null,
    task: null,
    counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0 },
    bytes: 0,
    ...fields,
  };
}

export function newMember(store: VectorStoreRecord, document: DocumentRecord, fields: Partial<MemberRecord> = {}) {
  return {
    vectorStore: store.key,
    document: document.key,
    status: "in_progress" as const,
    error: null,
    attributes: {},
    chunking: AUTO_CHUNKING,
    batch: null,
    task: null,
    bytes: 0,
    createdAt: START,
    ...fields,
  };
}

const FILE = { sha256: "a".repeat(64), md5: MD5, bytes: 7, mediaType: "text/plain" };
const READING = {
  fileType: "pdf",
  encoding: null,
  paged: true,
  pageCount: 2,
  title: "A report",
  author: null,
  properties: { Producer: "pdfTeX" },
  language: "en",
  chunks: 3,
};
const page = (index: number, content = `Page ${index}`) => ({ index, name: null, content, recognized: false });

export function documentStories(setup: () => Promise<Store>): void {
  describe("a document", () => oneDocument(setup));
  describe("a list of documents", () => documentLists(setup));
  describe("a vector store", () => vectorStores(setup));
  describe("a new task", () => newTasks(setup));
}

function oneDocument(setup: () => Promise<Store>): void {
  test("is kept as it is, and its id is its owner's once", async () => {
    const { documents } = await setup();
    const document = newDocument({ id: "mine", annotations: { title: "T" }, produced: { keywords: ["a"] } });
    await documents.put({ document });
    expect(await documents.document(document.key)).toEqual(document);
    expect(await code(documents.put({ document: newDocument({ id: "mine" }) }))).toBe("conflict");
    const another = newDocument({ id: "mine", user: "bob" });
    await documents.put({ document: another });
    const find = (visible: typeof ADA | typeof EVERYBODY, user: string) =>
      documents.documentById(visible, { tenant: "acme", user, id: "mine" });
    expect((await find(ADA, "ada"))?.key).toBe(document.key);
    expect((await find(EVERYBODY, "bob"))?.key).toBe(another.key);
    expect((await find(EVERYBODY, "carol"))?.key).toBe(document.key);
    expect(await documents.documentById(ADA, { tenant: "other", user: "ada", id: "mine" })).toBeNull();
  });

  test("is found again by the MD5 of its bytes, by its owner alone", async () => {
    const { documents } = await setup();
    await documents.put({ document: newDocument({ user: "bob" }) });
    expect(await documents.documentByMd5({ tenant: "acme", user: "ada" }, MD5)).toBeNull();
    const document = newDocument();
    await documents.put({ document });
    expect((await documents.documentByMd5({ tenant: "acme", user: "ada" }, MD5))?.key).toBe(document.key);
  });

  test("is filled, read page by page, and annotated, name by name", async () => {
    const { documents } = await setup();
    const document = newDocument({ md5: null, bytes: 0, annotations: { title: "Old", notes: ["n"] } });
    const { key } = document;
    await documents.put({ document });
    await documents.fillDocument(key, FILE, START + 1);
    await documents.putPages(key, [page(0), page(1), page(3)]);
    await documents.putPages(key, [page(1, "Second")]);
    expect(await documents.pageCount(key)).toBe(2);
    expect(await documents.pages(key, 1, 10)).toEqual([page(1, "Second"), page(3)]);
    await documents.finishReading(key, { reading: READING }, START + 2);
    await documents.putProduced(key, { abstract: "Short.", keywords: ["a"] }, START + 3);
    await documents.putProduced(key, { abstract: "Shorter.", graph: { entities: [], relationships: [] } }, START + 4);
    const annotated = await documents.annotateDocument(key, { title: "New" }, START + 5);
    expect(annotated).toEqual({
      ...document,
      ...FILE,
      status: "processed",
      reading: READING,
      produced: { abstract: "Shorter.", keywords: ["a"], graph: { entities: [], relationships: [] } },
      annotations: { title: "New", notes: ["n"] },
      updatedAt: START + 5,
    });
  });

  test("that could not be read has an error and no pages", async () => {
    const { documents } = await setup();
    const { key } = newDocument();
    await documents.put({ document: newDocument({ key }) });
    await documents.putPages(key, [page(0)]);
    await documents.finishReading(key, { error: "invalid_file: damaged" }, START + 1);
    expect(await documents.document(key)).toMatchObject({ status: "error", error: "invalid_file: damaged" });
    expect(await documents.pages(key, 0, 10)).toEqual([]);
    expect(await documents.pageCount(key)).toBe(0);
  });

  test("whose pages are long is read on from where an answer ended", async () => {
    const { documents } = await setup();
    const document = newDocument();
    await documents.put({ document });
    const long = "x".repeat(700_000);
    await documents.putPages(document.key, [page(0, long), page(1, long), page(2, "short")]);
    expect((await documents.pages(document.key, 0, 10)).map(({ index }) => index)).toEqual([0]);
    expect((await documents.pages(document.key, 1, 10)).map(({ index }) => index)).toEqual([1, 2]);
  });

  test("that is gone is gone with its pages and memberships, and refuses what is written of it", async () => {
    const store = await setup();
    const { documents } = store;
    const document = newDocument();
    const vectorStore = newVectorStore();
    await documents.put({ document, vectorStore, members: [newMember(vectorStore, document)] });
    expect(await documents.removeDocument(document.key)).toBe(true);
    expect(await documents.removeDocument(document.key)).toBe(false);
    expect(await documents.pages(document.key, 0, 1)).toEqual([]);
    expect(await documents.member(vectorStore.key, document.key)).toBeNull();
    expect((await documents.vectorStore(vectorStore.key))?.counts.in_progress).toBe(0);
    expect(await code(documents.putPages(document.key, [page(0)]))).toBe("not_found");
    expect(await code(documents.annotateDocument(document.key, {}, START))).toBe("not_found");
    expect(await code(documents.put({ members: [newMember(vectorStore, document)] }))).toBe("not_found");
    expect(await store.check()).toEqual([]);
  });

  test("that is large is found no more from the moment in which its removal begins, and its id is free", async () => {
    const { documents } = await setup();
    const document = newDocument();
    const { key, tenant, user, id } = document;
    const vectorStore = newVectorStore();
    await documents.put({ document, vectorStore, members: [newMember(vectorStore, document)] });
    for (let from = 0; from < 800; from += 100)
      await documents.putPages(
        key,
        Array.from({ length: 100 }, (_, n) => page(from + n, "x".repeat(60_000))),
      );
    const seen = async () => ({
      pages: await documents.pages(key, 0, 1),
      count: await documents.pageCount(key),
      byId: await documents.documentById(EVERYBODY, { tenant, user, id }),
      byMd5: await documents.documentByMd5({ tenant, user }, MD5),
      member: await documents.member(vectorStore.key, key),
      memberIds: await documents.memberIds(vectorStore.key, 10),
    });
    let isRemoved = false;
    const removal = documents.removeDocument(key).finally(() => (isRemoved = true));
    while (await documents.document(key));
    do {
      expect(await seen()).toEqual({ pages: [], count: 0, byId: null, byMd5: null, member: null, memberIds: [] });
      expect(await code(documents.fillDocument(key, FILE, START))).toBe("not_found");
    } while (!isRemoved);
    expect(await removal).toBe(true);
    await documents.put({ document: newDocument({ id }) });
  });

  test("that has expired goes with the sweep of records", async () => {
    const store = await setup();
    const document = newDocument({ expiresAt: START + 10 });
    const other = newDocument({ expiresAt: START + 30 });
    await store.documents.put({ document });
    await store.documents.put({ document: other });
    const times = {
      ...{ idempotencyBefore: 0, auditBefore: 0, unusedSince: 0, expiredBefore: START + 20 },
      auditEntriesMax: 1_000,
    };
    for (let after: string | null = ""; after !== null; ) after = await store.sweepRecords(times, after);
    expect(await store.documents.document(document.key)).toBeNull();
    expect(await store.documents.document(other.key)).not.toBeNull();
  });
}

function documentLists(setup: () => Promise<Store>): void {
  test("goes by creation, then id, to those who may see it, without what has expired", async () => {
    const { documents } = await setup();
    const put = (id: string, fields: Partial<DocumentRecord> = {}) =>
      documents.put({ document: newDocument({ id, ...fields }) });
    await put("b");
    await put("a");
    await put("c", { createdAt: START + 1, purpose: "vision" });
    await put("expired", { expiresAt: START + 5 });
    await put("bobs", { user: "bob", createdAt: START + 2 });
    await put("elsewhere", { tenant: "other" });
    const ids = async (visible: typeof ADA | typeof EVERYBODY, page: PlacedPage, purpose?: string) => {
      const found = await documents.documents(visible, { at: START + 5, ...(purpose && { purpose }) }, page);
      return [found.documents.map(({ id }) => id), found.more];
    };
    expect(await ids(ADA, { limit: 10, order: "asc" })).toEqual([["a", "b", "c"], false]);
    expect(await ids(EVERYBODY, { limit: 2, order: "desc" })).toEqual([["bobs", "c"], true]);
    expect(await ids(EVERYBODY, { limit: 2, order: "desc", after: "c" })).toEqual([["b", "a"], false]);
    expect(await ids(EVERYBODY, { limit: 2, order: "desc", before: "a" })).toEqual([["c", "b"], true]);
    expect(await ids(ADA, { limit: 2, order: "asc", before: "a" })).toEqual([[], false]);
    const place = (id: string) => ({ createdAt: START, id, key: "" });
    expect(await ids(ADA, { limit: 1, order: "desc", beyond: place("bb") })).toEqual([["b"], true]);
    expect(await ids(ADA, { limit: 9, order: "asc", beyond: place("aa") })).toEqual([["b", "c"], false]);
    expect(await ids(ADA, { limit: 10, order: "asc" }, "vision")).toEqual([["c"], false]);
    const strange = documents.documents(ADA, { at: 0 }, { limit: 1, order: "asc", after: "bobs" });
    expect(await code(strange)).toBe("invalid");
  });

  test("of many items with much in each is one list, however many answers it takes", async () => {
    const { documents } = await setup();
    const notes = "n".repeat(100_000);
    const put = (n: number) => documents.put({ document: newDocument({ id: `${10 + n}`, annotations: { notes } }) });
    for (let n = 0; n < 25; n++) await put(n);
    const all = await documents.documents(ADA, { at: 0 }, { limit: 25, order: "asc" });
    expect([all.documents.map(({ id }) => Number(id) - 10), all.more]).toEqual([[...Array(25).keys()], false]);
    const last = await documents.documents(ADA, { at: 0 }, { limit: 20, order: "asc", before: "34" });
    expect([last.documents.map(({ id }) => Number(id) - 10), last.more]).toEqual([
      [...Array(20).keys()].map((n) => n + 4),
      true,
    ]);
  });
}

function vectorStores(setup: () => Promise<Store>): void {
  test("counts its members and their bytes in the change that moves them", async () => {
    const store = await setup();
    const { documents } = store;
    const vectorStore = newVectorStore();
    const [first, second, third] = [newDocument(), newDocument(), newDocument()];
    for (const document of [first, second, third]) await documents.put({ document });
    const failed = newMember(vectorStore, third, { status: "failed", error: "invalid_file: damaged" });
    const attributes = { year: 2020, kept: true, by: "ada" };
    const ofAttributes = JSON.stringify(attributes).length - "{}".length;
    const member = newMember(vectorStore, first, { attributes });
    await documents.put({ vectorStore, members: [member, newMember(vectorStore, second), failed] });
    const counts = async () => {
      const kept = await documents.vectorStore(vectorStore.key);
      return [kept?.counts, kept?.bytes];
    };
    expect(await counts()).toEqual([{ in_progress: 2, completed: 0, failed: 1, cancelled: 0 }, ofAttributes]);
    const completed = { status: "completed", error: null, bytes: 100 } as const;
    expect(await documents.moveMember(member, "in_progress", completed)).toBe(true);
    expect(await documents.moveMember(member, "in_progress", completed)).toBe(false);
    expect(await counts()).toEqual([{ in_progress: 1, completed: 1, failed: 1, cancelled: 0 }, 100 + ofAttributes]);
    expect(await documents.member(vectorStore.key, first.key)).toEqual({
      ...member,
      ...completed,
      documentId: first.id,
      filename: first.filename,
    });
    await documents.put({ members: [newMember(vectorStore, first)] });
    await documents.removeMembers(vectorStore.key, [third.key]);
    expect(await counts()).toEqual([{ in_progress: 2, completed: 0, failed: 0, cancelled: 0 }, 0]);
    expect(await store.check()).toEqual([]);
    expect(await documents.removeVectorStore(vectorStore.key)).toBe(true);
    expect(await documents.member(vectorStore.key, first.key)).toBeNull();
    expect(await documents.document(first.key)).not.toBeNull();
  });

  test("is changed field by field, and its attributes and its end too", async () => {
    const { documents } = await setup();
    const vectorStore = newVectorStore({ expiresAfterMs: 5 });
    await documents.put({ vectorStore });
    expect(await documents.changeVectorStore(vectorStore.key, { name: "", lastActiveAt: START - 1 })).toEqual({
      ...vectorStore,
      name: "",
    });
    const change = { description: "d", metadata: { a: 1 }, expiresAfterMs: null, lastActiveAt: START + 9, model: "m" };
    expect(await documents.changeVectorStore(vectorStore.key, change)).toEqual({ ...vectorStore, name: "", ...change });
    expect(await code(documents.changeVectorStore(newKey(), { name: "x" }))).toBe("not_found");
  });

  test("has a name of its own where it is written so, among its owner's with the same key in their metadata", async () => {
    const { documents } = await setup();
    const base = { metadata: { base: {} }, name: "Parts" };
    const named = { name: "Parts", among: "base" };
    const first = newVectorStore(base);
    await documents.put({ vectorStore: newVectorStore({ name: "Parts" }) });
    await documents.put({ vectorStore: first, named });
    const twin = newVectorStore(base);
    await expect(documents.put({ vectorStore: twin, named })).rejects.toMatchObject({ detail: { field: "name" } });
    expect(await documents.vectorStore(twin.key)).toBeNull();
    await documents.put({ vectorStore: newVectorStore({ ...base, user: "eve" }), named });
    await documents.put({ changed: { key: first.key, name: "Parts" }, named });
    const other = newVectorStore({ ...base, name: "Tools" });
    await documents.put({ vectorStore: other, named: { ...named, name: "Tools" } });
    expect(await code(documents.put({ changed: { key: other.key, name: "Parts" }, named }))).toBe("conflict");
  });

  test("lists its members by status and by batch, and knows a batch by what came with it", async () => {
    const { documents } = await setup();
    const vectorStore = newVectorStore();
    await documents.put({ vectorStore });
    const batch = { id: "vsfb_1", vectorStore: vectorStore.key, createdAt: START, task: null };
    const all = ["a", "b", "c"].map((id) => newDocument({ id }));
    for (const document of all) await documents.put({ document });
    const members: MemberRecord[] = all.map((document) => newMember(vectorStore, document, { batch: "vsfb_1" }));
    await documents.put({ members, batch });
    const [first] = members;
    if (first) await documents.moveMember(first, "in_progress", { status: "completed", error: null, bytes: 1 });
    const page = { limit: 2, order: "asc" } as const;
    const ids = async (filter: Parameters<typeof documents.members>[1], at: ListPage = page) => {
      const found = await documents.members(vectorStore.key, filter, at);
      return [found.members.map(({ documentId }) => documentId), found.more];
    };
    expect(await ids({})).toEqual([["a", "b"], true]);
    expect(await ids({}, { ...page, after: "b" })).toEqual([["c"], false]);
    expect(await ids({ status: "completed" })).toEqual([["a"], false]);
    expect(await ids({ batch: "vsfb_1", status: "in_progress" })).toEqual([["b", "c"], false]);
    const alone = newDocument({ id: "alone" });
    await documents.put({ document: alone });
    await documents.put({ members: [newMember(vectorStore, alone)] });
    expect(await ids({ batch: "vsfb_1" }, { ...page, limit: 9 })).toEqual([["a", "b", "c"], false]);
    await documents.removeMembers(vectorStore.key, [alone.key]);
    expect(await documents.memberIds(vectorStore.key, 10)).toEqual(["a", "b", "c"]);
    expect(await documents.cancelMembers({ batch: "vsfb_1" })).toBe(2);
    expect(await documents.batch(vectorStore.key, "vsfb_1")).toEqual({
      ...batch,
      counts: { in_progress: 0, completed: 1, failed: 0, cancelled: 2 },
    });
    expect(await documents.batch(newKey(), "vsfb_1")).toBeNull();
    expect((await documents.storesOf(all[0]?.key ?? "")).map(({ id }) => id)).toEqual([vectorStore.id]);
  });

  test("of another model than this is found, whoever owns it", async () => {
    const { documents } = await setup();
    const of = (model: string, user: string) => newVectorStore({ model, user });
    const stores = [of("old", "ada"), of("new", "ada"), of("older", "bob")];
    for (const vectorStore of stores) await documents.put({ vectorStore });
    const {
      stores: [first, ...others],
      next,
    } = await documents.vectorStoresOfOtherModels("new", "", 1);
    expect(others).toEqual([]);
    const {
      stores: [second],
    } = await documents.vectorStoresOfOtherModels("new", next ?? "", 9);
    expect([first?.model, second?.model].sort()).toEqual(["old", "older"]);
    expect(await documents.vectorStoresOfOtherModels("new", second?.key ?? "", 9)).toEqual({ stores: [], next: null });
  });

  test("is listed like documents, and its id is its owner's once", async () => {
    const { documents } = await setup();
    await documents.put({ vectorStore: newVectorStore({ id: "old" }) });
    await documents.put({ vectorStore: newVectorStore({ id: "new", createdAt: START + 1 }) });
    await documents.put({ vectorStore: newVectorStore({ id: "new", user: "bob" }) });
    expect(await code(documents.put({ vectorStore: newVectorStore({ id: "old" }) }))).toBe("conflict");
    const { stores, more } = await documents.vectorStores(ADA, { limit: 1, order: "desc" });
    expect([stores.map(({ id }) => id), more]).toEqual([["new"], true]);
    expect((await documents.vectorStoreById(ADA, { ...ADA, id: "old" }))?.id).toBe("old");
    const other = { tenant: "other", user: "carl", status: "processed" } as const;
    await documents.put({ vectorStore: newVectorStore({ ...other, id: "new" }) });
    for (const id of ["a", "b"]) await documents.put({ document: newDocument({ ...other, id }) });
    expect(await documents.counts("acme")).toEqual({ processed: 0, vectorStores: 3 });
    expect(await documents.counts("other")).toEqual({ processed: 2, vectorStores: 1 });
    expect(await documents.counts(null)).toEqual({ processed: 2, vectorStores: 4 });
    const owners = [ADA, { ...ADA, user: "bob" }, { ...ADA, user: "eve" }, { ...ADA, tenant: "other" }];
    const has = await Promise.all(owners.map((owner) => documents.hasVectorStore(owner)));
    expect(has).toEqual([true, true, false, false]);
  });
}

function newTasks(setup: () => Promise<Store>): void {
  const alias = (value: string, numbered = false) => ({
    tenant: "acme",
    owner: "ada",
    lens: "documents",
    value,
    numbered,
  });

  test("commits with what it is about, and becomes the last task of it", async () => {
    const store = await setup();
    const document = newDocument();
    const task = await submit(store, newTask(), { documents: { document }, aliases: [alias("upload-1")] });
    expect((await store.documents.document(document.key))?.task).toBe(task.id);
    const vectorStore = newVectorStore();
    const made = await submit(store, newTask(), {
      documents: { vectorStore, members: [newMember(vectorStore, document)] },
    });
    expect((await store.documents.vectorStore(vectorStore.key))?.task).toBe(made.id);
    expect((await store.documents.member(vectorStore.key, document.key))?.task).toBe(made.id);
    const later = await submit(store, newTask(), { documents: { ofTask: { document: document.key } } });
    expect((await store.documents.document(document.key))?.task).toBe(later.id);
    expect(await store.documents.cancelMembers({ task: made.id })).toBe(1);
  });

  test("is not there when what it is about cannot be", async () => {
    const store = await setup();
    const document = newDocument();
    await store.documents.put({ document });
    const task = newTask();
    const again = { ...submitted(task), documents: { document: newDocument({ id: document.id }) } };
    expect(await store.apply([again])).toEqual({ ok: false, why: "taken", noun: "document", task: task.id });
    const gone = { ...submitted(task), documents: { ofTask: { vectorStore: newKey() } } };
    expect(await store.apply([gone])).toEqual({ ok: false, why: "gone", noun: "vector store", task: task.id });
    expect(await store.task(task.id)).toBeNull();
  });

  test("has names of its own: a taken one goes over to it, and a numbered one is counted on", async () => {
    const store = await setup();
    const before = await submit(store, newTask(), { aliases: [alias("upload-1")] });
    const first = await submit(store, newTask(), { aliases: [alias("upload-1")] });
    expect(await store.taskAliases([before.id, first.id], "documents")).toEqual([null, "upload-1"]);
    const [a, b, c] = [newTask(), newTask(), newTask()];
    for (const each of [a, b, c]) await submit(store, each, { aliases: [alias("vectorize-1", true)] });
    const ids = [c.id, a.id, first.id, b.id, newTask().id];
    expect(await store.taskAliases(ids, "documents")).toEqual([
      "vectorize-1-3",
      "vectorize-1",
      "upload-1",
      "vectorize-1-2",
      null,
    ]);
    expect(await store.taskAliases(ids.slice(0, 1), "shannon")).toEqual([null]);
    const { numbered: _, ...name } = alias("vectorize-1-2");
    expect(await store.taskByAlias(ADA, name)).toBe(b.id);
    expect(await store.taskByAlias(EVERYBODY, { ...name, owner: "bob" })).toBe(b.id);
    expect(await store.taskByAlias({ tenant: "acme", user: "bob" }, { ...name, owner: "bob" })).toBeNull();
    expect(await store.taskByAlias({ ...ADA, tenant: "other" }, { ...name, tenant: "other" })).toBeNull();
  });

  test("leaves no name behind when it goes", async () => {
    const store = await setup();
    const task = newTask();
    await live(store, await submit(store, task, { aliases: [alias("upload-1")] }), ...complete(task));
    await submit(store, newTask());
    expect(await store.sweep(START + 1_000_000, 10)).toBe(1);
    const { numbered: _, ...name } = alias("upload-1");
    expect(await store.taskByAlias(ADA, name)).toBeNull();
    await submit(store, newTask(), { aliases: [alias("upload-1")] });
  });
}
