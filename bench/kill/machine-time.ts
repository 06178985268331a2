/**
 * Time as far as the machine has any. A lap is what a server needs of a machine: a timer, the processor and the disk. On
 * one that has nothing else to do it takes about 15 ms; where others take the processor or the disk, laps take longer,
 * and what is measured in them waits as much longer for what it demands.
 */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";

const LAP_MS = 15;
const SLEEP_MS = 10;
/** About 2 ms of work for a processor of its own. */
const HASHED = Buffer.alloc(1 << 20, 7);

export class MachineTime {
  readonly #file: string;
  readonly #handle: number;
  #laps = 0;

  /** `folder` lies on the disk of the server. */
  constructor(folder: string) {
    this.#file = path.join(folder, "laps");
    this.#handle = openSync(this.#file, "w");
  }

  /** Milliseconds that the laps so far would have taken on a quiet machine. */
  get ms(): number {
    return this.#laps * LAP_MS;
  }

  /** Lets so many pass. */
  async pass(ms: number): Promise<void> {
    for (const until = this.ms + ms; this.ms < until; ) await this.#lap();
  }

  end(): void {
    closeSync(this.#handle);
    rmSync(this.#file, { force: true });
  }

  async #lap(): Promise<void> {
    await pass(SLEEP_MS);
    createHash("sha256").update(HASHED).digest();
    writeSync(this.#handle, ".", 0);
    fsyncSync(this.#handle);
    this.#laps += 1;
  }
}

/** What the work takes, in milliseconds of a quiet machine. */
export async function machineTimeOf(folder: string, work: Promise<unknown>): Promise<number> {
  const time = new MachineTime(folder);
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  try {
    while (!isOver) await time.pass(LAP_MS);
    await over;
    return time.ms;
  } finally {
    time.end();
  }
}
