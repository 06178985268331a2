/** When somebody scans for what is damaged, and what becomes of a look. */
import { SqliteError } from "better-sqlite3";
import { expect, test } from "vitest";
import { z } from "zod";
import { Damaged, foundRow } from "../../damage.ts";
import { Mending, tellAndScan } from "./mending.ts";

const none = { rebuild: async () => true, onRebuilt: () => {}, stopScan: () => {} };

test("scans take a hundredth of the time, and whoever meets damage during one waits for that one", async () => {
  let now = 0;
  let scans = 0;
  const scan = async () => {
    scans += 1;
    now += 10;
    return [];
  };
  const mending = new Mending({ ...none, scan, elapsed: () => now });
  for (let times = 0; times < 100; times++) await Promise.all([mending.scan(), mending.scan()]);
  now += 999;
  await mending.scan();
  expect(scans).toBe(1);
  now += 1;
  await mending.scan();
  expect(scans).toBe(2);
});

/** A look takes 10 ms, and to make something a minute. */
function scanning(found: string[]) {
  let now = 0;
  let scans = 0;
  const isRebuilt = { is: true };
  const mending = new Mending({
    ...none,
    scan: async () => {
      scans += 1;
      now += 10;
      return found;
    },
    rebuild: async () => {
      now += 60_000;
      return isRebuilt.is;
    },
    elapsed: () => now,
  });
  const scansAfter = async (ms: number) => {
    now += ms;
    await mending.scan();
    return scans;
  };
  return { isRebuilt, scansAfter };
}

test("a long rebuild puts off no scan, and one that fails does", async () => {
  const { isRebuilt, scansAfter } = scanning(["index"]);
  expect(await scansAfter(0)).toBe(1);
  isRebuilt.is = false;
  expect(await scansAfter(0)).toBe(2);
  expect(await scansAfter(6_000_000)).toBe(2);
  expect(await scansAfter(1_000)).toBe(3);
});

test("a scan follows at once on one whose finds were all rebuilt, until it finds one of them again or nothing", async () => {
  const found = ["index a"];
  const { scansAfter } = scanning(found);
  expect(await scansAfter(0)).toBe(1);
  found.splice(0, 1, "index b", "index c");
  expect(await scansAfter(0)).toBe(2);
  found.splice(0, 2, "index a");
  expect(await scansAfter(0)).toBe(3);
  expect(await scansAfter(999)).toBe(3);
  expect(await scansAfter(1)).toBe(4);
  found.splice(0, 1);
  expect(await scansAfter(0)).toBe(5);
  expect(await scansAfter(999)).toBe(5);
});

test("each rebuild counts, also after one that failed; a scan that fails rebuilds nothing", async () => {
  const rebuilt: string[] = [];
  const rebuild = async (what: string) => {
    if (what === "b") throw new Error("There is no room.");
    return what !== "a";
  };
  const mending = new Mending({
    ...none,
    scan: async () => ["a", "b", "c"],
    rebuild,
    onRebuilt: (what) => rebuilt.push(what),
  });
  await mending.scan();
  expect([mending.rebuilds, rebuilt]).toEqual([1, ["c"]]);
  const failing = new Mending({ ...none, scan: () => Promise.reject(new Error("There is no thread.")) });
  await failing.scan();
  expect(failing.rebuilds).toBe(0);
});

test("whoever closes a store waits for the scan under way, which stops soon; nothing is rebuilt, and no other scan begins", async () => {
  const scanned: ((found: string[]) => void)[] = [];
  const said: string[] = [];
  const mending = new Mending({
    scan: () => new Promise((resolve) => scanned.push(resolve)),
    rebuild: async (what) => said.push(`rebuilt ${what}`) > 0,
    onRebuilt: () => {},
    stopScan: () => said.push("stops"),
  });
  void mending.scan();
  const closed = mending.close().then(() => said.push("closed"));
  await new Promise(setImmediate);
  expect(said).toEqual(["stops"]);
  scanned[0]?.(["index a"]);
  await closed;
  await mending.scan();
  expect(said).toEqual(["stops", "closed"]);
  expect(scanned).toHaveLength(1);
});

/** What that throws. */
function thrownBy(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

test("a row that was found and does not parse begins no scan; one that was not found does", () => {
  const told: string[] = [];
  let scans = 0;
  const scan = async () => {
    scans += 1;
  };
  const onDamage = tellAndScan({ scan }, ({ what }) => told.push(what));
  for (const read of [() => JSON.parse("{"), () => z.string().parse(1)]) onDamage(new Damaged("a", thrownBy(read)));
  expect(scans).toBe(0);
  onDamage(
    new Damaged(
      "b",
      thrownBy(() => foundRow(null)),
    ),
  );
  onDamage(new Damaged("c", new SqliteError("database disk image is malformed", "SQLITE_CORRUPT")));
  expect([told, scans]).toEqual([["a", "a", "b", "c"], 2]);
});
