/** The verbs of documents, over an engine and a store. */
import type { Readable } from "node:stream";
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { ChunkStore } from "../../store/chunk-store.ts";
import type { Store } from "../../store/store.ts";
import { openWhole } from "../../store/whole-file.ts";
import { auditEntry } from "../../task/audit.ts";
import { AUTO_CHUNKING, type Chunk } from "../../task/documents/chunk.ts";
import type { DocumentPage, DocumentRecord, Produced } from "../../task/documents/document.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { type JsonObject, wellFormed } from "../../task/json/json.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Idempotency } from "../../task/submission.ts";
import type { Page, PlacedPage, TaskList } from "../../task/task-filter.ts";
import { visibleTo } from "../../task/visibility.ts";
import type { BegunDocument, Document, DocumentOptions, Documents, NewDocument } from "../documents.ts";
import { DocumentTasks, type DocumentTasksParts } from "./document-tasks.ts";
import { idempotencyRecord } from "./idempotency.ts";
import { type HeldBoundsOf, isLonger, mustHoldMore } from "./share-of.ts";

export class DocumentVerbs implements Documents {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #tasks: DocumentTasks;
  readonly #boundsOf: HeldBoundsOf | undefined;
  readonly #chunks: Pick<ChunkStore, "chunks"> | null;

