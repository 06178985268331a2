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
import { isCorrupt } from "../database.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { PassedOver } from "../passed-over.ts";
import { queries } from "../queries.ts";
import type { WriterStatements } from "../statements.ts";

/** Of keys that have ended, so many go with one that is made: others wait for the writer meanwhile. */
const DROPPED_AT_ONCE = 100;

type Some = { visible: KeysVisible; limit: number; after: KeyPlace | null };
type Named = { names: readonly string[]; now: number };

/** The row of the last key of a page, also of one that says no more than its row. */
const AFTER =
  "coalesce((SELECT rowid FROM keys WHERE id = @after), CAST(substr(@after, length('of row ') + 1) AS INTEGER))";

/** `UNION` ends also where damaged rows are above each other. */
const BELOW = "SELECT k.id FROM keys k JOIN line ON k.parent = line.id";
const GOOD = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now)";

/** No index has the name: an entry of a row that is gone is damage, and not nobody's. */
const IS_THERE = "length(name) >= 0";

export function keyReads(db: Database) {
  const { row, rows, list } = queries(db);
  const listed = (index: string, owner: string, further = { page: "true", one: "true" }) => {
    const there = `${owner} AND (created_at, rowid) > (@createdAt, ${AFTER}) AND in_time(created_at)`;
    return list(
      {
        page: `SELECT ${KEY_COLUMNS} FROM keys WHERE ${there} AND ${further.page} ORDER BY created_at, rowid LIMIT @limit`,
        places: `SELECT 'of row ' || rowid, NULL, NULL, NULL, NULL, NULL, NULL, created_at, rowid FROM keys INDEXED BY ${index}
          WHERE ${there} ORDER BY created_at, rowid`,
        one: `SELECT ${KEY_COLUMNS} FROM keys WHERE rowid = @place AND ${further.one}`,
      },
      ANSWER_BYTES_MAX,
      ({ visible, limit, after }: Some) => ({
        ...visible,
        ...{ createdAt: after?.createdAt ?? -1, after: after?.id ?? "", limit: limit + 1 },
      }),
    );
  };
  const ofTenant = listed("keys_by_tenant", "tenant = @tenant");
  const ofUser = listed("keys_by_user", "tenant = @tenant AND user = @user");
  const within = listed("keys_by_tenant", "tenant = @tenant", {
    page: `id IN (WITH RECURSIVE line (id) AS (SELECT @within UNION ${BELOW}) SELECT id FROM line)`,
    // The line itself may lead over one that cannot be read.
    one: "(id = @within OR instr(above, json_quote(@within)) > 0)",
  });
  const ended = (column: string, unless: string) => {
    const together = rows(
      `SELECT value FROM json_each(@names) WHERE NOT EXISTS (
         SELECT 1 FROM keys WHERE ${column} = value AND ${GOOD}) ${unless}`,
      ({ names, now }: Named) => [{ names: JSON.stringify(names), now }],
    );
    const those = (given: Named): string[] => {
      try {
        return together(given).map(([each]) => textIn(each));
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        // With one that cannot be read nobody comes in.
        if (given.names.length <= 1) return [...given.names];
        return given.names.flatMap((name) => those({ ...given, names: [name] }));
      }
    };
    return those;
  };
  return {
    keys: (asked: Some) => {
      if (asked.visible.within !== undefined) return within(asked);
      return asked.visible.user === null ? ofTenant(asked) : ofUser(asked);
    },
    key: row(`SELECT ${KEY_COLUMNS} FROM keys WHERE id = ? AND tenant = ?`, (one: { tenant: string; id: string }) => [
      one.id,
      one.tenant,
    ]),
    // By its row, so that its hashes are those that the row has: they would be those of the entry by which it was found.
    keyByHash: row(
      `SELECT ${KEY_COLUMNS} FROM keys WHERE rowid = (
         SELECT rowid FROM keys WHERE hash = @hash AND ${IS_THERE}
         UNION ALL SELECT rowid FROM keys WHERE former_hash = @hash AND ${IS_THERE} LIMIT 1)`,
      ({ hash }: { hash: string }) => [{ hash }],
    ),
    endedSecrets: ended(
      "hash",
      `AND NOT EXISTS (SELECT 1 FROM keys WHERE former_hash = value AND former_until > @now AND ${GOOD})`,
    ),
    endedKeys: ended("id", ""),
    /** One that is not revoked, or the place of one that cannot be read. */
    someKey: list(
      {
        page: "SELECT id FROM keys WHERE revoked_at IS NULL LIMIT @limit",
        places: "SELECT rowid FROM keys INDEXED BY keys_by_tenant",
        one: "SELECT id FROM keys WHERE rowid = @place AND revoked_at IS NULL",
      },
      ANSWER_BYTES_MAX,
      (_: null) => ({ limit: 1 }),
    ),
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
  const passed = new PassedOver();
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
      const all = numberIn(countAll.get({ tenant, user })?.[0]);
      // One that cannot be read may be good, and is not dropped.
      const count = () => numberIn(countGood.get({ tenant, user, now })?.[0]);
      const good = passed.attempt(`keys of user ${user} of tenant ${tenant}`, count, null);
      if ((good ?? all) >= bounds.good) return "full";
      const beyond = good === null ? 0 : all + 1 - bounds.kept;
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
      for (const use of uses) passed.attempt(`use of key ${use.id}`, () => noteUse.run(use), null);
      return null;
    },
  };
}
