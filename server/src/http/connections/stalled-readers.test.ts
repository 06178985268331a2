import { expect, test } from "vitest";
import { StalledReaders } from "./stalled-readers.ts";

function stage(bytesMax: number) {
  const gone: string[] = [];
  return { gone, readers: new StalledReaders<string>(bytesMax, (reader) => gone.push(reader)) };
}

test("of readers that hold too much together, whoever has stood still for longest is let go", () => {
  const { gone, readers } = stage(250);
  for (const reader of ["a", "b", "c"]) readers.add(reader, "x".repeat(100));
  expect(gone).toEqual(["a"]);
  readers.remove("b");
  readers.add("d", "x".repeat(100));
  expect(gone).toEqual(["a"]);
  readers.add("e", "x".repeat(100));
  expect(gone).toEqual(["a", "c"]);
});

test("bytes that several are sent count once, until the last of them has taken them", () => {
  const { gone, readers } = stage(250);
  const same = Buffer.alloc(200);
  for (const reader of ["a", "b", "c"]) readers.add(reader, same);
  expect(gone).toEqual([]);
  readers.remove("a");
  readers.remove("b");
  readers.add("d", "x".repeat(100));
  expect(gone).toEqual(["c"]);
});
