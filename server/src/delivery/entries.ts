/**
 * What the outbox holds in memory: an entry for each subscription that may have something to tell. A subscription of all
 * tasks has a cursor for each of them, and there may be a million, so only so many of one subscription have an entry. One that
 * has nothing to tell makes room for another. Where all of them have, the next one is left in the store, and from the first
 * that was left the store is read again once there is room.
 */
import type { TaskId } from "../task/id.ts";
import type { State } from "../task/states.ts";

/** Cursors of one subscription of all tasks that have an entry, of about 0.8 KB. */
export const CURSORS_MAX = 5_000;
/** With fewer than this share of them at work there is room for those that were left. */
const ROOM = 0.75;

/** Whose it is, and whereto. */
export type Place = { owner: string; host: string };

/** `standing` is the subscription of all tasks that it is a cursor of. */
type Named = { key: string; task: TaskId; standing: string | null };

export type Entry = Named &
  Place & {
    busy: boolean;
    /** Something has changed since its turn began. */
    news: boolean;
    /** Its last turn found nothing to tell. */
    fruitless: boolean;
    state: State | null;
    /** Stops its timer. */
    timer: (() => void) | null;
    /** Since when something waits to be told. */
    since: number | null;
    /** Turns in a row that the store, or the format, has broken off. */
    troubles: number;
  };

/** The cursors of one subscription. */
type Cursors = {
  held: number;
  /** Those with nothing to tell, in the order in which that came. */
  idle: Set<Entry>;
  /** The first key that found no room. */
  left: string | null;
};

export class Entries {
  readonly #cursorsMax: number;
  readonly #all = new Map<string, Entry>();
  readonly #ofTask = new Map<TaskId, Set<Entry>>();
  readonly #standing = new Map<string, Cursors>();
  #haveMadeRoom = false;

  constructor(cursorsMax = CURSORS_MAX) {
    this.#cursorsMax = cursorsMax;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Some that had nothing to tell are in the store alone: a change of a task may be news for one of them. */
  get haveMadeRoom(): boolean {
    return this.#haveMadeRoom;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#all.values();
  }

  get(key: string): Entry | undefined {
    return this.#all.get(key);
  }

  ofTask(task: TaskId): ReadonlySet<Entry> | undefined {
    return this.#ofTask.get(task);
  }

  /** Null where there is no room for it: it was left. */
  add({ key, task, standing }: Named, place: Place): Entry | null {
    if (standing !== null && !this.#takesRoom(standing, key)) return null;
    const state = { busy: false, news: true, fruitless: false, state: null, timer: null, since: null, troubles: 0 };
    const entry: Entry = { key, task, standing, ...place, ...state };
    this.#all.set(key, entry);
    const ofTask = this.#ofTask.get(task) ?? new Set();
    this.#ofTask.set(task, ofTask.add(entry));
    return entry;
  }

  remove(entry: Entry): void {
    entry.timer?.();
    if (!this.#all.delete(entry.key)) return;
    const ofTask = this.#ofTask.get(entry.task);
    ofTask?.delete(entry);
    if (ofTask?.size === 0) this.#ofTask.delete(entry.task);
    const cursors = this.#cursorsOf(entry);
    if (!cursors) return;
    cursors.idle.delete(entry);
    cursors.held -= 1;
    if (cursors.held === 0 && cursors.left === null && entry.standing !== null) this.#standing.delete(entry.standing);
  }

  /** It has nothing to tell until its task changes. */
  rests(entry: Entry): void {
    if (this.#all.has(entry.key)) this.#cursorsOf(entry)?.idle.add(entry);
  }

  wakes(entry: Entry): void {
    this.#cursorsOf(entry)?.idle.delete(entry);
  }

  /** The key from which on cursors of this subscription are to be read now, if any are: each is answered once. */
  takeLeft(standing: string): string | null {
    const cursors = this.#standing.get(standing);
    if (!cursors || cursors.left === null || cursors.held - cursors.idle.size > this.#cursorsMax * ROOM) return null;
    const { left } = cursors;
    cursors.left = null;
    return left;
  }

  #cursorsOf({ standing }: Entry): Cursors | undefined {
    return standing === null ? undefined : this.#standing.get(standing);
  }

  #takesRoom(standing: string, key: string): boolean {
    const cursors = this.#standing.get(standing) ?? { held: 0, idle: new Set(), left: null };
    const [idle] = cursors.idle;
    if (cursors.held >= this.#cursorsMax && idle) {
      this.remove(idle);
      this.#haveMadeRoom = true;
    }
    const hasRoom = cursors.held < this.#cursorsMax;
    if (hasRoom) cursors.held += 1;
    else if (cursors.left === null || key < cursors.left) cursors.left = key;
    this.#standing.set(standing, cursors);
    return hasRoom;
  }
}
