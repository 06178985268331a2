/** What is asked and written of subscriptions. */
import type { Database, Statement } from "better-sqlite3";
import { notFound, Refusal } from "../../../task/errors.ts";
import type { Attempted, Choosable, Subscription, SubscriptionRecord } from "../../../task/subscription.ts";
import { isChosen, standingAfter } from "../../../task/subscription-rules.ts";
import { SUBSCRIPTION_COLUMNS } from "../../codec/columns.ts";
import type { PreparedAudit } from "../../codec/prepared.ts";
import {
  cursorKeys,
  cursorValues,
  DELIVERY_BYTES,
  SUBSCRIPTION_BYTES,
  type SubscriptionValues,
  subscriptionBytes,
  subscriptionValues,
} from "../../codec/subscription-values.ts";
import {
  DELIVERIES_KEPT_MAX,
  STANDING_DELIVERIES_KEPT_MAX,
  STANDING_OF_USER_MAX,
  SUBSCRIPTIONS_OF_USER_MAX,
  tooManyUnfinished,
} from "../../subscription-store.ts";
import { ANSWER_BYTES_MAX, fitting } from "../bounds.ts";
import { ByteCache } from "../byte-cache.ts";
import { numberIn, textIn } from "../column.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { PassedOver } from "../passed-over.ts";
import { ALL, queries, untilDamaged } from "../queries.ts";
import type { WriterStatements } from "../statements.ts";

/** Every subscription, as `subscriptionOf` reads it. */
export const SUBSCRIPTIONS = `SELECT ${SUBSCRIPTION_COLUMNS} FROM subscriptions s LEFT JOIN tasks t ON t.n = s.task
  LEFT JOIN subscriptions o ON o.key = s.standing`;
/** Those of no task, as `standingOf` reads them. */
const STANDING = "SELECT key, tenant, user, id, done, version, record FROM subscriptions";
/** Of a task that somebody has deleted nothing is told any more; what a removed one stood for goes with its tasks. */
const PRESENT = "(s.task IS NULL OR t.deleted_at IS NULL) AND (s.standing IS NULL OR o.key IS NOT NULL)";

const UNFINISHED = `SELECT s.key, t.id, s.standing, s.tenant, s.user, coalesce(o.url, s.url), s.due_at FROM subscriptions s
  JOIN tasks t ON t.n = s.task LEFT JOIN subscriptions o ON o.key = s.standing
  WHERE s.active = 1 AND s.done = 0 AND s.task IS NOT NULL AND t.deleted_at IS NULL
    AND (s.standing IS NULL OR o.active = 1)`;

/** Of a user, up to a number. */
const COUNT_UNFINISHED =
  "SELECT count(*) FROM (SELECT 1 FROM subscriptions WHERE tenant = ? AND user = ? AND done = 0 AND standing IS NULL LIMIT ?)";

/** Keys are of ASCII. */
const BEHIND_ALL = "\u{10ffff}";

const TASKS = "(SELECT n FROM tasks WHERE id IN (SELECT value FROM json_each(@tasks)))";
const GIVEN_UP = "json_extract(s.record, '$.givenUp') IS NOT NULL";

type UnfinishedPage = { from: string; limit: number; standing: string | null };
type Owned = { tenant: string; user: string; task: string | null };

