import { expect, test, vi } from "vitest";
import { EmbeddedEngine } from "../../engine/embedded/embedded-engine.ts";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import { VirtualClock } from "../../engine/virtual-clock.ts";
import { notKept } from "../../store/damage.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { submit } from "../../store/suite/life.suite.ts";
import { newTask } from "../../store/suite/new-task.suite.ts";
import type { Erasure } from "../../task/erasure.ts";
import { Erasing } from "./erasing.ts";

async function erasingOf() {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  const ids = new Ids(systemRandomBytes);
  const engine = new EmbeddedEngine({ store, handlers: [], clock, random: () => 0, ids, log: { warn: () => {} } });
  const erasing = new Erasing({ store, engine, clock, holder: "this process", warn: () => {} });
  const close = async () => {
    await erasing.close();
    await engine.stop(0);
    await store.close();
  };
  return { clock, store, engine, erasing, close };
}

test("an erasure that comes while the lease of the last one is given back is begun behind that", async () => {
  const { store, erasing, close } = await erasingOf();
  const running = vi.spyOn(store.erasures, "running").mockResolvedValue({ erasures: [], next: null });
  const giveBack = store.returnLease.bind(store);
  const asked = vi.spyOn(store, "returnLease").mockImplementationOnce((...lease) => {
    erasing.goOn();
    return giveBack(...lease);
  });
  erasing.goOn();
  await erasing.settled();
  expect([running.mock.calls.length, asked.mock.calls.length]).toEqual([2, 2]);
  await close();
});

test("what cannot be erased until somebody mends it is tried ever more rarely, and soon again once it went well", async () => {
  const { clock, store, erasing, close } = await erasingOf();
  const running = vi.spyOn(store.erasures, "running").mockRejectedValue(new Error("Its index is damaged."));
  const tries = async (ms: number) => {
    const before = running.mock.calls.length;
    await clock.advance(ms, () => erasing.settled());
    return running.mock.calls.length - before;
  };
  erasing.goOn();
  expect(await tries(60_000)).toBe(2);
  expect(await tries(86_400_000)).toBeLessThan(160);
  running.mockResolvedValue({ erasures: [], next: null });
  await tries(600_000);
  running.mockRejectedValue(new Error("Its disk is full."));
  erasing.goOn();
  expect(await tries(60_000)).toBe(2);
  await close();
});

test("all that are under way are gone on with, page by page", async () => {
  const { store, erasing, close } = await erasingOf();
  const running = vi
    .spyOn(store.erasures, "running")
    .mockResolvedValueOnce({ erasures: [], next: "erasure_1" })
    .mockResolvedValueOnce({ erasures: [], next: null });
  erasing.goOn();
  await erasing.settled();
  expect(running.mock.calls).toEqual([[""], ["erasure_1"]]);
  await close();
});

test.each<[string | null, Erasure["state"]]>([
  [null, "completed"],
  ["end of the table events", "running"],
])(
  "a damaged page that takes no end of one task is gone past, and one that takes nothing of anybody is waited for (%s)",
  async (end, state) => {
    const { clock, store, engine, erasing, close } = await erasingOf();
    await submit(store, newTask());
    const by = { tenant: "acme", requestedBy: "root", requestedAt: clock.now(), endedAt: null };
    const found = { removed: {}, kept: [], since: null, backups: [] };
    const wanted: Erasure = {
      id: "erasure_1",
      subject: { type: "user", id: "ada" },
      state: "running",
      ...by,
      ...found,
    };
    const audit = {
      tenant: "acme",
      at: clock.now(),
      user: "root",
      keyId: "k",
      act: "a",
      task: null,
      detail: {},
      origin: null,
    };
    await store.erasures.begin(wanted, audit);
    vi.spyOn(engine.transitions, "cancel").mockRejectedValue(notKept(end));
    vi.spyOn(engine.transitions, "change").mockRejectedValue(notKept(end));
    erasing.goOn();
    for (let turns = 0; turns < 100; turns++) await clock.advance(100, () => Promise.resolve());
    expect(await store.erasures.find("acme", "erasure_1")).toMatchObject({ state });
    await close();
  },
);
