import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { jsonWithList } from "./json-list.ts";

async function* itemsOf(count: number, taken: (item: number) => void = () => {}) {
  for (let item = 0; item < count; item++) {
    taken(item);
    yield { item, text: "x".repeat(10_000) };
  }
}

test.each([0, 1, 3])("a list of %i items stands where it belongs, with what is around it", async (count) => {
  const answer = jsonWithList((data) => ({ object: "list", inside: { data }, next: '"[]' }), itemsOf(count));
  const { inside, ...around } = JSON.parse(await text(answer));
  expect(around).toEqual({ object: "list", next: '"[]' });
  expect(inside.data.map(({ item }: { item: number }) => item)).toEqual(Array.from({ length: count }, (_, at) => at));
});

test("no more items are taken than a reader takes: one who stops holds a few of them", async () => {
  let taken = 0;
  const answer = jsonWithList(
    (data) => ({ data }),
    itemsOf(10_000, (item) => (taken = item + 1)),
  );
  const reader = answer[Symbol.asyncIterator]();
  for (let read = 0; read < 3; read++) await reader.next();
  for (let turn = 0; turn < 1_000; turn++) await setImmediate();
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(20);
  answer.destroy();
});

test("an item that cannot be had breaks the answer off", async () => {
  async function* broken() {
    yield 1;
    throw new Error("gone");
  }
  await expect(text(jsonWithList((data) => ({ data }), broken()))).rejects.toThrow("gone");
});

test("a long item is written piece by piece", async () => {
  const item = { texts: Array.from({ length: 16 }, (_, n) => `${n}"\n`.repeat(50_000)) };
  async function* items() {
    yield 1;
    yield item;
    yield item;
  }
  const pieces: Buffer[] = [];
  for await (const piece of jsonWithList((data) => ({ data }), items())) pieces.push(Buffer.from(piece));
  expect(Buffer.concat(pieces).toString() === JSON.stringify({ data: [1, item, item] })).toBe(true);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(2_000_000);
});
