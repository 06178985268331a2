/**
 * Overwrites the traces of removed rows on the disk, in a thread of its own: segments of the chunk index with removed cuts, pages of
 * the WALs, and unused bytes within pages, into which SQLite has copied rows that it moved. The last only go when the database is
 * rewritten, which holds up the writer: a small one is rewritten at once, a large one by `waybill doctor --compact`.
 */
import { existsSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { numberIn } from "../column.ts";
import { withDatabase } from "../database.ts";
import { faultsOf } from "../doctor/check.ts";
import { openIndex } from "../documents/chunk-index/index-file.ts";
import { PieceReader } from "../documents/chunk-index/piece-reader.ts";
import { SegmentBuilder } from "../documents/chunk-index/segment-builder.ts";
import { Segments } from "../documents/chunk-index/segments.ts";

/** A second of a busy disk, at 10 MB/s. */
const COMPACTED_BYTES_MAX = 8 << 20;
/** How long a reader may hold a WAL; the caller tries again later. */
const LOG_WAIT_MS = 2_000;
/** Between two looks whether a checkpoint is under way: SQLite waits for readers, but not for that. */
const LOOK_MS = 10;

/** What one scrub leaves to do: pages of a large database that is not rewritten, or a WAL that somebody reads. */
export type Scrubbed = { isCompact: boolean; isLogEmpty: boolean };

export function scrub(database: string, index: string): Scrubbed {
  return withDatabase(database, (rows) => {
    const isIndexScrubbed = !existsSync(index) || scrubIndex(rows, index);
    const isCompact = bytesOf(rows) <= COMPACTED_BYTES_MAX && isSound(rows);
    if (isCompact) rows.exec("VACUUM");
    return { isCompact, isLogEmpty: emptyLog(rows) && isIndexScrubbed };
  });
}

/** A damaged database cannot be rewritten, and the error would not say so: a wrong page number is called a full disk. */
function isSound(db: Database): boolean {
  return faultsOf(db, "quick_check").length === 0;
}

/** Rewrites it, however large it is. The caller holds the folder's lock. */
export function compact(database: string): void {
  withDatabase(database, (db) => {
    db.exec("VACUUM");
    db.pragma("wal_checkpoint(TRUNCATE)");
  });
}

function scrubIndex(rows: Database, file: string): boolean {
  const index = openIndex(file);
  try {
    index.pragma("secure_delete = 1");
    const isCut = rows.prepare<unknown[], unknown>("SELECT 1 FROM cuts WHERE n = ?").pluck();
    const segments = new Segments(index);
    const builder = new SegmentBuilder(index, new PieceReader(rows));
    const all = index.prepare<unknown[], unknown>("SELECT n FROM segments").pluck().all().map(numberIn);
    for (const n of all)
      if (segments.segment(n).parts.some(({ cut }) => isCut.get(cut) === undefined)) builder.remove(n);
    return emptyLog(index);
  } finally {
    index.close();
  }
}

function bytesOf(db: Database): number {
  return Number(db.pragma("page_count", { simple: true })) * Number(db.pragma("page_size", { simple: true }));
}

/** Checkpoints the WAL and truncates it. False while somebody reads it, or another checkpoint is under way. */
function emptyLog(db: Database): boolean {
  db.pragma(`busy_timeout = ${LOG_WAIT_MS}`);
  const empty = db.prepare<unknown[], unknown[]>("PRAGMA wal_checkpoint(TRUNCATE)").raw();
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const until = performance.now() + LOG_WAIT_MS;
  while (empty.get()?.[0] !== 0) {
    if (performance.now() >= until) return false;
    Atomics.wait(nobody, 0, 0, LOOK_MS);
  }
  return true;
}
