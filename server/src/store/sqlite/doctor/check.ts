/** What is wrong with a database, as sentences: SQLite's own checks, then the invariants that no constraint can say. */

import type { Database } from "better-sqlite3";
import { clauseOf } from "../../../task/text/clause.ts";
import { DAY_MS, TEN_MINUTES_MS } from "../../codec/totals.ts";
import { schemaOf } from "../database.ts";
import { miscountedIndexes } from "../mending/indexes.ts";
import { weight } from "../migrations/028-stored-bytes.ts";
import {
  CONVERSATION_BYTES,
  DOCUMENT_BYTES,
  MESSAGE_BYTES,
  VECTOR_STORE_BYTES,
} from "../migrations/039-counted-rows.ts";
import { REFERRING } from "../tasks/task-removal.ts";

/** Problems of each kind that are named. */
const PROBLEMS_MAX = 20;

/** Lines that SQLite is asked for. Many are no fault: an orphaned index of five million tasks has so many pages. */
const LINES_MAX = 100_000;
const NO_FAULT = /^(Page \d+: never used|\*\*\* in database main \*\*\*)$/;

/** The owners and buckets of time under which each task is counted. */
const PLACES = [DAY_MS, TEN_MINUTES_MS].flatMap((span) => ["''", "'=' || user"].map((owner) => ({ owner, span })));

function totalOf({ owner, span }: { owner: string; span: number }, count: string, tasks: string): string {
  return `SELECT tenant, ${owner} AS owner, ${span} AS span, created_at - created_at % ${span} AS bucket, kind, state, ${count} AS count
    FROM ${tasks} WHERE deleted_at IS NULL`;
}

/** SQL for the totals of these tasks. */
export function counted(tasks: string): string {
  return PLACES.map((place) => totalOf(place, "1", tasks)).join(" UNION ALL ");
}

/** SQL for what the table of totals is to hold. */
export const TOTALS = PLACES.map((place) => `${totalOf(place, "count(*)", "tasks")} GROUP BY 1, 2, 3, 4, 5, 6`).join(
  " UNION ALL ",
);

/** Each query returns one column: a sentence per problem. */
const INVARIANTS = [
  `SELECT 'Task ' || t.id || ' says that its last event is ' || t.last_seq || ', its log says '
     || coalesce((SELECT max(seq) FROM events WHERE task = t.n), 0) || '.'
   FROM tasks t WHERE t.last_seq <> coalesce((SELECT max(seq) FROM events WHERE task = t.n), 0)`,
  `SELECT 'The log of task ' || t.id || ' has gaps.'
   FROM tasks t WHERE t.last_seq <> (SELECT count(*) FROM events WHERE task = t.n)`,
  `SELECT 'Task ' || id || ' has no submission.' FROM tasks WHERE n NOT IN (SELECT task FROM submissions)`,
  `WITH counted AS (${TOTALS}),
     kept AS (SELECT tenant, owner, span, bucket, kind, state, count FROM totals WHERE count > 0)
   SELECT 'The totals of tenant ' || tenant || ' differ from its tasks (' || kind || ', ' || state || ').' FROM (
     SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept)
     UNION ALL SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted))`,
];

/** From schema version 3 on. */
const SCHEDULE = `SELECT 'Task ' || id || ' has columns that differ from its record.' FROM tasks
   WHERE ended_at IS NULL AND json_valid(record) AND (deadline_at IS NOT record ->> '$.deadlineAt'
     OR lease_worker IS NOT record ->> '$.lease.worker' OR lease_until IS NOT record ->> '$.lease.until'
     OR waits_on IS NOT (SELECT group_concat(DISTINCT value ->> '$.on') FROM json_each(record, '$.waits')))`;

/** What a vector store counts: from schema version 7 on. */
export const MEMBER_COLUMNS = "(in_progress, completed, failed, cancelled, bytes)";
export const MEMBER_COUNTS = `(SELECT
     count(*) FILTER (WHERE m.status = 'in_progress'), count(*) FILTER (WHERE m.status = 'completed'),
     count(*) FILTER (WHERE m.status = 'failed'), count(*) FILTER (WHERE m.status = 'cancelled'),
     coalesce(sum(m.bytes), 0) FROM members m WHERE m.vector_store = vector_stores.key)`;

const MEMBERS = `SELECT 'Vector store ' || id || ' counts other members than it has.' FROM vector_stores
   WHERE ${MEMBER_COLUMNS} IS NOT ${MEMBER_COUNTS}`;

