/** What a start does to the database of a folder before anybody reads it: it is of this version then, and can be gone over. */
import path from "node:path";
import { SqliteError } from "better-sqlite3";
import { Damaged, Rebuilt, SOME_PLACE } from "../damage.ts";
import { isDiskTrouble } from "../disk-trouble.ts";
import type { Mended, StoreOptions } from "../storage.ts";
import { schemaOf, withDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { damagedEnd } from "./mending/ends.ts";
import { mendOpenIndexes } from "./mending/open-indexes.ts";
import { MIGRATIONS, MigrationMeetsDamage, migrate } from "./migrate.ts";
import { isMarked } from "./refused-mark.ts";
import { giveUpReserve, layReserve } from "./reserve.ts";

type Tell = Pick<StoreOptions, "onDamage" | "onUpgrade">;

/** On a full disk, whose last reserve this takes, a database that is of this version already is only read. */
export async function prepare(folder: string, tell: Tell): Promise<void> {
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
 * Where a page is damaged that a migration reads, to which rows are added, or that has refused the server before what was to be, it is made
 * anew of all that can be read, as `doctor --mend` does it.
 */
async function bringUpToDate(folder: string, tell: Tell): Promise<void> {
  const end = await migrateOrMakeAnew(folder, tell);
  if (end === null) return;
  tell.onDamage?.(
    new Damaged(
      end,
      new Error("a page is damaged: the database is made anew of what can be read, which takes minutes of a large one"),
    ),
  );
  try {
    await makeAnew(folder, tell);
  } catch (error) {
    // For want of room, or beside a backup: what is there can be read.
    tell.onDamage?.(new Damaged(`${end}, which could not be made anew,`, error));
  }
  withDatabase(path.join(folder, DATABASE_FILE), (db) => mendOpenIndexes(db, tell.onDamage));
}

/** Where rows cannot be added any more, if anywhere. */
async function migrateOrMakeAnew(folder: string, tell: Tell): Promise<string | null> {
  try {
    return migrateIn(folder, tell);
  } catch (error) {
    if (!(error instanceof MigrationMeetsDamage)) throw error;
    const why = "an upgrade meets a damaged page: it is made anew of what can be, which takes minutes of a large one";
    tell.onDamage?.(new Damaged("database", new Error(why, { cause: error })));
    await makeAnew(folder, tell);
    return migrateIn(folder, tell);
  }
}

async function makeAnew(folder: string, tell: Tell): Promise<void> {
  const { mend } = await import("./doctor/mend.ts");
  tell.onDamage?.(withoutLost(await mend(folder)));
}

function withoutLost({ lost, aside }: Mended): Damaged {
  if (lost.length === 0) return new Rebuilt(`database, whose former one is in ${aside}`);
  const tables = lost.map(({ table }) => table).join(", ");
  const why = `pages of the tables are damaged: the start has made the database anew without them, and the former one is in ${aside}`;
  return new Damaged(`rows of ${tables}`, new Error(why));
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
