/** Reads and writes of erasures themselves; `erased-tasks.ts` and `erased-records.ts` remove things. */
import type { Database } from "better-sqlite3";
import type { Erasure } from "../../../task/erasure.ts";
import { Refusal } from "../../../task/errors.ts";
import type { PreparedAudit } from "../../codec/prepared.ts";
import { ERASURES_RUNNING_MAX, ERASURES_RUNNING_OF_TENANT_MAX } from "../../erasure-store.ts";
import type { AuditChain } from "../audit/audit-chain.ts";
import { ANSWER_BYTES_MAX } from "../bounds.ts";
import { numberIn, textIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { keysRemoval } from "../keys/key-statements.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { ALL, orItsPlace, orNull, queries } from "../queries.ts";
import { TURN_MS } from "../slices.ts";
import type { Pace } from "../thread/pace.ts";
import { ErasedRecords } from "./erased-records.ts";
import { ErasedTasks } from "./erased-tasks.ts";

const TOO_MANY = `${ERASURES_RUNNING_MAX} erasures that you have asked for are under way: ask again when some have ended.`;
const TOO_MANY_OF_TENANT = `${ERASURES_RUNNING_OF_TENANT_MAX} erasures of your tenant are under way: ask again when some have ended.`;
const RETRY_AFTER_S = 60;
/** Rows of tasks that one search for a user's tasks goes over. */
const LOOKED_AT = 5_000;
/** Tasks of a conversation, which an index finds. */
const FOUND_AT_ONCE = 200;
const FILES_AT_ONCE = 500;
/** Pages of the search index that are merged at once: about 2 ms. */
const MERGED_PAGES = 16;

const NOTE_BACKUP = `INSERT INTO backups (id, made_at, record) VALUES (?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET made_at = excluded.made_at, record = excluded.record`;

/** Of all tenants. */
const RUNNING =
  "SELECT id FROM erasures INDEXED BY erasures_running WHERE state = 'running' AND id > @after ORDER BY id";

type Of = Pick<Erasure, "tenant" | "subject">;
/** `isUnread` says that some rows could not be read, whoever owns them. */
type Erasable = { tasks: unknown[][]; next: number | null; isUnread: boolean };
type Wanted = Of & { open: boolean; after: number; except: readonly string[] };

export function erasureReads(db: Database) {
  const { row, rows, number } = queries(db);
  // Tasks set aside have a mark before their tenant.
  const ofUserAmong = (which: string) =>
    lateRows(
      db,
      `SELECT id, ended_at IS NULL, deleted_at IS NOT NULL FROM (
         SELECT n, id, tenant, user, ended_at, deleted_at FROM tasks WHERE ${which})
       WHERE user = ? AND tenant IN (?, char(1) || ?) AND (? = 0 OR ended_at IS NULL)
         AND id NOT IN (SELECT value FROM json_each(?))`,
    );
  const ofUser = ofUserAmong(`n > ? ORDER BY n LIMIT ${LOOKED_AT}`);
  const oneOfUser = ofUserAmong("n = ?");
  const lastLookedAt = lateRows(
    db,
    `SELECT max(n) FROM (SELECT n FROM tasks WHERE n > ? ORDER BY n LIMIT ${LOOKED_AT})`,
  );
  /** The next numbers, from an index: the rows of a page or more cannot be read. */
  const numbers = lateRows(
    db,
    `SELECT n FROM tasks INDEXED BY sqlite_autoindex_tasks_1 WHERE n > ? ORDER BY n LIMIT ${LOOKED_AT}`,
  );
  const oneByOne = (after: number, read: (n: unknown) => unknown[] | undefined): Erasable => {
    const places = numbers.all(after);
    const looks = places.map(([n]) => orNull(() => read(n) ?? []));
    const last = places.at(-1)?.[0] ?? null;
    const tasks = looks.flatMap((row) => (row === null || row.length === 0 ? [] : [row]));
    return { tasks, next: last === null ? null : numberIn(last), isUnread: looks.includes(null) };
  };
  const ofConversation = lateRows(
    db,
    `WITH RECURSIVE down (id, isOpen, isDeleted) AS (
       SELECT id, ended_at IS NULL, deleted_at IS NOT NULL FROM tasks WHERE conversation = @conversation
       UNION
       SELECT t.id, t.ended_at IS NULL, t.deleted_at IS NOT NULL FROM down JOIN tasks t ON t.parent = down.id)
     SELECT id, isOpen, isDeleted FROM down
     WHERE id NOT IN (SELECT value FROM json_each(@except)) AND CASE WHEN @open THEN isOpen ELSE NOT EXISTS (
       SELECT 1 FROM tasks c WHERE c.parent = down.id AND c.id NOT IN (SELECT value FROM json_each(@except))) END
     LIMIT ${FOUND_AT_ONCE}`,
  );
  return {
    ...erasureLists(db),
    openParts: openParts(db),
    erasure: row("SELECT record FROM erasures WHERE tenant = ? AND id = ?", (given: { tenant: string; id: string }) => [
      given.tenant,
      given.id,
    ]),
    runningErasure: row("SELECT record FROM erasures WHERE id = ? AND state = 'running'", (given: { id: string }) => [
      given.id,
    ]),
    erasableTasks: (wanted: Wanted): Erasable => {
      const { tenant, subject, after } = wanted;
      const open = wanted.open ? 1 : 0;
      const except = JSON.stringify(wanted.except);
      if (subject.type === "conversation") {
        const tasks = ofConversation.all({ conversation: subject.id, open, except });
        return { tasks, next: tasks.length === 0 ? null : after, isUnread: false };
      }
      try {
        const tasks = ofUser.all(after, subject.id, tenant, tenant, open, except);
        const last = lastLookedAt.get(after)?.[0] ?? null;
        return { tasks, next: last === null ? null : numberIn(last), isUnread: false };
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        return oneByOne(after, (n) => oneOfUser.get(n, subject.id, tenant, tenant, open, except));
      }
    },
    openCleanups: number(
      `SELECT count(*) FROM tasks WHERE tenant = ? AND created_at >= ? AND kind = 'waybill.cleanup'
         AND state IN ('queued', 'running', 'waiting') AND deleted_at IS NULL`,
      ({ tenant, since }: { tenant: string; since: number }) => [tenant, since],
    ),
    erasedFiles: rows(
      `SELECT sha256 FROM erased_files WHERE erasure = ? LIMIT ${FILES_AT_ONCE}`,
      ({ id }: { id: string }) => [id],
    ),
  };
}

/** The number of others' open tasks in which a user takes part. An unreadable one keeps the name. */
function openParts(db: Database): (user: { tenant: string; user: string }) => number {
  const parts = lateRows(
    db,
    "SELECT DISTINCT task FROM participants WHERE tenant = ? AND type = 'user' AND identity = ?",
  );
  const open = lateRows(db, "SELECT n FROM tasks WHERE n = ? AND ended_at IS NULL");
  return ({ tenant, user }) =>
    parts.all(tenant, user).filter((part) => orItsPlace(([n]) => open.get(n), part) !== undefined).length;
}

function erasureLists(db: Database) {
  const { list } = queries(db);
  return {
    erasures: list(
      {
        page: "SELECT id, record FROM erasures WHERE tenant = @tenant ORDER BY requested_at DESC, id DESC LIMIT @limit",
        places: `SELECT id, NULL, id FROM erasures INDEXED BY erasures_by_time WHERE tenant = @tenant
          ORDER BY requested_at DESC, id DESC`,
        one: "SELECT id, record FROM erasures WHERE id = @place",
      },
      ALL,
      (given: { tenant: string; limit: number }) => given,
    ),
    runningErasures: list(
      {
        page: `SELECT id, record FROM erasures WHERE id IN (${RUNNING} LIMIT @limit) ORDER BY id`,
        places: `SELECT id, NULL, id FROM (${RUNNING})`,
        one: "SELECT id, record FROM erasures WHERE id = @place",
      },
      ANSWER_BYTES_MAX,
      (given: { after: string; limit: number }) => given,
    ),
    backupsBetween: list(
      {
        page: "SELECT id, record FROM backups WHERE made_at >= @from AND made_at <= @to ORDER BY made_at",
        places: `SELECT 'of row ' || rowid, NULL, rowid FROM backups INDEXED BY backups_by_time
          WHERE made_at >= @from AND made_at <= @to ORDER BY made_at`,
        one: "SELECT id, record FROM backups WHERE rowid = @place",
      },
      ALL,
      (given: { from: number; to: number }) => ({ ...given, limit: ALL }),
    ),
  };
}

export function erasureWrites(db: Database, log: AuditChain, pace: Pace) {
  const runningOf = lateRows(
    db,
    `SELECT record FROM erasures WHERE state = 'running' AND tenant = ? AND json_valid(record)
       AND record ->> '$.subject.type' = ? AND record ->> '$.subject.id' = ?`,
  );
  const runningOfTenant = lateRows(db, "SELECT count(*) FROM erasures WHERE state = 'running' AND tenant = ?");
  const runningOfUser = lateRows(
    db,
    `SELECT count(*) FROM erasures WHERE state = 'running' AND tenant = ? AND json_valid(record)
       AND record ->> '$.requestedBy' = ?`,
  );
  const insert = lateRun(
    db,
    "INSERT INTO erasures (id, tenant, state, requested_at, record) VALUES (?, ?, 'running', ?, ?)",
  );
  const removeKeys = keysRemoval(db);
  const finish = lateRun(db, "UPDATE erasures SET state = 'completed', record = ? WHERE id = ?");
  const forgetFile = lateRun(db, "DELETE FROM erased_files WHERE erasure = ? AND sha256 = ?");
  const noteBackup = lateRun(db, NOTE_BACKUP);
  const total = lateRows(db, "SELECT total_changes()");
  // Negative first: merge all segments into one. Then positive: continue that.
  const merge = lateRun(db, "INSERT INTO search (search, rank) VALUES ('merge', ?)");
  let isMerging = false;
  const tasks = new ErasedTasks(db);
  const records = new ErasedRecords(db);
  /** Deleted bytes are overwritten within the same commit. */
  const securely = <Answer>(act: () => Answer): Answer => {
    db.pragma("secure_delete = 1");
    try {
      return act();
    } finally {
      db.pragma("secure_delete = fast");
    }
  };
  return {
    /** Returns the record that stands. */
    beginErasure: ({ erasure, audit }: { erasure: Erasure; audit: PreparedAudit }) =>
      securely(() => {
        const { id, tenant, requestedAt, requestedBy, subject } = erasure;
        const [known] = runningOf.get(tenant, subject.type, subject.id) ?? [];
        if (known !== undefined) return textIn(known);
        if (numberIn(runningOfTenant.get(tenant)?.[0]) >= ERASURES_RUNNING_OF_TENANT_MAX)
          throw new Refusal("rate_limited", TOO_MANY_OF_TENANT, { retryAfterS: RETRY_AFTER_S });
        if (numberIn(runningOfUser.get(tenant, requestedBy)?.[0]) >= ERASURES_RUNNING_MAX)
          throw new Refusal("rate_limited", TOO_MANY, { retryAfterS: RETRY_AFTER_S });
        // In the same commit: from now on nobody is authenticated as this user.
        const keys = subject.type === "user" ? removeKeys({ tenant, user: subject.id, at: requestedAt }) : 0;
        const record = JSON.stringify({ ...erasure, removed: keys > 0 ? { keys } : {} });
        insert.run(id, tenant, requestedAt, record);
        log.add(audit);
        return record;
      }),
    /** A slice of it: returns whether there is more. */
    eraseTasks: ({ id, ids }: { id: string; ids: readonly string[] }) => securely(() => tasks.turn(id, ids, pace)),
    eraseRecords: ({ id }: { id: string }) => securely(() => records.turn(id, pace.turn(TURN_MS))),
    /** A slice of it. A merge of the index leaves out deleted texts. */
    eraseWords: (_: null) =>
      securely(() => {
        const isOver = pace.turn(TURN_MS);
        do {
          const before = numberIn(total.get()?.[0]);
          merge.run(isMerging ? MERGED_PAGES : -MERGED_PAGES);
          isMerging = numberIn(total.get()?.[0]) - before >= 2;
        } while (isMerging && !isOver());
        return isMerging;
      }),
    forgetErasedFiles: ({ id, hashes }: { id: string; hashes: readonly string[] }) => {
      for (const sha256 of hashes) forgetFile.run(id, sha256);
      return null;
    },
    endErasure: ({ id, record }: { id: string; record: string }) =>
      securely(() => finish.run(record, id).changes === 1),
    noteBackup: ({ id, madeAt, record }: { id: string; madeAt: number; record: string }) => {
      noteBackup.run(id, madeAt, record);
      return null;
    },
  };
}
