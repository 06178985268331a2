/** What a store tells of its commits. */
import { expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import type { Store, TaskChange } from "../store.ts";
import { complete, decided, live, STALE, submit } from "./life.suite.ts";
import { newTask } from "./new-task.suite.ts";

export function changeFeedStories(setup: () => Promise<Store>): void {
  test("every commit is told, in the order of the commits of a task, before its write is answered", async () => {
    const store = await setup();
    const heard: TaskChange[] = [];
    store.changes((change) => heard.push(change));
    const task = await submit(store, newTask());
    expect(heard).toEqual([{ task: task.id, revision: 1, lastSeq: 1, state: "queued" }]);
    const ended = await live(store, task, ...complete(task));
    expect(heard.slice(1).map(({ revision, state }) => [revision, state])).toEqual([
      [2, "running"],
      [3, "completed"],
    ]);
    expect(heard.at(-1)).toEqual({
      task: task.id,
      revision: ended.revision,
      lastSeq: ended.lastSeq,
      state: "completed",
    });
  });

  test("all tasks of one transaction are told", async () => {
    const store = await setup();
    const parent = await submit(store, newTask());
    const heard: TaskChange[] = [];
    store.changes((change) => heard.push(change));
    const child = newTask({ parent: parent.id });
    await store.apply([decided(parent, { do: "start" }), submitted(child)]);
    expect(heard.map(({ task, state }) => [task, state])).toEqual([
      [parent.id, "running"],
      [child.id, "queued"],
    ]);
  });

  test("a write that was refused is not told", async () => {
    const store = await setup();
    const task = await submit(store, newTask());
    await live(store, task, { do: "start" });
    const heard: TaskChange[] = [];
    store.changes((change) => heard.push(change));
    expect(await store.apply([decided(task, { do: "start" })])).toEqual(STALE(task));
    expect(heard).toEqual([]);
  });

  test("who has stopped listening hears nothing, and the others go on", async () => {
    const store = await setup();
    const heard: string[] = [];
    const stop = store.changes(() => heard.push("first"));
    store.changes(() => heard.push("second"));
    await submit(store, newTask());
    stop();
    await submit(store, newTask());
    expect(heard).toEqual(["first", "second", "second"]);
  });
}
