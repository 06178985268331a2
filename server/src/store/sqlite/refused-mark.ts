/**
 * The mark that a server leaves beside a database whose damage has refused a write: the next start rebuilds the database, even if the
 * ends of its tables are whole.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { REFUSED_FILE } from "./folder.ts";

/** The mark as a running server leaves it. */
export class RefusedMark {
  readonly #folder: string;
  #isLeft = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  leave(): void {
    if (this.#isLeft) return;
    try {
      writeFileSync(path.join(this.#folder, REFUSED_FILE), "");
      this.#isLeft = true;
    } catch {
      // On a full disk, for instance. The next refusal tries again.
    }
  }

  /** An index was rebuilt, which may be all that was damaged. A page that still refuses writes has the mark left again. */
  takeBack(): void {
    if (!this.#isLeft) return;
    try {
      removeMark(this.#folder);
      this.#isLeft = false;
    } catch {
      // The next start rebuilds the database without need.
    }
  }
}

export function isMarked(folder: string): boolean {
  return existsSync(path.join(folder, REFUSED_FILE));
}

export function removeMark(folder: string): void {
  rmSync(path.join(folder, REFUSED_FILE), { force: true });
}
