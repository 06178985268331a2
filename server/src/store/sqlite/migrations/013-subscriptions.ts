/**
 * Schema version 13: subscriptions and the log of their deliveries. The columns beside the record are what is asked for.
 * One without a task is of all tasks of its owner; `standing` names the one that another was made of.
 */
export const subscriptions = `
CREATE TABLE subscriptions (
  key      TEXT PRIMARY KEY,
  task     INTEGER REFERENCES tasks (n) ON DELETE CASCADE,
  tenant   TEXT NOT NULL,
  user     TEXT NOT NULL,
  id       TEXT NOT NULL,
  standing TEXT,
  url      TEXT NOT NULL,
  active   INTEGER NOT NULL CHECK (active IN (0, 1)),
  done     INTEGER NOT NULL CHECK (done IN (0, 1)),
  due_at   INTEGER,
  version  INTEGER NOT NULL CHECK (version > 0),
  record   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX subscriptions_by_task ON subscriptions (task, tenant, user, id) WHERE task IS NOT NULL;
CREATE UNIQUE INDEX subscriptions_of_all ON subscriptions (tenant, user, id) WHERE task IS NULL;
CREATE INDEX subscriptions_by_standing ON subscriptions (standing) WHERE standing IS NOT NULL AND done = 0;
CREATE INDEX subscriptions_unfinished ON subscriptions (key) WHERE active = 1 AND done = 0 AND task IS NOT NULL;
CREATE INDEX subscriptions_of_user ON subscriptions (tenant, user) WHERE done = 0;

CREATE TABLE deliveries (
  subscription TEXT NOT NULL REFERENCES subscriptions (key) ON DELETE CASCADE,
  n            INTEGER NOT NULL,
  entry        TEXT NOT NULL,
  PRIMARY KEY (subscription, n)
) STRICT, WITHOUT ROWID;
`;