export function subscriptionReads(db: Database) {
  const { row, list, number } = queries(db);
  const count = number(COUNT_UNFINISHED, ({ tenant, user }: { tenant: string; user: string }) => [
    tenant,
    user,
    SUBSCRIPTIONS_OF_USER_MAX,
  ]);
  const owned = (index: string, where: string) =>
    list(
      {
        page: `${SUBSCRIPTIONS} WHERE ${where} AND ${PRESENT} ORDER BY s.key`,
        places: `SELECT 'of row ' || s.rowid, s.rowid FROM subscriptions s INDEXED BY ${index} WHERE ${where}`,
        one: `${SUBSCRIPTIONS} WHERE s.rowid = @place AND ${PRESENT}`,
      },
      ALL,
      (given: Owned) => ({ ...given, limit: ALL }),
    );
  const ofTask = owned(
    "subscriptions_by_task",
    "s.task = (SELECT n FROM tasks WHERE id = @task) AND s.tenant = @tenant AND s.user = @user",
  );
  const ofAll = owned("subscriptions_of_all", "s.task IS NULL AND s.tenant = @tenant AND s.user = @user");
  const unfinishedIn = (further: string) =>
    list(
      {
        page: `${UNFINISHED} AND s.key >= @from AND s.key < @beyond AND ${further} ORDER BY s.key LIMIT @limit`,
        places: `SELECT key, key FROM subscriptions INDEXED BY subscriptions_unfinished
          WHERE active = 1 AND done = 0 AND task IS NOT NULL AND key >= @from AND key < @beyond ORDER BY key`,
        one: `${UNFINISHED} AND s.key = @place AND ${further}`,
      },
      ANSWER_BYTES_MAX,
      ({ standing, from, limit }: UnfinishedPage) => {
        const { first, beyond } = standing === null ? { first: "", beyond: BEHIND_ALL } : cursorKeys(standing);
        return { standing, from: from === "" ? first : from, beyond, limit };
      },
    );
  const unfinished = unfinishedIn("true");
  // Keys of its cursors begin with its own, and so lie together: no other index is to be taken.
  const unfinishedOf = unfinishedIn("+s.standing = @standing");
  return {
    hasRoomForSubscription: (owner: { tenant: string; user: string }) => count(owner) < SUBSCRIPTIONS_OF_USER_MAX,
    subscription: row(`${SUBSCRIPTIONS} WHERE s.key = ? AND ${PRESENT}`, ({ key }: { key: string }) => [key]),
    subscriptions: (given: Owned) => (given.task === null ? ofAll(given) : ofTask(given)),
    deliveries: deliveryPages(db),
    unfinished: (given: UnfinishedPage) => (given.standing === null ? unfinished(given) : unfinishedOf(given)),
    cursorsOf: list(
      {
        page: `${UNFINISHED} AND s.standing IS NOT NULL AND +s.key > '' AND s.task IN ${TASKS}`,
        places: `SELECT 'of row ' || rowid, rowid FROM subscriptions INDEXED BY subscriptions_by_task WHERE task IN ${TASKS}`,
        one: `${UNFINISHED} AND s.standing IS NOT NULL AND s.rowid = @place`,
      },
      ALL,
      ({ tasks }: { tasks: string }) => ({ tasks, limit: ALL }),
    ),
    givenUp: list(
      {
        page: `${SUBSCRIPTIONS} WHERE s.standing = @standing AND ${GIVEN_UP} AND s.key > @after AND ${PRESENT}
          ORDER BY s.key LIMIT @limit`,
        places: `SELECT key, key FROM subscriptions s INDEXED BY subscriptions_given_up
          WHERE standing = @standing AND ${GIVEN_UP} AND key > @after ORDER BY key`,
        one: `${SUBSCRIPTIONS} WHERE s.key = @place AND ${PRESENT}`,
      },
      ANSWER_BYTES_MAX,
      (given: { standing: string; after: string; limit: number }) => given,
    ),
  };
}

function deliveryPages(db: Database) {
  const from = (way: "DESC" | "ASC") =>
    lateRows(db, `SELECT n, entry FROM deliveries WHERE subscription = ? AND n < ? ORDER BY n ${way} LIMIT ?`);
  const [newest, oldest] = [from("DESC"), from("ASC")];
  return ({ key, before, limit }: { key: string; before: number; limit: number }): unknown[][] => {
    const first = untilDamaged(newest.iterate(key, before, limit));
    if (!first.isCut) return fitting(first.rows, ANSWER_BYTES_MAX).rows;
    // Past what cannot be read, which has no numbers: from the other end.
    const last = untilDamaged(oldest.iterate(key, before, DELIVERIES_KEPT_MAX));
    const rows = [...first.rows, [null, null], ...last.rows.reverse()];
    return fitting(rows.slice(0, limit), ANSWER_BYTES_MAX).rows;
  };
}

type Changed = {
  subscription: SubscriptionValues;
  delivery: string | null;
  /** What came of it to the one that it was made of. */
  attempted: Attempted | null;
  audit: PreparedAudit | null;
};

