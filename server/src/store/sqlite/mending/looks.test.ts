/** When somebody looks for what is damaged, and what becomes of a look. */
import { SqliteError } from "better-sqlite3";
import { expect, test } from "vitest";
import { z } from "zod";
import { Damaged, foundRow } from "../../damage.ts";
import { lookingFor, Mending } from "./mending.ts";

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

/** A look takes 10 ms, and to make something a minute. */
function looking(found: string[]) {
  let now = 0;
  let looks = 0;
  const isMade = { is: true };
  const mending = new Mending({
    ...none,
    look: async () => {
      looks += 1;
      now += 10;
      return found;
    },
    make: async () => {
      now += 60_000;
      return isMade.is;
    },
    elapsed: () => now,
  });
  const looksAfter = async (ms: number) => {
    now += ms;
    await mending.look();
    return looks;
  };
  return { isMade, looksAfter };
}

test("what takes long to be made anew puts no look off, and what cannot be does", async () => {
  const { isMade, looksAfter } = looking(["index"]);
  expect(await looksAfter(0)).toBe(1);
  isMade.is = false;
  expect(await looksAfter(0)).toBe(2);
  expect(await looksAfter(6_000_000)).toBe(2);
  expect(await looksAfter(1_000)).toBe(3);
});

test("a look follows at once on one all of whose finds are made, until it finds one of them again or nothing", async () => {
  const found = ["index a"];
  const { looksAfter } = looking(found);
  expect(await looksAfter(0)).toBe(1);
  found.splice(0, 1, "index b", "index c");
  expect(await looksAfter(0)).toBe(2);
  found.splice(0, 2, "index a");
  expect(await looksAfter(0)).toBe(3);
  expect(await looksAfter(999)).toBe(3);
  expect(await looksAfter(1)).toBe(4);
  found.splice(0, 1);
  expect(await looksAfter(0)).toBe(5);
  expect(await looksAfter(999)).toBe(5);
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

/** What that throws. */
function thrownBy(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

test("nobody looks where a row was found and does not parse; where it was not found somebody does", () => {
  const told: string[] = [];
  let looks = 0;
  const look = async () => {
    looks += 1;
  };
  const onDamage = lookingFor({ look }, ({ what }) => told.push(what));
  for (const read of [() => JSON.parse("{"), () => z.string().parse(1)]) onDamage(new Damaged("a", thrownBy(read)));
  expect(looks).toBe(0);
  onDamage(
    new Damaged(
      "b",
      thrownBy(() => foundRow(null)),
    ),
  );
  onDamage(new Damaged("c", new SqliteError("database disk image is malformed", "SQLITE_CORRUPT")));
  expect([told, looks]).toEqual([["a", "a", "b", "c"], 2]);
});
