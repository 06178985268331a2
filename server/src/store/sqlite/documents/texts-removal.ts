import type { Database } from "better-sqlite3";
import { lateRun } from "../late-statements.ts";

/** Pages of the index that are merged each time: as many as go with some hundred texts. */
const MERGED_PAGES = 16;
/** FTS5's default: that many segments of one size are merged while texts are added. */
const AUTOMERGE = 4;

/**
 * Takes the texts of tasks, by their numbers, out of the search index, within the caller's transaction. Left to itself, FTS5 counts each
 * text that goes as a page that was written, and merges hundreds of pages at once: 65 ms of the writer's processor time, where this takes 4
 * to 12. So nothing is merged beside it, and a bounded number of pages behind it.
 */
export function textsRemoval(db: Database): (tasks: readonly number[]) => void {
  const set = (name: string, value: number) => `('${name}', ${value})`;
  const into = "INSERT INTO search (search, rank) VALUES";
  const begin = lateRun(db, `${into} ${set("automerge", 0)}`);
  const drop = lateRun(db, "DELETE FROM search WHERE rowid IN (SELECT value FROM json_each(?))");
  // A merge first writes what waits in memory, and must find the other setting there still.
  const end = lateRun(db, `${into} ${set("merge", MERGED_PAGES)}, ${set("automerge", AUTOMERGE)}`);
  return (tasks) => {
    begin.run();
    drop.run(JSON.stringify(tasks));
    end.run();
  };
}
