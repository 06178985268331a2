/** Schema version 16: who takes part stands in the order of worklists, by the state of the work and whether it is claimed. */
export const worklistOrder = `
CREATE TABLE participants_in_order (
  tenant   TEXT NOT NULL,
  type     TEXT NOT NULL CHECK (type IN ('user', 'group', 'role')),
  identity TEXT NOT NULL,
  part     TEXT NOT NULL CHECK (part IN ('assignee', 'claimant', 'owner', 'reviewer', 'actor')),
  state    TEXT NOT NULL,
  free     INTEGER NOT NULL CHECK (free IN (0, 1)),
  task     INTEGER NOT NULL REFERENCES tasks (n) ON DELETE CASCADE,
  own      INTEGER NOT NULL CHECK (own IN (0, 1)),
  PRIMARY KEY (tenant, type, identity, part, state, free, task)
) STRICT, WITHOUT ROWID;
INSERT INTO participants_in_order (tenant, type, identity, part, state, free, task, own)
  SELECT p.tenant, p.type, p.identity, p.part, a.state, a.claimed_by IS NULL, p.task, p.own
  FROM participants p JOIN assignments a ON a.task = p.task;
DROP TABLE participants;
ALTER TABLE participants_in_order RENAME TO participants;
CREATE INDEX participants_of_task ON participants (task);
CREATE INDEX participants_of_others ON participants (tenant, type, identity, task) WHERE own = 0;
`;
