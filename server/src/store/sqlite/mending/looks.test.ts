/** When somebody looks for what is damaged, and what becomes of a look. */
import { expect, test } from "vitest";
import { Mending } from "./mending.ts";

const none = { make: async () => true, onMade: () => {}, end: () => {} };

test("looks take a hundredth of the time, and who comes while somebody looks has a part in it", async () => {
  let now = 0;
  let looks = 0;
  const look = async () => {
    looks += 1;
    now += 10;
    return [];
  };
  const mending = new Mending({ ...none, look, elapsed: () => now });
  for (let times = 0; times < 100; times++) await Promise.all([mending.look(), mending.look()]);
  now += 999;
  await mending.look();
  expect(looks).toBe(1);
  now += 1;
  await mending.look();
  expect(looks).toBe(2);
});

test("what takes long to be made anew puts no look off, and what cannot be does", async () => {
  let now = 0;
  let looks = 0;
  let isMade = true;
  const mending = new Mending({
    ...none,
    look: async () => {
      looks += 1;
      now += 10;
      return ["index"];
    },
    make: async () => {
      now += 60_000;
      return isMade;
    },
    elapsed: () => now,
  });
  await mending.look();
  now += 1_000;
  isMade = false;
  await mending.look();
  expect(looks).toBe(2);
  now += 6_000_000;
  await mending.look();
  expect(looks).toBe(2);
  now += 1_000;
  await mending.look();
  expect(looks).toBe(3);
});

test("what is made anew counts, also behind what cannot be; a look that fails makes nothing", async () => {
  const made: string[] = [];
  const make = async (what: string) => {
    if (what === "b") throw new Error("There is no room.");
    return what !== "a";
  };
  const mending = new Mending({ ...none, look: async () => ["a", "b", "c"], make, onMade: (what) => made.push(what) });
  await mending.look();
  expect([mending.made, made]).toEqual([1, ["c"]]);
  const failing = new Mending({ ...none, look: () => Promise.reject(new Error("There is no thread.")) });
  await failing.look();
  expect(failing.made).toBe(0);
});

test("who closes a store waits for the look under way, which ends soon, and makes nothing of it; nobody looks again", async () => {
  const looked: ((found: string[]) => void)[] = [];
  const said: string[] = [];
  const mending = new Mending({
    look: () => new Promise((resolve) => looked.push(resolve)),
    make: async (what) => said.push(`made ${what}`) > 0,
    onMade: () => {},
    end: () => said.push("ends"),
  });
  void mending.look();
  const closed = mending.close().then(() => said.push("closed"));
  await new Promise(setImmediate);
  expect(said).toEqual(["ends"]);
  looked[0]?.(["index a"]);
  await closed;
  await mending.look();
  expect(said).toEqual(["ends", "closed"]);
  expect(looked).toHaveLength(1);
});
