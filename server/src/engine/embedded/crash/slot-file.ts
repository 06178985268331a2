/**
 * A file of slots of one size, each a line of text. What is in it outlives the process, not the machine: it is not synced.
 *
 * What is put into slots in one turn of the event loop is written together. A write takes 5 us however small it is, and
 * a busy engine begins many runs in a turn.
 */
import { openSync, writeSync } from "node:fs";

/** Slots that are written along with others are copied too: of 1,024 bytes each, 64 tasks at once took 4.6 KB a task. */
export const SLOT_BYTES = 512;
/** Slots between two that have changed are written along: two writes take longer. */
const WRITTEN_ALONG_MAX = 8;

const SPACE = 0x20;
const NEWLINE = 0x0a;

export class SlotFile {
  readonly #path: string;
  #file: number | null = null;
  /** What the file holds once what is in `#changed` is written. */
  #image = Buffer.alloc(64 * SLOT_BYTES);
  readonly #changed = new Set<number>();
  #waiting: PromiseWithResolvers<void> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Begins the file anew, in the place of what was there. */
  begin(): void {
    try {
      this.#file = openSync(this.#path, "w", 0o600);
    } catch {
      // A disk that refuses costs the file, not what is done meanwhile.
      this.#file = null;
    }
  }

  /** The slot holds this text from the next write on. It must be shorter than a slot. */
  put(slot: number, text: string): void {
    const at = slot * SLOT_BYTES;
    const end = at + SLOT_BYTES - 1;
    if (at >= this.#image.length) this.#grow();
    const written = this.#image.write(text, at, end - at);
    this.#image.fill(SPACE, at + written, end);
    this.#image[end] = NEWLINE;
    this.#changed.add(slot);
  }

  /** The slot holds nothing that can be read from the next write on: its text lacks its beginning. */
  clear(slot: number): void {
    this.#image[slot * SLOT_BYTES] = SPACE;
    this.#changed.add(slot);
  }

  /** Resolves once all that was put is in the file, together with what else is put in this turn of the event loop. */
  written(): Promise<void> {
    if (this.#waiting === null) {
      this.#waiting = Promise.withResolvers();
      process.nextTick(() => this.write());
    }
    return this.#waiting.promise;
  }

  /** Writes all that was put. */
  write(): void {
    for (const [first, last] of runsOf(this.#changed)) this.#writeSlots(first, last);
    this.#changed.clear();
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  #grow(): void {
    const larger = Buffer.alloc(this.#image.length * 2);
    larger.set(this.#image);
    this.#image = larger;
  }

  #writeSlots(first: number, last: number): void {
    if (this.#file === null) return;
    const at = first * SLOT_BYTES;
    try {
      writeSync(this.#file, this.#image, at, (last + 1) * SLOT_BYTES - at, at);
    } catch {
      this.#file = null;
    }
  }
}

/** The first and the last of each group of numbers that lie close together. */
function runsOf(slots: ReadonlySet<number>): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && slot - run[1] <= WRITTEN_ALONG_MAX) run[1] = slot;
    else runs.push([slot, slot]);
  }
  return runs;
}