/** From schema version 8 on. */
const CHUNKS = `SELECT 'A cut of document ' || document || ' counts other chunks than it has.' FROM cuts c
   WHERE stored <> (SELECT count(*) FROM chunks WHERE cut = c.n)`;

/** SQL for the stored bytes of each user, a row for each thing. From schema version 28 on. */
export function keptRows(version: number): string {
  const rows =
    version >= 39
      ? `SELECT tenant, user, ${CONVERSATION_BYTES("c")} FROM conversations c
    UNION ALL SELECT tenant, user, ${DOCUMENT_BYTES("d")} FROM documents d
    UNION ALL SELECT tenant, user, ${VECTOR_STORE_BYTES("v")} FROM vector_stores v`
      : `SELECT tenant, user, bytes + text_bytes FROM documents
    UNION ALL SELECT tenant, user, bytes FROM vector_stores`;
  return `SELECT tenant, user, bytes FROM tasks
    UNION ALL SELECT t.tenant, t.user, a.bytes FROM attachments a JOIN tasks t ON t.n = a.task
    UNION ALL ${rows}
    UNION ALL SELECT c.tenant, c.user, ${version >= 39 ? MESSAGE_BYTES("m") : weight("m.parts")}
      FROM messages m JOIN conversations c ON c.id = m.conversation`;
}

/** The same as one sum for each user. */
export function keptBytes(version: number): string {
  return `SELECT tenant, user, sum(bytes) AS bytes FROM (${keptRows(version)}) GROUP BY 1, 2`;
}

const stored = (version: number) => `WITH kept AS (${keptBytes(version)}),
  counted AS (SELECT tenant, substr(owner, 2) AS user, bytes FROM stored_bytes WHERE owner <> '')
  SELECT 'The stored bytes of user ' || user || ' of tenant ' || tenant || ' differ from what is there: ' || bytes FROM (
    SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted) WHERE bytes <> 0
    UNION ALL SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) WHERE bytes <> 0)`;

/** From schema version 36 on; before, foreign keys say it. */
const REFERENCES = REFERRING.map(
  ([table, column]) =>
    `SELECT 'A row of ${table} refers to a row of tasks that is not there.' FROM ${table}
     WHERE task NOT IN (SELECT ${column} FROM tasks)`,
);

export function check(db: Database): string[] {
  const damage = faultsOf(db);
  const named = damage.slice(0, PROBLEMS_MAX).map((line) => `SQLite: ${line}`);
  const problems = [...(damage.length > 0 ? damagedTables(db) : []), ...named];
  const orphans = column(
    db,
    `SELECT 'A row of ' || "table" || ' refers to a row of ' || parent || ' that is not there.' FROM pragma_foreign_key_check`,
  );
  const version = schemaOf(db);
  const invariants = [
    ...INVARIANTS,
    ...(version >= 3 ? [SCHEDULE] : []),
    ...(version >= 7 ? [MEMBERS] : []),
    ...(version >= 8 ? [CHUNKS] : []),
    ...(version >= 28 ? [stored(version)] : []),
    ...(version >= 36 ? REFERENCES : []),
  ];
  const miscounted = miscountedIndexes(db).map(
    (index) => `The index ${index} has other entries than its table has rows.`,
  );
  return [...problems, ...miscounted, ...orphans, ...invariants.flatMap((invariant) => column(db, invariant))];
}

/** What SQLite finds wrong with pages and rows. Orphan pages are no fault: a rebuild leaves them. */
export function faultsOf(db: Database, look: "integrity_check" | "quick_check" = "integrity_check"): string[] {
  try {
    const found = db.prepare<unknown[], unknown>(`PRAGMA ${look}(${LINES_MAX})`).pluck().all().map(String);
    return faults(found.flatMap((lines) => lines.split("\n"))).filter((line) => !NO_FAULT.test(line));
  } catch (error) {
    return [unmade(error)];
  }
}

function faults(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== "ok");
}

/** The names of the damaged tables and indexes: SQLite itself names page numbers. */
function damagedTables(db: Database): string[] {
  const tables = column(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0", -1);
  return tables
    .filter((table) => faults(column(db, `SELECT integrity_check FROM pragma_integrity_check('${table}')`)).length > 0)
    .map((table) => `A page of the table ${table}, or of an index of it, is damaged.`);
}

function column(db: Database, sql: string, most = PROBLEMS_MAX): string[] {
  try {
    return db.prepare<unknown[], unknown>(`SELECT * FROM (${sql}) LIMIT ${most}`).pluck().all().map(String);
  } catch (error) {
    return [unmade(error)];
  }
}

function unmade(error: unknown): string {
  return `A check could not be made: ${clauseOf(error)}.`;
}
