import { expect, it, vi } from "vitest";
import { Refusal } from "../../task/errors.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { RefusedWrites } from "./refused-writes.ts";

const full = () => new Refusal("unavailable", "The disk is full.");
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function kept(bytesMax: number) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  return { clock, refused: new RefusedWrites({ clock, bytesMax, log: { warn: () => {} } }) };
}

it("writes again until the store takes it, and gives up at once what is refused for another reason", async () => {
  const { clock, refused } = kept(100);
  let tries = 0;
  const taken = refused.insist("task", async () => {
    tries += 1;
    if (tries < 4) throw full();
    return "taken";
  });
  await clock.advance(10_000, settle);
  expect(await taken).toBe("taken");
  expect(tries).toBe(4);
  const fenced = refused.insist("task", async () => {
    throw new Refusal("fenced", "Another attempt has it.");
  });
  await expect(fenced).rejects.toMatchObject({ code: "fenced" });
});

it("keeps no more than it may, all writes that wait behind a kept one included, and has room again afterwards", async () => {
  const { clock, refused } = kept(100);
  let isFull = true;
  const write = async () => {
    if (isFull) throw full();
  };
  const first = refused.insist("one", write, () => 60);
  await settle();
  await expect(refused.insist("two", write, () => 50)).rejects.toMatchObject({ code: "unavailable" });
  const second = refused.insistAfter(first, "one", write, () => 40);
  const tooMuch = refused.insistAfter(second, "one", write, () => 1);
  await expect(tooMuch).rejects.toMatchObject({ code: "unavailable" });
  const { promise: last, resolve } = Promise.withResolvers<void>();
  const other = refused.insistAfter(last, "three", write, () => 1_000);
  isFull = false;
  await clock.advance(1_000, settle);
  await Promise.all([first, second]);
  await refused.insistAfter(second, "one", write, () => 1_000);
  resolve();
  await other;
  isFull = true;
  const third = refused.insist("three", write, () => 100);
  await settle();
  isFull = false;
  await clock.advance(1_000, settle);
  await third;
});

it("refuses what it has kept when it stops", async () => {
  const { refused } = kept(100);
  const write = vi.fn().mockRejectedValue(full());
  const waiting = refused.insist("task", write);
  await settle();
  refused.stop();
  await expect(waiting).rejects.toMatchObject({ code: "unavailable" });
  expect(write).toHaveBeenCalledTimes(2);
});
