/**
 * Removes a document in slices, so that no write waits long behind a document of thousands of pages. First it is hidden: no read finds
 * any part of it from then on, and its id is free. Then its memberships and its pages go, some at a time, and its row at the end. An
 * interrupted removal is completed by the sweep of records, as for a document that expired long ago. Of its chunks only the cut is
 * removed here; see `chunk-writes.ts`.
 */
import type { Database } from "better-sqlite3";
import { type IsOver, inSlices, SLICE_LARGE_ROWS, SLICE_ROWS } from "../slices.ts";

/** Condition on `documents`: not removed. No uploaded document expires at 0. */
export const NOT_REMOVED = "expires_at IS NOT 0";

export class DocumentRemoval {
  readonly #hide;
  readonly #removeCuts;
  readonly #removeMembers;
  readonly #removePages;
  readonly #remove;

  constructor(db: Database) {
    const run = (sql: string) => db.prepare<unknown[]>(sql);
    this.#hide = run(
      `UPDATE documents SET tenant = '', user = '', id = key, sha256 = NULL, md5 = NULL, expires_at = 0
       WHERE key = ? AND ${NOT_REMOVED}`,
    );
    this.#removeCuts = run("DELETE FROM cuts WHERE document = ?");
    this.#removeMembers = run(
      `DELETE FROM members WHERE document = ? AND vector_store IN (
         SELECT vector_store FROM members WHERE document = ? LIMIT ?)`,
    );
    this.#removePages = run(
      "DELETE FROM document_pages WHERE rowid IN (SELECT rowid FROM document_pages WHERE document = ? LIMIT ?)",
    );
    this.#remove = run("DELETE FROM documents WHERE key = ?");
  }

  /** Returns false when there is no such document. */
  hide(key: string): boolean {
    if (this.#hide.run(key).changes === 0) return false;
    this.#removeCuts.run(key);
    return true;
  }

  /** Returns whether nothing is left of it. */
  empty(key: string, isOver: IsOver): boolean {
    const isEmpty =
      inSlices(isOver, SLICE_ROWS, () => this.#removeMembers.run(key, key, SLICE_ROWS).changes) &&
      this.emptyPages(key, isOver);
    if (isEmpty) this.#remove.run(key);
    return isEmpty;
  }

  /** Returns whether it has no page any more. */
  emptyPages(key: string, isOver: IsOver): boolean {
    return inSlices(isOver, SLICE_LARGE_ROWS, () => this.#removePages.run(key, SLICE_LARGE_ROWS).changes);
  }
}