export function subscriptionWrites(db: Database, sql: WriterStatements) {
  const row = (text: string) => lateRows(db, text);
  // Two, since an index leaves out what the other has: `task IS ?` would go through all rows.
  const knownOfTask = row(
    `SELECT key, ${SUBSCRIPTION_BYTES} + octet_length(url || record) FROM subscriptions
     WHERE task = (SELECT n FROM tasks WHERE id = @task) AND tenant = @tenant AND user = @user AND id = @id`,
  );
  const knownOfAll = row(
    "SELECT key FROM subscriptions WHERE task IS NULL AND tenant = @tenant AND user = @user AND id = @id",
  );
  const taskThere = row("SELECT 1 FROM tasks WHERE id = ? AND deleted_at IS NULL");
  const countOfTask = row(
    "SELECT count(*) FROM subscriptions WHERE task = (SELECT n FROM tasks WHERE id = ?) AND tenant = ? AND user = ? AND standing IS NULL",
  );
  const countUnfinished = row(COUNT_UNFINISHED);
  const countOfAll = row("SELECT count(*) FROM subscriptions WHERE task IS NULL AND tenant = ? AND user = ?");
  const remove = db.prepare<unknown[]>("DELETE FROM subscriptions WHERE key = ?");
  const change = db.prepare<[SubscriptionValues]>(
    `UPDATE subscriptions SET url = @url, active = @active, done = @done, due_at = @dueAt, version = @version,
       record = @record
     WHERE key = @key AND version = @version - 1`,
  );
  const countWithTask = countingWithTask(db);
  const standingRow = row(`${STANDING} WHERE key = ?`);
  /** Whether that has disabled it. */
  const noteStanding = (key: string, attempted: Attempted): boolean => {
    const found = standingRow.get(key);
    const after = found && standingAfter(standingOf(found), attempted);
    if (after) change.run(subscriptionValues(after));
    return after?.state === "disabled";
  };
  const log = loggingDeliveries(db);
  const audit = (entry: PreparedAudit | null) => entry && sql.audit.add(entry);
  return {
    putSubscription: (given: { subscription: SubscriptionValues; audit: PreparedAudit; ofTaskMax: number }): true => {
      const { tenant, user, task, id } = given.subscription;
      if (task !== null && !taskThere.get(task)) throw notFound("Task");
      const before = task === null ? knownOfAll.get({ tenant, user, id }) : knownOfTask.get({ task, tenant, user, id });
      if (before) remove.run(before[0]);
      const max = task === null ? STANDING_OF_USER_MAX : given.ofTaskMax;
      const count = task === null ? countOfAll.get(tenant, user) : countOfTask.get(task, tenant, user);
      if (numberIn(count?.[0]) >= max)
        throw new Refusal("conflict", `There are ${max} webhooks here, as many as are kept: delete some first.`);
      if (numberIn(countUnfinished.get(tenant, user, SUBSCRIPTIONS_OF_USER_MAX)?.[0]) >= SUBSCRIPTIONS_OF_USER_MAX)
        throw tooManyUnfinished();
      sql.insertSubscription.run(given.subscription);
      // One in the place of another counts what it takes more.
      if (task !== null)
        countWithTask(task, Math.max(0, subscriptionBytes(given.subscription) - numberIn(before?.[1] ?? 0)));
      audit(given.audit);
      return true;
    },
    changeSubscription: ({ subscription, delivery, attempted, audit: entry }: Changed): boolean | "disabled" => {
      const { key, standing, task } = subscription;
      // One that was removed meanwhile takes with it what was made of it.
      if (standing !== null && !standingRow.get(standing)) return false;
      if (change.run(subscription).changes === 0) return false;
      const isDisabled = standing !== null && attempted !== null && noteStanding(standing, attempted);
      if (delivery !== null && standing !== null) log(standing, STANDING_DELIVERIES_KEPT_MAX, delivery, null);
      else if (delivery !== null) log(key, DELIVERIES_KEPT_MAX, delivery, task);
      audit(entry);
      return isDisabled ? "disabled" : true;
    },
    removeSubscription: ({ key, audit: entry }: { key: string; audit: PreparedAudit }): boolean => {
      if (remove.run(key).changes === 0) return false;
      audit(entry);
      return true;
    },
  };
}

/** A task counts what hangs on it as long as it is there. */
function countingWithTask(db: Database): (task: string, bytes: number) => void {
  const ofTask = lateRun(db, "UPDATE tasks SET bytes = bytes + ? WHERE id = ?");
  const ofOwner = lateRun(db, "INSERT INTO stored_changes SELECT tenant, user, ? FROM tasks WHERE id = ?");
  return (task, bytes) => {
    for (const count of [ofTask, ofOwner]) count.run(bytes, task);
  };
}

/** What was delivered, of which the last `max` stay; until they are that many each counts with its task. */
function loggingDeliveries(db: Database): (key: string, max: number, entry: string, task: string | null) => void {
  const insertDelivery = lateRows(
    db,
    `INSERT INTO deliveries (subscription, n, entry)
     VALUES (@key, 1 + coalesce((SELECT max(n) FROM deliveries WHERE subscription = @key), 0), @entry) RETURNING n`,
  );
  const dropDeliveries = db.prepare<unknown[]>("DELETE FROM deliveries WHERE subscription = ? AND n <= ?");
  const countWithTask = countingWithTask(db);
  const passed = new PassedOver();
  return (key, max, entry, task) =>
    passed.attempt(
      `deliveries of subscription ${key}`,
      () => {
        const n = numberIn(insertDelivery.get({ key, entry })?.[0]);
        if (n > max) dropDeliveries.run(key, n - max);
        else if (task !== null) countWithTask(task, DELIVERY_BYTES + Buffer.byteLength(entry));
      },
      undefined,
    );
}