  constructor(parts: DocumentTasksParts, chunks: Pick<ChunkStore, "chunks"> | null) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
    this.#chunks = chunks;
    this.#tasks = new DocumentTasks(parts);
    this.#boundsOf = parts.heldBounds;
  }

  async upload(
    principal: Principal,
    lens: string,
    { from, ...given }: NewDocument,
    idempotency?: Idempotency,
  ): Promise<BegunDocument> {
    mustHave(principal, "tasks");
    const upload = wellFormed(given);
    const { tenant, user } = principal;
    const file = "url" in from ? null : from;
    const md5 = upload.md5?.toLowerCase() ?? null;
    if (file && md5 !== null && md5 !== file.md5) {
      throw new Refusal("invalid", `md5 is ${md5}, and that of the bytes is ${file.md5}.`, { field: "md5" });
    }
    if (upload.skipExisting) {
      const known = await this.#known({ tenant, user }, upload.id, file?.md5 ?? md5);
      if (known) return { document: (await this.#seen([known]))[0] ?? missing(), replayed: false };
    }
    if (upload.id !== undefined) await this.#clearExpired({ tenant, user, id: upload.id });
    const now = this.#clock.now();
    const key = this.#ids.uuid(now);
    const id = upload.id ?? this.#ids.randomUuid();
    const { analyses, vectorize, recognize, outlineAsJson, unknown } = upload.options;
    const document: DocumentRecord = {
      key,
      tenant,
      user,
      id,
      filename: upload.filename,
      purpose: upload.purpose,
      sha256: file?.sha256 ?? null,
      md5: file?.md5 ?? md5,
      bytes: file?.bytes ?? 0,
      mediaType: upload.mediaType,
      status: "uploaded",
      error: null,
      createdAt: now,
      updatedAt: now,
      expiresAt: upload.expiresAfterMs === undefined ? null : now + upload.expiresAfterMs,
      task: null,
      annotations: "url" in from ? { url: from.url } : {},
      reading: null,
      produced: {},
    };
    const url = "url" in from ? from.url : null;
    const { task, about, replayed } = await this.#tasks.begin({
      kind: "file_processing",
      asked: { principal, act: "files.create", detail: { file: id, bytes: document.bytes } },
      input: { document: key, analyses, vectorize, recognize, outlineAsJson, url },
      lens,
      idempotency: idempotency && idempotencyRecord(principal, lens, idempotency, now),
      name: `upload-${id}`,
      // Clients derive a file's id from this name: it belongs to the last upload under the id.
      replaces: true,
      about: { field: "file_id", owned: document },
      ...detailsOf(unknown),
      documents: { document },
    });
    if (replayed) return { document: await this.get(principal, about), replayed };
    const { produced: _, ...listed } = document;
    return { document: { ...listed, task, taskId: `upload-${id}` }, replayed };
  }

  async get(principal: Principal, id: string): Promise<Document> {
    const [document] = await this.#seen([await this.#find(principal, id)]);
    return document ?? missing();
  }

  async list(principal: Principal, filter: { purpose?: string }, page: PlacedPage) {
    mustHave(principal, "tasks");
    const at = this.#clock.now();
    const found = await this.#store.documents.documents(visibleTo(principal), { ...filter, at }, page);
    return { documents: await this.#seen(found.documents), more: found.more };
  }

  async whole(principal: Principal, id: string) {
    const found = await this.#find(principal, id);
    const stores = await this.#store.documents.storesOf(found.key);
    const [document] = await this.#seen([found]);
    const produced: Produced = found.produced;
    return { document: document ?? missing(), produced, vectorStoreIds: stores.map(({ id }) => id) };
  }

  async bytes(principal: Principal, id: string): Promise<{ document: Document; size: number; bytes: Readable }> {
    const document = await this.get(principal, id);
    const { sha256, bytes } = document;
    if (sha256 === null) throw notFound("The content of this file is not there: file content");
    const opened = await openWhole(this.#store.files, { sha256, bytes }, `content of document ${id}`);
    return { document, ...opened };
  }

  async pages(
    principal: Principal,
    id: string,
    from: number,
    limit: number,
  ): Promise<{ pages: DocumentPage[]; count: number }> {
    const { key } = await this.#find(principal, id);
    const { documents } = this.#store;
    const [pages, count] = await Promise.all([documents.pages(key, from, limit), documents.pageCount(key)]);
    return { pages, count };
  }

  async chunks(principal: Principal, id: string, from: number, limit: number): Promise<Chunk[]> {
    const { key } = await this.#find(principal, id);
    return (await this.#chunks?.chunks({ document: key, chunking: AUTO_CHUNKING }, from, limit)) ?? [];
  }

  async annotate(principal: Principal, id: string, annotations: JsonObject): Promise<Document> {
    const { key, annotations: known } = await this.#find(principal, id);
    const now = this.#clock.now();
    if (isLonger(evenNumbers({ ...known, ...annotations }), evenNumbers(known)))
      await mustHoldMore(this.#store, this.#boundsOf, principal, now);
    const audit = auditEntry(principal, "files.annotate", now, { detail: { file: id } });
    const changed = await this.#store.documents.annotateDocument(key, wellFormed(annotations), now, audit);
    return (await this.#seen([changed]))[0] ?? missing();
  }

  async analyze(principal: Principal, lens: string, id: string, options: DocumentOptions): Promise<Document> {
    const { analyses, vectorize, outlineAsJson, unknown } = options;
    const document = await this.#find(principal, id);
    if (analyses.length === 0 && !vectorize) {
      throw new Refusal("invalid", "Nothing is asked for: enable an option.", { field: "parse_options" });
    }
    const common = {
      lens,
      asked: { principal, act: "files.analyze", detail: { file: id } },
      about: { field: "file_id", owned: document },
      documents: { ofTask: { document: document.key } },
      ...detailsOf(unknown),
    } as const;
    if (vectorize) {
      const input = { document: document.key };
      await this.#tasks.begin({ ...common, kind: "vectorization", input, name: `vectorize-${document.id}` });
    }
    if (analyses.length > 0) {
      const input = { document: document.key, analyses, outlineAsJson };
      await this.#tasks.begin({ ...common, kind: "document_analysis", input, name: `analyze-${document.id}` });
    }
    return this.get(principal, id);
  }

  async tasks(principal: Principal, id: string, page: Page): Promise<TaskList> {
    return this.#tasks.of({ field: "file_id", owned: await this.#find(principal, id) }, page);
  }

  async delete(principal: Principal, id: string): Promise<void> {
    const document = await this.#find(principal, id);
    // Its tasks first: a task that found its document gone would report a failure.
    await this.#tasks.cancelAll(principal, { field: "file_id", owned: document }, "The file was deleted.");
    const audit = auditEntry(principal, "files.delete", this.#clock.now(), { detail: { file: document.id } });
    if (!(await this.#store.documents.removeDocument(document.key, audit))) throw missingFile();
  }

  async #find(principal: Principal, id: string): Promise<DocumentRecord> {
    mustHave(principal, "tasks");
    const { tenant, user } = principal;
    const document = await this.#store.documents.documentById(visibleTo(principal), { tenant, user, id });
    if (!document || this.#hasExpired(document)) throw missingFile();
    return document;
  }

  async #known(own: { tenant: string; user: string }, id: string | undefined, md5: string | null) {
    const { documents } = this.#store;
    const byMd5 = md5 === null ? null : await documents.documentByMd5(own, md5);
    if (byMd5 && !this.#hasExpired(byMd5)) return byMd5;
    const byId = id === undefined ? null : await documents.documentById(own, { ...own, id });
    return byId && !this.#hasExpired(byId) ? byId : null;
  }

  /** An expired document belongs to nobody, and holds its id only until it is swept. */
  async #clearExpired(own: { tenant: string; user: string; id: string }): Promise<void> {
    const { documents } = this.#store;
    const before = await documents.documentById(own, own);
    if (before && before.user === own.user && this.#hasExpired(before)) await documents.removeDocument(before.key);
  }

  #hasExpired({ expiresAt }: Pick<DocumentRecord, "expiresAt">): boolean {
    return expiresAt !== null && expiresAt <= this.#clock.now();
  }

  async #seen(documents: readonly (Omit<DocumentRecord, "produced"> | DocumentRecord)[]): Promise<Document[]> {
    const names = await this.#tasks.names(documents.map(({ task, id }) => ({ task, otherwise: `upload-${id}` })));
    return documents.map((document, at) => {
      const { produced: _, ...listed }: Omit<DocumentRecord, "produced"> & { produced?: Produced } = document;
      return { ...listed, taskId: names[at] ?? `upload-${document.id}` };
    });
  }
}

function detailsOf(unknown: readonly string[]): { details?: JsonObject } {
  return unknown.length === 0 ? {} : { details: { unknownOptions: [...unknown] } };
}

/** The reading position is as long as any other number: a user with a full share goes on reading. */
function evenNumbers(annotations: JsonObject): JsonObject {
  const even = Object.entries(annotations).map(([name, value]) => [name, typeof value === "number" ? 0 : value]);
  return Object.fromEntries(even);
}

function missingFile(): Refusal {
  return notFound("File");
}

function missing(): never {
  throw missingFile();
}
