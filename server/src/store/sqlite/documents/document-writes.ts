/** Writes of documents, their pages, vector stores and their members. */
import type { Database } from "better-sqlite3";
import type { DocumentRecord, MemberRecord, MemberStatus } from "../../../task/documents/document.ts";
import type { Noted, PreparedDocumentWrite } from "../../codec/prepared.ts";
import type { DocumentsRefused } from "../../document-write.ts";
import { type AuditChain, noting } from "../audit/audit-chain.ts";
import { textIn } from "../column.ts";
import { TURN_MS } from "../slices.ts";
import type { Pace } from "../thread/pace.ts";
import { DocumentRemoval } from "./document-removal.ts";
import { documentStatements } from "./document-statements.ts";

/** Additions, changes and removals of a write, in the caller's transaction. */
export class DocumentApplier {
  readonly #sql;

  constructor(db: Database) {
    this.#sql = documentStatements(db);
  }

  /** Checked before anything is written; null when all of it can be. */
  refused({
    document,
    vectorStore,
    members = [],
    changed,
    named,
    removed,
    ofTask = {},
  }: PreparedDocumentWrite): DocumentsRefused | null {
    const sql = this.#sql;
    if (document && sql.documentByOwnId.get(...document.slice(1, 4))) return { why: "taken", noun: "document" };
    if (vectorStore && sql.vectorStoreByOwnId.get(...vectorStore.slice(1, 4)))
      return { why: "taken", noun: "vector store" };
    const stores = [ofTask.vectorStore, changed?.key, removed?.vectorStore, vectorStore ? undefined : members[0]?.[0]];
    for (const key of stores)
      if (key !== undefined && !sql.vectorStore.get(key)) return { why: "gone", noun: "vector store" };
    const documents = [ofTask.document, ...members.map(([, key]) => key)];
    for (const key of documents)
      if (key !== undefined && key !== document?.[0] && !sql.document.get(key))
        return { why: "gone", noun: "document" };
    const key = vectorStore?.[0] ?? changed?.key;
    const owner = vectorStore?.slice(1, 3) ?? sql.vectorStore.get(key) ?? [];
    if (named && sql.vectorStoreByName.get(...owner, named.name, key, `$.${JSON.stringify(named.among)}`))
      return { why: "taken", noun: "name" };
    return null;
  }

  write(
    { document, vectorStore, members, batch, changed, left, removed, ofTask }: PreparedDocumentWrite,
    task: string | null,
  ): void {
    const sql = this.#sql;
    if (document) sql.insertDocument.run(...document);
    if (vectorStore) sql.insertVectorStore.run(...vectorStore);
    if (changed) this.changeVectorStore(changed);
    if (batch) sql.insertBatch.run(...batch);
    for (const member of members ?? []) this.#putMember(member);
    for (const key of left?.documents ?? []) sql.removeMember.run(left?.vectorStore, key);
    if (removed) sql.removeVectorStore.run(removed.vectorStore);
    if (ofTask?.document !== undefined) sql.setDocumentTask.run(task, ofTask.document);
    if (ofTask?.vectorStore !== undefined) sql.setVectorStoreTask.run(task, ofTask.vectorStore);
  }

  changeVectorStore({ key, name, description, metadata, expires, lastActiveAt, model }: PreparedStoreChange): boolean {
    const values = [name ?? null, description ?? null, metadata ?? null, lastActiveAt ?? null, model ?? null];
    const changed = this.#sql.changeVectorStore.run(...values, key).changes === 1;
    if (changed && expires !== undefined) this.#sql.setExpiry.run(expires, key);
    return changed;
  }

  #putMember(member: readonly unknown[]): void {
    // Replaced by a removal and an addition, so that its store counts both.
    this.#sql.removeMember.run(member[0], member[1]);
    this.#sql.insertMember.run(...member);
  }
}

export type PreparedStoreChange = NonNullable<PreparedDocumentWrite["changed"]>;

export function documentWrites(db: Database, applier: DocumentApplier, audit: AuditChain, pace: Pace) {
  const sql = documentStatements(db);
  const removal = new DocumentRemoval(db);
  return {
    /** Returns the refusal, before it has written anything. */
    putDocuments: ({ write, audit: entry }: { write: PreparedDocumentWrite } & Noted): DocumentsRefused | null => {
      const refused = applier.refused(write);
      if (refused) return refused;
      applier.write(write, null);
      if (entry) audit.add(entry);
      return null;
    },
    changeVectorStore: (change: PreparedStoreChange) => applier.changeVectorStore(change),
    annotateDocument: noting(audit, (given: { key: string; annotations: object; at: number }) => {
      const { key, annotations, at } = given;
      const row = sql.annotations.get(key);
      if (!row) return false;
      const merged: unknown = { ...JSON.parse(textIn(row[0])), ...annotations };
      return sql.annotate.run(JSON.stringify(merged), at, key).changes === 1;
    }),
    fillDocument: (given: Pick<DocumentRecord, "key" | "sha256" | "md5" | "bytes" | "mediaType"> & { at: number }) => {
      const { key, sha256, md5, bytes, mediaType, at } = given;
      return sql.fill.run(sha256, md5, bytes, mediaType, at, key).changes === 1;
    },
    /** False when the document is gone. */
    putPages: ({ key, pages }: { key: string; pages: readonly (readonly unknown[])[] }) => {
      if (!sql.document.get(key)) return false;
      for (const page of pages) sql.putPage.run(key, ...page);
      return true;
    },
    finishReading: (given: { key: string; reading: string | null; error: string | null; at: number }) => {
      const { key, reading, error, at } = given;
      return sql.finish.run(error === null ? "processed" : "error", error, reading, at, key).changes === 1;
    },
    putProduced: ({ key, produced, at }: { key: string; produced: object; at: number }) => {
      const row = sql.produced.get(key);
      if (!row) return false;
      const merged: unknown = { ...JSON.parse(textIn(row[0])), ...produced };
      return sql.putProduced.run(JSON.stringify(merged), at, key).changes === 1;
    },
    /** Hides it. False when there is no such document. */
    removeDocument: noting(audit, ({ key }: { key: string }) => removal.hide(key)),
    /** A slice of its removal: true when nothing is left. */
    emptyDocument: ({ key }: { key: string }) => removal.empty(key, pace.turn(TURN_MS)),
    /** The same for its pages only. */
    emptyPages: ({ key }: { key: string }) => removal.emptyPages(key, pace.turn(TURN_MS)),
    removeVectorStore: ({ key }: { key: string }) => sql.removeVectorStore.run(key).changes === 1,
    moveMember: (given: {
      member: Pick<MemberRecord, "vectorStore" | "document">;
      from: MemberStatus;
      to: Pick<MemberRecord, "status" | "error" | "bytes">;
    }) => {
      const { member, from, to } = given;
      const values = [to.status, to.error, to.bytes, member.vectorStore, member.document, from];
      return sql.moveMember.run(...values).changes === 1;
    },
    setAttributes: noting(
      audit,
      ({ member, attributes }: { member: Pick<MemberRecord, "vectorStore" | "document">; attributes: string }) =>
        sql.setAttributes.run({ ...member, attributes }).changes === 1,
    ),
    /** Members in progress that came with a batch, or with a task. */
    cancelMembers: noting(
      audit,
      ({ batch, task }: { batch: string | null; task: string | null }) => sql.cancelMembers.run(batch, task).changes,
    ),
    removeMembers: noting(audit, (given: { vectorStore: string; documents: readonly string[] }) => {
      for (const document of given.documents) sql.removeMember.run(given.vectorStore, document);
      return true;
    }),
  };
}
