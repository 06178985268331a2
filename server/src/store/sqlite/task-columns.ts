/** What the one reader of task rows, `task-row.ts`, reads, in its order. */
export const TASK_COLUMNS = `t.n, t.id, t.tenant, t.user, t.kind, t.state, t.conversation, t.parent, t.revision,
  t.attempt, t.last_seq, t.progress, t.created_at, t.ended_at, t.deleted_at, t.queue, t.record, t.output,
  s.fixed, s.input`;

/** Values up to this many bytes are whole in a list; of longer ones it shows the beginning. */
const LISTED_BYTES_MAX = 2_000;
const PREVIEW_CHARACTERS = 1_000;
/** Details beyond this are not read for a list, which shows none. */
const LISTED_RECORD_BYTES_MAX = 8_000;

/** A longer value is given in the form of one that lies in the files, whose beginning is in its row, see `codec/marker.ts`. */
function listedValue(column: string): string {
  return `CASE WHEN octet_length(${column}) <= ${LISTED_BYTES_MAX} OR ${column} LIKE '@%' THEN ${column}
    ELSE '@${"0".repeat(64)}:' || octet_length(${column}) || char(10) || substr(${column}, 1, ${PREVIEW_CHARACTERS}) END`;
}

/** The same for a list. */
export const LISTED_COLUMNS = TASK_COLUMNS.replace(
  "t.record",
  `CASE WHEN octet_length(t.record) <= ${LISTED_RECORD_BYTES_MAX} OR NOT json_valid(t.record) THEN t.record
    ELSE json_remove(t.record, '$.details') END`,
)
  .replace("t.output", listedValue("t.output"))
  .replace("s.input", listedValue("s.input"));

/** A task whose submission is lost is found, and is then one that cannot be read. */
export const TASK_TABLES = "tasks t LEFT JOIN submissions s ON s.task = t.n";

/** What `OpenTask` needs: a start goes over every open task, and parses the record of none. */
export const OPEN_COLUMNS = `id, tenant, kind, state, conversation, parent, priority, created_at, deadline_at, queue, due_at,
  concurrency_key, concurrency_limit, waits_on, awaits`;

export const INBOX_COLUMNS = "n, message_id, prompt, question, value, by, at";
