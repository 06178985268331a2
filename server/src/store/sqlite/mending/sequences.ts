/**
 * Numbers of cuts and embeddings, which SQLite keeps in a table of its own: what is left of one that is gone would go with whatever has its
 * number. Where that table is damaged, whoever has a number says how far they have come.
 */
import type { Database } from "better-sqlite3";
import { GIVEN_MAX, numberIn } from "../column.ts";
import { onSchema, swapIn } from "./schema-edits.ts";
import { SHADOW } from "./shadow.ts";

/** What has the numbers of a table. */
const HOLDERS: readonly [table: string, holders: readonly [table: string, column: string][]][] = [
  [
    "cuts",
    [
      ["cuts", "n"],
      ["chunks", "cut"],
      ["postings", "cut"],
      ["embeddings", "cut"],
      ["removed_cuts", "n"],
    ],
  ],
  [
    "embeddings",
    [
      ["embeddings", "n"],
      ["vectors", "embedding"],
      ["removed_embeddings", "n"],
    ],
  ],
  ["searchable_changes", [["searchable_changes", "n"]]],
];

/** No number that anything has is given again. */
export function raiseSequences(db: Database): void {
  const rise = db.prepare<unknown[]>("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?");
  const insert = db.prepare<unknown[]>("INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)");
  for (const [table, holders] of HOLDERS) {
    const lasts = holders.map(
      ([of, column]) => `ifnull((SELECT max(${column}) FROM ${of} WHERE ${column} <= ${GIVEN_MAX}), 0)`,
    );
    const last = numberIn(
      db
        .prepare(`SELECT max(0, ${lasts.join(", ")})`)
        .pluck()
        .get(),
    );
    if (rise.run(last, table).changes === 0) insert.run(last, table);
  }
}

/** Outside a transaction. */
export function rebuildSequences(db: Database): void {
  onSchema(db, () => {
    db.exec(`CREATE TABLE ${SHADOW} (name, seq)`);
    swapIn(db, SHADOW, "sqlite_sequence");
    db.pragma("writable_schema = RESET");
    raiseSequences(db);
  });
}
