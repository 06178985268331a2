/** The verbs of the store on documents and vector stores, over its channels. It knows no SQL. */
import { z } from "zod";
import type { AuditEntry } from "../../../task/audit.ts";
import {
  type BatchRecord,
  type DocumentPage,
  type DocumentReading,
  type DocumentRecord,
  MEMBER_STATUSES,
  type MemberRecord,
  type MemberStatus,
  type NamedMember,
  type Produced,
  type VectorStoreRecord,
} from "../../../task/documents/document.ts";
import { notFound } from "../../../task/errors.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import type { PlacedPage } from "../../../task/task-filter.ts";
import { isAmong, type Visible } from "../../../task/visibility.ts";
import * as rows from "../../codec/document-rows.ts";
import { noted, prepareDocuments, prepareStoreChange } from "../../codec/prepare.ts";
import { Damaged, orDamaged } from "../../damage.ts";
import type { DocumentStore, OwnId } from "../../document-store.ts";
import { type DocumentWrite, refusalOf, type VectorStoreChange } from "../../document-write.ts";
import type { Channels } from "../thread/channels.ts";

/** Characters of pages passed to the writer at once. */
const PAGES_CHARACTERS = 1 << 20;

type Parts = Channels & {
  /** Called with each vector store that has more to search than before. */
  onGrown: (vectorStore: string) => void;
};

type ListParts<Item> = {
  read: (part: PlacedPage) => Promise<{ rows: unknown[][]; more: boolean; last: string | null }>;
  itemsOf: (rows: unknown[][]) => Item[];
};

export class SqliteDocuments implements DocumentStore {
  readonly #writes: Channels["writes"];
  readonly #reads: Channels["reads"];
  readonly #searches: Channels["searches"];
  readonly #damage: Channels["damage"];
  readonly #onGrown: (vectorStore: string) => void;

  constructor({ writes, reads, searches, damage, onGrown }: Parts) {
    this.#writes = writes;
    this.#reads = reads;
    this.#searches = searches;
    this.#damage = damage;
    this.#onGrown = onGrown;
  }

  async put(write: DocumentWrite, audit?: AuditEntry): Promise<void> {
    const prepared = prepareDocuments(write, null);
    const refused = await this.#writes.send("putDocuments", { write: prepared, ...noted(audit) });
    if (refused) throw refusalOf(refused);
    for (const { vectorStore, status } of write.members ?? []) if (status === "completed") this.#onGrown(vectorStore);
  }

  document(key: string): Promise<DocumentRecord | null> {
    // A search leaves it out.
    return this.#noted(`document ${key}`, async () => documentIn(await this.#reads.send("document", { key })));
  }

  documentById(visible: Visible, own: OwnId): Promise<DocumentRecord | null> {
    return this.#noted(`document ${own.id}`, async () =>
      mustBeOwn(documentIn(await this.#reads.send("documentById", { visible, own })), visible),
    );
  }

  #noted<Found>(what: string, read: () => Promise<Found>): Promise<Found> {
    return orDamaged(what, read).catch((error: unknown) => {
      if (error instanceof Damaged) this.#damage.note(error);
      throw error;
    });
  }

