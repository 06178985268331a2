/** Prepares the database of a folder at a start: afterwards it has this version's schema, and a start can read all that it needs. */
import path from "node:path";
import { SqliteError } from "better-sqlite3";
import { Damaged, LostRows, Rebuilding, Rebuilt, SOME_PLACE } from "../damage.ts";
import { isDiskTrouble } from "../disk-trouble.ts";
import type { Mended, StoreOptions } from "../storage.ts";
import { schemaOf, withDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { damagedEnd } from "./mending/ends.ts";
import { mendOpenIndexes } from "./mending/open-indexes.ts";
import { MIGRATIONS, MigrationMeetsDamage, migrate } from "./migrate.ts";
import { isMarked } from "./refused-mark.ts";
import { giveUpReserve, layReserve } from "./reserve.ts";
import { repairWal } from "./wal-repair.ts";

type Tell = Pick<StoreOptions, "onDamage" | "onUpgrade">;

/** On a full disk this gives up the reserve. A database of this version is then only read. */
export async function prepare(folder: string, tell: Tell): Promise<void> {
  repairWal(folder, tell.onDamage);
  try {
    await bringUpToDate(folder, tell);
    layReserve(folder);
  } catch (error) {
    const isFull = error instanceof SqliteError && isDiskTrouble(error.code);
    if (!isFull || !giveUpReserve(folder)) throw error;
    await bringUpToDate(folder, tell);
  }
}

/**
 * Migrates the database. It is rebuilt from all rows that can be read, as by `doctor --mend`, where a migration meets a damaged page,
 * the end of a table is damaged, or damage has refused a write of the server before.
 */
async function bringUpToDate(folder: string, tell: Tell): Promise<void> {
  const end = await migrateOrRebuild(folder, tell);
  if (end === null) return;
  tell.onDamage?.(new Rebuilding(end, "a page is damaged"));
  try {
    await rebuild(folder, tell);
  } catch (error) {
    // There may be no room, or a backup under way. The server still starts, and reads what it can.
    tell.onDamage?.(new Damaged(`${end}, which could not be rebuilt,`, error));
  }
  withDatabase(path.join(folder, DATABASE_FILE), (db) => mendOpenIndexes(db, tell.onDamage));
}

/** Returns the damaged end, or null. */
async function migrateOrRebuild(folder: string, tell: Tell): Promise<string | null> {
  try {
    return migrateIn(folder, tell);
  } catch (error) {
    if (!(error instanceof MigrationMeetsDamage)) throw error;
    tell.onDamage?.(new Rebuilding("database", "an upgrade meets a damaged page", { cause: error }));
    await rebuild(folder, tell);
    return migrateIn(folder, tell);
  }
}

async function rebuild(folder: string, tell: Tell): Promise<void> {
  const { mend } = await import("./doctor/mend.ts");
  tell.onDamage?.(withoutLost(await mend(folder)));
}

function withoutLost({ lost, aside }: Mended): Damaged {
  if (lost.length === 0) return new Rebuilt(`database, whose former one is in ${aside}`);
  return new LostRows(
    lost.map(({ table }) => table),
    aside,
  );
}

function migrateIn(folder: string, { onDamage, onUpgrade }: Tell): string | null {
  return withDatabase(path.join(folder, DATABASE_FILE), (db) => {
    const [from, to] = [schemaOf(db), MIGRATIONS.length];
    if (from > 0 && from < to) onUpgrade?.(from, to);
    migrate(db);
    const end = damagedEnd(db) ?? (isMarked(folder) ? SOME_PLACE : null);
    if (end === null) mendOpenIndexes(db, onDamage);
    return end;
  });
}
