/**
 * Schema version 36: what hangs on a task, and the bytes that it holds, go by whoever removes it (`task-removal.ts`) and no longer
 * by foreign keys and a trigger, which were half of the time of a sweep: for each task SQLite looked into fourteen tables, and
 * for each row that was inserted after its task. No row changes, so that the tables are written over where they stand.
 */
export const tasksGo = `
DROP TRIGGER tasks_leave_bytes;

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
    ' REFERENCES tasks (n) ON DELETE CASCADE', ''), ' REFERENCES tasks (id) ON DELETE CASCADE', '')
  WHERE type = 'table' AND instr(sql, 'REFERENCES tasks (') > 0;
PRAGMA writable_schema = RESET;
`;
