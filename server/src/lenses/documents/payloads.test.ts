/** Payloads of a real server: what this wire makes of its records, and that each of its readers can read it. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { json } from "../../task/json/json.ts";
import { task } from "../../task/task.ts";
import type { Found } from "../../verbs/vector-stores.ts";
import { documentOf, fileOf, pageSegment } from "./document.ts";
import { BROKEN, HANDBOOK, MEMBERS, PAGES, STORE } from "./fixtures/records.ts";
import { fileObject, taskObjectSchema, vectorStoreObject } from "./schema.ts";
import { searchAnswer, searchBody, searchOf } from "./search.ts";
import { taskObject, taskText } from "./translate.ts";
import { memberOf, vectorStoreOf } from "./vector-store.ts";

function fixture(name: string): z.infer<typeof json> {
  return json.parse(JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8")));
}

/** As JSON has it: without what is undefined. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const whole = z.int();
const text = z.string();
const list = z.array(z.unknown());
const object = z.record(z.string(), z.unknown());
const maybe = text.nullish();

/** What the published client for Python insists on: a member of another type, or one that is missing, makes it fail. */
const client = {
  task: z.object({
    id: text,
    status: z.enum(["pending", "in_progress", "completed", "failed", "cancelled"]),
    progress: z.number().min(0).max(100).nullish(),
    data: object.nullish(),
    created_at: whole.nullish(),
    updated_at: whole.nullish(),
    failure_reason: maybe,
  }),
  file: z.object({
    ...{ id: text, object: text, filename: text, bytes: whole, purpose: text, created_at: z.union([whole, text]) },
    ...{ content_type: maybe, md5: maybe, status: maybe, task_id: maybe, processing_error_message: maybe },
    metadata: object.nullish(),
  }),
  document: z.object({
    ...{ id: text, md5sum: text, mime_type: text, title: text, author: maybe, created_at: text, updated_at: text },
    ...{ bookmarks: list, highlights: list, notes: list, related_docs: list, permissions: list },
    ...{ is_favorite: z.boolean(), is_delete: z.boolean(), last_read_at: maybe, url: maybe, metadata: object },
    vector_store_ids: z.array(text),
    content: z
      .object({
        ...{ id: text, abstract: text, summary: text, outline: text, language: text, file_type: text },
        ...{ keywords: z.array(text), contexts: z.array(text), images: list, page_count: whole, metadata: object },
        ...{ url: maybe, encoding: maybe, status: maybe, vector_store_ids: z.array(text) },
        segments: z.array(z.object({ id: text, content: text, index: whole, metadata: object, url: text })),
      })
      .nullable(),
  }),
  vectorStore: z.object({
    ...{ id: text, object: text, name: text, description: maybe, file_ids: z.array(text), metadata: object.nullish() },
    ...{ created_at: whole, bytes: whole.nullable() },
    file_counts: z.object({ in_progress: whole, completed: whole, failed: whole, cancelled: whole, total: whole }),
  }),
};

describe("a real payload is what its record becomes, and read by the published client:", () => {
  test.each([
    ["task-completed", "upload-handbook"],
    ["task-failed", "upload-broken"],
    ["task-store", "create-vs_pumps"],
  ])("%s", (name, called) => {
    const { record, shown } = z.object({ record: json, shown: json }).parse(fixture(name));
    const told = taskObject(task.parse(record), called);
    expect(told).toEqual(shown);
    expect(taskObjectSchema.parse(told)).toEqual(shown);
    expect(Object.keys(JSON.parse(taskText(told)))).toEqual(
      "id status progress data created_at updated_at failure_reason".split(" "),
    );
    client.task.parse(shown);
  });

  test("file", () => {
    const handbook = { ...HANDBOOK, taskId: "upload-handbook", annotations: {}, updatedAt: HANDBOOK.updatedAt };
    expect(asJson(fileOf(handbook))).toEqual(fixture("file"));
    expect(asJson(fileOf({ ...BROKEN, taskId: "upload-broken" }))).toEqual(fixture("file-error"));
    for (const name of ["file", "file-error"]) client.file.parse(fileObject.loose().parse(fixture(name)));
  });

  test("document, which is a file too", () => {
    const { produced } = HANDBOOK;
    const document = { ...HANDBOOK, taskId: "upload-handbook" };
    const told = documentOf({ document, produced, vectorStoreIds: ["vs_pumps"] }, "SEGMENTS");
    const segments = PAGES.map((page) => pageSegment(HANDBOOK.md5, page));
    const content = { ...z.record(z.string(), z.unknown()).parse(told.content), segments };
    expect(asJson({ ...told, content })).toEqual(fixture("document"));
    client.document.parse(fixture("document"));
    client.file.parse(fixture("document"));
  });

  test("vector store, and the files in it", () => {
    const seen = { ...STORE, taskId: "create-vs_pumps", expiresAt: null, expired: false };
    expect(asJson(vectorStoreOf(seen, ["broken", "handbook"]))).toEqual(fixture("vector-store"));
    client.vectorStore.parse(vectorStoreObject.parse(fixture("vector-store")));
    const named = { taskId: "create-vs_pumps", vectorStoreId: "vs_pumps" };
    expect(asJson(memberOf({ ...MEMBERS.handbook, ...named }))).toEqual(fixture("vector-store-file"));
    expect(asJson(memberOf({ ...MEMBERS.broken, ...named }))).toEqual(fixture("vector-store-file-failed"));
  });

  test("search", () => {
    const page = z.looseObject({ request_id: text, data: z.array(z.looseObject({ score: z.number() })) });
    const { request_id: _, ...shown } = page.parse(fixture("search"));
    const asked = searchBody.parse({ query: "review", top_k: 1 });
    const [{ content = "" } = {}] = PAGES;
    const found: Found = {
      ...{
        documentId: "handbook",
        filename: "handbook.pdf",
        paged: true,
        attributes: { team: "pumps" },
        highlights: [],
      },
      score: shown.data[0]?.score ?? 0,
      chunk: { index: 0, page: 0, start: 0, end: content.length, text: content, tokens: 14 },
    };
    const { request_id: made, ...told } = page.parse(searchAnswer({ ...searchOf(asked), asked }, "vs_pumps", [found]));
    expect(told).toEqual(shown);
    expect(made).toMatch(/^req_[0-9a-f]{32}$/);
  });
});
