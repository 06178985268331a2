/** Schema version 27: erasures with the files that only what they remove has named, and the backups that were made. */
export const erasures = `
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
`;
