/**
 * Schema version 29: a column that has one of a few values is compared with each. For a longer list after `IN`, SQLite
 * fills a table of its own at each statement, 10 us for a row that takes 8. No row changes, so that the tables' constraints
 * are written over where they stand.
 */
const STATES = ["queued", "running", "paused", "input_required", "waiting"];
const ENDS = ["completed", "failed", "cancelled", "timed_out", "rejected"];
const TYPES = ["acted", "overdue", "commented", "attached", "detached"].map((act) => `human.${act}`);

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const listed = (column: string, values: readonly string[]) => `${column} IN (${values.map(quoted).join(", ")})`;
const compared = (column: string, values: readonly string[]) =>
  `(${values.map((value) => `${column} = ${quoted(value)}`).join(" OR ")})`;
/** `PRAGMA writable_schema` is on around it. */
export const rewritten = (table: string, column: string, values: readonly string[]) =>
  `UPDATE sqlite_schema SET sql = replace(sql, ${quoted(listed(column, values))}, ${quoted(compared(column, values))})
   WHERE type = 'table' AND name = '${table}';`;

/** Events that people cause: what an index leaves out the others for, and what is asked of it. */
export const OF_PEOPLE = compared("type", [...TYPES, "task.input_received"]);

export const comparedValues = `
DROP INDEX events_of_people;
CREATE INDEX events_of_people ON events (task, seq) WHERE ${OF_PEOPLE};

PRAGMA writable_schema = ON;
${rewritten("tasks", "state", [...STATES, ...ENDS])}
${rewritten("tasks", "state", STATES)}
${rewritten("messages", "purpose", ["question", "answer", "notice"])}
${rewritten("participants", "type", ["user", "group", "role"])}
${rewritten("participants", "part", ["assignee", "claimant", "owner", "reviewer", "actor"])}
PRAGMA writable_schema = RESET;
`;
