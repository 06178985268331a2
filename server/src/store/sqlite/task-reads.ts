/** What is read of tasks, and of all that hangs on one. */
import type { Database } from "better-sqlite3";
import { textIn } from "./column.ts";
import { type ListQuery, TaskPages } from "./list.ts";
import { queries } from "./queries.ts";
import { OPEN_COLUMNS, TASK_COLUMNS, TASK_TABLES } from "./task-columns.ts";

type OfTask = { id: string };

const OF_TASK = "(SELECT n FROM tasks WHERE id = ?)";

export function taskReads(db: Database) {
  const { row, rows } = queries(db);
  const pages = new TaskPages(db);
  const byNumber = row(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.n = ?`, (n: number) => [n]);
  return {
    replay: row(
      "SELECT task, hash FROM idempotency WHERE scope = ? AND key = ?",
      (given: { scope: string; key: string }) => [given.scope, given.key],
    ),
    task: row(
      `SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.id = ? AND t.deleted_at IS NULL`,
      ({ id }: OfTask) => [id],
    ),
    tasks: rows(
      `SELECT ${TASK_COLUMNS} FROM json_each(?) wanted CROSS JOIN tasks t ON t.id = wanted.value
       LEFT JOIN submissions s ON s.task = t.n WHERE t.deleted_at IS NULL ORDER BY wanted.key`,
      ({ ids }: { ids: string[] }) => [JSON.stringify(ids)],
    ),
    list: (query: ListQuery) => {
      const { positions, total, more } = pages.page(query);
      const found = positions.map(({ n }) => ({ n, row: orNull(() => byNumber(n)) }));
      return { rows: found, total, next: more ? (positions.at(-1) ?? null) : null };
    },
    open: openPages(db),
    events: rows(
      `SELECT seq, at, type, data FROM events WHERE task = ${OF_TASK} AND seq > ? ORDER BY seq LIMIT ?`,
      ({ id, after, limit }: OfTask & { after: number; limit: number }) => [id, after, limit],
    ),
    journal: rows(
      `SELECT branch, position, name, occurrence, kind, state, tries, at, duration_ms, result, error, usage
       FROM journal WHERE task = ${OF_TASK} ORDER BY branch, position`,
      ({ id }: OfTask) => [id],
    ),
    inbox: rows(
      `SELECT n, message_id, prompt, value, by, at FROM inbox WHERE task = ${OF_TASK} AND taken = 0 ORDER BY n`,
      ({ id }: OfTask) => [id],
    ),
    artifacts: rows(`SELECT record FROM artifact_updates WHERE task = ${OF_TASK} ORDER BY n`, ({ id }: OfTask) => [id]),
    usage: rows(`SELECT at, record FROM usage WHERE task = ${OF_TASK} ORDER BY n`, ({ id }: OfTask) => [id]),
  };
}

type OpenPage = { after: string | null; limit: number };
type OpenRow = { id: string; row: unknown[] | null };

/** Where a page cannot be read as a whole, each row is read by itself, and is null when it is the one at fault. */
function openPages(db: Database): (page: OpenPage) => OpenRow[] {
  const { row, rows } = queries(db);
  const source = "FROM tasks INDEXED BY tasks_open WHERE ended_at IS NULL AND id > ? ORDER BY id LIMIT ?";
  const bound = ({ after, limit }: OpenPage) => [after ?? "", limit];
  const page = rows(`SELECT ${OPEN_COLUMNS} ${source}`, bound);
  const ids = rows(`SELECT id ${source}`, bound);
  const one = row(`SELECT ${OPEN_COLUMNS} FROM tasks WHERE id = ?`, (id: string) => [id]);
  return (given) => {
    try {
      return page(given).map((row) => ({ id: textIn(row[0]), row }));
    } catch {
      return ids(given).map(([id]) => ({ id: textIn(id), row: orNull(() => one(textIn(id))) }));
    }
  };
}

/** A row that cannot be read is null. */
function orNull(read: () => unknown[] | null): unknown[] | null {
  try {
    return read();
  } catch {
    return null;
  }
}