type Standing = Pick<Subscription, "key" | "tenant" | "user" | "chooses">;
type Known = { all: readonly Standing[]; bytes: number };

/** What is known of those of all tenants. */
const KNOWN_BYTES_MAX = 16 << 20;
/** Of one, beside what it chooses. */
const STANDING_BYTES = 400;

function knownOf(rows: readonly unknown[][]): Known {
  const all = rows.flatMap((row): Standing[] => {
    try {
      const { key, tenant, user, chooses } = standingOf(row);
      return [{ key, tenant, user, chooses }];
    } catch {
      // It is no webhook any more, which whoever lists them is told. Tasks go on.
      return [];
    }
  });
  const bytesOf = ({ chooses }: Standing) => STANDING_BYTES + 2 * JSON.stringify(chooses).length;
  return { all, bytes: all.reduce((sum, each) => sum + bytesOf(each), STANDING_BYTES) };
}

/** The subscriptions of all tasks of a tenant. */
export class StandingSubscriptions {
  readonly #all: Statement<unknown[], unknown[]>;
  readonly #places;
  readonly #one;
  #passed = new PassedOver();
  /**
   * Those of a tenant, for as long as nobody changes them: to read thousands anew for each new task takes as many hundredths of a
   * second.
   */
  #known = new ByteCache<string, Known>(KNOWN_BYTES_MAX);

  constructor(db: Database) {
    // Asked of every new task: without the joins of `SUBSCRIPTIONS`, whose empty answer takes 14 us, and this one 0.6.
    this.#all = db.prepare<unknown[], unknown[]>(`${STANDING} WHERE task IS NULL AND tenant = ?`).raw();
    this.#places = lateRows(
      db,
      "SELECT rowid FROM subscriptions INDEXED BY subscriptions_of_all WHERE task IS NULL AND tenant = ?",
    );
    this.#one = lateRows(db, `${STANDING} WHERE rowid = ?`);
  }

  /** When another process has written, and after whatever may have changed them, or has not after all. */
  forget(): void {
    this.#known = new ByteCache(KNOWN_BYTES_MAX);
  }

  /** Called after a rebuild: what was learned of damaged pages may not hold any more. */
  forgetDamage(): void {
    this.#passed = new PassedOver();
    this.forget();
  }

  /**
   * Writes cursors of a new task. Throws `Damaged` where they would lie on a damaged page: the next time the task goes on
   * without, as all of its tenant do.
   */
  begin(tenant: string, write: () => void): void {
    this.#passed.attempt(`page for new cursors of webhooks of tenant ${tenant}`, write, undefined);
  }

  /**
   * Rows of the cursors that a new task begins with. Throws `Damaged` where one lies on a damaged page: the next time that is passed
   * over.
   */
  cursorsFor(tenant: string, task: string, at: number, about: () => Choosable): SubscriptionValues[] {
    const known = this.#known.get(tenant) ?? knownOf(this.#read(tenant));
    this.#known.set(tenant, known);
    if (known.all.length === 0) return [];
    const chosen = about();
    const matching = known.all.filter(({ chooses, user }) => isChosen(chooses ?? {}, user, chosen));
    return matching.map((each) => cursorValues(each, task, at));
  }

  #read(tenant: string): unknown[][] {
    const all = this.#passed.attempt(`webhooks of all tasks of tenant ${tenant}`, () => this.#all.all(tenant), null);
    if (all !== null) return all;
    return this.#places
      .all(tenant)
      .flatMap(([n]) => this.#passed.attempt(`webhook of row ${n}`, () => this.#one.all(n), []));
  }
}

/** Fields that records of earlier versions do not have. */
const LATER_FIELDS: Partial<SubscriptionRecord> = { settings: {}, chooses: null, error: null };

/**
 * One of no task, as the writer goes by it: what this store has written, and no schema looks at it. Whoever is shown one
 * has it read with a schema, `codec/subscription-rows.ts`.
 */
function standingOf([key, tenant, user, id, done, version, record]: unknown[]): Subscription {
  const kept: SubscriptionRecord = { ...LATER_FIELDS, ...JSON.parse(textIn(record)) };
  const names = { key: textIn(key), tenant: textIn(tenant), user: textIn(user), id: textIn(id) };
  return { ...kept, ...names, task: null, standing: null, done: done === 1, version: numberIn(version) };
}
