/** Schema version 17: what the descendants of a task have spent, each call counted once for each task above its own. */
export const spentBelow = `
CREATE TABLE spent_below (
  task            INTEGER PRIMARY KEY REFERENCES tasks (n) ON DELETE CASCADE,
  calls           INTEGER NOT NULL,
  input_tokens    INTEGER NOT NULL,
  output_tokens   INTEGER NOT NULL,
  cost_usd        REAL NOT NULL,
  unpriced_calls  INTEGER NOT NULL,
  estimated_calls INTEGER NOT NULL
) STRICT;

INSERT INTO spent_below
  WITH RECURSIVE above (task, parent) AS (
    SELECT n, parent FROM tasks WHERE parent IS NOT NULL AND record ->> '$.usage.calls' > 0
    UNION ALL
    SELECT a.task, t.parent FROM above a JOIN tasks t ON t.id = a.parent WHERE t.parent IS NOT NULL
  )
  SELECT p.n, sum(s.record ->> '$.usage.calls'), sum(s.record ->> '$.usage.inputTokens'),
    sum(s.record ->> '$.usage.outputTokens'), sum(s.record ->> '$.usage.costUsd'),
    sum(s.record ->> '$.usage.unpricedCalls'), 0
  FROM above a JOIN tasks p ON p.id = a.parent JOIN tasks s ON s.n = a.task GROUP BY p.n;

UPDATE tasks SET record = json_set(record, '$.children', (SELECT count(*) FROM tasks c WHERE c.parent = tasks.id))
  WHERE id IN (SELECT parent FROM tasks WHERE parent IS NOT NULL);
`;
