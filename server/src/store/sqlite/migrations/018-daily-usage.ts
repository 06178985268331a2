/** Schema version 18: what paid calls add up to by UTC day, user, agent and model. It begins with the calls that are there. */
export const dailyUsage = `
CREATE TABLE daily_usage (
  tenant             TEXT NOT NULL,
  day                INTEGER NOT NULL CHECK (day % 86400000 = 0),
  user               TEXT NOT NULL,
  agent              TEXT NOT NULL,
  provider           TEXT NOT NULL,
  model              TEXT NOT NULL,
  calls              INTEGER NOT NULL,
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cost_usd           REAL NOT NULL,
  unpriced_calls     INTEGER NOT NULL,
  estimated_calls    INTEGER NOT NULL,
  PRIMARY KEY (tenant, day, user, agent, provider, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_usage_of_user ON daily_usage (tenant, user, day);

INSERT INTO daily_usage
  SELECT t.tenant, u.at - u.at % 86400000, t.user, substr(u.record ->> '$.agent', 1, 255),
    substr(u.record ->> '$.provider', 1, 255), substr(u.record ->> '$.model', 1, 255), count(*),
    min(total(u.record ->> '$.inputTokens'), 9007199254740991), min(total(u.record ->> '$.outputTokens'), 9007199254740991),
    min(total(u.record ->> '$.cacheReadTokens'), 9007199254740991),
    min(total(u.record ->> '$.cacheWriteTokens'), 9007199254740991), total(u.record ->> '$.costUsd'),
    count(*) FILTER (WHERE u.record ->> '$.costUsd' IS NULL), count(*) FILTER (WHERE u.record ->> '$.estimated')
  FROM usage u JOIN tasks t ON t.n = u.task
  WHERE json_valid(u.record) AND u.record ->> '$.agent' IS NOT NULL AND u.record ->> '$.provider' IS NOT NULL
    AND u.record ->> '$.model' IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5, 6;
`;
