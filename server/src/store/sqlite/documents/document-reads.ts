/** Reads of documents, their pages, vector stores and their members. */
import type { Database } from "better-sqlite3";
import type { BatchRecord, MemberStatus } from "../../../task/documents/document.ts";
import { Refusal } from "../../../task/errors.ts";
import type { PlacedPage } from "../../../task/task-filter.ts";
import type { Visible } from "../../../task/visibility.ts";
import {
  DOCUMENT_COLUMNS,
  LISTED_DOCUMENT_COLUMNS,
  MEMBER_COLUMNS,
  VECTOR_STORE_COLUMNS,
} from "../../codec/columns.ts";
import type { OwnId } from "../../document-store.ts";
import { ANSWER_BYTES_MAX, fitting } from "../bounds.ts";
import { textIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { ALL, pageByRows, queries } from "../queries.ts";
import { type Where, whereVisible } from "../where.ts";
import { NOT_REMOVED } from "./document-removal.ts";

type Key = { key: string };
type ById = { visible: Visible; own: OwnId };
type Place = [createdAt: number, id: string, key: string];
type Listing = {
  /** Columns to select, from which tables, and what names an item's creation, id and key there. */
  columns: string;
  from: string;
  where: Where;
  place: readonly [createdAt: string, id: string, key: string];
  /** The column of the id. */
  idAt: number;
  /** The same from indexes only: all columns of `place`, and the conditions of `where` that they can check. */
  indexed: { from: string; where: Where };
};

const MEMBERS = `members m JOIN documents d ON d.key = m.document AND d.${NOT_REMOVED}`;
/** Only the ids and keys of their documents. The first parameter is the vector store. */
const INDEXED_MEMBERS = `(SELECT id, key FROM documents INDEXED BY documents_by_time
    WHERE tenant = (SELECT tenant FROM vector_stores WHERE key = ?)) d JOIN members m ON m.document = d.key`;
/** The key, unless its document is being removed. */
const PAGED = `SELECT key FROM documents WHERE key = ? AND ${NOT_REMOVED}`;
const MEMBER_SELECT = `SELECT ${MEMBER_COLUMNS}, d.id, d.filename FROM ${MEMBERS}`;
const DOCUMENT_PLACE = ["d.created_at", "d.id", "d.key"] as const;
const STORE_PLACE = ["v.created_at", "v.id", "v.key"] as const;
const MEMBER_PLACE = ["m.created_at", "d.id", "d.key"] as const;

export function documentReads(db: Database) {
  const { row, page, number } = queries(db);
  const list = lists(db);
  return {
    document: row(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents d WHERE d.key = ? AND d.${NOT_REMOVED}`,
      ({ key }: Key) => [key],
    ),
    documentById: byId(db, DOCUMENT_COLUMNS, "documents d", "filename"),
    documentByMd5: row(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents d WHERE d.tenant = ? AND d.user = ? AND d.md5 = ?
       ORDER BY d.created_at DESC LIMIT 1`,
      ({ tenant, user, md5 }: { tenant: string; user: string; md5: string }) => [tenant, user, md5],
    ),
    documents: (given: { visible: Visible; purpose: string | null; at: number; page: PlacedPage }) => {
      const visible = whereVisible(given.visible, "d");
      const { sql, values } = visible;
      const where = {
        sql: `${sql} AND (d.expires_at IS NULL OR d.expires_at > ?) AND (? IS NULL OR d.purpose = ?)`,
        values: [...values, given.at, given.purpose, given.purpose],
      };
      const from = { columns: LISTED_DOCUMENT_COLUMNS, from: "documents d", where, place: DOCUMENT_PLACE, idAt: 3 };
      return list({ ...from, indexed: { from: placesOf("documents d", given.visible), where: visible } }, given.page);
    },
    pages: page(
      `SELECT page, name, content, recognized FROM document_pages
       WHERE document = (${PAGED}) AND page >= ? ORDER BY page LIMIT ?`,
      ANSWER_BYTES_MAX,
      ({ key, from, limit }: Key & { from: number; limit: number }) => [key, from, limit],
    ),
    /** The number of pages from 0 on without a gap. */
    pageCount: number(
      `SELECT coalesce((SELECT min(p.page) + 1 FROM document_pages p WHERE p.document = (${PAGED})
           AND NOT EXISTS (SELECT 1 FROM document_pages n WHERE n.document = p.document AND n.page = p.page + 1)), 0)
         * EXISTS (SELECT 1 FROM document_pages WHERE document = (${PAGED}) AND page = 0)`,
      ({ key }: Key) => [key, key],
    ),
    ...vectorStoreReads(db),
    countDocuments: number(
      `SELECT count(*) FROM documents WHERE status = 'processed' AND (? IS NULL OR tenant = ?) AND ${NOT_REMOVED}`,
      ({ tenant }: { tenant: string | null }) => [tenant, tenant],
    ),
    countVectorStores: number(
      "SELECT count(*) FROM vector_stores WHERE ? IS NULL OR tenant = ?",
      ({ tenant }: { tenant: string | null }) => [tenant, tenant],
    ),
  };
}

function vectorStoreReads(db: Database) {
  const { row, rows, list: readable, exists } = queries(db);
  const list = lists(db);
  return {
    hasVectorStore: exists(
      "SELECT 1 FROM vector_stores WHERE tenant = ? AND user = ? LIMIT 1",
      ({ tenant, user }: { tenant: string; user: string }) => [tenant, user],
    ),
    vectorStore: row(`SELECT ${VECTOR_STORE_COLUMNS} FROM vector_stores v WHERE v.key = ?`, ({ key }: Key) => [key]),
    vectorStoreById: byId(db, VECTOR_STORE_COLUMNS, "vector_stores v", "name"),
    vectorStores: ({ visible, page }: { visible: Visible; page: PlacedPage }) =>
      list(
        {
          columns: VECTOR_STORE_COLUMNS,
          from: "vector_stores v",
          where: whereVisible(visible, "v"),
          place: STORE_PLACE,
          idAt: 3,
          indexed: { from: placesOf("vector_stores v", visible), where: whereVisible(visible, "v") },
        },
        page,
      ),
    vectorStoresOfOtherModels: readable(
      {
        page: `SELECT ${VECTOR_STORE_COLUMNS} FROM vector_stores v WHERE v.model <> @model AND v.key > @after
          ORDER BY v.key LIMIT @limit`,
        places: "SELECT key, key FROM vector_stores WHERE key > @after ORDER BY key",
        one: `SELECT ${VECTOR_STORE_COLUMNS} FROM vector_stores v WHERE v.key = @place AND v.model <> @model`,
      },
      ANSWER_BYTES_MAX,
      (given: { model: string; after: string; limit: number }) => given,
    ),
    storesOf: readable(
      {
        page: `SELECT ${VECTOR_STORE_COLUMNS} FROM members m JOIN vector_stores v ON v.key = m.vector_store
          WHERE m.document = @key ORDER BY v.created_at, v.id`,
        places: "SELECT vector_store, vector_store FROM members WHERE document = @key",
        one: `SELECT ${VECTOR_STORE_COLUMNS} FROM vector_stores v WHERE v.key = @place`,
      },
      ALL,
      ({ key }: Key) => ({ key, limit: ALL }),
    ),
    member: row(
      `${MEMBER_SELECT} WHERE m.vector_store = ? AND m.document = ?`,
      ({ vectorStore, document }: { vectorStore: string; document: string }) => [vectorStore, document],
    ),
    members: (given: { vectorStore: string; status: MemberStatus | null; batch: string | null; page: PlacedPage }) => {
      const { vectorStore, status, batch } = given;
      const where = {
        sql: "m.vector_store = ? AND (? IS NULL OR m.status = ?) AND (? IS NULL OR m.batch = ?)",
        values: [vectorStore, status, status, batch, batch],
      };
      const columns = `${MEMBER_COLUMNS}, d.id, d.filename`;
      const indexed = { from: INDEXED_MEMBERS, where: { ...where, values: [vectorStore, ...where.values] } };
      return list({ columns, from: MEMBERS, where, place: MEMBER_PLACE, idAt: 11, indexed }, given.page);
    },
    memberIds: readable(
      {
        page: `SELECT d.id FROM ${MEMBERS} WHERE m.vector_store = @key ORDER BY m.created_at, d.id LIMIT @limit`,
        places:
          "SELECT NULL, document FROM members INDEXED BY members_by_time WHERE vector_store = @key ORDER BY created_at",
        one: `SELECT d.id FROM documents d WHERE d.key = @place AND d.${NOT_REMOVED}`,
      },
      ANSWER_BYTES_MAX,
      (given: Key & { limit: number }) => given,
    ),
    batch: row(
      "SELECT id, vector_store, created_at, task FROM member_batches WHERE vector_store = ? AND id = ?",
      ({ vectorStore, id }: Pick<BatchRecord, "vectorStore" | "id">) => [vectorStore, id],
    ),
    batchCounts: rows(
      "SELECT status, count(*) FROM members WHERE batch = ? GROUP BY status",
      ({ id }: Pick<BatchRecord, "id">) => [id],
    ),
  };
}

/** A table of documents or vector stores, through an index with all columns of a place. */
function placesOf(table: "documents d" | "vector_stores v", { user }: Visible): string {
  const [name] = table.split(" ");
  return `${table} INDEXED BY ${name}_by_${user === null ? "time" : "user"}`;
}

/**
 * The caller's own first, and of those the oldest. By its row, so that what is read is the row's and not the entry's by which
 * it was found. No index has the column `unindexed`: an entry of a row that is gone is damage.
 */
function byId(db: Database, columns: string, from: string, unindexed: string): (given: ById) => unknown[] | null {
  const { row } = queries(db);
  const find = row(
    `SELECT ${columns} FROM ${from} WHERE rowid = (
       SELECT rowid FROM ${from} WHERE tenant = ? AND id = ? AND (? IS NULL OR user = ?) AND length(${unindexed}) >= 0
       ORDER BY user <> ?, created_at LIMIT 1)`,
    ({ visible, own }: ById) => [visible.tenant, own.id, visible.user, visible.user, own.user],
  );
  return (given) => (given.visible.tenant === given.own.tenant ? find(given) : null);
}

/** A page of a list by creation time, then id; `more` says that it goes on in the direction of the page. */
function lists(db: Database) {
  const { row } = queries(db);
  const rowsOf = (sql: string, values: unknown[]) =>
    db
      .prepare<unknown[], unknown[]>(sql)
      .raw()
      .iterate(...values);
  return (
    { columns, from, where, place, idAt, indexed }: Listing,
    { limit, order, after, before, beyond }: PlacedPage,
  ) => {
    const [, id, key] = place;
    const cursor = after ?? before;
    const placed = (from: string, { sql, values }: Where) =>
      row(
        `SELECT ${place.join(", ")} FROM ${from} WHERE ${sql} AND ${id} = ? ORDER BY ${place.join(", ")} LIMIT 1`,
        () => [...values, cursor],
      )(null);
    const found = () => {
      try {
        return placed(from, where);
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        return placed(indexed.from, indexed.where);
      }
    };
    const startAt = (): Place | null => {
      if (beyond) return [beyond.createdAt, beyond.id, beyond.key];
      if (cursor === undefined) return null;
      const at = found();
      if (!at) throw unknownCursor(after === undefined ? "before" : "after");
      return [Number(at[0]), String(at[1]), String(at[2])];
    };
    const start = startAt();
    const forwards = after !== undefined || before === undefined;
    const rising = (order === "asc") === forwards;
    const direction = rising ? "ASC" : "DESC";
    const fromThere = start === null ? "" : `AND (${place.join(", ")}) ${rising ? ">" : "<"} (?, ?, ?)`;
    const select = (wanted: string, from: string, { sql, values }: Where) =>
      rowsOf(
        `SELECT ${wanted} FROM ${from} WHERE ${sql} ${fromThere}
         ORDER BY ${place.map((column) => `${column} ${direction}`).join(", ")} LIMIT ?`,
        [...values, ...(start ?? []), limit + 1],
      );
    const one = (wanted: unknown) => {
      const [found] = rowsOf(`SELECT ${columns} FROM ${from} WHERE ${where.sql} AND ${key} = ?`, [
        ...where.values,
        wanted,
      ]);
      return found;
    };
    const itsPlace = [key, ...Array(idAt - 1).fill("NULL"), id].join(", ");
    const page = pageByRows(
      limit + 1,
      () => fitting(select(columns, from, where), ANSWER_BYTES_MAX),
      () => [...select(itsPlace, indexed.from, indexed.where)],
      ([wanted]) => one(wanted),
    );
    const items = page.rows.slice(0, limit);
    const last = items.at(-1)?.[idAt];
    if (!forwards) items.reverse();
    // `last` is the furthest one, from which the list continues.
    const more = page.more || page.rows.length > limit;
    return { rows: items, more, last: last === undefined ? null : textIn(last) };
  };
}

function unknownCursor(field: string): Refusal {
  return new Refusal("invalid", "This cursor is not the id of an item of this list.", { field });
}
