/**
 * Schema version 1: everything but text search. The text of a released migration is frozen, names of states included:
 * `migrate.test.ts` holds its fingerprint. What has changed since is a migration of its own.
 */
export const core = `
CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
  id               TEXT PRIMARY KEY,
  tenant           TEXT NOT NULL,
  user             TEXT NOT NULL,
  title            TEXT NOT NULL,
  context          TEXT NOT NULL,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  last_activity_at INTEGER NOT NULL,
  tasks            INTEGER NOT NULL CHECK (tasks >= 0),
  completed        INTEGER NOT NULL CHECK (completed >= 0),
  failed           INTEGER NOT NULL CHECK (failed >= 0),
  input_tokens     INTEGER NOT NULL,
  output_tokens    INTEGER NOT NULL,
  cost_usd         REAL NOT NULL,
  last_message     INTEGER NOT NULL DEFAULT 0,
  deleted_at       INTEGER,
  CHECK (completed + failed <= tasks)
) STRICT;
CREATE INDEX conversations_by_time ON conversations (tenant, created_at, user) WHERE deleted_at IS NULL;
CREATE INDEX conversations_by_user ON conversations (tenant, user, created_at) WHERE deleted_at IS NULL;
CREATE INDEX conversations_deleted ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE aliases (
  tenant       TEXT NOT NULL,
  owner        TEXT NOT NULL,
  lens         TEXT NOT NULL,
  value        TEXT NOT NULL,
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant, owner, lens, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_conversation ON aliases (conversation, lens);

CREATE TABLE messages (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  n            INTEGER NOT NULL CHECK (n >= 1),
  role         TEXT NOT NULL CHECK (role IN ('user', 'agent')),
  task         TEXT,
  at           INTEGER NOT NULL,
  parts        TEXT NOT NULL,
  PRIMARY KEY (conversation, n)
) STRICT, WITHOUT ROWID;

-- n counts the tasks of this database. What never changes after the submit is in submissions.
CREATE TABLE tasks (
  n            INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE CHECK (length(id) = 31),
  tenant       TEXT NOT NULL,
  user         TEXT NOT NULL,
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'input_required', 'waiting', 'completed', 'failed', 'cancelled', 'timed_out', 'rejected')),
  conversation TEXT REFERENCES conversations (id),
  parent       TEXT,
  revision     INTEGER NOT NULL CHECK (revision >= 0),
  attempt      INTEGER NOT NULL CHECK (attempt >= 0),
  last_seq     INTEGER NOT NULL CHECK (last_seq >= 1),
  progress     REAL NOT NULL CHECK (progress BETWEEN 0 AND 1),
  created_at   INTEGER NOT NULL CHECK (created_at >= 0),
  ended_at     INTEGER,
  deleted_at   INTEGER,
  record       TEXT NOT NULL,
  output       TEXT,
  CHECK ((state IN ('queued', 'running', 'paused', 'input_required', 'waiting')) = (ended_at IS NULL)),
  CHECK ((state = 'completed') = (output IS NOT NULL)),
  CHECK (deleted_at IS NULL OR ended_at IS NOT NULL)
) STRICT;
CREATE INDEX tasks_by_time ON tasks (tenant, created_at, user, kind, state, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_conversation ON tasks (conversation, created_at, tenant, user, kind, state, deleted_at)
  WHERE conversation IS NOT NULL;
CREATE INDEX tasks_by_parent ON tasks (parent, created_at) WHERE parent IS NOT NULL;
CREATE INDEX tasks_open ON tasks (id) WHERE ended_at IS NULL;
CREATE INDEX tasks_ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;

CREATE TRIGGER tasks_stay_ended BEFORE UPDATE OF state, ended_at ON tasks
WHEN OLD.ended_at IS NOT NULL AND (NEW.state <> OLD.state OR NEW.ended_at IS NOT OLD.ended_at)
BEGIN SELECT RAISE(ABORT, 'a terminal state is never left'); END;

CREATE TRIGGER tasks_go_forward BEFORE UPDATE OF revision, attempt, last_seq, progress ON tasks
WHEN NEW.revision <> OLD.revision + 1 OR NEW.attempt < OLD.attempt OR NEW.last_seq < OLD.last_seq
  OR NEW.progress < OLD.progress
BEGIN SELECT RAISE(ABORT, 'a task only goes forward'); END;

CREATE TABLE submissions (
  task  INTEGER PRIMARY KEY REFERENCES tasks (n) ON DELETE CASCADE,
  fixed TEXT NOT NULL,
  input TEXT NOT NULL
) STRICT;

CREATE TABLE metadata (
  tenant TEXT NOT NULL,
  key    TEXT NOT NULL,
  value  TEXT NOT NULL,
  task   INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  PRIMARY KEY (tenant, key, value, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_by_task ON metadata (task);

CREATE TABLE events (
  task INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  seq  INTEGER NOT NULL CHECK (seq >= 1),
  at   INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (task, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  task        INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  branch      TEXT NOT NULL,
  position    INTEGER NOT NULL CHECK (position >= 0),
  name        TEXT NOT NULL,
  occurrence  INTEGER NOT NULL CHECK (occurrence >= 0),
  kind        TEXT NOT NULL,
  state       TEXT NOT NULL,
  tries       INTEGER NOT NULL CHECK (tries >= 0),
  at          INTEGER NOT NULL,
  duration_ms REAL,
  result      TEXT NOT NULL,
  error       TEXT,
  usage       TEXT,
  PRIMARY KEY (task, branch, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  task       INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  n          INTEGER NOT NULL CHECK (n >= 1),
  message_id TEXT NOT NULL,
  prompt     TEXT,
  value      TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  taken      INTEGER NOT NULL DEFAULT 0 CHECK (taken IN (0, 1)),
  PRIMARY KEY (task, n),
  UNIQUE (task, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact_updates (
  task   INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  n      INTEGER NOT NULL CHECK (n >= 1),
  id     TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (task, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
  n      INTEGER PRIMARY KEY,
  task   INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  key    TEXT NOT NULL,
  at     INTEGER NOT NULL,
  record TEXT NOT NULL,
  UNIQUE (task, key)
) STRICT;

-- Which tasks and conversations name which files: what nothing names is swept.
CREATE TABLE task_files (
  task   INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  PRIMARY KEY (task, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_files_by_hash ON task_files (sha256);
CREATE TABLE conversation_files (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  sha256       TEXT NOT NULL CHECK (length(sha256) = 64),
  PRIMARY KEY (conversation, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_files_by_hash ON conversation_files (sha256);

CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key   TEXT NOT NULL,
  hash  TEXT NOT NULL,
  task  TEXT NOT NULL,
  at    INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at);

CREATE TABLE keys (
  id         TEXT PRIMARY KEY,
  hash       TEXT NOT NULL UNIQUE,
  tenant     TEXT NOT NULL,
  user       TEXT NOT NULL,
  name       TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  hint       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX keys_by_tenant ON keys (tenant, created_at);

CREATE TABLE audit (
  n      INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  at     INTEGER NOT NULL,
  user   TEXT NOT NULL,
  key_id TEXT NOT NULL,
  act    TEXT NOT NULL,
  task   TEXT,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (tenant, at);
CREATE INDEX audit_by_task ON audit (task, at) WHERE task IS NOT NULL;

-- How many tasks that are not deleted were created in each span of time, see totals.ts.
CREATE TABLE totals (
  tenant TEXT NOT NULL,
  owner  TEXT NOT NULL,
  span   INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  state  TEXT NOT NULL,
  count  INTEGER NOT NULL CHECK (count >= 0),
  PRIMARY KEY (tenant, owner, span, bucket, kind, state)
) STRICT, WITHOUT ROWID;
`;
