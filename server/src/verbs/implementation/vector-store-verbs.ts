/** The verbs of vector stores, over an engine and a store. */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { DocumentStore } from "../../store/document-store.ts";
import type { VectorStoreChange } from "../../store/document-write.ts";
import type { Store } from "../../store/store.ts";
import { type AuditEntry, auditEntry } from "../../task/audit.ts";
import { AUTO_CHUNKING, type ChunkingStrategy } from "../../task/documents/chunk.ts";
import type {
  DocumentRecord,
  MemberRecord,
  MemberStatus,
  NamedMember,
  VectorStoreRecord,
} from "../../task/documents/document.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { type JsonObject, wellFormed } from "../../task/json/json.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Idempotency } from "../../task/submission.ts";
import type { Page, PlacedPage, TaskList } from "../../task/task-filter.ts";
import { visibleTo } from "../../task/visibility.ts";
import type {
  Batch,
  BegunVectorStore,
  Found,
  Member,
  NewMember,
  NewVectorStore,
  Search,
  StoreSummary,
  VectorStore,
  VectorStores,
  VectorStoreUpdate,
} from "../vector-stores.ts";
import { DocumentTasks, type DocumentTasksParts } from "./document-tasks.ts";
import { idempotencyRecord } from "./idempotency.ts";
import { type OnPaid, PaidRequests } from "./paid-requests.ts";
import { type HeldBoundsOf, isLonger, mustHoldMore } from "./share-of.ts";
import { type Retrieval, StoreSearches } from "./store-searches.ts";
import { StoreSummaries } from "./store-summaries.ts";
import type { AskedBy } from "./submit-task.ts";

/** The model of stores without vectors. */
const NO_MODEL = "none";

/** Ids of its files that a vector store shows. */
const SHOWN_IDS_MAX = 10_000;
const ID_CHARACTERS = 24;
const USE_NOTED_MS = 60_000;
const MOVED_AT_ONCE = 100;
/** The lens named by tasks that the server itself begins. */
const NATIVE = "native";

export class VectorStoreVerbs implements VectorStores {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #tasks: DocumentTasks;
  readonly #boundsOf: HeldBoundsOf | undefined;
  readonly #retrieval: Retrieval | null;
  readonly #searches: StoreSearches | null;
  readonly #summaries: StoreSummaries;

  constructor(
    parts: DocumentTasksParts,
    retrieval: Retrieval | null,
    paid = new PaidRequests(parts.store, parts.clock, parts.ids),
  ) {
    this.#searches = retrieval && new StoreSearches(parts.store.documents, retrieval, paid, parts.clock);
    this.#retrieval = retrieval;
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
    this.#tasks = new DocumentTasks(parts);
    this.#boundsOf = parts.heldBounds;
    this.#summaries = new StoreSummaries(parts.store.documents, retrieval?.summarize ?? null, parts.clock);
  }

