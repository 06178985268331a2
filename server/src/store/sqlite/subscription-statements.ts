/** What is asked and written of subscriptions. */
import type { Database } from "better-sqlite3";
import { notFound, Refusal } from "../../task/errors.ts";
import type { PreparedAudit } from "../codec/prepared.ts";
import { SUBSCRIPTION_COLUMNS, type SubscriptionValues } from "../codec/subscription-rows.ts";
import { DELIVERIES_KEPT_MAX, STANDING_OF_USER_MAX, SUBSCRIPTIONS_OF_USER_MAX } from "../subscription-store.ts";
import { ANSWER_BYTES_MAX } from "./bounds.ts";
import { numberIn } from "./column.ts";
import { queries } from "./queries.ts";
import type { WriterStatements } from "./statements.ts";

const FROM = `SELECT ${SUBSCRIPTION_COLUMNS} FROM subscriptions s LEFT JOIN tasks t ON t.n = s.task`;
/** Of a task that somebody has deleted nothing is told any more. */
const PRESENT = "(s.task IS NULL OR t.deleted_at IS NULL)";

/** Of a user, up to a number. */
const COUNT_UNFINISHED =
  "SELECT count(*) FROM (SELECT 1 FROM subscriptions WHERE tenant = ? AND user = ? AND done = 0 LIMIT ?)";

type Owned = { tenant: string; user: string; task: string | null };

export function subscriptionReads(db: Database) {
  const { row, rows, page, number } = queries(db);
  const count = number(COUNT_UNFINISHED, ({ tenant, user }: { tenant: string; user: string }) => [
    tenant,
    user,
    SUBSCRIPTIONS_OF_USER_MAX,
  ]);
  const ofTask = rows(
    `${FROM} WHERE s.task = (SELECT n FROM tasks WHERE id = ?) AND s.tenant = ? AND s.user = ? AND ${PRESENT} ORDER BY s.key`,
    ({ tenant, user, task }: Owned) => [task, tenant, user],
  );
  const ofAll = rows(
    `${FROM} WHERE s.task IS NULL AND s.tenant = ? AND s.user = ? ORDER BY s.key`,
    ({ tenant, user }: Owned) => [tenant, user],
  );
  return {
    hasRoomForSubscription: (owner: { tenant: string; user: string }) => count(owner) < SUBSCRIPTIONS_OF_USER_MAX,
    subscription: row(`${FROM} WHERE s.key = ? AND ${PRESENT}`, ({ key }: { key: string }) => [key]),
    subscriptions: (owned: Owned) => (owned.task === null ? ofAll(owned) : ofTask(owned)),
    deliveries: page(
      "SELECT n, entry FROM deliveries WHERE subscription = ? AND n < ? ORDER BY n DESC LIMIT ?",
      ANSWER_BYTES_MAX,
      ({ key, before, limit }: { key: string; before: number; limit: number }) => [key, before, limit],
    ),
    unfinished: rows(
      `SELECT s.key, t.id, s.tenant, s.user, s.url, s.due_at FROM subscriptions s JOIN tasks t ON t.n = s.task
       WHERE s.active = 1 AND s.done = 0 AND s.task IS NOT NULL AND s.key > ? AND t.deleted_at IS NULL ORDER BY s.key LIMIT ?`,
      ({ after, limit }: { after: string; limit: number }) => [after, limit],
    ),
  };
}

type Changed = { subscription: SubscriptionValues; delivery: string | null; audit: PreparedAudit | null };

export function subscriptionWrites(db: Database, sql: WriterStatements) {
  const row = (text: string) => db.prepare<unknown[], unknown[]>(text).raw();
  // Two, since an index leaves out what the other has: `task IS ?` would go through all rows.
  const knownOfTask = row(
    `SELECT key FROM subscriptions WHERE task = (SELECT n FROM tasks WHERE id = @task) AND tenant = @tenant
       AND user = @user AND id = @id`,
  );
  const knownOfAll = row(
    "SELECT key FROM subscriptions WHERE task IS NULL AND tenant = @tenant AND user = @user AND id = @id",
  );
  const taskThere = row("SELECT 1 FROM tasks WHERE id = ? AND deleted_at IS NULL");
  const countOfTask = row(
    "SELECT count(*) FROM subscriptions WHERE task = (SELECT n FROM tasks WHERE id = ?) AND tenant = ? AND user = ?",
  );
  const countUnfinished = row(COUNT_UNFINISHED);
  const countOfAll = row("SELECT count(*) FROM subscriptions WHERE task IS NULL AND tenant = ? AND user = ?");
  const remove = db.prepare<unknown[]>("DELETE FROM subscriptions WHERE key = ?");
  const change = db.prepare<[SubscriptionValues]>(
    `UPDATE subscriptions SET url = @url, active = @active, done = @done, due_at = @dueAt, version = @version,
       record = @record
     WHERE key = @key AND version = @version - 1`,
  );
  const insertDelivery = row(
    `INSERT INTO deliveries (subscription, n, entry)
     VALUES (@key, 1 + coalesce((SELECT max(n) FROM deliveries WHERE subscription = @key), 0), @entry) RETURNING n`,
  );
  const dropDeliveries = db.prepare<unknown[]>("DELETE FROM deliveries WHERE subscription = ? AND n <= ?");
  const audit = (entry: PreparedAudit | null) => entry && sql.insertAudit.run(...entry);
  return {
    putSubscription: (given: { subscription: SubscriptionValues; audit: PreparedAudit; ofTaskMax: number }): true => {
      const { tenant, user, task, id } = given.subscription;
      if (task !== null && !taskThere.get(task)) throw notFound("Task");
      const before = task === null ? knownOfAll.get({ tenant, user, id }) : knownOfTask.get({ task, tenant, user, id });
      if (before) remove.run(before[0]);
      const max = task === null ? STANDING_OF_USER_MAX : given.ofTaskMax;
      const count = task === null ? countOfAll.get(tenant, user) : countOfTask.get(task, tenant, user);
      if (numberIn(count?.[0]) >= max)
        throw new Refusal("rate_limited", `There are ${max} webhooks here, as many as are kept: delete some first.`);
      if (numberIn(countUnfinished.get(tenant, user, SUBSCRIPTIONS_OF_USER_MAX)?.[0]) >= SUBSCRIPTIONS_OF_USER_MAX)
        throw new Refusal(
          "rate_limited",
          `${SUBSCRIPTIONS_OF_USER_MAX} webhooks of yours have something to tell, as many as are kept: delete some first.`,
        );
      sql.insertSubscription.run(given.subscription);
      audit(given.audit);
      return true;
    },
    changeSubscription: ({ subscription, delivery, audit: entry }: Changed): boolean => {
      if (change.run(subscription).changes === 0) return false;
      const { key } = subscription;
      if (delivery !== null) {
        const n = numberIn(insertDelivery.get({ key, entry: delivery })?.[0]);
        if (n > DELIVERIES_KEPT_MAX) dropDeliveries.run(key, n - DELIVERIES_KEPT_MAX);
      }
      audit(entry);
      return true;
    },
    removeSubscription: ({ key, audit: entry }: { key: string; audit: PreparedAudit }): boolean => {
      if (remove.run(key).changes === 0) return false;
      audit(entry);
      return true;
    },
  };
}
