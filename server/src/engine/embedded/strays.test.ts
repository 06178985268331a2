import { expect, test } from "vitest";
import { newTask } from "../../store/suite/new-task.suite.ts";
import type { Task } from "../../task/task.ts";
import { atRest } from "../suite/at-rest.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { type Entry, entryOf } from "./entry.ts";
import { OpenTasks } from "./open-tasks.ts";
import { Strays } from "./strays.ts";

const BORN = Date.UTC(2026, 0, 1);
const LOOK_MS = 10_000;

/** Tasks that run by their rows, of which nobody runs those that are `abandoned`. */
function begin() {
  const clock = new VirtualClock(BORN);
  const open = new OpenTasks(clock, { due: () => {}, expired: () => {} });
  const queued: string[] = [];
  const abandoned = new Set<string>();
  const strays = new Strays({
    clock,
    open,
    isCaredFor: (id) => !abandoned.has(id),
    queue: ({ id }) => queued.push(id),
  });
  const runs = (): Entry => {
    const task: Task = { ...newTask({ kind: "work", createdAt: BORN }), state: "running" };
    const entry: Entry = { ...entryOf(task, new Map()), doneBy: "handler" };
    open.remember(entry);
    return entry;
  };
  return { clock, open, queued, abandoned, strays, runs, look: () => clock.advance(LOOK_MS, atRest) };
}

test("a task that nobody runs twice in turn is queued, and no other that runs", async () => {
  const { abandoned, queued, strays, runs, look } = begin();
  const { id } = runs();
  runs();
  abandoned.add(id);
  strays.watch();
  await look();
  expect(queued).toEqual([]);
  await look();
  expect(queued).toEqual([id]);
});

test("one that has moved in between, or is run by then, is none", async () => {
  const { abandoned, queued, strays, runs, look, open } = begin();
  const [moved, begun] = [runs(), runs()];
  for (const { id } of [moved, begun]) abandoned.add(id);
  strays.watch();
  await look();
  open.remember({ ...moved });
  abandoned.delete(begun.id);
  await look();
  expect(queued).toEqual([]);
  await look();
  expect(queued).toEqual([moved.id]);
});
