/** The reads of tasks and of their events, journals, inboxes, artifacts and names. */
import type { Database } from "better-sqlite3";
import type { Alias } from "../../../task/alias.ts";
import type { Visible } from "../../../task/visibility.ts";
import type { Place } from "../../codec/cursor.ts";
import { ANSWER_BYTES_MAX, bytesOfText, TASK_PAGE_BYTES_MAX } from "../bounds.ts";
import { notAside } from "../doctor/set-aside.ts";
import { queries } from "../queries.ts";
import { latestTasks } from "./latest-tasks.ts";
import { type ListQuery, TaskPages } from "./list.ts";
import { listedRow } from "./listed-row.ts";
import { openReads } from "./open-reads.ts";
import { INBOX_COLUMNS, TASK_COLUMNS, TASK_TABLES } from "./task-columns.ts";
import { taskRows } from "./task-rows.ts";
import { type TaskWalk, taskWalk } from "./task-walk.ts";

type OfTask = { id: string };

/** Updates of artifacts whose sizes are read at once: some 5 ms, and the values themselves are not read. */
const UPDATES_AT_ONCE = 2_000;
/**
 * Longer than any row with the hash of a file: a longer text holds its value itself, and to read even its beginning SQLite would read
 * all of it.
 */
const MARKER_BYTES_MAX = 8_192;

/** SQL for the bytes of a value. Of a value in a file the row has the size behind the hash: see codec/marker.ts. */
const bytesOfValue = (column: string) =>
  `CASE WHEN octet_length(${column}) < ${MARKER_BYTES_MAX} AND substr(${column}, 1, 1) = '@'
     THEN CAST(substr(${column}, 67, 16) AS INTEGER) ELSE octet_length(${column}) END`;

const OF_TASK = "(SELECT n FROM tasks WHERE id = ?)";

export function taskReads(db: Database) {
  const { row, text, page, exists } = queries(db);
  const ofTask = <Given extends OfTask>(sql: string, values: (given: Given) => unknown[]) =>
    page(sql, TASK_PAGE_BYTES_MAX, values);
  return {
    ...aliasReads(db),
    replay: row(
      "SELECT task, hash FROM idempotency WHERE scope = ? AND key = ?",
      (given: { scope: string; key: string }) => [given.scope, given.key],
    ),
    taskNumbered: text(
      `SELECT id FROM tasks t WHERE n = ? AND deleted_at IS NULL AND ${notAside("t")}`,
      (n: number) => [n],
    ),
    task: row(
      `SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE t.id = ? AND t.deleted_at IS NULL AND ${notAside("t")}`,
      ({ id }: OfTask) => [id],
    ),
    list: listPages(db),
    walk: walkedPages(db),
    latest: latestTasks(db),
    ...openReads(db),
    events: ofTask(
      `SELECT seq, at, type, data FROM events WHERE task = ${OF_TASK} AND seq > ? ORDER BY seq LIMIT ?`,
      ({ id, after, limit }: OfTask & { after: number; limit: number }) => [id, after, limit],
    ),
    journal: ofTask(
      `SELECT branch, position, name, occurrence, kind, state, tries, at, duration_ms, result, error, usage, trace
       FROM journal WHERE task = ${OF_TASK} AND (branch, position) > (?, ?) ORDER BY branch, position LIMIT ?`,
      ({ id, after, limit }: OfTask & { after: Place | null; limit: number }) => [
        id,
        after?.branch ?? "",
        after?.position ?? -1,
        limit,
      ],
    ),
    lastError: text(
      `SELECT error FROM journal INDEXED BY journal_errors
       WHERE task = ${OF_TASK} AND error IS NOT NULL ORDER BY at DESC LIMIT 1`,
      ({ id }: OfTask) => [id],
    ),
    namesFile: exists(
      `SELECT 1 FROM task_files WHERE task = ${OF_TASK} AND sha256 = ?`,
      ({ id, sha256 }: OfTask & { sha256: string }) => [id, sha256],
    ),
    mayGoOn: exists(
      `SELECT 1 FROM tasks t WHERE id = ? AND (ended_at IS NULL OR NOT ${notAside("t")})`,
      ({ id }: OfTask) => [id],
    ),
    hasAsked: exists(
      `SELECT 1 FROM journal WHERE task = ${OF_TASK} AND in_time(position) AND kind = 'input' AND name = ? LIMIT 1`,
      ({ id, name }: OfTask & { name: string }) => [id, name],
    ),
    ...inboxReads(db),
    ...artifactReads(db),
    spentBelow: row(
      `SELECT calls, input_tokens, output_tokens, cost_usd, unpriced_calls, estimated_calls
       FROM spent_below WHERE task = ${OF_TASK}`,
      ({ id }: OfTask) => [id],
    ),
    usage: ofTask(
      `SELECT at, record, n FROM usage INDEXED BY usage_of_task WHERE task = ${OF_TASK} AND n > ? ORDER BY n LIMIT ?`,
      ({ id, after, limit }: OfTask & { after: number; limit: number }) => [id, after, limit],
    ),
  };
}

/** The events of questions and of inputs. */
const TURNS = "'task.input_required', 'task.input_received'";

