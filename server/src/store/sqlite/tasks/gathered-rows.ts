/**
 * Gathers the rows of tasks that a transaction writes or adds, so that several go into one statement: a row in a statement of its own
 * costs half as much again, as each statement opens all indexes of its table. A row that is read within the transaction is written
 * before.
 */
import type { Database } from "better-sqlite3";
import type { PreparedClaim, PreparedSchedule, PreparedSubmission, PreparedWrite } from "../../codec/prepared.ts";
import { lateByRows, lateInserts, lateRun } from "../late-statements.ts";
import type { TaskHead } from "../task-head-cache.ts";
import { TaskNumbers } from "./task-numbers.ts";

const NO_SCHEDULE: PreparedSchedule = [null, null, null, null, null, null];
const NO_CLAIM: PreparedClaim = [0, null, null, null];
const ADDED_COLUMNS = 17;
const MOVED_COLUMNS = 11;

export class GatheredRows {
  readonly #sql;
  readonly #numbers: TaskNumbers;
  #added: unknown[] = [];
  #moved: unknown[] = [];
  #submissions: unknown[] = [];
  #events: unknown[] = [];
  #journal: unknown[] = [];
  /** Tasks with gathered rows. */
  readonly #tasks = new Set<string>();
  /** The number of the newest task; null if another process may have added one since. */
  #newest: number | null = null;

  constructor(db: Database) {
    this.#sql = statements(db);
    this.#numbers = new TaskNumbers(db);
  }

  /**
   * Gathers the row of a new task and returns its number; null when its id is taken. For a row that `waits`, a taken id is found when
   * all are written.
   */
  insert(write: PreparedWrite, submitted: PreparedSubmission, waits: boolean): number | null {
    if (waits && this.#newest !== null && isPlain(write, submitted)) {
      this.#newest += 1;
      this.#add(this.#newest, write, submitted);
      return this.#newest;
    }
    // One of the gathered rows may have its id.
    this.write();
    const n = (this.#newest ?? this.#numbers.last) + 1;
    const { id, row, bytes, schedule, claim } = write;
    const [tenant, user, kind, conversation, parent, createdAt] = submitted;
    const all = [n, id, ...row, tenant, user, kind, conversation, parent, createdAt, bytes];
    const inserted =
      schedule || claim
        ? this.#sql.insertScheduledTask.run([...all, ...(schedule ?? NO_SCHEDULE), ...(claim ?? NO_CLAIM)])
        : this.#sql.insertTask.run(all);
    if (inserted.changes === 0) return null;
    this.#newest = n;
    return n;
  }

  /** Gathers the row of an existing task; false if the task is not in the expected state. */
  update({ id, row, bytes, schedule }: PreparedWrite, n: number, head: TaskHead, waits: boolean): boolean {
    if (waits && !schedule) {
      this.#moved.push(n, ...row, bytes);
      this.#tasks.add(id);
      return true;
    }
    const { revision, state, attempt } = head;
    const { updateTask, updateScheduledTask } = this.#sql;
    const updated = schedule
      ? updateScheduledTask.run(...row, bytes, ...schedule, n, revision, state, attempt)
      : updateTask.run(...row, bytes, n, revision, state, attempt);
    return updated.changes === 1;
  }

  addSubmission(n: number, fixed: string, input: string): void {
    this.#submissions.push(n, fixed, input);
  }

  addEvents(n: number, events: PreparedWrite["events"]): void {
    for (const [seq, at, type, data] of events) this.#events.push(n, seq, at, type, data);
  }

  addJournal(n: number, entries: NonNullable<PreparedWrite["journal"]>): void {
    for (const entry of entries) this.#journal.push(n, ...entry);
  }

  /** Writes the row of this task, if it is gathered. */
  settle(task: string): void {
    if (this.#tasks.has(task)) this.write();
  }

  write(): void {
    this.#sql.insertTasks(this.#added);
    const moved = this.#sql.updateTasks(this.#moved);
    if (moved * MOVED_COLUMNS !== this.#moved.length)
      throw new Error("The guards of some held, but their rows were not written.");
    this.#sql.insertSubmissions(this.#submissions);
    this.#sql.insertEvents(this.#events);
    this.#sql.putJournal(this.#journal);
    this.#empty();
  }

  /** Another process has written: the newest task may be one of its own. */
  forgetNewest(): void {
    this.#newest = null;
  }

  clear(): void {
    this.#empty();
    this.#newest = null;
  }

  #add(
    n: number,
    { id, row, bytes, claim }: PreparedWrite,
    [tenant, user, kind, , , createdAt]: PreparedSubmission,
  ): void {
    const [state, revision, attempt, lastSeq, progress, , , record] = row;
    const [priority, concurrencyKey, concurrencyLimit, queue] = claim ?? NO_CLAIM;
    this.#added.push(
      ...[n, id, state, revision, attempt, lastSeq, progress, record, tenant, user, kind, createdAt, bytes],
      ...[priority, concurrencyKey, concurrencyLimit, queue],
    );
    this.#tasks.add(id);
  }

  #empty(): void {
    this.#added = [];
    this.#moved = [];
    this.#submissions = [];
    this.#events = [];
    this.#journal = [];
    this.#tasks.clear();
  }
}

