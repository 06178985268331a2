import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonValues } from "./json-values.ts";

function counted(text: string, cuts: readonly number[] = []): JsonValues {
  const bytes = Buffer.from(text);
  const values = new JsonValues();
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    values.add(bytes.subarray(from, end));
    from = end;
  }
  return values;
}

function mostKeysIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value);
  return Math.max(Array.isArray(value) ? 0 : inner.length, ...inner.map(mostKeysIn));
}

function valuesOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, inner) => sum + valuesOf(inner), 1);
}

test("at least the values of a text are counted, and at most twice as many, however it comes in", () => {
  fc.assert(
    fc.property(fc.json(), fc.array(fc.nat()), (text, cuts) => {
      const { count, depth, keys } = counted(text, cuts);
      expect(counted(text)).toMatchObject({ count, depth, keys });
      expect(keys).toBe(mostKeysIn(JSON.parse(text)));
      const values = valuesOf(JSON.parse(text));
      expect(count).toBeGreaterThanOrEqual(values);
      expect(count).toBeLessThanOrEqual(2 * values);
    }),
  );
});

test("what stands in texts is no value, whatever is escaped there", () => {
  const text = JSON.stringify(["a,b[{", '"', "\\", '\\"', '\\\\",[']);
  for (let cut = 0; cut <= text.length; cut++)
    expect(counted(text, [cut])).toMatchObject({ count: 6, depth: 1, keys: 0 });
  expect(counted("[[{},[]],1]")).toMatchObject({ depth: 3 });
  expect(counted('{"a":":","b":{"c":[{"d":1},{"e":":","f":2}]}}')).toMatchObject({ keys: 2 });
});