/** Reads of a task's inbox, and of its questions. */
function inboxReads(db: Database) {
  const { row, page } = queries(db);
  const ofTask = <Given extends OfTask>(sql: string, values: (given: Given) => unknown[]) =>
    page(sql, TASK_PAGE_BYTES_MAX, values);
  return {
    inbox: ofTask(
      `SELECT ${INBOX_COLUMNS} FROM inbox INDEXED BY inbox_open
       WHERE task = ${OF_TASK} AND taken = 0 AND n > ? ORDER BY n`,
      ({ id, after }: OfTask & { after: number }) => [id, after],
    ),
    told: ofTask(
      `SELECT ${INBOX_COLUMNS} FROM inbox WHERE task = ${OF_TASK} AND n > ? ORDER BY n`,
      ({ id, after }: OfTask & { after: number }) => [id, after],
    ),
    lastTold: row(
      `SELECT ${INBOX_COLUMNS} FROM inbox WHERE task = ${OF_TASK} ORDER BY n DESC LIMIT 1`,
      ({ id }: OfTask) => [id],
    ),
    turns: ofTask(
      `SELECT seq, at, type, data FROM events WHERE task = ${OF_TASK} AND in_time(seq) AND seq > ?
       AND type IN (${TURNS}) ORDER BY seq`,
      ({ id, after }: OfTask & { after: number }) => [id, after],
    ),
    turnsBefore: ofTask(
      `SELECT seq, at, type, data FROM events WHERE task = ${OF_TASK} AND in_time(seq) AND seq < ?
       AND type IN (${TURNS}) ORDER BY seq DESC LIMIT ?`,
      ({ id, before, limit }: OfTask & { before: number; limit: number }) => [id, before, limit],
    ),
    received: row(
      `SELECT ${INBOX_COLUMNS} FROM inbox WHERE task = ${OF_TASK} AND message_id = ?`,
      ({ id, messageId }: OfTask & { messageId: string }) => [id, messageId],
    ),
    inboxSize: row(
      `SELECT count(*), coalesce(sum(bytes), 0)
       FROM inbox INDEXED BY inbox_open WHERE task = ${OF_TASK} AND taken = 0`,
      ({ id }: OfTask) => [id],
    ),
  };
}

/** An artifact is the sum of its updates. Artifacts come in the order of their first updates. */
function artifactReads(db: Database) {
  const { rows, page } = queries(db);
  return {
    artifacts: rows(
      `SELECT id, min(n) AS first FROM artifact_updates INDEXED BY artifact_updates_of_one
       WHERE task = ${OF_TASK} AND in_time(n) GROUP BY id HAVING first > ? ORDER BY first LIMIT ?`,
      ({ id, after, limit }: OfTask & { after: number; limit: number }) => [id, after, limit],
    ),
    artifactUpdates: page(
      `SELECT record, n FROM artifact_updates INDEXED BY artifact_updates_of_one
       WHERE task = ${OF_TASK} AND id = ? AND n > ? ORDER BY n`,
      TASK_PAGE_BYTES_MAX,
      ({ id, artifact, after }: OfTask & { artifact: string; after: number }) => [id, artifact, after],
    ),
    /** The bytes that updates behind `after` add to each artifact, and the last of these updates. */
    artifactSizes: rows(
      `SELECT id, sum(bytes), max(n) FROM (
         SELECT id, n, ${bytesOfValue("record")} AS bytes FROM artifact_updates
         WHERE task = ${OF_TASK} AND n > ? ORDER BY n LIMIT ${UPDATES_AT_ONCE}) GROUP BY id`,
      ({ id, after }: OfTask & { after: number }) => [id, after],
    ),
  };
}

/** Reads of the aliases of tasks. */
function aliasReads(db: Database) {
  const { rows, text } = queries(db);
  return {
    taskByAlias: text(
      `SELECT a.task FROM task_aliases a WHERE a.tenant = ? AND a.lens = ? AND a.value = ? AND (? IS NULL OR a.owner = ?)
       ORDER BY a.owner <> ?, a.task LIMIT 1`,
      ({ visible, alias }: { visible: Visible; alias: Alias }) => [
        visible.tenant,
        alias.lens,
        alias.value,
        visible.user,
        visible.user,
        alias.owner,
      ],
    ),
    taskAliases: rows(
      `SELECT task, min(value) FROM task_aliases
       WHERE lens = ? AND task IN (SELECT value FROM json_each(?)) GROUP BY task`,
      ({ ids, lens }: { ids: readonly string[]; lens: string }) => [lens, JSON.stringify(ids)],
    ),
  };
}

/** A page of a list, as many rows as fit into one answer. With `whole`, values are not cut to their beginnings. */
function listPages(db: Database) {
  const pages = new TaskPages(db);
  const rowsOf = taskRows(db);
  return (query: ListQuery & { whole: boolean }) => {
    const { positions, total, more } = pages.page(query);
    const rows = fittingRows(
      rowsOf,
      positions.map(({ n }) => n),
      query.whole ? (row) => row : listedRow,
    );
    const goesOn = more || rows.length < positions.length;
    return { rows, total, next: goesOn ? (positions[rows.length - 1] ?? null) : null };
  };
}

/** The same for a page that continues from a task. */
function walkedPages(db: Database) {
  const walk = taskWalk(db);
  const rowsOf = taskRows(db);
  return (given: TaskWalk) => {
    const { numbers, more, backwards } = walk(given);
    const rows = fittingRows(rowsOf, numbers, (row) => row);
    const goesOn = more || rows.length < numbers.length;
    return { rows: backwards ? rows.reverse() : rows, more: goesOn };
  };
}

type Row = unknown[] | null;

/** The first rows that fit into one answer, at least one. */
function fittingRows(
  rowsOf: ReturnType<typeof taskRows>,
  numbers: readonly number[],
  shown: (row: Row) => Row,
): { n: number; row: Row }[] {
  const found: { n: number; row: Row }[] = [];
  let bytes = 0;
  for (const { n, row: read } of rowsOf(numbers)) {
    const row = shown(read);
    bytes += bytesOfText(row);
    if (found.length > 0 && bytes > ANSWER_BYTES_MAX) break;
    found.push({ n, row });
  }
  return found;
}
