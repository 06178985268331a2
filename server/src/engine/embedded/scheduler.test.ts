import { expect, test } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { openTask } from "../../task/open-task.ts";
import { queuedTask } from "../../task/queued-task.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { ConcurrencyKeys } from "./concurrency-keys.ts";
import type { Entry } from "./entry.ts";
import { OpenTasks } from "./open-tasks.ts";
import { type Left, Scheduler } from "./scheduler.ts";

/** A scheduler whose runner begins what it is given and lets a test end it. */
function stage(total: number) {
  const clock = new VirtualClock(1_000_000);
  const open = new OpenTasks(clock, { due: () => {}, expired: () => {} });
  const keys = new ConcurrencyKeys();
  const begun = new Map<string, (left: Left) => void>();
  const begins: string[] = [];
  const runner = {
    begin: ({ id }: Entry) => {
      const { promise, resolve } = Promise.withResolvers<Left>();
      begun.set(id, resolve);
      begins.push(id);
      return promise;
    },
  };
  const scheduler = new Scheduler({ open, runner, keys, clock, slots: { total, ofTenant: total, reserve: 0 } });
  scheduler.start();
  const offer = (id: string, key: string | null, limit = 1, toEnd = false): Entry => {
    const concurrency = key === null ? null : { key, limit, ...(toEnd && { toEnd }) };
    const task = queuedTask({
      id,
      tenant: "t",
      user: "u",
      kind: "k",
      title: id,
      input: null,
      createdAt: Number(id),
      concurrency,
    });
    const entry: Entry = { ...openTask(task), doneBy: "handler" };
    open.remember(entry);
    scheduler.offer(entry);
    return entry;
  };
  const rest = async (id: string) => {
    begun.get(id)?.("here");
    for (let turn = 0; turn < 5; turn++) await null;
  };
  const end = async (id: string) => {
    open.forget(id);
    await rest(id);
  };
  return { scheduler, open, clock, begun: () => [...begun.keys()], begins, offer, rest, end };
}

test("thousands behind one key go one by one, in their order, and the end of one does not go over all of them", async () => {
  const { offer, end, begun } = stage(10);
  const COUNT = 20_000;
  for (let n = 0; n < COUNT; n++) offer(String(n), "key");
  const before = processorMs();
  for (let n = 0; n < COUNT - 1; n++) await end(String(n));
  // Going over all that are left each time would be 200 million steps.
  expect(processorMs() - before).toBeLessThan(3_000);
  expect(begun()).toEqual(Array.from({ length: COUNT }, (_, n) => String(n)));
});

test("a key with room for several has as many running, also when more than one slot of it comes free", async () => {
  const { offer, end, begun } = stage(10);
  for (let n = 0; n < 9; n++) offer(String(n), "key", 3);
  expect(begun()).toEqual(["0", "1", "2"]);
  await Promise.all([end("0"), end("1"), end("2")]);
  expect(begun()).toEqual(["0", "1", "2", "3", "4", "5"]);
});

test("behind one that wanted its key for itself as many go on as the key then has room for", async () => {
  const { offer, end, begun } = stage(10);
  for (const [id, limit] of [2, 2, 1, 2, 2].entries()) offer(String(id), "key", limit);
  for (const id of ["0", "1"]) await end(id);
  expect(begun()).toEqual(["0", "1", "2"]);
  await end("2");
  expect(begun()).toEqual(["0", "1", "2", "3", "4"]);
});

test("one that was stopped begins nothing more, also where its start comes after that", () => {
  const { scheduler, offer, begun } = stage(1);
  scheduler.stop();
  scheduler.start();
  offer("1", null);
  expect(begun()).toEqual([]);
});

test("a task that holds a slot is not begun beside itself, whoever offers it", async () => {
  const { scheduler, begins, offer, rest } = stage(2);
  const entry = offer("1", null);
  scheduler.offer(entry);
  expect([begins, scheduler.isQueued("1")]).toEqual([["1"], false]);
  // Its end looks again.
  await rest("1");
  expect(begins).toEqual(["1", "1"]);
});

test("says of each kind how many want a slot, and since when the longest", async () => {
  const { scheduler, open, clock, offer, end } = stage(1);
  offer("1", null);
  expect(scheduler.wanted()).toEqual([]);
  const since = clock.now();
  offer("2", null);
  await clock.advance(5_000, async () => {});
  const third = offer("3", null);
  scheduler.offer(third);
  expect(scheduler.wanted()).toEqual([{ kind: "k", count: 2, oldestAt: since }]);
  expect([...open.byState()]).toEqual([{ kind: "k", state: "queued", count: 3 }]);
  await end("1");
  expect(scheduler.wanted()).toEqual([{ kind: "k", count: 1, oldestAt: since + 5_000 }]);
  scheduler.withdraw("3");
  expect(scheduler.wanted()).toEqual([]);
});

test("counts what waits for its key alone nowhere among those that want a slot", async () => {
  const { scheduler, offer, end } = stage(5);
  for (const id of ["1", "2", "3"]) offer(id, "key");
  expect([scheduler.ready, scheduler.wanted(), scheduler.behindKey("2")]).toEqual([0, [], "key"]);
  await end("1");
  expect([scheduler.ready, scheduler.wanted(), scheduler.behindKey("2")]).toEqual([0, [], null]);
});

test("a task that has its key to its end waits for a slot alone, and never for itself", async () => {
  const { scheduler, offer, rest } = stage(1);
  offer("2", "key", 1, true);
  offer("3", "key", 1, true);
  offer("1", null);
  await rest("2");
  expect([scheduler.behindKey("2"), scheduler.heldBy("2")]).toEqual([null, ["1"]]);
  expect([scheduler.behindKey("3"), scheduler.heldBy("3")]).toEqual(["key", ["2"]]);
});

test("another goes on in the place of one that was withdrawn while its key had room", async () => {
  const { scheduler, open, offer, end, begun } = stage(2);
  for (const id of ["0", "5", "6", "7"]) offer(id, "key");
  for (const id of ["1", "2"]) offer(id, null);
  // The key has room from here on, and an older task has the slot: the first one behind the key waits for one.
  await end("0");
  expect(begun()).toEqual(["0", "1", "2"]);
  open.forget("5");
  scheduler.withdraw("5");
  await end("1");
  expect(begun()).toEqual(["0", "1", "2", "6"]);
  await end("6");
  expect(begun()).toEqual(["0", "1", "2", "6", "7"]);
});

test("what is offered again has waited since it was offered first", () => {
  const { scheduler, clock, offer } = stage(1);
  offer("1", null);
  offer("2", null);
  const [before] = scheduler.wanted();
  clock.spend(5_000);
  offer("2", null);
  expect(scheduler.wanted()).toEqual([before]);
});

test("what waits for its key is in line like what waits for a slot", () => {
  const { scheduler, offer } = stage(10);
  const entries = ["1", "2"].map((id) => offer(id, "key"));
  expect(entries.map((entry) => scheduler.has(entry))).toEqual([true, true]);
});

test("the slot and the key of a submit that took no effect are the next one's", async () => {
  const { scheduler, open, offer, end, begun } = stage(1);
  const entry = offer("1", "key", 1, true);
  await end("1");
  scheduler.giveKeyBack("1");
  expect(scheduler.reserve(entry)).toBe(true);
  offer("2", "key");
  open.forget("1");
  expect(begun()).toEqual(["1"]);
  scheduler.unreserve("1");
  expect(begun()).toEqual(["1", "2"]);
});
