/** The documents API of a server, as far as the command line speaks it. */
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { WaybillError, type WaybillErrorCode } from "@waybill/sdk";
import { z } from "zod";
import { type ConnectionFlags, connect } from "./connection.ts";

const file = z.looseObject({
  id: z.string(),
  filename: z.string(),
  bytes: z.number(),
  created_at: z.number(),
  status: z.string(),
  status_details: z.string().nullable(),
  task_id: z.string(),
});
export type StoredFile = z.infer<typeof file>;

const task = z.looseObject({
  id: z.string(),
  status: z.enum(["pending", "in_progress", "completed", "failed", "cancelled"]),
  progress: z.number(),
  failure_reason: z.string().nullable(),
});
export type FileTask = z.infer<typeof task>;

const store = z.looseObject({ id: z.string(), name: z.string(), task_id: z.string() });
export type Store = z.infer<typeof store>;

const hit = z.looseObject({
  file_id: z.string(),
  filename: z.string(),
  score: z.number(),
  attributes: z.looseObject({ page: z.number().optional() }),
  content: z.array(z.looseObject({ text: z.string() })),
});
export type Hit = z.infer<typeof hit>;

const pageOf = <Item>(item: z.ZodType<Item>) =>
  z.looseObject({ data: z.array(item), last_id: z.string().nullable(), has_more: z.boolean() });

const refusal = z.looseObject({
  message: z.string(),
  detail: z.looseObject({ field: z.string().nullish() }).optional(),
});

const CODES: Readonly<Record<number, WaybillErrorCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "too_large",
  429: "rate_limited",
  503: "unavailable",
};

/** Each call throws a `WaybillError` for what the server refuses. */
export class DocumentsApi {
  readonly #url: string;
  readonly #key: string;

  constructor(flags: ConnectionFlags) {
    this.#url = `${connect(flags).baseUrl.replace(/\/$/, "")}/documents/v1`;
    this.#key = flags.key ?? "";
  }

  /** The bytes go from the disk as they are read. */
  async upload(path: string, fields: Readonly<Record<string, string>>): Promise<StoredFile> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", await openAsBlob(path), basename(path));
    return this.#ask("POST", "/files", file, form);
  }

  async *files(): AsyncGenerator<StoredFile> {
    yield* this.#list("/files?", file);
  }

  file(id: string): Promise<StoredFile> {
    return this.#ask("GET", `/files/${encodeURIComponent(id)}`, file);
  }

  /** Its Document: what was read from it. */
  content(id: string): Promise<Record<string, unknown>> {
    return this.#ask("GET", `/files/${encodeURIComponent(id)}/content`, z.record(z.string(), z.unknown()));
  }

  /** What was read from it, page by page. */
  async pages(id: string): Promise<string[]> {
    const list = z.looseObject({ pages: z.array(z.looseObject({ content: z.string() })) });
    const { pages } = await this.#ask("GET", `/files/${encodeURIComponent(id)}/pages`, list);
    return pages.map(({ content }) => content);
  }

  async remove(id: string): Promise<void> {
    await this.#ask("DELETE", `/files/${encodeURIComponent(id)}`, z.unknown());
  }

  task(id: string): Promise<FileTask> {
    return this.#ask("GET", `/tasks/${encodeURIComponent(id)}`, task);
  }

  async *stores(): AsyncGenerator<Store> {
    yield* this.#list("/vector_stores?limit=100&", store);
  }

  createStore(name: string, fileIds: readonly string[]): Promise<Store> {
    return this.#ask("POST", "/vector_stores", store, JSON.stringify({ name, file_ids: fileIds }));
  }

  join(id: string, fileIds: readonly string[]): Promise<Store> {
    const body = JSON.stringify({ join_file_ids: fileIds });
    return this.#ask("POST", `/vector_stores/${encodeURIComponent(id)}`, store, body);
  }

  async search(id: string, query: string, limit: number): Promise<Hit[]> {
    const body = JSON.stringify({ query, top_k: limit });
    const path = `/vector_stores/${encodeURIComponent(id)}/search`;
    return (await this.#ask("POST", path, z.looseObject({ data: z.array(hit) }), body)).data;
  }

  async *#list<Item>(path: string, item: z.ZodType<Item>): AsyncGenerator<Item> {
    for (let after = ""; ; ) {
      const page = await this.#ask("GET", `${path}${after}`, pageOf(item));
      yield* page.data;
      if (!page.has_more || page.last_id === null) return;
      after = `after=${encodeURIComponent(page.last_id)}`;
    }
  }

  async #ask<Value>(method: string, path: string, schema: z.ZodType<Value>, body?: string | FormData): Promise<Value> {
    const headers = new Headers();
    if (this.#key !== "") headers.set("authorization", `Bearer ${this.#key}`);
    if (typeof body === "string") headers.set("content-type", "application/json");
    let response: Response;
    try {
      response = await fetch(this.#url + path, { method, headers, ...(body !== undefined && { body }) });
    } catch (cause) {
      throw new WaybillError("connection", `${this.#url} cannot be reached.`, { cause });
    }
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return schema.parse(answer);
    const { message } = refusal.safeParse(answer).data ?? { message: `${this.#url} answered ${response.status}.` };
    throw new WaybillError(CODES[response.status] ?? (response.status < 500 ? "invalid" : "internal"), message, {
      status: response.status,
      requestId: response.headers.get("x-request-id"),
    });
  }
}

/** The vector store of this id, or else of this name; undefined when there is none, or of this name more than one. */
export async function storeNamed(api: DocumentsApi, name: string): Promise<Store | undefined> {
  const named: Store[] = [];
  for await (const store of api.stores()) {
    if (store.id === name) return store;
    if (store.name === name) named.push(store);
  }
  return named.length === 1 ? named[0] : undefined;
}
