/** Keys stand in the order in which SQLite has their rows. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { IN_MEMORY, openDatabase } from "../../database.ts";
import { FIRST, keyOf, LAST } from "./key.ts";
import type { Value } from "./record.ts";

const bytes = fc.uint8Array({ maxLength: 3 }).map((value) => Buffer.from(value));
const few = fc.constantFrom(..."\0\u0001\u00ffa").map((text) => Buffer.from(text, "latin1"));
const near = fc.bigInt({ min: -3n, max: 3n });
const whole = fc
  .constantFrom(0n, 2n ** 53n, -(2n ** 53n), 2n ** 62n, -(2n ** 62n))
  .chain((at) => near.map((n) => at + n));
const real = fc.double({ noNaN: true });
const value: fc.Arbitrary<Value> = fc.oneof(fc.constant(null), bytes, few, whole, real, fc.integer());

test("keys stand in the order of SQLite's rows, numbers of 64 bits beside those of a half and bytes that go on", () => {
  const db = openDatabase(IN_MEMORY);
  db.exec("CREATE TABLE own (one, two, n)");
  const add = db.prepare("INSERT INTO own VALUES (?, ?, ?)");
  const ordered = db.prepare("SELECT n FROM own ORDER BY one, two, n").pluck();
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 9 }), (rows) => {
      db.exec("DELETE FROM own");
      for (const [n, row] of rows.entries()) add.run(...row, n);
      const keys = rows.map((row, n) => ({ key: keyOf(row), n }));
      keys.sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
      expect(keys.map(({ n }) => n)).toEqual(ordered.all());
      expect(keys.every(({ key }) => key > FIRST && key < LAST)).toBe(true);
    }),
    { numRuns: 500 },
  );
  db.close();
});
