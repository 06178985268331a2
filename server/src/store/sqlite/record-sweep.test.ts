import type { Database } from "better-sqlite3";
import { afterEach, expect, test, vi } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { openDatabase } from "./database.ts";
import { DocumentRemoval } from "./documents/document-removal.ts";
import { migrate } from "./migrate.ts";
import { PassedOver } from "./passed-over.ts";
import { emptyConversation, sweepRecords } from "./record-sweep.ts";
import { TURN_MS } from "./slices.ts";
import { Pace } from "./thread/pace.ts";
import { worked } from "./thread/work-through.ts";
import { Writer } from "./thread/writer.ts";

const KB_60 = "x".repeat(60_000);
const OLD = { idempotencyBefore: 2, auditBefore: 2, auditEntriesMax: 1_000, unusedSince: 2, expiredBefore: 2 };
const pace = new Pace();
afterEach(() => void vi.restoreAllMocks());

function stage() {
  const db = openDatabase(":memory:");
  migrate(db);
  const count = (table: string) => db.prepare<unknown[], unknown>(`SELECT count(*) FROM ${table}`).pluck().get();
  return {
    db,
    counts: () => ["conversations", "messages", "conversation_files", "documents", "document_pages"].map(count),
    /** Used last at 1, with messages of 60 KB, some of which name files. */
    converse: (id: string, messages: number, deletedAt: number | null) => {
      db.prepare<unknown[]>(
        `INSERT INTO conversations (id, tenant, user, title, context, created_at, updated_at, last_activity_at, tasks,
           completed, failed, input_tokens, output_tokens, cost_usd, deleted_at)
         VALUES (?, 'acme', 'ada', '', '{}', 1, 1, 1, 0, 0, 0, 0, 0, 0, ?)`,
      ).run(id, deletedAt);
      const say = db.prepare<unknown[]>(
        "INSERT INTO messages (conversation, n, role, at, parts) VALUES (?, ?, 'user', 1, ?)",
      );
      const name = db.prepare<unknown[]>("INSERT INTO conversation_files VALUES (?, ?)");
      for (let n = 1; n <= messages; n++) {
        say.run(id, n, KB_60);
        name.run(id, n.toString(16).padStart(64, "0"));
      }
    },
    /** Expired at 1 unless told otherwise, with pages of 60 KB, a cut, and a membership in each of so many stores. */
    upload: (
      key: string,
      pages: number,
      { expiresAt = 1, stores = 0 }: { expiresAt?: number; stores?: number } = {},
    ) => {
      db.prepare<unknown[]>(
        `INSERT INTO documents (key, tenant, user, id, filename, purpose, bytes, media_type, status, created_at, updated_at,
           expires_at, annotations, produced)
         VALUES (?, 'acme', 'ada', ?, '', '', 1, '', 'processed', 1, 1, ?, '{}', '{}')`,
      ).run(key, key.trim(), expiresAt);
      db.prepare<unknown[]>("INSERT INTO cuts VALUES (NULL, ?, 1, 1, 0, 0, 1)").run(key);
      const page = db.prepare<unknown[]>("INSERT INTO document_pages VALUES (?, ?, NULL, ?, 0)");
      for (let n = 0; n < pages; n++) page.run(key, n, KB_60);
      const putStore = db.prepare<unknown[]>(
        `INSERT INTO vector_stores (key, tenant, user, id, name, description, metadata, max_tokens, overlap_tokens, model,
           created_at, last_active_at)
         VALUES (?, 'acme', 'ada', ?, '', '', '{}', 1, 1, '', 1, 1)`,
      );
      const join = db.prepare<unknown[]>(
        `INSERT INTO members (vector_store, document, status, attributes, max_tokens, overlap_tokens, bytes, created_at)
         VALUES (?, ?, 'completed', '{}', 1, 1, 1, 1)`,
      );
      for (let n = 0; n < stores; n++) {
        const store = `store ${n}`.padEnd(36);
        putStore.run(store, store);
        join.run(store, key);
      }
    },
    sweep: () => {
      let after: string | null = "";
      return longestTurn(db, () => {
        after = sweepRecords(db, { ...OLD, after: after ?? "" }, new PassedOver(), pace.turn(TURN_MS));
        return after === null;
      });
    },
  };
}

/** Turns until nothing is left, each as one transaction. Returns the processor time of the longest. */
function longestTurn(db: Database, turn: () => boolean): number {
  const inTransaction = db.transaction(turn);
  let longest = 0;
  for (let isDone = false; !isDone; ) {
    const began = processorMs();
    isDone = inTransaction();
    longest = Math.max(longest, processorMs() - began);
  }
  return longest;
}

