/** Schema version 14: what people have to do, who takes part in it, and what they attach; groups and roles of keys. */
export const people = `
-- One row for each task that asks or has asked people. state is the word of a worklist.
CREATE TABLE assignments (
  task        INTEGER PRIMARY KEY REFERENCES tasks (n) ON DELETE CASCADE,
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

-- own is of whoever submitted the task, who sees it anyway.
CREATE TABLE participants (
  tenant   TEXT NOT NULL,
  type     TEXT NOT NULL CHECK (type IN ('user', 'group', 'role')),
  identity TEXT NOT NULL,
  part     TEXT NOT NULL CHECK (part IN ('assignee', 'claimant', 'owner', 'reviewer', 'actor')),
  open     INTEGER NOT NULL CHECK (open IN (0, 1)),
  task     INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  own      INTEGER NOT NULL CHECK (own IN (0, 1)),
  PRIMARY KEY (tenant, type, identity, part, open, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_of_task ON participants (task);
CREATE INDEX participants_of_others ON participants (tenant, type, identity, task) WHERE own = 0;

CREATE TABLE attachments (
  task       INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
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

CREATE INDEX events_of_people ON events (task, seq)
  WHERE type IN ('human.acted', 'human.overdue', 'human.commented', 'human.attached', 'human.detached', 'task.input_received');

-- JSON lists; null is none.
ALTER TABLE keys ADD COLUMN member_groups TEXT;
ALTER TABLE keys ADD COLUMN member_roles TEXT;
`;
