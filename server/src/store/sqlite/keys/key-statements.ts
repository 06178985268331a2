/** What is asked and written of keys. */
import type { Database } from "better-sqlite3";
import type { KeyUse } from "../../../task/key.ts";
import type { KeysVisible } from "../../../task/visibility.ts";
import { KEY_COLUMNS } from "../../codec/columns.ts";
import type { KeyValues } from "../../codec/key-rows.ts";
import type { PreparedAudit } from "../../codec/prepared.ts";
import type { KeyBounds, KeyPlace, KeyRotation, KeysToEnd } from "../../key-store.ts";
import { ANSWER_BYTES_MAX } from "../bounds.ts";
import { numberIn, textIn } from "../column.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { queries } from "../queries.ts";
import type { WriterStatements } from "../statements.ts";

/** Of keys that have ended, so many go with one that is made: others wait for the writer meanwhile. */
const DROPPED_AT_ONCE = 100;

type Some = { visible: KeysVisible; limit: number; after: KeyPlace | null };

/** `UNION` ends also where damaged rows are above each other. */
const BELOW = "SELECT k.id FROM keys k JOIN line ON k.parent = line.id";
const GOOD = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now)";

export function keyReads(db: Database) {
  const { row, rows, page, number } = queries(db);
  const listed = (owner: string) => `SELECT ${KEY_COLUMNS} FROM keys
     WHERE ${owner} AND (created_at, id) > (@createdAt, @after) AND in_time(created_at)
     ORDER BY created_at, id LIMIT @limit`;
  const values = ({ visible, limit, after }: Some) => [
    { ...visible, createdAt: after?.createdAt ?? -1, after: after?.id ?? "", limit: limit + 1 },
  ];
  const ofTenant = page(listed("tenant = @tenant"), ANSWER_BYTES_MAX, values);
  const ofUser = page(listed("tenant = @tenant AND user = @user"), ANSWER_BYTES_MAX, values);
  const within = page(
    `WITH RECURSIVE line (id) AS (SELECT @within UNION ${BELOW})
     ${listed("tenant = @tenant AND id IN (SELECT id FROM line)")}`,
    ANSWER_BYTES_MAX,
    values,
  );
  const ended = (column: string, unless: string) =>
    rows(
      `SELECT value FROM json_each(@names) WHERE NOT EXISTS (
         SELECT 1 FROM keys WHERE ${column} = value AND ${GOOD}) ${unless}`,
      (given: { names: readonly string[]; now: number }) => [{ names: JSON.stringify(given.names), now: given.now }],
    );
  const endedSecrets = ended(
    "hash",
    `AND NOT EXISTS (SELECT 1 FROM keys WHERE former_hash = value AND former_until > @now AND ${GOOD})`,
  );
  const endedKeys = ended("id", "");
  return {
    keys: (asked: Some) => {
      if (asked.visible.within !== undefined) return within(asked);
      return asked.visible.user === null ? ofTenant(asked) : ofUser(asked);
    },
    key: row(`SELECT ${KEY_COLUMNS} FROM keys WHERE id = ? AND tenant = ?`, (one: { tenant: string; id: string }) => [
      one.id,
      one.tenant,
    ]),
    keyByHash: row(
      `SELECT ${KEY_COLUMNS} FROM keys WHERE hash = @hash
       UNION ALL SELECT ${KEY_COLUMNS} FROM keys WHERE former_hash = @hash LIMIT 1`,
      ({ hash }: { hash: string }) => [{ hash }],
    ),
    endedSecrets: (given: { names: readonly string[]; now: number }) =>
      endedSecrets(given).map(([each]) => textIn(each)),
    endedKeys: (given: { names: readonly string[]; now: number }) => endedKeys(given).map(([each]) => textIn(each)),
    countKeys: number("SELECT count(*) FROM keys WHERE revoked_at IS NULL", (_: null) => []),
  };
}