test("what is large goes in turns, of which none holds the writer for long", () => {
  const { db, counts, converse, upload, sweep } = stage();
  for (let n = 0; n < 3; n++) converse(`large ${n}`, 500, null);
  for (let n = 0; n < 2; n++) upload(`document ${n}`.padEnd(36), 1_500);
  converse("used", 3, null);
  db.exec("UPDATE conversations SET last_activity_at = 5 WHERE id = 'used'");
  expect(sweep()).toBeLessThan(50);
  expect(counts()).toEqual([1, 3, 3, 0, 0]);
  db.close();
});

test("a sweep looks at each of however many conversations, and removes those that are old", () => {
  const { db, counts, converse } = stage();
  for (let n = 0; n < 500; n++) converse(`empty ${n}`, 0, null);
  converse("used", 0, null);
  db.exec("UPDATE conversations SET last_activity_at = 5 WHERE id = 'used'");
  expect(sweepRecords(db, { ...OLD, after: "" }, new PassedOver(), () => false)).toBe(null);
  expect(counts()).toEqual([1, 0, 0, 0, 0]);
  db.close();
});

test("a conversation that was deleted is emptied at once, and by the next sweep where that was broken off", () => {
  const { db, counts, converse, sweep } = stage();
  for (const id of ["whole", "broken off"]) converse(id, 40, 5);
  while (!emptyConversation(db, "whole", new PassedOver(), pace.turn(TURN_MS)));
  expect(counts()).toEqual([2, 40, 40, 0, 0]);
  sweep();
  expect(counts()).toEqual([2, 0, 0, 0, 0]);
  db.close();
});

test("a document that is removed goes in turns, of which none holds the writer for long", () => {
  const { db, counts, upload } = stage();
  const key = "removed".padEnd(36);
  upload(key, 1_500, { expiresAt: 9, stores: 3_000 });
  const removal = new DocumentRemoval(db);
  let isHidden = false;
  const longest = longestTurn(db, () => {
    if (isHidden) return removal.empty(key, pace.turn(TURN_MS));
    isHidden = removal.hide(key);
    return false;
  });
  expect(longest).toBeLessThan(50);
  expect(counts()).toEqual([0, 0, 0, 0, 0]);
  const left = db.prepare<unknown[], unknown>("SELECT count(*), sum(completed) + sum(bytes) FROM vector_stores").raw();
  expect(left.get()).toEqual([3_000, 0]);
  db.close();
});

test("a document whose removal was broken off is nobody's, and the next sweep removes the rest", () => {
  const { db, counts, upload, sweep } = stage();
  const key = "removed".padEnd(36);
  upload(key, 40, { expiresAt: 9 });
  const removal = new DocumentRemoval(db);
  expect(removal.hide(key)).toBe(true);
  expect(removal.hide(key)).toBe(false);
  expect(db.prepare<unknown[], unknown>("SELECT tenant, user, id FROM documents").raw().all()).toEqual([["", "", key]]);
  expect(db.prepare<unknown[], unknown>("SELECT count(*) FROM cuts").pluck().get()).toBe(0);
  expect(removal.emptyPages(key, () => true)).toBe(false);
  expect(counts()).toEqual([0, 0, 0, 1, 24]);
  sweep();
  expect(counts()).toEqual([0, 0, 0, 0, 0]);
  db.close();
});

test.each([
  ["sweepRecords", { ...OLD, after: "" }],
  ["emptyConversation", { id: "none" }],
  ["emptyDocument", { key: "none" }],
  ["emptyPages", { key: "none" }],
  ["eraseRecords", { id: "none" }],
  ["eraseWords", null],
])(
  "%s is held for nobody before it, and goes on for no longer than a commit where somebody waits behind it",
  (verb, given) => {
    const { db } = stage();
    const writer = new Writer(db, null);
    const batch = (...calls: unknown[]) => JSON.parse(worked(writer, JSON.stringify(calls)));
    const note = ["putSetting", { name: "a", value: "b" }];
    const turn = vi.spyOn(Pace.prototype, "turn");
    expect(batch(note, [verb, given])).toEqual([{ answer: null }]);
    expect(turn).not.toHaveBeenCalled();
    let ms = 0;
    vi.spyOn(performance, "now").mockImplementation(() => ms);
    expect(batch([verb, given], note)).toEqual([expect.objectContaining({}), { answer: null }]);
    const isOver = turn.mock.results.at(-1)?.value;
    ms = 5;
    expect(isOver()).toBe(true);
    writer.close();
  },
);
