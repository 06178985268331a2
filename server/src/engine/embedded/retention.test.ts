import { expect, test, vi } from "vitest";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { complete, EVERYBODY, live, submit } from "../../store/suite/life.suite.ts";
import { newTask, START } from "../../store/suite/new-task.suite.ts";
import { atRest } from "../suite/at-rest.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { Retention } from "./retention.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

test("each hour takes all that ended long ago, however much it is, and leaves what is young or open", async () => {
  const clock = new VirtualClock(START);
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  const warned: unknown[] = [];
  const retention = new Retention(store, clock, { taskDays: 30, auditDays: 365, auditEntries: 1_000 }, (error) =>
    warned.push(error),
  );
  const total = async () => (await store.list(EVERYBODY, {}, { limit: 1 })).total;
  const endMany = (count: number, createdAt: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const task = await submit(store, newTask({ createdAt }));
        await live(store, task, ...complete(task));
      }),
    );
  retention.start();
  await endMany(450, START);
  await clock.advance(HOUR_MS, atRest);
  expect(await total()).toBe(450);
  await clock.setForward(30 * DAY_MS, atRest);
  await endMany(3, clock.now());
  // The newest of all stays, whatever it is: its number is not given again.
  await submit(store, newTask());
  await clock.advance(HOUR_MS, atRest);
  expect(await total()).toBe(4);
  await clock.setForward(30 * DAY_MS, atRest);
  await clock.advance(HOUR_MS, atRest);
  expect(await total()).toBe(1);
  retention.stop();
  await endMany(1, START);
  await submit(store, newTask());
  await clock.advance(2 * HOUR_MS, atRest);
  expect(await total()).toBe(3);
  expect(warned).toEqual([]);
  await store.close();
});

test("a sweep goes on until nothing is left beside the tasks either, and keeps everything for a week at least", async () => {
  const clock = new VirtualClock(START);
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  const swept: unknown[] = [];
  const turns: (string | null)[] = ["a", "b", null];
  const noted = <Answer>(given: unknown, answer: Answer): Answer => {
    swept.push(given);
    return answer;
  };
  const watched = new Proxy(store, {
    get: (target, name) => {
      if (name === "sweep") return async (...given: unknown[]) => noted(given, 0);
      if (name === "sweepRecords") return async (_: unknown, after: string) => noted(after, turns.shift());
      return Reflect.get(target, name);
    },
  });
  const retention = new Retention(watched, clock, { taskDays: 1, auditDays: 1, auditEntries: 1_000 }, () => {});
  expect(await retention.sweep()).toBe(0);
  expect(swept).toEqual([[START - 7 * DAY_MS, 200], "", "a", "b"]);
  await store.close();
});

test("a sweep that fails at tasks goes on with records, and fails", async () => {
  const store = await openSqliteStore(":memory:");
  vi.spyOn(store, "sweep").mockRejectedValue(new Error("Its index is damaged."));
  const records = vi.spyOn(store, "sweepRecords");
  const kept = { taskDays: 1, auditDays: 1, auditEntries: 1_000 };
  await expect(new Retention(store, new VirtualClock(START), kept, () => {}).sweep()).rejects.toThrow("damaged");
  expect(records).toHaveBeenCalled();
  await store.close();
});
