/** The writer's statements on documents and vector stores. */
import type { Database } from "better-sqlite3";
import { MEMBER_ROW_BYTES } from "../../document-store.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { NOT_REMOVED } from "./document-removal.ts";

const OWN = `key = ? AND ${NOT_REMOVED}`;
/** The bytes of a member's row with its attributes, as counted by `ownBytes` of the codec. */
const ownBytes = (column: string) => `(octet_length(${column}) - 2 + ${MEMBER_ROW_BYTES})`;

export function documentStatements(db: Database) {
  const run = (sql: string) => lateRun(db, sql);
  const row = (sql: string) => lateRows(db, sql);
  return {
    document: row(`SELECT 1 FROM documents WHERE ${OWN}`),
    documentByOwnId: row("SELECT 1 FROM documents WHERE tenant = ? AND user = ? AND id = ?"),
    vectorStore: row("SELECT tenant, user FROM vector_stores WHERE key = ?"),
    vectorStoreByName: row(
      `SELECT 1 FROM vector_stores
       WHERE tenant = ? AND user = ? AND name = ? AND key <> ? AND json_type(metadata, ?) IS NOT NULL`,
    ),
    vectorStoreByOwnId: row("SELECT 1 FROM vector_stores WHERE tenant = ? AND user = ? AND id = ?"),
    insertDocument: run(
      `INSERT INTO documents (key, tenant, user, id, filename, purpose, sha256, md5, bytes, media_type, status, error,
         created_at, updated_at, expires_at, task, annotations, reading, produced)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    setDocumentTask: run("UPDATE documents SET task = ? WHERE key = ?"),
    annotations: row(`SELECT annotations FROM documents WHERE ${OWN}`),
    annotate: run(`UPDATE documents SET annotations = ?, updated_at = max(updated_at, ?) WHERE ${OWN}`),
    fill: run(
      `UPDATE documents SET sha256 = ?, md5 = ?, bytes = ?, media_type = ?, updated_at = max(updated_at, ?)
       WHERE ${OWN}`,
    ),
    putPage: run(
      "INSERT OR REPLACE INTO document_pages (document, page, name, content, recognized) VALUES (?, ?, ?, ?, ?)",
    ),
    finish: run(
      `UPDATE documents SET status = ?, error = ?, reading = ?, updated_at = max(updated_at, ?) WHERE ${OWN}`,
    ),
    produced: row(`SELECT produced FROM documents WHERE ${OWN}`),
    putProduced: run(`UPDATE documents SET produced = ?, updated_at = max(updated_at, ?) WHERE ${OWN}`),
    insertVectorStore: run(
      `INSERT INTO vector_stores (key, tenant, user, id, name, description, metadata, max_tokens, overlap_tokens, model,
         created_at, last_active_at, expires_after_ms, task)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    changeVectorStore: run(
      `UPDATE vector_stores SET name = coalesce(?, name), description = coalesce(?, description),
         metadata = coalesce(?, metadata), last_active_at = max(last_active_at, coalesce(?, 0)),
         model = coalesce(?, model)
       WHERE key = ?`,
    ),
    setExpiry: run("UPDATE vector_stores SET expires_after_ms = ? WHERE key = ?"),
    setVectorStoreTask: run("UPDATE vector_stores SET task = ? WHERE key = ?"),
    removeVectorStore: run("DELETE FROM vector_stores WHERE key = ?"),
    insertBatch: run("INSERT INTO member_batches (id, vector_store, created_at, task) VALUES (?, ?, ?, ?)"),
    insertMember: run(
      `INSERT INTO members (vector_store, document, status, error, attributes, max_tokens, overlap_tokens, batch, task,
         bytes, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    moveMember: run(
      `UPDATE members SET status = ?, error = ?, bytes = ? + ${ownBytes("attributes")}
       WHERE vector_store = ? AND document = ? AND status = ?`,
    ),
    setAttributes: run(
      `UPDATE members SET attributes = @attributes,
         bytes = max(bytes - ${ownBytes("attributes")}, 0) + ${ownBytes("@attributes")}
       WHERE vector_store = @vectorStore AND document = @document`,
    ),
    cancelMembers: run(
      "UPDATE members SET status = 'cancelled' WHERE status = 'in_progress' AND (batch = ? OR task = ?)",
    ),
    removeMember: run("DELETE FROM members WHERE vector_store = ? AND document = ?"),
  };
}
