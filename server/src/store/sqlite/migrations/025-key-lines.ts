/** Schema version 25: keys below keys, a second secret for a while, and when each was last used. */
export const keyLines = `
ALTER TABLE keys ADD COLUMN parent TEXT;
-- A JSON list of the keys above it, from the top; null is none.
ALTER TABLE keys ADD COLUMN above TEXT;
ALTER TABLE keys ADD COLUMN rotated_at INTEGER;
ALTER TABLE keys ADD COLUMN former_hash TEXT;
ALTER TABLE keys ADD COLUMN former_until INTEGER;
ALTER TABLE keys ADD COLUMN used_at INTEGER;
ALTER TABLE keys ADD COLUMN used_from TEXT;
CREATE INDEX keys_by_parent ON keys (parent) WHERE parent IS NOT NULL;
CREATE INDEX keys_by_former_hash ON keys (former_hash) WHERE former_hash IS NOT NULL;
CREATE INDEX keys_by_user ON keys (tenant, user, created_at);
`;
