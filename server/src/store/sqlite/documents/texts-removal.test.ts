import { expect, test } from "vitest";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { textsRemoval } from "./texts-removal.ts";

const TEXTS = 30_000;
const AT_ONCE = 300;
/** Texts of a commit: each begins a segment of the index. */
const ADDED_AT_ONCE = 200;

function indexOfTexts() {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  const insert = db.prepare("INSERT INTO search (rowid, title, input) VALUES (?, '', ?)");
  for (let from = 1; from <= TEXTS; from += ADDED_AT_ONCE)
    db.transaction(() => {
      for (let n = from; n < from + ADDED_AT_ONCE; n++)
        insert.run(
          n,
          `capital ${Array.from({ length: 20 }, (_, word) => `word${(n * 31 + word * 977) % 9_973}`).join(" ")}`,
        );
    })();
  const one = (sql: string) => db.prepare<unknown[], number>(sql).pluck().get() ?? Number.NaN;
  return {
    db,
    rowsWritten: () => one("SELECT total_changes()"),
    pages: () => one("SELECT count(*) FROM search_data"),
    found: () => one("SELECT count(*) FROM search WHERE search MATCH 'capital'"),
  };
}

test("texts that go have few pages of the index written anew each time, and in the end none is left", () => {
  const { db, rowsWritten, pages, found } = indexOfTexts();
  const removeTexts = textsRemoval(db);
  const written: number[] = [];
  for (let from = 1; from <= TEXTS; from += AT_ONCE) {
    const before = rowsWritten();
    db.transaction(() => removeTexts(Array.from({ length: AT_ONCE }, (_, at) => from + at)))();
    written.push(rowsWritten() - before);
  }
  const [most = 0, ...others] = written.toSorted((a, b) => b - a);
  expect(most).toBeLessThan(2 * (others[Math.floor(others.length / 2)] ?? 0));
  expect(found()).toBe(0);
  expect(pages()).toBeLessThan(5);
  db.close();
});

test("texts that are added later are merged as before", () => {
  const { db } = indexOfTexts();
  const setting = db.prepare<unknown[], number>("SELECT v FROM search_config WHERE k = 'automerge'").pluck();
  expect(setting.get()).toBeUndefined();
  db.transaction(() => textsRemoval(db)([1, 2]))();
  expect(setting.get()).toBe(4);
  db.close();
});
