import { expect, test } from "vitest";
import { ownTurns } from "./own-turns.ts";

test("of those who wait for a turn each has one of its own, in their order, also who comes again", async () => {
  const turns: (() => void)[] = [];
  const next = ownTurns((run) => turns.push(run));
  const made: string[] = [];
  const make = async (name: string, pieces: number) => {
    for (let piece = 1; piece <= pieces; piece++) {
      await next();
      made.push(`${name}${piece}`);
    }
  };
  const making = Promise.all([make("a", 2), make("b", 1), make("c", 2)]);
  for (const told of ["a1", "a1 b1", "a1 b1 c1", "a1 b1 c1 a2", "a1 b1 c1 a2 c2"]) {
    expect(turns).toHaveLength(1);
    turns.shift()?.();
    await new Promise(setImmediate);
    expect(made.join(" ")).toBe(told);
  }
  await making;
  expect(turns).toEqual([]);
});

test("whoever makes one piece has its turn before the second one of a crowd of another tenant", async () => {
  const turns: (() => void)[] = [];
  const next = ownTurns((run) => turns.push(run));
  const made: string[] = [];
  const make = (tenant: string) => void next(tenant).then(() => made.push(tenant));
  for (const tenant of ["greedy", "greedy", "greedy", "modest"]) make(tenant);
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    turn();
    await new Promise(setImmediate);
  }
  expect(made).toEqual(["greedy", "modest", "greedy", "greedy"]);
});
