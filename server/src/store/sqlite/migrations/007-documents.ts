/**
 * Schema version 7: documents, their pages, vector stores with their members and batches, and the names that clients know
 * tasks by. Triggers keep what a vector store counts, so that it is right whoever removes a member.
 */
export const documents = `
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
  status      TEXT NOT NULL CHECK (status IN ('uploaded', 'processed', 'error')),
  error       TEXT,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  expires_at  INTEGER,
  task        TEXT,
  annotations TEXT NOT NULL,
  reading     TEXT,
  produced    TEXT NOT NULL,
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
  status         TEXT NOT NULL CHECK (status IN ('in_progress', 'completed', 'failed', 'cancelled')),
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
  task   TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant, owner, lens, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_aliases_by_task ON task_aliases (task, lens);
CREATE INDEX task_aliases_by_value ON task_aliases (tenant, lens, value);
`;
