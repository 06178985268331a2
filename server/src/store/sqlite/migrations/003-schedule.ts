/**
 * Schema version 3: what an open task waits for, and until when, in columns. Of old tasks those that are open are filled
 * in: nothing schedules an ended one. `queue` stays empty for old tasks, since only their handler can tell it.
 */
export const schedule = `
ALTER TABLE tasks ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN concurrency_key TEXT;
ALTER TABLE tasks ADD COLUMN concurrency_limit INTEGER;
-- Which claims take it; null for work of our own handlers.
ALTER TABLE tasks ADD COLUMN queue TEXT;
-- When time alone moves it next, except its deadline.
ALTER TABLE tasks ADD COLUMN due_at INTEGER;
ALTER TABLE tasks ADD COLUMN deadline_at INTEGER;
ALTER TABLE tasks ADD COLUMN lease_worker TEXT;
ALTER TABLE tasks ADD COLUMN lease_until INTEGER;
-- The different reasons for which it waits, with commas between them; null when it waits for nothing.
ALTER TABLE tasks ADD COLUMN waits_on TEXT;
-- Ids of the children whose end it waits for, as JSON; null when there are none.
ALTER TABLE tasks ADD COLUMN awaits TEXT;

UPDATE tasks SET
  priority          = coalesce(s.fixed ->> '$.priority', 0),
  concurrency_key   = s.fixed ->> '$.concurrency.key',
  concurrency_limit = s.fixed ->> '$.concurrency.limit',
  due_at = CASE state
    WHEN 'queued' THEN s.fixed ->> '$.notBefore'
    WHEN 'running' THEN record ->> '$.lease.until'
    WHEN 'waiting' THEN (SELECT min(value ->> '$.until') FROM json_each(record, '$.waits'))
    WHEN 'input_required' THEN (SELECT min(value ->> '$.until') FROM json_each(record, '$.waits'))
  END,
  deadline_at  = record ->> '$.deadlineAt',
  lease_worker = record ->> '$.lease.worker',
  lease_until  = record ->> '$.lease.until',
  waits_on = (SELECT group_concat(DISTINCT value ->> '$.on') FROM json_each(record, '$.waits')),
  awaits   = (SELECT json_group_array(value ->> '$.child') FROM json_each(record, '$.waits')
              WHERE value ->> '$.on' = 'child' HAVING count(*) > 0)
FROM submissions s WHERE s.task = tasks.n AND tasks.ended_at IS NULL;
`;
