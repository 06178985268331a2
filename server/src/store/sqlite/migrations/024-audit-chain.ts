/**
 * Schema version 24: where the request of an entry of the audit log came from, and the hash that chains it to the entry
 * before. The chain begins after what was there before it.
 */
export const auditChain = `
ALTER TABLE audit ADD COLUMN origin TEXT;
ALTER TABLE audit ADD COLUMN hash TEXT;
DROP INDEX audit_by_time;
DROP INDEX audit_by_task;
CREATE INDEX audit_by_tenant ON audit (tenant);
CREATE INDEX audit_by_task ON audit (task) WHERE task IS NOT NULL;
INSERT INTO facts (name, value)
  SELECT 'audit:anchor', json_object('n', max(n), 'hash', '') FROM audit HAVING max(n) IS NOT NULL;
`;
