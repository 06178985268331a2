import { describe, expect, test } from "vitest";
import type { Flight, HowItEnded, LastEnd } from "./crash-record.ts";
import { type Accused, halves, judge, trialsOf } from "./crash-verdict.ts";

const inFlight = (...tasks: string[]): Flight[] => tasks.map((task) => ({ task, attempt: 1, steps: ["work"] }));
const carrying = (crashes: number, ...tasks: string[]): Accused[] => tasks.map((id) => ({ id, crashes }));
const death = (how: HowItEnded, flights: Flight[], culprit: LastEnd["culprit"] = null) => ({
  how,
  said: `It ended ${how}.`,
  culprit,
  flights,
});

function crashesAfter(...judged: Parameters<typeof judge>): Record<string, number> {
  return Object.fromEntries([...judge(...judged)].map(([id, { crashes }]) => [id, crashes]));
}

describe("a death", () => {
  test.each(["clean", "outside", "power"] as const)("that was %s blames nobody", (how) => {
    const tasks = [...carrying(0, "a"), ...carrying(2, "b"), ...carrying(4, "c")];
    expect(crashesAfter(tasks, death(how, inFlight("a", "b", "c")))).toEqual({ a: 0, b: 2, c: 4 });
  });

  test.each(["own", "unknown"] as const)(
    "that was %s makes suspects of those in flight at two of them, and of no others",
    (how) => {
      const first = judge(carrying(0, "a", "b", "c"), death(how, inFlight("a", "b")));
      expect([...first.values()].map(({ is }) => is)).toEqual(["innocent", "innocent", "innocent"]);
      const again = [...carrying(1, "a", "b"), ...carrying(0, "c")];
      const second = judge(again, death(how, inFlight("a", "c")));
      expect([...second].map(([id, { is }]) => [id, is])).toEqual([
        ["a", "suspect"],
        ["b", "innocent"],
        ["c", "innocent"],
      ]);
    },
  );

  test("without a word never counts for one that was alone, however often it comes", () => {
    let crashes = 0;
    for (let n = 0; n < 50; n++)
      crashes = crashesAfter(carrying(crashes, "a"), death("unknown", inFlight("a")))["a"] ?? 0;
    expect(crashes).toBe(2);
  });

  test("by its own code fails the one that was alone among suspects for the third time, by its step", () => {
    const [verdict] = judge(carrying(4, "a"), death("own", inFlight("a", "b"))).values();
    expect(verdict).toMatchObject({ is: "guilty", error: { code: "step_crashed", step: "work" } });
  });

  test("does not fail one beside whom another goes on that has been recovered before, and fails it once it is by itself", () => {
    const recovered: Flight = { task: "b", attempt: 7, steps: ["work"] };
    const beside = (crashes: number) => judge(carrying(crashes, "a"), death("own", [...inFlight("a"), recovered]));
    expect([2, 3, 4].map((crashes) => beside(crashes).get("a"))).toEqual([
      { is: "suspect", crashes: 3 },
      { is: "suspect", crashes: 4 },
      { is: "suspect", crashes: 4 },
    ]);
    expect(judge(carrying(4, "a"), death("own", inFlight("a"))).get("a")).toMatchObject({ is: "guilty" });
  });

  test("of a process of suspects counts for nobody who had company, though the company was a suspect no more", () => {
    const tasks = [...carrying(4, "a"), ...carrying(0, "b")];
    expect(crashesAfter(tasks, death("own", inFlight("a", "b")), true)).toEqual({ a: 4, b: 1 });
  });

  test("whose culprit is known counts for it at once, and for no other", () => {
    const tasks = [...carrying(0, "a"), ...carrying(1, "b")];
    const known = death("own", inFlight("a", "b"), { task: "a", step: "work" });
    expect(crashesAfter(tasks, known)).toEqual({ a: 3, b: 1 });
  });

  test("names the code outside of steps, when no step ran", () => {
    const [verdict] = judge(carrying(4, "a"), death("own", [{ task: "a", attempt: 1, steps: [] }])).values();
    expect(verdict?.is === "guilty" && verdict.error).toEqual({
      code: "step_crashed",
      message: expect.stringContaining("outside of its steps"),
    });
  });
});

describe("groups", () => {
  test("are halved until each task is alone, 200 in 8 deaths", () => {
    let group = Array.from({ length: 200 }, (_, at) => at);
    let deaths = 0;
    for (; group.length > 1; deaths++) group = halves(group)[0] ?? [];
    expect(deaths).toBe(8);
  });

  test("lose nobody", () => {
    expect(halves([1, 2, 3]).flat()).toEqual([1, 2, 3]);
    expect(halves([1])).toEqual([[1]]);
    expect(halves([])).toEqual([]);
  });

  test("of those that were in flight come first where they take turns", () => {
    expect(trialsOf(["a", "b", "c", "d"], { flights: inFlight("c", "a") })).toEqual([["a"], ["c"], ["b", "d"]]);
  });
});
