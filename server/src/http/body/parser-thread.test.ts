import { expect, test } from "vitest";
import { ParserThread } from "./parser-thread.ts";

const body = (value: unknown) => Buffer.from(JSON.stringify(value));

test("large bodies that come together are handed over one in a turn of the event loop, in their order", async () => {
  const thread = new ParserThread();
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const list = Array.from({ length: 50_000 }, (_, n) => n);
  const came = await Promise.all(
    Array.from({ length: 6 }, async (_, n) => {
      const request = {};
      const value = await thread.parse(body({ n, list }), "acme", request);
      thread.ended(request);
      return { value, turn };
    }),
  );
  isOver = true;
  expect(came.map(({ value }) => value)).toEqual(came.map((_, n) => ({ n, list })));
  const turns = came.map(({ turn }) => turn);
  expect(turns).toEqual([...new Set(turns)].toSorted((a, b) => a - b));
});

test("a body that cannot be read costs those after it nothing", async () => {
  const thread = new ParserThread();
  const [bad, good] = await Promise.allSettled([
    thread.parse(Buffer.from("{"), "acme", {}),
    thread.parse(body([1]), "acme", {}),
  ]);
  expect(bad).toMatchObject({ status: "rejected", reason: { code: "invalid" } });
  expect(good).toEqual({ status: "fulfilled", value: [1] });
});

test("a body that the thread dies of costs those after it nothing either", async () => {
  const thread = new ParserThread();
  const levels = 1_000_000;
  const [deep, good] = await Promise.allSettled([
    thread.parse(Buffer.from("[".repeat(levels) + "]".repeat(levels)), "acme", {}),
    thread.parse(body([1]), "acme", {}),
  ]);
  expect(deep).toMatchObject({ status: "rejected", reason: { code: "too_large" } });
  expect(good).toEqual({ status: "fulfilled", value: [1] });
});

test("bodies of several tenants are read in turn, however many one of them has sent before", async () => {
  const thread = new ParserThread();
  const read: string[] = [];
  const send = async (tenant: string) => {
    const request = {};
    await thread.parse(body([tenant]), tenant, request);
    read.push(tenant);
    thread.ended(request);
  };
  await Promise.all([..."aaaaccccb"].map(send));
  expect(read.join("")).toBe("acabcacac");
});

test("the next body is handed over once the request of the one before is answered", async () => {
  const thread = new ParserThread(60_000);
  const read: string[] = [];
  await Promise.all(
    [{}, {}].map(async (request, n) => {
      await thread.parse(body([n]), "acme", request);
      read.push(`read ${n}`);
      // In a thread that has to start first, which takes longer than to read the second.
      await new ParserThread().parse(body([n]), "acme", {});
      read.push(`answered ${n}`);
      thread.ended(request);
    }),
  );
  expect(read).toEqual(["read 0", "answered 0", "read 1", "answered 1"]);
});

test("a body waits for no answer that is held", async () => {
  const thread = new ParserThread(60_000);
  const all = [{}, {}, {}].map(async (request, n) => {
    const value = await thread.parse(body([n]), "acme", request);
    thread.held(request);
    return value;
  });
  expect(await Promise.all(all)).toEqual([[0], [1], [2]]);
});

test("a body waits for no answer for long", async () => {
  const thread = new ParserThread(1);
  const all = [{}, {}, {}].map((request, n) => thread.parse(body([n]), "acme", request));
  expect(await Promise.all(all)).toEqual([[0], [1], [2]]);
});

test("a body whose caller has left before its turn is not read, and one whose caller leaves meanwhile holds up nobody", async () => {
  const thread = new ParserThread();
  const [first, second] = [{}, {}];
  const parsed = [first, second].map((request, n) => thread.parse(body([n]), "acme", request));
  thread.ended(first);
  thread.ended(second);
  expect(await Promise.allSettled(parsed)).toMatchObject([{ value: [0] }, { reason: { code: "invalid" } }]);
});

test("a body of more keys than are taken over at once is refused, however many objects share them", async () => {
  const thread = new ParserThread();
  const objects = (count: number, keys: number, name: (object: number, key: number) => string) =>
    Array.from({ length: count }, (_, object) =>
      Object.fromEntries(Array.from({ length: keys }, (_, key) => [name(object, key), key])),
    );
  const read = (value: unknown) => thread.parse(body(value), "acme", {});
  const own = (object: number, key: number) => `${object} ${key}`;
  const refused = { code: "too_large", message: expect.stringContaining("more than 10000 different keys") };
  await expect(read(objects(2, 5_001, own))).rejects.toMatchObject(refused);
  await expect(read({ deep: [objects(20, 501, own)] })).rejects.toMatchObject(refused);
  // The same names: where there are few, their objects have a shape in common.
  await expect(read(objects(2, 5_001, (_, key) => `${key}`))).rejects.toMatchObject(refused);
  const shared = objects(2_000, 40, (_, key) => `k${key}`);
  expect(await read(shared)).toEqual(shared);
  const most = objects(20, 500, own);
  expect(await read(most)).toEqual(most);
});
