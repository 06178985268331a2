/** Brings a database to this version's schema, one numbered migration after the other, in one transaction. */
import { readFileSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { isOfARow, schemaOf } from "./database.ts";
import { dropShadow } from "./mending/shadow.ts";
import { core } from "./migrations/001-core.ts";
import { search } from "./migrations/002-search.ts";
import { schedule } from "./migrations/003-schedule.ts";
import { journalErrors } from "./migrations/004-journal-errors.ts";
import { answers } from "./migrations/005-answers.ts";
import { inboxOpen } from "./migrations/006-inbox-open.ts";
import { documents } from "./migrations/007-documents.ts";
import { chunks } from "./migrations/008-chunks.ts";
import { searchableChanges } from "./migrations/009-searchable-changes.ts";
import { agents } from "./migrations/010-agents.ts";
import { pagedBelongings } from "./migrations/011-paged-belongings.ts";
import { conversationFields } from "./migrations/012-conversation-fields.ts";
import { subscriptions } from "./migrations/013-subscriptions.ts";
import { people } from "./migrations/014-people.ts";
import { standingSubscriptions } from "./migrations/015-standing-subscriptions.ts";
import { worklistOrder } from "./migrations/016-worklist-order.ts";
import { spentBelow } from "./migrations/017-spent-below.ts";
import { dailyUsage } from "./migrations/018-daily-usage.ts";
import { openInConversation } from "./migrations/019-open-in-conversation.ts";
import { keyTiers } from "./migrations/020-key-tiers.ts";
import { worklistConditions } from "./migrations/021-worklist-conditions.ts";
import { stepTraces } from "./migrations/022-step-traces.ts";
import { keyModels } from "./migrations/023-key-models.ts";
import { auditChain } from "./migrations/024-audit-chain.ts";
import { keyLines } from "./migrations/025-key-lines.ts";
import { auditOfTasks } from "./migrations/026-audit-of-tasks.ts";
import { erasures } from "./migrations/027-erasures.ts";
import { storedBytes } from "./migrations/028-stored-bytes.ts";
import { comparedValues } from "./migrations/029-compared-values.ts";
import { comparedStatuses } from "./migrations/030-compared-statuses.ts";
import { sleepers } from "./migrations/031-sleepers.ts";
import { answersGiven } from "./migrations/032-answers-given.ts";
import { orderOfAStart } from "./migrations/033-order-of-a-start.ts";
import { asked } from "./migrations/034-asked.ts";
import { unclaimed } from "./migrations/035-unclaimed.ts";
import { tasksGo } from "./migrations/036-tasks-go.ts";
import { inboxBytes } from "./migrations/037-inbox-bytes.ts";
import { families } from "./migrations/038-families.ts";
import { countedRows } from "./migrations/039-counted-rows.ts";

/** Schema version n is what the first n of them make. */
export const MIGRATIONS: readonly string[] = [
  core,
  search,
  schedule,
  journalErrors,
  answers,
  inboxOpen,
  documents,
  chunks,
  searchableChanges,
  agents,
  pagedBelongings,
  conversationFields,
  subscriptions,
  people,
  standingSubscriptions,
  worklistOrder,
  spentBelow,
  dailyUsage,
  openInConversation,
  keyTiers,
  worklistConditions,
  stepTraces,
  keyModels,
  auditChain,
  keyLines,
  auditOfTasks,
  erasures,
  storedBytes,
  comparedValues,
  comparedStatuses,
  sleepers,
  answersGiven,
  orderOfAStart,
  asked,
  unclaimed,
  tasksGo,
  inboxBytes,
  families,
  countedRows,
];

/** What they make together: a database that is new is made of it, as all the steps take six times as long. */
const WHOLE = new URL("../../../assets/schema.sql", import.meta.url);

/** Throws on a database of a newer Waybill, and leaves it alone. */
export function migrate(db: Database): void {
  inOne(db, () => {
    if (schemaOf(db) === 0) db.exec(readFileSync(WHOLE, "utf8"));
    step(db, MIGRATIONS.length);
  });
}

/** Goes through every step, also in a database that is new: up to an older version it makes fixtures. */
export function migrateInSteps(db: Database, upTo: number): void {
  inOne(db, () => step(db, upTo));
}

function step(db: Database, upTo: number): void {
  const version = schemaOf(db);
  if (version > MIGRATIONS.length) {
    throw new Error(
      `The database has schema version ${version}, made by a newer Waybill; this one knows versions up to ` +
        `${MIGRATIONS.length}. Start the newer Waybill, or restore a backup that was made by this one.`,
    );
  }
  if (upTo <= version) return;
  try {
    // Its triggers name columns of a table as that was.
    dropShadow(db);
    for (const migration of MIGRATIONS.slice(version, upTo)) db.exec(migration);
  } catch (error) {
    throw error instanceof Error && isOfARow(error) ? new MigrationMeetsDamage(version, error) : error;
  }
  db.pragma(`user_version = ${upTo}`);
}

/** Nothing was changed. */
export class MigrationMeetsDamage extends Error {
  override readonly name = "MigrationMeetsDamage";

  constructor(version: number, cause: Error) {
    const way = "To put a backup in its place: waybill restore --force";
    super(`what it has of schema version ${version} cannot be brought up to date (${cause.message}). ${way}`, {
      cause,
    });
  }
}

function inOne(db: Database, work: () => void): void {
  // A constraint that is written over is refused otherwise.
  db.unsafeMode(true);
  try {
    db.transaction(work).immediate();
  } finally {
    db.unsafeMode(false);
  }
}
