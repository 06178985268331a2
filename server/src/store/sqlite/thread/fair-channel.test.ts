import { expect, it } from "vitest";
import { z } from "zod";
import { answerTo } from "./call.ts";
import { type Channel, ownThreadChannel } from "./channel.ts";
import { FairChannel } from "./fair-channel.ts";

const asking = z.object({ visible: z.object({ tenant: z.string(), user: z.string() }), n: z.int() });
const LISTS = { list: ({ n }: z.infer<typeof asking>) => n };
type Lists = typeof LISTS;

/** Threads that answer when they are told to, and what they were asked in which order. */
function threads() {
  const started: string[][] = [];
  const held: (() => void)[] = [];
  const start = (): Channel<Lists> => {
    const asked: string[] = [];
    started.push(asked);
    const inner = ownThreadChannel<Lists>({
      batch: (calls) => calls.map((call) => ({ answer: answerTo(LISTS, call) })),
      close: () => {},
    });
    return {
      ...inner,
      async send(name, given) {
        const { visible, n } = asking.parse(given);
        asked.push(`${visible.tenant} ${visible.user} ${n}`);
        await new Promise<void>((resolve) => held.push(resolve));
        return await inner.send(name, given);
      },
    };
  };
  const answer = async () => {
    held.shift()?.();
    await new Promise(setImmediate);
  };
  return { started, start, answer };
}

const list = (channel: FairChannel<Lists>, tenant: string, user: string, n: number) =>
  channel.send("list", { visible: { tenant, user }, n });

it("has one question of a tenant under way, starts a thread for another tenant, and takes turns", async () => {
  const { started, start, answer } = threads();
  const channel = new FairChannel<Lists>(start, 2);
  const greedy = Array.from({ length: 5 }, (_, n) => list(channel, "greedy", "eve", n));
  expect(started).toEqual([["greedy eve 0"]]);
  const modest = list(channel, "modest", "ada", 1);
  expect(started).toEqual([["greedy eve 0"], ["modest ada 1"]]);
  await answer();
  const third = list(channel, "third", "bob", 1);
  await answer();
  expect(await modest).toBe(1);
  expect(started).toEqual([
    ["greedy eve 0", "greedy eve 1"],
    ["modest ada 1", "third bob 1"],
  ]);
  for (let left = 0; left < 5; left++) await answer();
  expect(await Promise.all([...greedy, third])).toEqual([0, 1, 2, 3, 4, 1]);
  expect(channel.isIdle).toBe(true);
});

it("asks the first thread that is free, where another one takes longer to start", async () => {
  const { started, start, answer } = threads();
  const ready = [Promise.resolve(), new Promise<void>(() => {})];
  const channel = new FairChannel<Lists>(start, 2, () => ready.shift() ?? Promise.resolve());
  const greedy = [list(channel, "greedy", "eve", 0), list(channel, "greedy", "eve", 1)];
  await new Promise(setImmediate);
  const modest = list(channel, "modest", "ada", 1);
  for (let left = 0; left < 3; left++) await answer();
  expect(started).toEqual([["greedy eve 0", "greedy eve 1", "modest ada 1"], []]);
  expect(await Promise.all([...greedy, modest])).toEqual([0, 1, 1]);
});

it("gives each user of a tenant a turn, however much another one has asked before", async () => {
  const { started, start, answer } = threads();
  const channel = new FairChannel<Lists>(start, 2);
  for (let n = 0; n < 100; n++) void list(channel, "acme", "eve", n);
  void list(channel, "acme", "ada", 1);
  for (let left = 0; left < 3; left++) await answer();
  expect(started).toEqual([["acme eve 0", "acme eve 1", "acme ada 1", "acme eve 2"]]);
});

it("answers what it was asked before it closes, and takes nothing more", async () => {
  const { start, answer } = threads();
  const channel = new FairChannel<Lists>(start, 1);
  const asked = [list(channel, "a", "x", 1), list(channel, "b", "y", 2)];
  const closed = channel.close();
  await expect(list(channel, "a", "x", 3)).rejects.toMatchObject({ code: "unavailable" });
  await answer();
  await answer();
  expect(await Promise.all(asked)).toEqual([1, 2]);
  await closed;
});
