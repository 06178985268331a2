import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openSqliteStore } from "../store/sqlite/store.ts";
import type { Store } from "../store/store.ts";
import { attempt } from "./attempt.ts";
import { Lease } from "./lease.ts";

let store: Store;
let now: number;
beforeEach(async () => {
  store = await openSqliteStore(":memory:");
  now = 1_000_000;
});
afterEach(() => store.close());

const leaseOf = (holder: string) => new Lease(store, holder, { now: () => now });

it("a lease is renewed before what begins with it could outlast it, and nobody else has it meanwhile", async () => {
  const [one, other] = [leaseOf("one"), leaseOf("other")];
  expect(await one.take()).toBe(null);
  expect(await other.take()).toBe(now + 10_000);
  now += 61_000;
  expect(await one.take()).toBe(null);
  now += 60_000;
  expect(await other.take()).toBe(now + 10_000);
  now += 60_000;
  expect(await other.take()).toBe(null);
  expect(await one.take()).toBe(now + 10_000);
});

it("whoever asks while it is being asked for waits for the same answer", async () => {
  const taken = vi.spyOn(store, "takeLease");
  const one = leaseOf("one");
  expect(await Promise.all([one.take(), one.take(), one.take()])).toEqual([null, null, null]);
  expect(taken).toHaveBeenCalledTimes(1);
});

it("a lease that is given back is another's at once", async () => {
  const [one, other] = [leaseOf("one"), leaseOf("other")];
  await one.take();
  await one.giveBack();
  expect(await other.take()).toBe(null);
  await one.giveBack();
  expect(await one.take()).toBe(now + 10_000);
});

it("an attempt that a stop breaks off comes to nothing, and one that fails beside it to a failure", async () => {
  const stop = new AbortController();
  const asked = { contentType: "text/plain", body: "", headers: {} };
  const fails = { tell: () => Promise.reject(new Error("The connection was closed.")) };
  const tried = () => attempt(fails, "http://127.0.0.1/", asked, stop.signal, () => now);
  expect(await tried()).toMatchObject({ status: null, error: "The connection was closed." });
  stop.abort(new Error("The server stops."));
  await expect(tried()).rejects.toThrow("The server stops.");
});
