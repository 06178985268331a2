/** The columns that `task-row.ts`, the only reader of task rows, reads, in its order. */
export const TASK_COLUMNS = `t.n, t.id, t.tenant, t.user, t.kind, t.state, t.conversation, t.parent, t.revision,
  t.attempt, t.last_seq, t.progress, t.created_at, t.ended_at, t.deleted_at, t.queue, t.record, t.output,
  s.fixed, s.input`;
export const TASK_COLUMN_NAMES: readonly string[] = TASK_COLUMNS.split(/,\s+/);

/** A task whose submission is lost is found as one that cannot be read. */
export const TASK_TABLES = "tasks t LEFT JOIN submissions s ON s.task = t.n";

/** The columns of an `OpenTask`: a start reads every open task, and parses no record. */
export const OPEN_COLUMNS = `id, tenant, kind, state, conversation, parent, priority, created_at, deadline_at, queue, due_at,
  concurrency_key, concurrency_limit, waits_on, n`;

export const INBOX_COLUMNS = "n, message_id, prompt, question, value, by, at, answer";
