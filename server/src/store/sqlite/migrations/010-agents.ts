/** Schema version 10: agents that callers have made. The columns beside the definition are what lists and names go by. */
export const agents = `
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
`;
