import { expect, it } from "vitest";
import { ByteCache } from "./byte-cache.ts";

const of = (bytes: number) => ({ bytes });

it("keeps what was used last, as much as fits, and nothing that is too long by itself", () => {
  const cache = new ByteCache<string, { bytes: number }>(10);
  cache.set("a", of(4));
  cache.set("b", of(4));
  cache.get("a");
  cache.set("c", of(4));
  expect(["a", "b", "c"].map((key) => cache.get(key)?.bytes)).toEqual([4, undefined, 4]);
  cache.set("d", of(11));
  expect(["a", "c", "d"].map((key) => cache.get(key)?.bytes)).toEqual([4, 4, undefined]);
  // One that is put again counts once.
  for (const bytes of [5, 6]) cache.set("a", of(bytes));
  expect(["a", "c"].map((key) => cache.get(key)?.bytes)).toEqual([6, 4]);
});
