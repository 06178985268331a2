import { expect, test } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";
import { emptyConversation, sweepRecords } from "./record-sweep.ts";

const KB_60 = "x".repeat(60_000);
const OLD = { idempotencyBefore: 2, auditBefore: 2, unusedSince: 2, expiredBefore: 2 };

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
    /** Expired at 1, with pages of 60 KB. */
    upload: (key: string, pages: number) => {
      db.prepare<unknown[]>(
        `INSERT INTO documents (key, tenant, user, id, filename, purpose, bytes, media_type, status, created_at, updated_at,
           expires_at, annotations, produced)
         VALUES (?, 'acme', 'ada', ?, '', '', 1, '', 'processed', 1, 1, 1, '{}', '{}')`,
      ).run(key, key);
      const page = db.prepare<unknown[]>("INSERT INTO document_pages VALUES (?, ?, NULL, ?, 0)");
      for (let n = 0; n < pages; n++) page.run(key, n, KB_60);
    },
    /** Turns until nothing is left, each as one transaction. Returns the processor time of the longest. */
    sweep: () => {
      const turn = db.transaction((after: string) => sweepRecords(db, { ...OLD, after }));
      let longest = 0;
      for (let after: string | null = ""; after !== null; ) {
        const began = processorMs();
        after = turn(after);
        longest = Math.max(longest, processorMs() - began);
      }
      return longest;
    },
  };
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

test("a conversation that was deleted is emptied at once, and by the next sweep where that was broken off", () => {
  const { db, counts, converse, sweep } = stage();
  for (const id of ["whole", "broken off"]) converse(id, 40, 5);
  while (!emptyConversation(db, "whole"));
  expect(counts()).toEqual([2, 40, 40, 0, 0]);
  sweep();
  expect(counts()).toEqual([2, 0, 0, 0, 0]);
  db.close();
});
