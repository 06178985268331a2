import { expect, test } from "vitest";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { paidCall } from "../store/suite/life.suite.ts";
import { newTask, START } from "../store/suite/new-task.suite.ts";
import { isLiveText } from "../store/write.ts";
import { submitted } from "../task/decide.ts";
import type { Task } from "../task/task.ts";
import { LocalEventFeed } from "./event-feed.ts";
import { atRest } from "./suite/at-rest.ts";
import { MemoryTaskCache } from "./task-cache.ts";
import { Transitions } from "./transitions.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("a task stays as it is on disk where live text is heard of behind what was written after it", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => START });
  const feed = new LocalEventFeed((id, after, limit) => store.events(id, after, limit));
  const { promise: textIsHeard, resolve: hearText } = Promise.withResolvers<void>();
  const apply = store.apply.bind(store);
  store.apply = async (writes) => {
    const applied = await apply(writes);
    if (writes.every(isLiveText)) await textIsHeard;
    return applied;
  };
  const transitions = new Transitions(store, new VirtualClock(START), new MemoryTaskCache(1_000_000), feed);
  const [parent, child] = [newTask(), newTask()];
  const told: Task[] = [];
  transitions.observe({
    changed: ({ task }) => task.id === child.id && told.push(task),
    changedElsewhere: () => {},
  });
  for (const task of [parent, child]) await transitions.submit(submitted(task));
  await transitions.change(child.id, { do: "start" });
  told.length = 0;
  const text = { type: "output.delta", data: { text: "Paris", agent: "a", step: "s" } } as const;
  const spoken = transitions.change(child.id, { do: "record", attempt: 1, record: { events: [text] } });
  await atRest();
  // As an answer that its parent is given is the child's, in one commit.
  await transitions.change(parent.id, async () => {
    const task = await transitions.find(child.id);
    const said = { do: "input", by: "ada", messageId: "m", prompt: null } as const;
    const others = task ? transitions.planned(task, { command: said }).writes : [];
    return { command: { ...said, messageId: "n" }, others };
  });
  const written = await store.task(child.id);
  hearText();
  await spoken;
  await atRest();
  expect(await transitions.find(child.id)).toEqual(written);
  expect(told).toEqual([written, written]);
  await store.close();
});

test("a call that was paid for counts, though the task goes with its parent meanwhile", async () => {
  const store = await openSqliteStore(":memory:", { clock: () => START });
  const feed = new LocalEventFeed((id, after, limit) => store.events(id, after, limit));
  const transitions = new Transitions(store, new VirtualClock(START), new MemoryTaskCache(1_000_000), feed);
  const parent = newTask();
  const child = newTask({ parent: parent.id });
  for (const task of [parent, child]) await transitions.submit(submitted(task));
  const end = { do: "cancel", by: "ada", reason: "Its parent has ended." } as const;
  transitions.endOrphans({ endOf: (id) => (id === parent.id ? end : undefined), all: async () => {} });
  await transitions.change(child.id, { do: "bill", calls: [paidCall("late")] });
  expect((await store.usage(child.id, null, 9)).calls).toMatchObject([{ key: "late" }]);
  await store.close();
});
