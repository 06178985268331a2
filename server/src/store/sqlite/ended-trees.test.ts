import { afterEach, beforeEach, expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import { complete, live, submit } from "../suite/life.suite.ts";
import { newTask, START } from "../suite/new-task.suite.ts";
import { openSqliteStore } from "./store.ts";

const DAY_MS = 86_400_000;

let store: Awaited<ReturnType<typeof openSqliteStore>>;
beforeEach(async () => {
  store = await openSqliteStore(":memory:");
});
afterEach(() => store.close());

test("a wide tree that stays hides nothing behind it for good, and holds no sweep up", {
  timeout: 60_000,
}, async () => {
  const root = await submit(store, newTask());
  const children = Array.from({ length: 6_000 }, () => newTask({ parent: root.id }));
  for (let from = 0; from < children.length; from += 500)
    await store.apply(children.slice(from, from + 500).map((child) => submitted(child)));
  for (const child of children) await live(store, submitted(child).task, { do: "cancel", by: "ada", reason: "" });
  const other = newTask({ createdAt: START + 1 });
  await live(store, await submit(store, other), ...complete(other));
  await submit(store, newTask());
  expect(await store.sweep(START + DAY_MS, 10)).toBe(1);
  expect(await store.task(other.id)).toBeNull();
  await live(store, root, { do: "cancel", by: "ada", reason: "" });
  // To look at the root is as much as one look does; the sweep goes on behind it.
  expect(await store.sweep(START + DAY_MS, 10)).toBe(11);
  expect(await store.task(root.id)).toBeNull();
  expect(await store.sweep(START + DAY_MS, 10)).toBe(10);
});
