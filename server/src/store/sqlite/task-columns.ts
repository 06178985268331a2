/** What the one reader of task rows, `task-row.ts`, reads, in its order. */
export const TASK_COLUMNS = `t.n, t.id, t.tenant, t.user, t.kind, t.state, t.conversation, t.parent, t.revision,
  t.attempt, t.last_seq, t.progress, t.created_at, t.ended_at, t.deleted_at, t.record, t.output, s.fixed, s.input`;
export const TASK_TABLES = "tasks t JOIN submissions s ON s.task = t.n";

/** Only what `OpenTask` needs, taken out of the JSON in the thread that reads: a start goes over every open task. */
export const OPEN_COLUMNS = `t.id, t.tenant, t.kind, t.state, t.conversation, t.parent, t.created_at,
  s.fixed ->> '$.priority', s.fixed ->> '$.notBefore', t.record ->> '$.deadlineAt', s.fixed -> '$.concurrency',
  t.record -> '$.waits', t.record -> '$.lease'`;
