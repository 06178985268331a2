import { expect, test } from "vitest";
import { QueryTimer } from "./bounds.ts";
import { IN_MEMORY, openDatabase } from "./database.ts";

test("a query that takes too long is broken off, and says so", () => {
  const db = openDatabase(IN_MEMORY);
  const timer = new QueryTimer(db);
  const endless = db.prepare(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE in_time(i)",
  );
  timer.start(20);
  expect(() => endless.get()).toThrow(expect.objectContaining({ code: "unavailable" }));
  timer.stop();
  expect(db.prepare("SELECT in_time(1)").pluck().get()).toBe(1);
  db.close();
});