  documentByMd5({ tenant, user }: Omit<OwnId, "id">, md5: string): Promise<DocumentRecord | null> {
    return orDamaged(`document of MD5 ${md5}`, async () =>
      documentIn(await this.#reads.send("documentByMd5", { tenant, user, md5 })),
    );
  }

  async documents(visible: Visible, { purpose = null, at }: { purpose?: string | null; at: number }, page: PlacedPage) {
    const { items, more } = await this.#inPages(page, {
      read: (part) => this.#searches.send("documents", { visible, purpose, at, page: part }),
      itemsOf: (found) => this.#readable(found, "document", rows.listedDocumentOf),
    });
    return { documents: items, more };
  }

  async annotateDocument(
    key: string,
    annotations: JsonObject,
    at: number,
    audit?: AuditEntry,
  ): Promise<DocumentRecord> {
    mustBeThere(await this.#writes.send("annotateDocument", { key, annotations, at, ...noted(audit) }), "File");
    const document = await this.document(key);
    if (!document) throw notFound("File");
    return document;
  }

  async fillDocument(
    key: string,
    { sha256, md5, bytes, mediaType }: Pick<DocumentRecord, "sha256" | "md5" | "bytes" | "mediaType">,
    at: number,
  ): Promise<void> {
    mustBeThere(await this.#writes.send("fillDocument", { key, sha256, md5, bytes, mediaType, at }), "File");
  }

  async putPages(key: string, pages: readonly DocumentPage[]): Promise<void> {
    let part: unknown[][] = [];
    let characters = 0;
    const send = async () => {
      mustBeThere(await this.#writes.send("putPages", { key, pages: part }), "File");
      part = [];
      characters = 0;
    };
    for (const { index, name, content, recognized } of pages) {
      part.push([index, name, content, recognized ? 1 : 0]);
      characters += content.length;
      if (characters >= PAGES_CHARACTERS) await send();
    }
    if (part.length > 0) await send();
  }

  pages(key: string, from: number, limit: number): Promise<DocumentPage[]> {
    return orDamaged(`pages of document ${key}`, async () =>
      (await this.#reads.send("pages", { key, from, limit })).rows.map(rows.pageOf),
    );
  }

  async pageCount(key: string): Promise<number> {
    return await this.#reads.send("pageCount", { key });
  }

  async finishReading(
    key: string,
    outcome: { reading: DocumentReading } | { error: string },
    at: number,
  ): Promise<void> {
    const told =
      "error" in outcome ? { reading: null, error: outcome.error } : { reading: outcome.reading, error: null };
    const { reading, error } = told;
    const stored = { key, reading: reading && JSON.stringify(reading), error, at };
    if (error !== null) while (!(await this.#writes.send("emptyPages", { key })));
    mustBeThere(await this.#writes.send("finishReading", stored), "File");
  }

  async putProduced(key: string, produced: Produced, at: number): Promise<void> {
    mustBeThere(await this.#writes.send("putProduced", { key, produced, at }), "File");
  }

  async removeDocument(key: string, audit?: AuditEntry): Promise<boolean> {
    if (!(await this.#writes.send("removeDocument", { key, ...noted(audit) }))) return false;
    while (!(await this.#writes.send("emptyDocument", { key })));
    return true;
  }

  vectorStore(key: string): Promise<VectorStoreRecord | null> {
    return orDamaged(`vector store ${key}`, async () => storeIn(await this.#reads.send("vectorStore", { key })));
  }

  vectorStoreById(visible: Visible, own: OwnId): Promise<VectorStoreRecord | null> {
    return this.#noted(`vector store ${own.id}`, async () =>
      mustBeOwn(storeIn(await this.#reads.send("vectorStoreById", { visible, own })), visible),
    );
  }

  async vectorStores(visible: Visible, page: PlacedPage) {
    const { items, more } = await this.#inPages(page, {
      read: (part) => this.#searches.send("vectorStores", { visible, page: part }),
      itemsOf: (found) => this.#readable(found, "vector store", rows.vectorStoreOf),
    });
    return { stores: items, more };
  }

  hasVectorStore({ tenant, user }: Pick<VectorStoreRecord, "tenant" | "user">): Promise<boolean> {
    return this.#reads.send("hasVectorStore", { tenant, user });
  }

  async changeVectorStore(key: string, change: VectorStoreChange): Promise<VectorStoreRecord> {
    const prepared = prepareStoreChange({ key, ...change });
    mustBeThere(await this.#writes.send("changeVectorStore", prepared), "Vector store");
    const store = await this.vectorStore(key);
    if (!store) throw notFound("Vector store");
    return store;
  }

  async removeVectorStore(key: string): Promise<boolean> {
    return await this.#writes.send("removeVectorStore", { key });
  }

  async member(vectorStore: string, document: string): Promise<NamedMember | null> {
    const row = await this.#reads.send("member", { vectorStore, document });
    return row && rows.memberOf(row);
  }

  async members(
    vectorStore: string,
    { status = null, batch = null }: { status?: MemberStatus | null; batch?: string | null },
    page: PlacedPage,
  ) {
    const { items, more } = await this.#inPages(page, {
      read: (part) => this.#searches.send("members", { vectorStore, status, batch, page: part }),
      itemsOf: (found) => this.#readable(found, "member", rows.memberOf),
    });
    return { members: items, more };
  }

  async memberIds(vectorStore: string, limit: number): Promise<string[]> {
    const found = await this.#searches.send("memberIds", { key: vectorStore, limit });
    const what = `member of vector store ${vectorStore}`;
    return found.rows.flatMap(([id]) => this.#damage.orLeftOut(what, () => z.string().parse(id)) ?? []);
  }

  async vectorStoresOfOtherModels(model: string, after: string, limit: number) {
    const found = await this.#reads.send("vectorStoresOfOtherModels", { model, after, limit });
    const stores = this.#readable(found.rows, "vector store", rows.vectorStoreOf);
    return { stores, next: found.more ? String(found.rows.at(-1)?.[0]) : null };
  }

  async storesOf(document: string): Promise<VectorStoreRecord[]> {
    const found = await this.#reads.send("storesOf", { key: document });
    return this.#readable(found.rows, "vector store", rows.vectorStoreOf);
  }

  async moveMember(
    { vectorStore, document }: Pick<MemberRecord, "vectorStore" | "document">,
    from: MemberStatus,
    to: Pick<MemberRecord, "status" | "error" | "bytes">,
  ): Promise<boolean> {
    const isMoved = await this.#writes.send("moveMember", { member: { vectorStore, document }, from, to });
    if (isMoved && to.status === "completed") this.#onGrown(vectorStore);
    return isMoved;
  }

  async setAttributes(
    { vectorStore, document }: Pick<MemberRecord, "vectorStore" | "document">,
    attributes: MemberRecord["attributes"],
    audit?: AuditEntry,
  ): Promise<boolean> {
    const given = { member: { vectorStore, document }, attributes: JSON.stringify(attributes) };
    return await this.#writes.send("setAttributes", { ...given, ...noted(audit) });
  }

  async cancelMembers(of: { batch: string } | { task: string }, audit?: AuditEntry): Promise<number> {
    return await this.#writes.send("cancelMembers", { batch: null, task: null, ...of, ...noted(audit) });
  }

  async removeMembers(vectorStore: string, documents: readonly string[], audit?: AuditEntry): Promise<void> {
    await this.#writes.send("removeMembers", { vectorStore, documents, ...noted(audit) });
  }

  async batch(
    vectorStore: string,
    id: string,
  ): Promise<(BatchRecord & { counts: Record<MemberStatus, number> }) | null> {
    const row = await this.#reads.send("batch", { vectorStore, id });
    if (!row) return null;
    const counted = new Map((await this.#reads.send("batchCounts", { id })).map(([status, count]) => [status, count]));
    const count = (status: MemberStatus) => Number(counted.get(status) ?? 0);
    const [in_progress, completed, failed, cancelled] = MEMBER_STATUSES.map(count);
    return {
      ...rows.batchOf(row),
      counts: {
        in_progress: in_progress ?? 0,
        completed: completed ?? 0,
        failed: failed ?? 0,
        cancelled: cancelled ?? 0,
      },
    };
  }

  async counts(tenant: string | null): Promise<{ processed: number; vectorStores: number }> {
    const [processed, vectorStores] = await Promise.all([
      this.#reads.send("countDocuments", { tenant }),
      this.#reads.send("countVectorStores", { tenant }),
    ]);
    return { processed, vectorStores };
  }

  /**
   * A page of any length, from answers that are bounded in bytes. It is filled with readable items: the next page begins behind an
   * item.
   */
  async #inPages<Item>(
    page: PlacedPage,
    { read, itemsOf }: ListParts<Item>,
  ): Promise<{ items: Item[]; more: boolean }> {
    const found: Item[] = [];
    const { beyond: _, ...whole } = page;
    for (let part = page; ; ) {
      const { rows, more, last } = await read(part);
      if (part.before === undefined) found.push(...itemsOf(rows));
      else found.unshift(...itemsOf(rows));
      if (!more || found.length >= page.limit || last === null) return { items: found, more };
      const rest = { ...whole, limit: page.limit - found.length };
      part = part.before === undefined ? { ...rest, after: last } : { ...rest, before: last };
    }
  }

  /** The readable items. */
  #readable<Item>(found: unknown[][], what: string, read: (row: unknown) => Item): Item[] {
    return found.flatMap((row) => {
      const item = this.#damage.orLeftOut(`${what} ${String(row[0])}`, () => read(row));
      return item === undefined ? [] : [item];
    });
  }
}

function mustBeThere(found: boolean, noun: string): void {
  if (!found) throw notFound(noun);
}

/** A bit that the disk has turned in an index makes an entry lead to the row of somebody else. */
function mustBeOwn<Found extends { tenant: string; user: string }>(
  found: Found | null,
  visible: Visible,
): Found | null {
  if (found === null || isAmong(visible, found)) return found;
  throw new Error("its entry leads to another one");
}

function documentIn(row: unknown[] | null): DocumentRecord | null {
  return row && rows.documentOf(row);
}

function storeIn(row: unknown[] | null): VectorStoreRecord | null {
  return row && rows.vectorStoreOf(row);
}
