/**
 * The order in which a start takes up the open tasks of its store, and what it means for those that are in memory already: as long as
 * some of its tenant that come before one may be missing, it gets no slot. Nor does one whose parents are not all known to be open, or
 * that waits for its turn in a conversation of which not all are there.
 */
import type { TaskId } from "../../task/id.ts";
import type { OpenPlace } from "../../task/open-task.ts";
import type { Entry } from "./entry.ts";
import type { OpenTasks } from "./open-tasks.ts";

/** The rank of tasks that want a slot and nothing else. */
const WANTS_A_SLOT = 1;
const BEFORE_ALL: OpenPlace = { rank: -1, afterUrgent: 0, number: 0 };

export class LoadOrder {
  readonly #open: Pick<OpenTasks, "get">;
  /** All tasks up to this place are in memory; null once all are. */
  #place: OpenPlace | null = BEFORE_ALL;
  #areAll = false;
  /**
   * Open when they were looked at, though they may be on disk alone, each with its parent: those above what runs, and all that has
   * changed since the start. What ends one of them takes along what is below it.
   */
  readonly #known = new Map<TaskId, TaskId | null>();
  /** Tenants whose tasks that want a slot are all in memory. */
  readonly #tenants = new Set<string>();

  constructor(open: Pick<OpenTasks, "get">) {
    this.#open = open;
  }

  /** Null is the end. Returns whether more tasks may go on now. */
  readUpTo(place: OpenPlace | null): boolean {
    const before = this.#place;
    this.#place = place;
    return before !== null && before.rank <= WANTS_A_SLOT;
  }

  /** Whether all tasks of this rank and of earlier ones are read. */
  hasRead(rank: number): boolean {
    return this.#place === null || this.#place.rank > rank;
  }

  isOpen({ id, parent }: Pick<Entry, "id" | "parent">): void {
    this.#known.set(id, parent);
  }

  hasAllOf(tenant: string): void {
    this.#tenants.add(tenant);
  }

  /** Called once all tasks are in memory and the states of their parents are known. */
  areAll(): void {
    this.#areAll = true;
    this.#known.clear();
    this.#tenants.clear();
  }

  mayGo(entry: Entry): boolean {
    // Tasks that ran were read with all tasks above them.
    if (this.#areAll || entry.state === "running") return true;
    return !entry.inTurn && this.#isReached(entry) && this.#isBelowOpen(entry);
  }

  #isReached({ tenant, priority, number }: Entry): boolean {
    if (this.#place === null || this.#place.rank > WANTS_A_SLOT) return true;
    if (this.#place.rank < WANTS_A_SLOT) return false;
    if (this.#tenants.has(tenant)) return true;
    const { afterUrgent } = this.#place;
    // A task that is about to be submitted has no number yet, and will have the highest.
    return -priority < afterUrgent || (-priority === afterUrgent && number > 0 && number <= this.#place.number);
  }

  #isBelowOpen({ parent }: Entry): boolean {
    let above: TaskId | null | undefined = parent;
    while (above) {
      const entry: Pick<Entry, "parent"> | undefined = this.#open.get(above);
      above = entry ? entry.parent : this.#known.get(above);
    }
    return above === null;
  }
}