/** Ends those of a tenant that `owner` picks, and all below them. */
function revoking(db: Database, owner: "id = @id" | "user = @user") {
  return lateRun(
    db,
    `WITH RECURSIVE line (id) AS (SELECT id FROM keys WHERE tenant = @tenant AND ${owner} UNION ${BELOW})
     UPDATE keys SET revoked_at = @at WHERE revoked_at IS NULL AND id IN (SELECT id FROM line)`,
  );
}

/** Removes the keys of a user, as an erasure does, and ends those of others that were made below them: their number. */
export function keysRemoval(db: Database): (of: { tenant: string; user: string; at: number }) => number {
  const revoke = revoking(db, "user = @user");
  const remove = lateRun(db, "DELETE FROM keys WHERE tenant = @tenant AND user = @user");
  return (of) => {
    revoke.run(of);
    return remove.run(of).changes;
  };
}

export function keyWrites(db: Database, sql: WriterStatements) {
  const isGood = lateRows(db, `SELECT 1 FROM keys WHERE id = @id AND tenant = @tenant AND ${GOOD}`);
  const countGood = lateRows(db, `SELECT count(*) FROM keys WHERE tenant = @tenant AND user = @user AND ${GOOD}`);
  const countAll = lateRows(db, "SELECT count(*) FROM keys WHERE tenant = @tenant AND user = @user");
  const dropEnded = lateRun(
    db,
    `DELETE FROM keys WHERE id IN (
       SELECT id FROM keys WHERE tenant = @tenant AND user = @user AND NOT (${GOOD})
       ORDER BY coalesce(revoked_at, expires_at) LIMIT @count)`,
  );
  const insert = lateRun(
    db,
    `INSERT INTO keys
       (id, hash, tenant, user, name, scopes, hint, created_at, expires_at, member_groups, member_roles, tier, models, parent, above)
     VALUES
       (@id, @hash, @tenant, @user, @name, @scopes, @hint, @createdAt, @expiresAt, @groups, @roles, @tier, @models, @parent, @above)`,
  );
  const rotate = lateRun(
    db,
    `UPDATE keys SET hash = @hash, hint = @hint, rotated_at = @at, former_hash = @from, former_until = @formerUntil
     WHERE id = @id AND hash = @from AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @at)`,
  );
  const revokeOne = revoking(db, "id = @id");
  const revokeAll = revoking(db, "user = @user");
  const noteUse = lateRun(
    db,
    "UPDATE keys SET used_at = @at, used_from = @from WHERE id = @id AND (used_at IS NULL OR used_at < @at)",
  );
  return {
    addKey: ({ key, bounds, audit }: { key: KeyValues; bounds: KeyBounds; audit: PreparedAudit }) => {
      const { tenant, user, parent, createdAt: now } = key;
      if (parent !== null && !isGood.get({ id: parent, tenant, now })) return "orphan";
      if (numberIn(countGood.get({ tenant, user, now })?.[0]) >= bounds.good) return "full";
      const beyond = numberIn(countAll.get({ tenant, user })?.[0]) + 1 - bounds.kept;
      if (beyond > 0) dropEnded.run({ tenant, user, now, count: Math.min(beyond, DROPPED_AT_ONCE) });
      insert.run(key);
      sql.audit.add(audit);
      return "added";
    },
    rotateKey: ({ rotation, audit }: { rotation: KeyRotation; audit: PreparedAudit }): boolean => {
      if (rotate.run(rotation).changes === 0) return false;
      sql.audit.add(audit);
      return true;
    },
    revokeKeys: ({ which, at, audit }: { which: KeysToEnd; at: number; audit: PreparedAudit }): number => {
      const { changes } = "id" in which ? revokeOne.run({ ...which, at }) : revokeAll.run({ ...which, at });
      if (changes > 0) sql.audit.add(audit);
      return changes;
    },
    noteKeyUses: ({ uses }: { uses: readonly KeyUse[] }) => {
      for (const use of uses) noteUse.run(use);
      return null;
    },
  };
}
