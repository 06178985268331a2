import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type LaneBounds, Lanes } from "./lanes.ts";

/** Lanes whose jobs end when they are told to, in the order in which they began. */
function stage(bounds: LaneBounds) {
  const lanes = new Lanes(bounds);
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    began,
    add: (owner: string, host: string, name: string) =>
      lanes.add(owner, host, () => {
        began.push(name);
        return new Promise((resolve) => ends.set(name, resolve));
      }),
    end: async (name: string) => {
      ends.get(name)?.();
      await turn();
    },
  };
}

test("owners take turns, however many jobs one of them has, and of an owner its receivers", async () => {
  const { add, began, end } = stage({ all: 1, ofOwner: 4, ofHost: 4 });
  for (const name of ["a1", "a2", "a3"]) add("ada", "one", name);
  add("ada", "two", "a4");
  for (const name of ["b1", "b2"]) add("bob", "three", name);
  for (let at = 0; at < 6; at++) await end(began[at] ?? "");
  expect(began).toEqual(["a1", "a2", "b1", "a4", "b2", "a3"]);
});

test("a receiver that answers none of its jobs holds up neither other receivers nor other owners", async () => {
  const { add, began, end } = stage({ all: 10, ofOwner: 3, ofHost: 2 });
  for (const name of ["d1", "d2", "d3"]) add("ada", "dead", name);
  for (const name of ["l1", "l2"]) add("ada", "lively", name);
  add("bob", "dead", "b1");
  add("bob", "lively", "b2");
  expect(began).toEqual(["d1", "d2", "l1", "b2"]);
  await end("l1");
  expect(began.at(-1)).toBe("l2");
  await end("d1");
  expect(began).toHaveLength(6);
  await end("l2");
  await end("d2");
  expect(began.toSorted()).toEqual(["b1", "b2", "d1", "d2", "d3", "l1", "l2"]);
});
