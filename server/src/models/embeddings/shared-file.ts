/**
 * A file's bytes, in memory once for all threads: the first that needs them reads them, and the others wait for it. The starter of the
 * threads passes the same one to each.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";

/** The part that is passed to the threads. */
export type SharedFile = { path: string; bytes: SharedArrayBuffer; state: SharedArrayBuffer };

const [EMPTY, READING, READ] = [0, 1, 2] as const;
/** For another thread that reads; it usually takes milliseconds. */
const READ_MS_MAX = 30_000;

/** Reads nothing yet. */
export function sharedFile(path: string): SharedFile {
  const bytes = new SharedArrayBuffer(statSync(path).size);
  return { path, bytes, state: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
}

/** Called in a thread: it may wait. Throws when the file cannot be read. */
export function bytesOf({ path, bytes, state }: SharedFile): Uint8Array<SharedArrayBuffer> {
  const own = new Int32Array(state);
  const whole = new Uint8Array(bytes);
  while (Atomics.load(own, 0) !== READ) {
    if (Atomics.compareExchange(own, 0, EMPTY, READING) === EMPTY) {
      let reached: number = EMPTY;
      try {
        readInto(whole, path);
        reached = READ;
      } finally {
        Atomics.store(own, 0, reached);
        Atomics.notify(own, 0);
      }
    } else if (Atomics.wait(own, 0, READING, READ_MS_MAX) === "timed-out") {
      throw new Error(`Nobody has read ${path}.`);
    }
  }
  return whole;
}

function readInto(whole: Uint8Array, path: string): void {
  const file = openSync(path, "r");
  try {
    let read = 0;
    while (read < whole.length) {
      const more = readSync(file, whole, read, whole.length - read, read);
      if (more === 0) throw new Error(`${path} is shorter than it was.`);
      read += more;
    }
  } finally {
    closeSync(file);
  }
}
