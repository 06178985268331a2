import { expect, test } from "vitest";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { Totals } from "./totals.ts";

const ada = { tenant: "acme", user: "ada", kind: "note", createdAt: 1_000 };

test("what was counted in a time whose tasks are all gone leaves no row, a deleted one included, and others keep theirs", () => {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  const totals = new Totals(db);
  const rows = () => db.prepare<unknown[]>("SELECT owner, state, count FROM totals WHERE span = 600000").raw().all();
  totals.move(ada, null, "queued");
  totals.move({ ...ada, user: "bob" }, null, "queued");
  totals.move({ ...ada, user: "cleo" }, null, "failed");
  totals.write();
  totals.move(ada, "queued", "completed");
  // Deleted, it is in no total.
  totals.move({ ...ada, user: "cleo" }, "failed", null);
  totals.write();
  totals.move(ada, "completed", null);
  totals.left(ada);
  totals.left({ ...ada, user: "cleo" });
  totals.write();
  expect(rows()).toEqual([
    ["", "queued", 1],
    ["=bob", "queued", 1],
  ]);
  totals.left({ ...ada, user: "bob" });
  totals.clear();
  totals.write();
  expect(rows()).toHaveLength(2);
  db.close();
});
