/** Who waits for a look at damage, and who is told of it at once. */
import { expect, test } from "vitest";
import { ParkedCalls } from "./parked-calls.ts";

const calls = (tenant: string | undefined, count: number, text = "") =>
  Array.from({ length: count }, () => ({ text, ...(tenant !== undefined && { tenant }) }));

test("a tenant that asks alone has all places, and gives way to others up to their share", () => {
  const parked = new ParkedCalls();
  const first = calls("acme", 1_001);
  expect(first.flatMap((call) => parked.take(call))).toEqual([first.at(-1)]);
  const others = calls("globex", 600);
  const told = others.flatMap((call) => parked.take(call));
  expect(told.filter(({ tenant }) => tenant === "acme").length).toBe(500);
  expect(told.filter(({ tenant }) => tenant === "globex").length).toBe(100);
  expect(first.filter((call) => parked.leave(call)).length).toBe(500);
  expect(others.filter((call) => parked.leave(call)).length).toBe(500);
  expect(calls(undefined, 1_000).flatMap((call) => parked.take(call))).toEqual([]);
});

test("large calls take several places, and the newest of whoever has most gives way", () => {
  const parked = new ParkedCalls();
  const large = calls("acme", 3, "z".repeat(4 << 20));
  expect(large.flatMap((call) => parked.take(call))).toEqual([]);
  const [fourth, small] = [...calls("acme", 1, "z".repeat(4 << 20)), ...calls("globex", 1, "z".repeat(4 << 20))];
  if (!fourth || !small) throw new Error("There are two.");
  expect(parked.take(fourth)).toEqual([fourth]);
  expect(parked.take(small)).toEqual([large[2]]);
  expect(large.map((call) => parked.leave(call))).toEqual([true, true, false]);
});
