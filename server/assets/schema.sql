-- Made by scripts/make-schema.mjs of the migrations, which are what counts.
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
  deleted_at       INTEGER, agent TEXT, knowledge_base TEXT, last_agent_message_at INTEGER,
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
  parts        TEXT NOT NULL, id TEXT, seq INTEGER, purpose TEXT CHECK ((purpose = 'question' OR purpose = 'answer' OR purpose = 'notice')), metadata TEXT, edited_at INTEGER,
  PRIMARY KEY (conversation, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
  n            INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE CHECK (length(id) = 31),
  tenant       TEXT NOT NULL,
  user         TEXT NOT NULL,
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK ((state = 'queued' OR state = 'running' OR state = 'paused' OR state = 'input_required' OR state = 'waiting' OR state = 'completed' OR state = 'failed' OR state = 'cancelled' OR state = 'timed_out' OR state = 'rejected')),
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
  output       TEXT, priority INTEGER NOT NULL DEFAULT 0, concurrency_key TEXT, concurrency_limit INTEGER, queue TEXT, due_at INTEGER, deadline_at INTEGER, lease_worker TEXT, lease_until INTEGER, waits_on TEXT, awaits TEXT, bytes INTEGER NOT NULL DEFAULT 0,
  CHECK (((state = 'queued' OR state = 'running' OR state = 'paused' OR state = 'input_required' OR state = 'waiting')) = (ended_at IS NULL)),
  CHECK ((state = 'completed') = (output IS NOT NULL)),
  CHECK (deleted_at IS NULL OR ended_at IS NOT NULL)
) STRICT;
CREATE INDEX tasks_by_time ON tasks (tenant, created_at, user, kind, state, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_conversation ON tasks (conversation, created_at, tenant, user, kind, state, deleted_at)
  WHERE conversation IS NOT NULL;
CREATE INDEX tasks_by_parent ON tasks (parent, created_at) WHERE parent IS NOT NULL;
CREATE INDEX tasks_ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;
CREATE TRIGGER tasks_stay_ended BEFORE UPDATE OF state, ended_at ON tasks
WHEN OLD.ended_at IS NOT NULL AND (NEW.state <> OLD.state OR NEW.ended_at IS NOT OLD.ended_at)
BEGIN SELECT RAISE(ABORT, 'a terminal state is never left'); END;
CREATE TRIGGER tasks_go_forward BEFORE UPDATE OF revision, attempt, last_seq, progress ON tasks
WHEN NEW.revision <> OLD.revision + 1 OR NEW.attempt < OLD.attempt OR NEW.last_seq < OLD.last_seq
  OR NEW.progress < OLD.progress
BEGIN SELECT RAISE(ABORT, 'a task only goes forward'); END;
CREATE TABLE submissions (
  task  INTEGER PRIMARY KEY,
  fixed TEXT NOT NULL,
  input TEXT NOT NULL
) STRICT;
CREATE TABLE metadata (
  tenant TEXT NOT NULL,
  key    TEXT NOT NULL,
  value  TEXT NOT NULL,
  task   INTEGER NOT NULL,
  PRIMARY KEY (tenant, key, value, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_by_task ON metadata (task);
CREATE TABLE events (
  task INTEGER NOT NULL,
  seq  INTEGER NOT NULL CHECK (seq >= 1),
  at   INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (task, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
  task        INTEGER NOT NULL,
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
  usage       TEXT, trace TEXT,
  PRIMARY KEY (task, branch, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE inbox (
  task       INTEGER NOT NULL,
  n          INTEGER NOT NULL CHECK (n >= 1),
  message_id TEXT NOT NULL,
  prompt     TEXT,
  value      TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  taken      INTEGER NOT NULL DEFAULT 0 CHECK (taken IN (0, 1)), question TEXT, answer TEXT, bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, n),
  UNIQUE (task, message_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE artifact_updates (
  task   INTEGER NOT NULL,
  n      INTEGER NOT NULL CHECK (n >= 1),
  id     TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (task, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
  n      INTEGER PRIMARY KEY,
  task   INTEGER NOT NULL,
  key    TEXT NOT NULL,
  at     INTEGER NOT NULL,
  record TEXT NOT NULL,
  UNIQUE (task, key)
) STRICT;
CREATE TABLE task_files (
  task   INTEGER NOT NULL,
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
, member_groups TEXT, member_roles TEXT, tier TEXT, models TEXT, parent TEXT, above TEXT, rotated_at INTEGER, former_hash TEXT, former_until INTEGER, used_at INTEGER, used_from TEXT) STRICT;
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
, origin TEXT, hash TEXT) STRICT;
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
CREATE VIRTUAL TABLE search USING fts5 (
  title, input,
  content = '', contentless_delete = 1,
  tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TABLE search_progress (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  n   INTEGER NOT NULL
) STRICT;
CREATE INDEX journal_errors ON journal (task, at) WHERE error IS NOT NULL;
CREATE TABLE documents (
  key         TEXT PRIMARY KEY CHECK (length(key) = 36),
  tenant      TEXT NOT NULL,
  user        TEXT NOT NULL,
  id          TEXT NOT NULL,
  filename    TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  sha256      TEXT CHECK (length(sha256) = 64),
  md5         TEXT CHECK (length(md5) = 32),
  bytes       INTEGER NOT NULL CHECK (bytes >= 0),
  media_type  TEXT NOT NULL,
  status      TEXT NOT NULL CHECK ((status = 'uploaded' OR status = 'processed' OR status = 'error')),
  error       TEXT,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  expires_at  INTEGER,
  task        TEXT,
  annotations TEXT NOT NULL,
  reading     TEXT,
  produced    TEXT NOT NULL, text_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (tenant, user, id),
  CHECK ((status = 'error') = (error IS NOT NULL))
) STRICT;
CREATE INDEX documents_by_time ON documents (tenant, created_at, id, key);
CREATE INDEX documents_by_user ON documents (tenant, user, created_at, id, key);
CREATE INDEX documents_by_hash ON documents (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX documents_by_md5 ON documents (tenant, user, md5) WHERE md5 IS NOT NULL;
CREATE INDEX documents_by_expiry ON documents (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE document_pages (
  document   TEXT NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
  page       INTEGER NOT NULL CHECK (page >= 0),
  name       TEXT,
  content    TEXT NOT NULL,
  recognized INTEGER NOT NULL CHECK (recognized IN (0, 1)),
  PRIMARY KEY (document, page)
) STRICT;
CREATE TABLE vector_stores (
  key              TEXT PRIMARY KEY CHECK (length(key) = 36),
  tenant           TEXT NOT NULL,
  user             TEXT NOT NULL,
  id               TEXT NOT NULL,
  name             TEXT NOT NULL,
  description      TEXT NOT NULL,
  metadata         TEXT NOT NULL,
  max_tokens       INTEGER NOT NULL,
  overlap_tokens   INTEGER NOT NULL,
  model            TEXT NOT NULL,
  created_at       INTEGER NOT NULL,
  last_active_at   INTEGER NOT NULL,
  expires_after_ms INTEGER,
  task             TEXT,
  in_progress      INTEGER NOT NULL DEFAULT 0 CHECK (in_progress >= 0),
  completed        INTEGER NOT NULL DEFAULT 0 CHECK (completed >= 0),
  failed           INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  cancelled        INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
  bytes            INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
  UNIQUE (tenant, user, id)
) STRICT;
CREATE INDEX vector_stores_by_time ON vector_stores (tenant, created_at, id, key);
CREATE INDEX vector_stores_by_user ON vector_stores (tenant, user, created_at, id, key);
CREATE TABLE members (
  vector_store   TEXT NOT NULL REFERENCES vector_stores (key) ON DELETE CASCADE,
  document       TEXT NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
  status         TEXT NOT NULL CHECK ((status = 'in_progress' OR status = 'completed' OR status = 'failed' OR status = 'cancelled')),
  error          TEXT,
  attributes     TEXT NOT NULL,
  max_tokens     INTEGER NOT NULL,
  overlap_tokens INTEGER NOT NULL,
  batch          TEXT,
  task           TEXT,
  bytes          INTEGER NOT NULL CHECK (bytes >= 0),
  created_at     INTEGER NOT NULL,
  PRIMARY KEY (vector_store, document),
  CHECK ((status = 'failed') = (error IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_document ON members (document);
CREATE INDEX members_by_batch ON members (batch, status) WHERE batch IS NOT NULL;
CREATE INDEX members_by_task ON members (task, status) WHERE task IS NOT NULL;
CREATE INDEX members_by_time ON members (vector_store, created_at, document);
CREATE TABLE member_batches (
  id           TEXT PRIMARY KEY,
  vector_store TEXT NOT NULL REFERENCES vector_stores (key) ON DELETE CASCADE,
  created_at   INTEGER NOT NULL,
  task         TEXT
) STRICT;
CREATE INDEX member_batches_by_store ON member_batches (vector_store);
CREATE TRIGGER members_come AFTER INSERT ON members BEGIN
  UPDATE vector_stores SET
    in_progress = in_progress + (NEW.status = 'in_progress'), completed = completed + (NEW.status = 'completed'),
    failed = failed + (NEW.status = 'failed'), cancelled = cancelled + (NEW.status = 'cancelled'),
    bytes = bytes + NEW.bytes
  WHERE key = NEW.vector_store;
END;
CREATE TRIGGER members_go AFTER DELETE ON members BEGIN
  UPDATE vector_stores SET
    in_progress = in_progress - (OLD.status = 'in_progress'), completed = completed - (OLD.status = 'completed'),
    failed = failed - (OLD.status = 'failed'), cancelled = cancelled - (OLD.status = 'cancelled'),
    bytes = bytes - OLD.bytes
  WHERE key = OLD.vector_store;
END;
CREATE TRIGGER members_move AFTER UPDATE OF status, bytes ON members BEGIN
  UPDATE vector_stores SET
    in_progress = in_progress + (NEW.status = 'in_progress') - (OLD.status = 'in_progress'),
    completed = completed + (NEW.status = 'completed') - (OLD.status = 'completed'),
    failed = failed + (NEW.status = 'failed') - (OLD.status = 'failed'),
    cancelled = cancelled + (NEW.status = 'cancelled') - (OLD.status = 'cancelled'),
    bytes = bytes + NEW.bytes - OLD.bytes
  WHERE key = NEW.vector_store;
END;
CREATE TABLE task_aliases (
  tenant TEXT NOT NULL,
  owner  TEXT NOT NULL,
  lens   TEXT NOT NULL,
  value  TEXT NOT NULL,
  task   TEXT NOT NULL,
  PRIMARY KEY (tenant, owner, lens, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_aliases_by_task ON task_aliases (task, lens);
CREATE INDEX task_aliases_by_value ON task_aliases (tenant, lens, value);
CREATE TABLE cuts (
  n              INTEGER PRIMARY KEY AUTOINCREMENT,
  document       TEXT NOT NULL,
  max_tokens     INTEGER NOT NULL,
  overlap_tokens INTEGER NOT NULL,
  total          INTEGER NOT NULL CHECK (total >= 0),
  stored         INTEGER NOT NULL CHECK (stored BETWEEN 0 AND total),
  version        INTEGER NOT NULL,
  UNIQUE (document, max_tokens, overlap_tokens)
) STRICT;
CREATE TABLE chunks (
  cut        INTEGER NOT NULL,
  chunk      INTEGER NOT NULL CHECK (chunk >= 0),
  page       INTEGER NOT NULL,
  start_unit INTEGER NOT NULL,
  end_unit   INTEGER NOT NULL,
  tokens     INTEGER NOT NULL,
  text       TEXT NOT NULL,
  PRIMARY KEY (cut, chunk)
) STRICT;
CREATE TABLE postings (
  cut   INTEGER NOT NULL,
  slice INTEGER NOT NULL,
  words BLOB NOT NULL,
  PRIMARY KEY (cut, slice)
) STRICT;
CREATE TABLE embeddings (
  n          INTEGER PRIMARY KEY AUTOINCREMENT,
  cut        INTEGER NOT NULL,
  model      TEXT NOT NULL,
  dimensions INTEGER NOT NULL CHECK (dimensions > 0),
  stored     INTEGER NOT NULL CHECK (stored >= 0),
  version    INTEGER NOT NULL,
  UNIQUE (cut, model)
) STRICT;
CREATE INDEX embeddings_by_model ON embeddings (model);
CREATE TABLE vectors (
  embedding INTEGER NOT NULL,
  slice     INTEGER NOT NULL,
  present   INTEGER NOT NULL,
  numbers   BLOB NOT NULL,
  PRIMARY KEY (embedding, slice)
) STRICT;
CREATE TABLE removed_cuts (n INTEGER PRIMARY KEY) STRICT;
CREATE TABLE removed_embeddings (n INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER documents_leave_cuts AFTER DELETE ON documents BEGIN
  DELETE FROM cuts WHERE document = OLD.key;
END;
CREATE TRIGGER cuts_go AFTER DELETE ON cuts BEGIN
  INSERT INTO removed_cuts (n) VALUES (OLD.n);
  DELETE FROM embeddings WHERE cut = OLD.n;
END;
CREATE TRIGGER embeddings_go AFTER DELETE ON embeddings BEGIN
  INSERT INTO removed_embeddings (n) VALUES (OLD.n);
END;
CREATE TABLE searchable_changes (
  n        INTEGER PRIMARY KEY AUTOINCREMENT,
  document TEXT NOT NULL
) STRICT;
CREATE TRIGGER searchable_changes_are_bounded AFTER INSERT ON searchable_changes BEGIN
  DELETE FROM searchable_changes WHERE n <= NEW.n - 10000;
END;
CREATE TRIGGER members_are_found AFTER INSERT ON members WHEN NEW.status = 'completed' BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.document);
END;
CREATE TRIGGER members_are_lost AFTER DELETE ON members WHEN OLD.status = 'completed' BEGIN
  INSERT INTO searchable_changes (document) VALUES (OLD.document);
END;
CREATE TRIGGER members_are_found_otherwise AFTER UPDATE ON members
WHEN OLD.status = 'completed' OR NEW.status = 'completed' BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.document);
END;
CREATE TRIGGER documents_are_found_otherwise AFTER UPDATE OF annotations ON documents BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.key);
END;
CREATE TRIGGER cuts_are_searched AFTER UPDATE ON cuts WHEN NEW.stored = NEW.total BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.document);
END;
CREATE TRIGGER cuts_are_searched_no_more AFTER DELETE ON cuts BEGIN
  INSERT INTO searchable_changes (document) VALUES (OLD.document);
END;
CREATE TRIGGER embeddings_are_searched AFTER UPDATE ON embeddings BEGIN
  INSERT INTO searchable_changes (document) SELECT document FROM cuts WHERE n = NEW.cut;
END;
CREATE TRIGGER embeddings_are_searched_no_more AFTER DELETE ON embeddings BEGIN
  INSERT INTO searchable_changes (document) SELECT document FROM cuts WHERE n = OLD.cut;
END;
CREATE TABLE agents (
  id         TEXT PRIMARY KEY CHECK (length(id) = 36),
  tenant     TEXT NOT NULL,
  user       TEXT NOT NULL,
  slug       TEXT NOT NULL,
  -- Folded: what names are compared by.
  name       TEXT NOT NULL,
  hidden     INTEGER NOT NULL CHECK (hidden IN (0, 1)),
  version    INTEGER NOT NULL CHECK (version > 0),
  definition TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (tenant, slug),
  UNIQUE (tenant, name)
) STRICT;
CREATE INDEX agents_by_time ON agents (tenant, created_at, id);
CREATE INDEX artifact_updates_of_one ON artifact_updates (task, id);
CREATE INDEX usage_of_task ON usage (task);
CREATE INDEX conversations_by_agent ON conversations (tenant, agent, created_at)
  WHERE agent IS NOT NULL AND deleted_at IS NULL;
CREATE TABLE subscriptions (
  key      TEXT PRIMARY KEY,
  task     INTEGER,
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
CREATE TABLE deliveries (
  subscription TEXT NOT NULL REFERENCES subscriptions (key) ON DELETE CASCADE,
  n            INTEGER NOT NULL,
  entry        TEXT NOT NULL,
  PRIMARY KEY (subscription, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE assignments (
  task        INTEGER PRIMARY KEY,
  tenant      TEXT NOT NULL,
  state       TEXT NOT NULL,
  title       TEXT NOT NULL,
  creator     TEXT NOT NULL,
  sender      TEXT NOT NULL,
  claimed_by  TEXT,
  priority    INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 5),
  assigned_at INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  due_at      INTEGER,
  key         TEXT,
  category    TEXT,
  definition  TEXT
) STRICT;
CREATE INDEX assignments_by_tenant ON assignments (tenant, task);
CREATE INDEX assignments_by_key ON assignments (tenant, key) WHERE key IS NOT NULL;
CREATE TABLE attachments (
  task       INTEGER NOT NULL,
  name       TEXT NOT NULL,
  sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
  bytes      INTEGER NOT NULL CHECK (bytes >= 0),
  media_type TEXT NOT NULL,
  scope      TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (task, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_by_hash ON attachments (sha256);
CREATE INDEX subscriptions_of_user ON subscriptions (tenant, user) WHERE done = 0 AND standing IS NULL;
CREATE INDEX subscriptions_given_up ON subscriptions (standing, key)
  WHERE standing IS NOT NULL AND json_extract(record, '$.givenUp') IS NOT NULL;
CREATE TABLE "participants" (
  tenant   TEXT NOT NULL,
  type     TEXT NOT NULL CHECK ((type = 'user' OR type = 'group' OR type = 'role')),
  identity TEXT NOT NULL,
  part     TEXT NOT NULL CHECK ((part = 'assignee' OR part = 'claimant' OR part = 'owner' OR part = 'reviewer' OR part = 'actor')),
  state    TEXT NOT NULL,
  free     INTEGER NOT NULL CHECK (free IN (0, 1)),
  task     INTEGER NOT NULL,
  own      INTEGER NOT NULL CHECK (own IN (0, 1)),
  PRIMARY KEY (tenant, type, identity, part, state, free, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_of_task ON participants (task);
CREATE INDEX participants_of_others ON participants (tenant, type, identity, task) WHERE own = 0;
CREATE TABLE spent_below (
  task            INTEGER PRIMARY KEY,
  calls           INTEGER NOT NULL,
  input_tokens    INTEGER NOT NULL,
  output_tokens   INTEGER NOT NULL,
  cost_usd        REAL NOT NULL,
  unpriced_calls  INTEGER NOT NULL,
  estimated_calls INTEGER NOT NULL
) STRICT;
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
CREATE INDEX tasks_open_in_conversation ON tasks (conversation) WHERE ended_at IS NULL AND conversation IS NOT NULL;
CREATE INDEX assignments_by_creator ON assignments (tenant, creator);
CREATE INDEX assignments_by_sender ON assignments (tenant, sender);
CREATE INDEX assignments_by_definition ON assignments (tenant, definition) WHERE definition IS NOT NULL;
CREATE INDEX assignments_by_due ON assignments (tenant, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX audit_by_tenant ON audit (tenant);
CREATE INDEX keys_by_parent ON keys (parent) WHERE parent IS NOT NULL;
CREATE INDEX keys_by_former_hash ON keys (former_hash) WHERE former_hash IS NOT NULL;
CREATE INDEX keys_by_user ON keys (tenant, user, created_at);
CREATE INDEX audit_by_task ON audit (task) WHERE task IS NOT NULL AND act <> 'submit';
CREATE TABLE erasures (
  id           TEXT PRIMARY KEY,
  tenant       TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('running', 'completed')),
  requested_at INTEGER NOT NULL,
  record       TEXT NOT NULL
) STRICT;
CREATE INDEX erasures_by_time ON erasures (tenant, requested_at, id);
CREATE INDEX erasures_running ON erasures (tenant, id) WHERE state = 'running';
CREATE TABLE erased_files (
  erasure TEXT NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
  sha256  TEXT NOT NULL CHECK (length(sha256) = 64),
  PRIMARY KEY (erasure, sha256)
) STRICT, WITHOUT ROWID;
CREATE TABLE backups (
  id      TEXT PRIMARY KEY,
  made_at INTEGER NOT NULL,
  record  TEXT NOT NULL
) STRICT;
CREATE INDEX backups_by_time ON backups (made_at);
CREATE TABLE stored_bytes (
  tenant TEXT NOT NULL,
  owner  TEXT NOT NULL,
  bytes  INTEGER NOT NULL,
  PRIMARY KEY (tenant, owner)
) STRICT, WITHOUT ROWID;
CREATE VIEW stored_changes AS SELECT tenant, owner AS user, bytes FROM stored_bytes;
CREATE TRIGGER stored_bytes_change INSTEAD OF INSERT ON stored_changes BEGIN
  INSERT INTO stored_bytes (tenant, owner, bytes)
  VALUES (NEW.tenant, '', NEW.bytes), (NEW.tenant, '=' || NEW.user, NEW.bytes)
  ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER tasks_move_bytes AFTER UPDATE OF tenant ON tasks BEGIN
  INSERT INTO stored_changes SELECT OLD.tenant, OLD.user, -OLD.bytes - coalesce(sum(bytes), 0)
    FROM attachments WHERE task = OLD.n;
  INSERT INTO stored_changes SELECT NEW.tenant, NEW.user, NEW.bytes + coalesce(sum(bytes), 0)
    FROM attachments WHERE task = NEW.n;
END;
CREATE TRIGGER pages_come_with_bytes BEFORE INSERT ON document_pages BEGIN
  UPDATE documents SET text_bytes = text_bytes + octet_length(NEW.content)
    - coalesce((SELECT octet_length(content) FROM document_pages WHERE document = NEW.document AND page = NEW.page), 0)
  WHERE key = NEW.document;
END;
CREATE TRIGGER pages_leave_bytes AFTER DELETE ON document_pages BEGIN
  UPDATE documents SET text_bytes = text_bytes - octet_length(OLD.content) WHERE key = OLD.document;
END;
CREATE TRIGGER attachments_come_with_bytes AFTER INSERT ON attachments BEGIN
  INSERT INTO stored_changes SELECT tenant, user, NEW.bytes FROM tasks WHERE n = NEW.task;
END;
CREATE TRIGGER attachments_leave_bytes AFTER DELETE ON attachments BEGIN
  INSERT INTO stored_changes SELECT tenant, user, -OLD.bytes FROM tasks WHERE n = OLD.task;
END;
CREATE INDEX events_of_people ON events (task, seq) WHERE (type = 'human.acted' OR type = 'human.overdue' OR type = 'human.commented' OR type = 'human.attached' OR type = 'human.detached' OR type = 'task.input_received');
CREATE INDEX tasks_asking ON tasks (tenant, created_at, user, kind, state, deleted_at) WHERE ended_at IS NULL AND instr(ifnull(waits_on, ''), 'input') > 0;
CREATE INDEX inbox_open ON inbox (task, n, bytes) WHERE taken = 0;
CREATE INDEX tasks_open ON tasks (CASE WHEN state = 'running' OR (ifnull(concurrency_limit, 0) < 0 AND (state = 'waiting' OR state = 'input_required')) THEN 0 WHEN parent IS NULL AND instr(ifnull(waits_on, ''), 'conversation') = 0
  AND (state = 'queued' OR (state = 'waiting' AND instr(ifnull(waits_on, 'slot'), 'slot') > 0)) THEN 1 ELSE 2 END, -priority, n) WHERE ended_at IS NULL AND NOT (ifnull(due_at, 0) BETWEEN 0 AND 9007199254740991 AND ifnull(deadline_at, 0) BETWEEN 0 AND 9007199254740991
  AND ifnull(concurrency_limit, 0) >= 0
  AND ((state = 'queued' AND due_at IS NOT NULL)
    OR (state = 'waiting' AND (waits_on IS 'timer' OR waits_on IS 'child' OR waits_on IS 'timer,child' OR waits_on IS 'child,timer'))
    OR (state = 'input_required' AND parent IS NULL AND ifnull(waits_on, 'input') = 'input') OR (parent IS NULL AND state = 'queued' AND due_at IS NULL AND queue IS NOT NULL AND conversation IS NULL
  AND concurrency_key IS NULL)));
CREATE INDEX tasks_asleep ON tasks (min(ifnull(due_at, 9007199254740991), ifnull(deadline_at, 9007199254740991)), id, kind, state, iif(state = 'queued' AND due_at IS NULL, queue, NULL), iif(state = 'queued' AND due_at IS NULL, tenant, NULL)) WHERE ended_at IS NULL AND (ifnull(due_at, 0) BETWEEN 0 AND 9007199254740991 AND ifnull(deadline_at, 0) BETWEEN 0 AND 9007199254740991
  AND ifnull(concurrency_limit, 0) >= 0
  AND ((state = 'queued' AND due_at IS NOT NULL)
    OR (state = 'waiting' AND (waits_on IS 'timer' OR waits_on IS 'child' OR waits_on IS 'timer,child' OR waits_on IS 'child,timer'))
    OR (state = 'input_required' AND parent IS NULL AND ifnull(waits_on, 'input') = 'input') OR (parent IS NULL AND state = 'queued' AND due_at IS NULL AND queue IS NOT NULL AND conversation IS NULL
  AND concurrency_key IS NULL)));
CREATE INDEX tasks_unclaimed ON tasks (tenant, queue, -priority, created_at, id) WHERE ended_at IS NULL AND (ifnull(due_at, 0) BETWEEN 0 AND 9007199254740991 AND ifnull(deadline_at, 0) BETWEEN 0 AND 9007199254740991
  AND ifnull(concurrency_limit, 0) >= 0
  AND ((state = 'queued' AND due_at IS NOT NULL)
    OR (state = 'waiting' AND (waits_on IS 'timer' OR waits_on IS 'child' OR waits_on IS 'timer,child' OR waits_on IS 'child,timer'))
    OR (state = 'input_required' AND parent IS NULL AND ifnull(waits_on, 'input') = 'input') OR (parent IS NULL AND state = 'queued' AND due_at IS NULL AND queue IS NOT NULL AND conversation IS NULL
  AND concurrency_key IS NULL))) AND parent IS NULL AND state = 'queued' AND due_at IS NULL AND queue IS NOT NULL AND conversation IS NULL
  AND concurrency_key IS NULL;
CREATE INDEX tasks_open_below ON tasks (parent, id) WHERE parent IS NOT NULL AND ended_at IS NULL;
CREATE INDEX tasks_awaiting ON tasks (n) WHERE awaits IS NOT NULL AND ended_at IS NULL;
CREATE TRIGGER conversations_change_bytes AFTER UPDATE OF tenant, user, context ON conversations BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(512 + octet_length(OLD.context)));
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, 512 + octet_length(NEW.context));
END;
CREATE TRIGGER conversations_leave_bytes AFTER DELETE ON conversations BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(512 + octet_length(OLD.context)));
END;
CREATE TRIGGER documents_come_with_bytes AFTER INSERT ON documents BEGIN
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, NEW.bytes + NEW.text_bytes + 512 + octet_length(NEW.annotations));
END;
CREATE TRIGGER documents_change_bytes AFTER UPDATE OF tenant, user, bytes, text_bytes, annotations ON documents BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(OLD.bytes + OLD.text_bytes + 512 + octet_length(OLD.annotations)));
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, NEW.bytes + NEW.text_bytes + 512 + octet_length(NEW.annotations));
END;
CREATE TRIGGER documents_leave_bytes AFTER DELETE ON documents BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(OLD.bytes + OLD.text_bytes + 512 + octet_length(OLD.annotations)));
END;
CREATE TRIGGER vector_stores_come_with_bytes AFTER INSERT ON vector_stores BEGIN
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, NEW.bytes + 512 + octet_length(NEW.description) + octet_length(NEW.metadata));
END;
CREATE TRIGGER vector_stores_change_bytes AFTER UPDATE OF tenant, user, bytes, description, metadata ON vector_stores BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(OLD.bytes + 512 + octet_length(OLD.description) + octet_length(OLD.metadata)));
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, NEW.bytes + 512 + octet_length(NEW.description) + octet_length(NEW.metadata));
END;
CREATE TRIGGER vector_stores_leave_bytes AFTER DELETE ON vector_stores BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(OLD.bytes + 512 + octet_length(OLD.description) + octet_length(OLD.metadata)));
END;
CREATE TRIGGER messages_come_with_bytes AFTER INSERT ON messages
WHEN EXISTS (SELECT 1 FROM conversations WHERE id = NEW.conversation) BEGIN
  INSERT INTO stored_changes VALUES (
    (SELECT tenant FROM conversations WHERE id = NEW.conversation),
    (SELECT user FROM conversations WHERE id = NEW.conversation),
    CASE WHEN substr(NEW.parts, 1, 1) = '@' THEN CAST(substr(NEW.parts, 67, 20) AS INTEGER) ELSE octet_length(NEW.parts) END + ifnull(octet_length(NEW.metadata), 0));
END;
CREATE TRIGGER messages_change_bytes AFTER UPDATE OF parts, metadata ON messages BEGIN
  INSERT INTO stored_changes SELECT tenant, user, CASE WHEN substr(NEW.parts, 1, 1) = '@' THEN CAST(substr(NEW.parts, 67, 20) AS INTEGER) ELSE octet_length(NEW.parts) END + ifnull(octet_length(NEW.metadata), 0) - (CASE WHEN substr(OLD.parts, 1, 1) = '@' THEN CAST(substr(OLD.parts, 67, 20) AS INTEGER) ELSE octet_length(OLD.parts) END + ifnull(octet_length(OLD.metadata), 0))
    FROM conversations WHERE id = NEW.conversation;
END;
CREATE TRIGGER messages_leave_bytes AFTER DELETE ON messages BEGIN
  INSERT INTO stored_changes SELECT tenant, user, -(CASE WHEN substr(OLD.parts, 1, 1) = '@' THEN CAST(substr(OLD.parts, 67, 20) AS INTEGER) ELSE octet_length(OLD.parts) END + ifnull(octet_length(OLD.metadata), 0)) FROM conversations WHERE id = OLD.conversation;
END;
INSERT INTO search_progress (one, n) VALUES (1, 0);
PRAGMA user_version = 39;