  async create(
    principal: Principal,
    lens: string,
    given: NewVectorStore,
    idempotency?: Idempotency,
  ): Promise<BegunVectorStore> {
    mustHave(principal, "tasks");
    const wanted = wellFormed(given);
    const { tenant, user } = principal;
    const now = this.#clock.now();
    const documents = await this.#documents(principal, wanted.documentIds);
    const store: VectorStoreRecord = {
      key: this.#ids.uuid(now),
      tenant,
      user,
      id: wanted.id ?? this.#randomId("vs_"),
      name: wanted.name,
      description: wanted.description,
      metadata: wanted.metadata,
      chunking: wanted.chunking ?? AUTO_CHUNKING,
      model: this.#retrieval?.embedders.usual.model ?? NO_MODEL,
      createdAt: now,
      lastActiveAt: now,
      expiresAfterMs: wanted.expiresAfterMs,
      task: null,
      counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0 },
      bytes: 0,
    };
    const members = documents.map((document) => this.#newMember(store, document));
    const { about, replayed } = await this.#tasks.begin({
      kind: "vector_store_creation",
      asked: { principal, act: "vector_stores.create", detail: { vector_store: store.id, files: members.length } },
      input: { vectorStore: store.key },
      lens,
      idempotency: idempotency && idempotencyRecord(principal, lens, idempotency, now),
      name: `create-${store.id}`,
      about: { field: "vector_store_id", owned: store },
      documents: { vectorStore: store, members, ...ownName(wanted) },
    });
    return { store: await this.get(principal, about), replayed };
  }

  async get(principal: Principal, id: string): Promise<VectorStore> {
    return this.#seen(await this.#find(principal, id));
  }

  documentIds({ key }: Pick<VectorStore, "key">): Promise<string[]> {
    return this.#store.documents.memberIds(key, SHOWN_IDS_MAX);
  }

  async list(principal: Principal, page: PlacedPage) {
    mustHave(principal, "tasks");
    const { stores, more } = await this.#store.documents.vectorStores(visibleTo(principal), page);
    return { stores: await Promise.all(stores.map((store) => this.#seen(store))), more };
  }

  async hasAny(principal: Principal): Promise<boolean> {
    mustHave(principal, "tasks");
    return await this.#store.documents.hasVectorStore(principal);
  }

  async change(principal: Principal, lens: string, id: string, given: VectorStoreUpdate): Promise<VectorStore> {
    const { join = [], leave = [], nameAmong, ...update } = wellFormed(given);
    const store = await this.#find(principal, id);
    const both = join.find((each) => leave.includes(each));
    if (both !== undefined) {
      throw new Refusal("invalid", `The file ${both} cannot join and leave at once.`, { field: "left_file_ids" });
    }
    const change: VectorStoreChange = { ...update, lastActiveAt: this.#clock.now() };
    const joining = await this.#newcomers(store, await this.#documents(principal, join, "join_file_ids"));
    const leaving = await this.#present(principal, leave);
    const changed = { changed: { key: store.key, ...change }, ...ownName({ ...update, nameAmong }) };
    const act = "vector_stores.update";
    const detail = { vector_store: store.id, joined: joining.length, left: leaving.length };
    if (join.length === 0 && leave.length === 0) {
      const { description, metadata } = store;
      const after = [update.description ?? description, update.metadata ?? metadata];
      if (isLonger(after, [description, metadata])) await this.#mustHoldMore(principal);
      await this.#store.documents.put(changed, auditEntry(principal, act, this.#clock.now(), { detail }));
    } else {
      await this.#embed({ principal, act, detail }, store, lens, {
        ...changed,
        members: joining.map((document) => this.#newMember(store, document)),
        left: { vectorStore: store.key, documents: leaving.map(({ key }) => key) },
      });
    }
    return this.get(principal, id);
  }

  async delete(principal: Principal, lens: string, id: string) {
    const store = await this.#find(principal, id);
    await this.#tasks.cancelAll(principal, { field: "vector_store_id", owned: store }, "The vector store was deleted.");
    const otherwise = `delete-${store.id}`;
    const { task } = await this.#tasks.begin({
      kind: "vector_store_deletion",
      asked: { principal, act: "vector_stores.delete", detail: { vector_store: store.id } },
      input: { vectorStore: store.key, id: store.id },
      lens,
      name: otherwise,
      about: { field: "vector_store_id", owned: store },
      documents: { removed: { vectorStore: store.key } },
    });
    const [taskId = otherwise] = await this.#tasks.names([{ task, otherwise }]);
    return { id: store.id, task, taskId };
  }

  async tasks(principal: Principal, id: string, page: Page): Promise<TaskList> {
    return this.#tasks.of({ field: "vector_store_id", owned: await this.#find(principal, id) }, page);
  }

  async add(
    principal: Principal,
    lens: string,
    id: string,
    given: readonly NewMember[],
    asBatch: boolean,
  ): Promise<{ members: Member[]; batch: Batch | null }> {
    const store = await this.#find(principal, id);
    const wanted = new Map(wellFormed(given).map((member) => [member.documentId, member]));
    const field = asBatch ? "file_ids" : "file_id";
    const documents = await this.#documents(principal, [...wanted.keys()], field);
    const batch = asBatch
      ? { id: this.#randomId("vsfb_"), vectorStore: store.key, createdAt: this.#clock.now(), task: null }
      : null;
    const members = await Promise.all(
      documents.map(async (document) => {
        const { attributes = {}, chunking = store.chunking } = wanted.get(document.id) ?? {};
        const placed = { attributes, chunking, batch: batch?.id ?? null };
        const known = await this.#store.documents.member(store.key, document.key);
        return { ...this.#newMember(store, document), ...placed, ...(known && stillCompleted(known, chunking)) };
      }),
    );
    const detail = { vector_store: store.id, files: members.length };
    await this.#embed({ principal, act: "vector_stores.add_files", detail }, store, lens, {
      changed: { key: store.key, lastActiveAt: this.#clock.now() },
      members,
      ...(batch && { batch }),
    });
    return {
      members: asBatch ? [] : await Promise.all(documents.map(({ key }) => this.#member(store, key))),
      batch: batch && (await this.batch(principal, id, batch.id)),
    };
  }

  async member(principal: Principal, id: string, documentId: string): Promise<Member> {
    const { store, document } = await this.#both(principal, id, documentId);
    return this.#member(store, document.key);
  }

  async members(
    principal: Principal,
    id: string,
    filter: { status?: MemberStatus; batch?: string },
    page: PlacedPage,
  ): Promise<{ members: Member[]; more: boolean }> {
    const store = await this.#find(principal, id);
    if (filter.batch !== undefined) await this.batch(principal, id, filter.batch);
    const found = await this.#store.documents.members(store.key, filter, page);
    return { members: await this.#seenMembers(store, found.members), more: found.more };
  }

  async setAttributes(
    principal: Principal,
    id: string,
    documentId: string,
    attributes: MemberRecord["attributes"],
  ): Promise<Member> {
    const { store, document } = await this.#both(principal, id, documentId);
    const member = { vectorStore: store.key, document: document.key };
    const known = await this.#store.documents.member(store.key, document.key);
    if (isLonger(attributes, known?.attributes ?? {})) await this.#mustHoldMore(principal);
    const audit = this.#audit(principal, "change_file", store, { file: document.id });
    if (!(await this.#store.documents.setAttributes(member, wellFormed(attributes), audit))) throw notFound("File");
    return this.#member(store, document.key);
  }

  async remove(principal: Principal, id: string, documentId: string): Promise<void> {
    const { store, document } = await this.#both(principal, id, documentId);
    await this.#member(store, document.key);
    const audit = this.#audit(principal, "remove_file", store, { file: document.id });
    await this.#store.documents.removeMembers(store.key, [document.key], audit);
  }

  async batch(principal: Principal, id: string, batchId: string): Promise<Batch> {
    const store = await this.#find(principal, id);
    const batch = await this.#store.documents.batch(store.key, batchId);
    if (!batch) throw notFound("File batch");
    const otherwise = `vectorize-${store.id}`;
    const [taskId = otherwise] = await this.#tasks.names([{ task: batch.task, otherwise }]);
    return { ...batch, taskId, vectorStoreId: store.id };
  }

  async cancelBatch(principal: Principal, id: string, batchId: string): Promise<Batch> {
    const batch = await this.batch(principal, id, batchId);
    if (batch.counts.in_progress > 0) {
      const audit = this.#audit(principal, "cancel_batch", { id: batch.vectorStoreId }, { batch: batch.id });
      await this.#store.documents.cancelMembers({ batch: batch.id }, audit);
      if (batch.task !== null) await this.#tasks.cancel(principal, batch.task, "The batch was cancelled.");
    }
    return this.batch(principal, id, batchId);
  }

  async search(
    principal: Principal,
    id: string,
    asked: Search,
    signal: AbortSignal,
    onPaid?: OnPaid,
  ): Promise<Found[]> {
    const store = await this.#find(principal, id);
    if (this.#hasExpired(store))
      throw new Refusal("not_allowed_in_state", "The vector store has expired: it cannot be searched any more.");
    await this.#used(store);
    const [found = []] = (await this.#searches?.of(principal, [store], asked, signal, onPaid)) ?? [];
    return found;
  }

  async searchAll(
    principal: Principal,
    ids: readonly string[],
    asked: Search,
    signal: AbortSignal,
    onPaid?: OnPaid,
  ): Promise<Map<string, Found[]>> {
    mustHave(principal, "tasks");
    const known = await Promise.all(ids.map((id) => this.#known(principal, id)));
    const stores = known.filter((store) => store !== null).filter((store) => !this.#hasExpired(store));
    await Promise.all(stores.map((store) => this.#used(store)));
    const found = (await this.#searches?.of(principal, stores, asked, signal, onPaid)) ?? [];
    return new Map(stores.map(({ id }, at) => [id, found[at] ?? []]));
  }

  /** Noted to the minute, so that searches do not write; exactly if the store's expiry depends on it. */
  async #used({ key, lastActiveAt, expiresAfterMs }: VectorStoreRecord): Promise<void> {
    const now = this.#clock.now();
    if (expiresAfterMs === null && now - lastActiveAt < USE_NOTED_MS) return;
    await this.#store.documents.changeVectorStore(key, { lastActiveAt: now });
  }

  async summary(principal: Principal, id: string, tokensMax: number): Promise<StoreSummary> {
    return this.#summaries.of(await this.#find(principal, id), tokensMax);
  }

  async counts(principal: Principal): Promise<{ processed: number; vectorStores: number }> {
    mustHave(principal, "tasks");
    return this.#store.documents.counts(principal.tenant);
  }

  /**
   * Begins a task for each store whose vectors are of another model than the usual one: it embeds everything again, and the old vectors
   * answer until it is done. A store on which a task is already at work is left to that.
   */
  async moveToUsualModel(): Promise<void> {
    if (!this.#retrieval) return;
    const { model } = this.#retrieval.embedders.usual;
    for (let after: string | null = ""; after !== null; ) {
      const page: Awaited<ReturnType<DocumentStore["vectorStoresOfOtherModels"]>> =
        await this.#store.documents.vectorStoresOfOtherModels(model, after, MOVED_AT_ONCE);
      for (const store of page.stores) {
        const isAtWork = await this.#tasks.anyOpen({ field: "vector_store_id", owned: store });
        if (!isAtWork) await this.#embed(null, store, NATIVE, {});
      }
      after = page.next;
    }
  }

  /** A new task that embeds new members of a store. */
  async #embed(
    asked: AskedBy | null,
    store: VectorStoreRecord,
    lens: string,
    documents: Parameters<DocumentTasks["begin"]>[0]["documents"],
  ): Promise<void> {
    await this.#tasks.begin({
      kind: "vectorization",
      asked,
      input: { vectorStore: store.key },
      lens,
      name: `vectorize-${store.id}`,
      about: { field: "vector_store_id", owned: store },
      documents: { ...documents, ofTask: { vectorStore: store.key } },
    });
  }

  #audit(principal: Principal, act: string, store: Pick<VectorStoreRecord, "id">, detail: JsonObject): AuditEntry {
    const about = { detail: { vector_store: store.id, ...detail } };
    return auditEntry(principal, `vector_stores.${act}`, this.#clock.now(), about);
  }

  async #find(principal: Principal, id: string): Promise<VectorStoreRecord> {
    mustHave(principal, "tasks");
    const store = await this.#known(principal, id);
    if (!store) throw notFound("Vector store");
    return store;
  }

  #known(principal: Principal, id: string): Promise<VectorStoreRecord | null> {
    const { tenant, user } = principal;
    return this.#store.documents.vectorStoreById(visibleTo(principal), { tenant, user, id });
  }

  async #both(principal: Principal, id: string, documentId: string) {
    const store = await this.#find(principal, id);
    const [document] = await this.#documents(principal, [documentId], null);
    if (!document) throw notFound("File");
    return { store, document };
  }

  /** Each document once, in the order of the ids. Throws `not_found` for the first that does not exist, and names `field`. */
  async #documents(
    principal: Principal,
    ids: readonly string[],
    field: string | null = "file_ids",
  ): Promise<DocumentRecord[]> {
    const { tenant, user } = principal;
    const visible = visibleTo(principal);
    const now = this.#clock.now();
    const documents: DocumentRecord[] = [];
    for (const id of new Set(ids)) {
      const document = await this.#store.documents.documentById(visible, { tenant, user, id });
      const isThere = document && (document.expiresAt === null || document.expiresAt > now);
      if (!isThere) throw new Refusal("not_found", `There is no file ${id}.`, field === null ? {} : { field });
      documents.push(document);
    }
    return documents;
  }

  /** Only existing ones: a removed member may be no document any more. */
  async #present(principal: Principal, ids: readonly string[]): Promise<DocumentRecord[]> {
    const { tenant, user } = principal;
    const visible = visibleTo(principal);
    const found = [...new Set(ids)].map((id) => this.#store.documents.documentById(visible, { tenant, user, id }));
    return (await Promise.all(found)).filter((document) => document !== null);
  }

  #mustHoldMore(principal: Principal): Promise<void> {
    return mustHoldMore(this.#store, this.#boundsOf, principal, this.#clock.now());
  }

  /** Documents that are not members yet. */
  async #newcomers(store: VectorStoreRecord, documents: readonly DocumentRecord[]): Promise<DocumentRecord[]> {
    const known = await Promise.all(documents.map(({ key }) => this.#store.documents.member(store.key, key)));
    return documents.filter((_, at) => known[at] === null);
  }

  #newMember(store: VectorStoreRecord, document: DocumentRecord): MemberRecord {
    const { error } = document;
    return {
      vectorStore: store.key,
      document: document.key,
      status: error === null ? "in_progress" : "failed",
      error,
      attributes: {},
      chunking: store.chunking,
      batch: null,
      task: null,
      bytes: 0,
      createdAt: this.#clock.now(),
    };
  }

  async #member(store: VectorStoreRecord, document: string): Promise<Member> {
    const member = await this.#store.documents.member(store.key, document);
    const [seen] = member ? await this.#seenMembers(store, [member]) : [];
    if (!seen) throw notFound("File");
    return seen;
  }

  async #seenMembers(store: VectorStoreRecord, members: readonly NamedMember[]): Promise<Member[]> {
    const otherwise = `vectorize-${store.id}`;
    const names = await this.#tasks.names(members.map(({ task }) => ({ task, otherwise })));
    return members.map((member, at) => ({
      ...member,
      taskId: names[at] ?? otherwise,
      vectorStoreId: store.id,
    }));
  }

  async #seen(store: VectorStoreRecord): Promise<VectorStore> {
    const otherwise = `create-${store.id}`;
    const [taskId = otherwise] = await this.#tasks.names([{ task: store.task, otherwise }]);
    const expiresAt = store.expiresAfterMs === null ? null : store.lastActiveAt + store.expiresAfterMs;
    return { ...store, taskId, expiresAt, expired: this.#hasExpired(store) };
  }

  #hasExpired({ expiresAfterMs, lastActiveAt }: VectorStoreRecord): boolean {
    return expiresAfterMs !== null && lastActiveAt + expiresAfterMs <= this.#clock.now();
  }

  #randomId(prefix: string): string {
    return prefix + this.#ids.randomUuid().replaceAll("-", "").slice(0, ID_CHARACTERS);
  }
}

function ownName({ name, nameAmong: among }: Pick<VectorStoreUpdate, "name"> & { nameAmong?: string | undefined }) {
  return name !== undefined && among !== undefined && { named: { name, among } };
}

/** A file that is already cut and embedded in that way stays so, and is found while it is added once more. */
function stillCompleted(known: NamedMember, chunking: ChunkingStrategy): Partial<MemberRecord> {
  const isSame =
    known.chunking.maxTokens === chunking.maxTokens && known.chunking.overlapTokens === chunking.overlapTokens;
  return known.status === "completed" && isSame ? { status: known.status, bytes: known.bytes } : {};
}