/** An open task without conversation, parent and times. */
function isPlain({ row, schedule }: PreparedWrite, [, , , conversation, parent]: PreparedSubmission): boolean {
  const [, , , , , endedAt, deletedAt, , output] = row;
  return (endedAt ?? deletedAt ?? output ?? conversation ?? parent ?? schedule ?? null) === null;
}

function statements(db: Database) {
  const run = (sql: string) => lateRun(db, sql);
  return {
    insertTask: run(
      `INSERT INTO tasks (n, id, state, revision, attempt, last_seq, progress, ended_at, deleted_at, record, output,
         tenant, user, kind, conversation, parent, created_at, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    insertScheduledTask: run(
      `INSERT INTO tasks (n, id, state, revision, attempt, last_seq, progress, ended_at, deleted_at, record, output,
         tenant, user, kind, conversation, parent, created_at, bytes,
         due_at, deadline_at, lease_worker, lease_until, waits_on, awaits,
         priority, concurrency_key, concurrency_limit, queue)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    // A null costs as much to bind as a number.
    insertTasks: lateInserts(
      db,
      `INSERT INTO tasks (n, id, state, revision, attempt, last_seq, progress, record, tenant, user, kind, created_at, bytes,
         priority, concurrency_key, concurrency_limit, queue)`,
      ADDED_COLUMNS,
    ),
    updateTask: run(
      `UPDATE tasks SET state = ?, revision = ?, attempt = ?, last_seq = ?, progress = ?, ended_at = ?,
         deleted_at = ?, record = ?, output = ?, bytes = bytes + ?, due_at = NULL, deadline_at = NULL, lease_worker = NULL,
         lease_until = NULL, waits_on = NULL, awaits = NULL
       WHERE n = ? AND revision = ? AND state = ? AND attempt = ?`,
    ),
    updateScheduledTask: run(
      `UPDATE tasks SET state = ?, revision = ?, attempt = ?, last_seq = ?, progress = ?, ended_at = ?,
         deleted_at = ?, record = ?, output = ?, bytes = bytes + ?, due_at = ?, deadline_at = ?, lease_worker = ?, lease_until = ?,
         waits_on = ?, awaits = ?
       WHERE n = ? AND revision = ? AND state = ? AND attempt = ?`,
    ),
    // A revision stands for one state and one attempt.
    updateTasks: lateByRows(
      db,
      (rows) =>
        `UPDATE tasks SET state = v.column2, revision = v.column3, attempt = v.column4, last_seq = v.column5,
           progress = v.column6, ended_at = v.column7, deleted_at = v.column8, record = v.column9, output = v.column10,
           bytes = bytes + v.column11, due_at = NULL, deadline_at = NULL, lease_worker = NULL,
           lease_until = NULL, waits_on = NULL, awaits = NULL
         FROM (VALUES ${rows}) AS v WHERE tasks.n = v.column1 AND tasks.revision = v.column3 - 1`,
      MOVED_COLUMNS,
    ),
    insertSubmissions: lateInserts(db, "INSERT INTO submissions (task, fixed, input)", 3),
    insertEvents: lateInserts(db, "INSERT INTO events (task, seq, at, type, data)", 5),
    putJournal: lateInserts(
      db,
      `INSERT OR REPLACE INTO journal
         (task, branch, position, name, occurrence, kind, state, tries, at, duration_ms, result, error, usage, trace)`,
      14,
    ),
  };
}
