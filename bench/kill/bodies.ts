/**
 * What step bodies wrote down, beside what the database held at each death of the server. A body that runs after its
 * result was on disk is the one thing that must never happen.
 */
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { callKey } from "../../server/src/engine/execution/journal.ts";
import { openDatabase } from "../../server/src/store/sqlite/database.ts";
import { DATABASE_FILE } from "../../server/src/store/sqlite/folder.ts";

const row = z.object({ id: z.string(), branch: z.string(), name: z.string(), occurrence: z.number() });
const JOURNALED = `
  SELECT tasks.id, journal.branch, journal.name, journal.occurrence FROM journal JOIN tasks ON tasks.n = journal.task
  WHERE tasks.ended_at IS NULL AND journal.kind = 'step' AND journal.state IN ('done', 'failed')`;

export class Bodies {
  readonly violations: string[] = [];
  /** Every mark that a key's body left, in order. */
  readonly #marks = new Map<string, string[]>();
  readonly #diary: string;
  readonly #journaled = new Set<string>();
  #read = 0;

  constructor(diary: string) {
    this.#diary = diary;
  }

  get ran(): number {
    let count = 0;
    for (const marks of this.#marks.values()) count += marks.length;
    return count;
  }

  /** Bodies that ran again because a death took their result: what is allowed, and what the deaths cost. */
  get again(): number {
    return this.ran - this.#marks.size;
  }

  /** What the bodies of a key left so far. */
  marksOf(key: string): readonly string[] {
    this.#readDiary();
    return this.#marks.get(key) ?? [];
  }

  /** To be called while no server runs. The database is looked at in a copy: its recovery is the server's to do. */
  afterDeath(data: string): void {
    this.#readDiary();
    const copy = path.join(data, "copy.db");
    for (const suffix of ["", "-wal"]) {
      const from = path.join(data, DATABASE_FILE) + suffix;
      if (existsSync(from)) copyFileSync(from, copy + suffix);
    }
    const db = openDatabase(copy);
    // A server that dies in its first start leaves no tables.
    const isMade = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'journal'").get() !== undefined;
    for (const found of z.array(row).parse(isMade ? db.prepare(JOURNALED).all() : []))
      this.#journaled.add(found.id + callKey(found.branch, found.name, found.occurrence));
    db.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(copy + suffix, { force: true });
  }

  #readDiary(): void {
    if (!existsSync(this.#diary)) return;
    const text = readFileSync(this.#diary, "utf8");
    const lines = text.slice(this.#read, text.lastIndexOf("\n") + 1);
    this.#read += lines.length;
    for (const line of lines.split("\n")) {
      const end = line.lastIndexOf(" ");
      if (end === -1) continue;
      const key = line.slice(0, end);
      const mark = line.slice(end + 1);
      const before = this.#marks.get(key) ?? [];
      if (this.#journaled.has(key))
        this.violations.push(`The body of ${key} ran again after its result was journaled.`);
      if (before.some((other) => processOf(other) === processOf(mark)))
        this.violations.push(`The body of ${key} ran twice in one process.`);
      this.#marks.set(key, [...before, mark]);
    }
  }
}

function processOf(mark: string): string {
  return mark.slice(0, mark.indexOf("."));
}
