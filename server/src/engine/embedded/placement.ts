/**
 * Where each open task belongs now: in the scheduler's queue, in a queue that workers claim from, or in neither because
 * it waits, is paused or runs. It is told of every entry anew, and knows nothing of how the task came there.
 */
import type { TaskId } from "../../task/id.ts";
import { isUnclaimed } from "../../task/open-task.ts";
import type { Backlogs } from "./backlogs.ts";
import type { Claims } from "./claims.ts";
import type { Entry } from "./entry.ts";
import type { OpenTasks } from "./open-tasks.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Sleepers } from "./sleepers.ts";

type Parts = {
  open: OpenTasks;
  scheduler: Scheduler;
  claims: Claims;
  backlogs: Backlogs;
  sleepers: Sleepers;
  /** Lets people begin with it: they need no slot. */
  ask: (id: TaskId) => void;
};

export class Placement {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Replaces what was known of an open task. */
  place(entry: Entry): void {
    const { open, scheduler, claims, backlogs, sleepers, ask } = this.#parts;
    const before = open.get(entry.id);
    if (before) backlogs.withdraw(before);
    const put = isUnclaimed(entry) ? backlogs.put(entry, sleepers.isFarFrom(entry)) : null;
    // Most that are submitted to a long queue: there is nothing to forget of them.
    if (put === "left" && before === undefined) {
      sleepers.left(entry);
      return;
    }
    open.remember(entry);
    // One for which another of its conversation waits is looked at when that one's turn may have come.
    const isAway = put === null && sleepers.isFarFrom(entry) && !open.isInTheWay(entry);
    const where = put ?? (isAway ? "left" : "next");
    if (where === "left") {
      scheduler.withdraw(entry.id);
      claims.withdraw(entry.id);
      if (typeof entry.doneBy === "object") claims.giveKeyBack(entry.id);
      open.forget(entry.id);
      sleepers.left(entry);
      return;
    }
    sleepers.awoke(entry.number);
    if (entry.doneBy === "people") {
      if (open.isReady(entry)) ask(entry.id);
      return;
    }
    // It goes on after a crash and has no slot yet: what changes meanwhile, like an input, must not cost it its place.
    if (entry.state === "running" && scheduler.isQueued(entry.id)) return;
    if (before) {
      scheduler.withdraw(entry.id);
      claims.withdraw(entry.id);
    }
    if (where === "here") return;
    if (typeof entry.doneBy === "object") claims.followKey(entry);
    else if (entry.concurrencyToEnd && isUnderWay(entry)) scheduler.holdKey(entry);
    if (!open.isReady(entry)) return;
    if (typeof entry.doneBy === "object") claims.offer(entry, entry.doneBy.queue);
    else scheduler.offer(entry);
  }

  /** The task has ended. */
  remove({ id, number }: Pick<Entry, "id" | "number">): void {
    const { open, scheduler, claims, backlogs, sleepers } = this.#parts;
    sleepers.awoke(number);
    const entry = open.get(id);
    if (entry) backlogs.withdraw(entry);
    scheduler.withdraw(id);
    claims.withdraw(id);
    open.forget(id);
    if (typeof entry?.doneBy === "object") claims.giveKeyBack(id);
    else if (entry?.concurrencyToEnd) scheduler.giveKeyBack(id);
    const next = entry && open.nextAfter(entry);
    if (next) this.place(next);
  }
}

/** It was started once, as far as its state says: what is paused may not have been. */
function isUnderWay({ state }: Entry): boolean {
  return state === "running" || state === "waiting" || state === "input_required";
}
