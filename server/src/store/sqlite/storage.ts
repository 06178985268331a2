/** A data folder with a SQLite database in it. The driver is loaded when it is first needed. */
import { lstatSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { Refusal } from "../../task/errors.ts";
import { clauseOf } from "../../task/text/clause.ts";
import { filesToRead } from "../folder-files.ts";
import { makeFolder } from "../make-folder.ts";
import { isDenied, openToOthers, refuseForeign } from "../permissions.ts";
import type { Health, Storage } from "../storage.ts";
import { ASIDE_PREFIX, DATABASE_FILE, FILES_FOLDER, isOwnEntry, openedAs, pathOfFile } from "./folder.ts";
import { isMarked } from "./refused-mark.ts";
import { refuseDamagedWal } from "./wal-repair.ts";

export function sqliteStorage(folder: string): Storage {
  const exists = () => isThere(path.join(folder, DATABASE_FILE));
  const lock = async () => {
    await makeFolder(folder);
    await refuseForeign(folder, isOwnEntry, openedAs);
    const { lockFolder } = await import("./folder-lock.ts");
    return lockFolder(folder);
  };
  return {
    files: filesToRead(path.join(folder, FILES_FOLDER)),
    exists,
    lock,
    foreign: () => refusalOf(() => refuseForeign(folder, isOwnEntry, openedAs)),
    owner: async () => (exists() ? refusalOf(async () => (await lock())()) : null),
    former: async () => (await readdir(folder)).filter((name) => name.startsWith(ASIDE_PREFIX)).sort(),
    health: () => healthOf(folder),
    openToOthers: () => openToOthers(folder, isOwnEntry),
    setAside: async (task) => {
      const { setAside } = await import("./doctor/set-aside.ts");
      return within(folder, (db) => setAside(db, task));
    },
    putBack: async (task) => {
      const { putBack } = await import("./doctor/set-aside.ts");
      return within(folder, (db) => putBack(db, task));
    },
    mend: async () => {
      refuseDamagedWal(folder);
      return (await import("./doctor/mend.ts")).mend(folder);
    },
    compact: async () => {
      refuseDamagedWal(folder);
      return (await import("./erasure/scrub.ts")).compact(path.join(folder, DATABASE_FILE));
    },
    note: async (entry) => {
      const { noteAudit } = await import("./audit/audit-note.ts");
      return within(folder, (db) => noteAudit(db, entry));
    },
    backup: async (target, version, options) => {
      refuseDamagedWal(folder);
      return (await import("./archive/archive.ts")).writeArchive(folder, target, version, options);
    },
    isEncrypted: async (archive) => (await import("./archive/archive-file.ts")).isEncrypted(archive),
    restore: async (archive, version, options) =>
      (await import("./archive/archive.ts")).restoreArchive(archive, folder, version, options),
    open: async (options) => (await import("./store.ts")).openSqliteStore(folder, options),
  };
}

/** Its sentence; null when it refuses nothing. */
async function refusalOf(act: () => Promise<void>): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

async function healthOf(folder: string): Promise<Health> {
  const [
    { openDatabase, schemaOf },
    { check },
    { missingFiles, sentenceOf },
    { MIGRATIONS },
    { inspect },
    { idsAside },
    audits,
  ] = await Promise.all([
    import("./database.ts"),
    import("./doctor/check.ts"),
    import("./archive/named-files.ts"),
    import("./migrate.ts"),
    import("./doctor/inspect.ts"),
    import("./doctor/set-aside.ts"),
    import("./audit/audit-check.ts"),
  ]);
  refuseDamagedWal(folder);
  const db = openDatabase(path.join(folder, DATABASE_FILE), { readonly: true });
  try {
    refuseViews(db);
    const schema = schemaOf(db);
    const presentSchema = MIGRATIONS.length;
    const sizeOf = (sha256: string) => statSync(pathOfFile(folder, sha256), { throwIfNoEntry: false })?.size;
    const isThere = (sha256: string) => sizeOf(sha256) !== undefined;
    /** What one look cannot read keeps no other from being made. */
    const unlooked: string[] = [];
    const looked = <Found>(at: string, look: () => Found, nothing: Found): Found => {
      try {
        return look();
      } catch (error) {
        unlooked.push(`A look at ${at} could not be made: ${clauseOf(error)}.`);
        return nothing;
      }
    };
    // The invariants are those of the present schema; an older one becomes that at the next start.
    if (schema !== presentSchema)
      return { schema, presentSchema, problems: [], unreadable: [], aside: [], audit: audits.NO_AUDIT };
    const audit = looked("the audit log", () => audits.checkAudit(db), audits.NO_AUDIT);
    const files = filesToRead(path.join(folder, FILES_FOLDER));
    const unreadable = await inspect(db, files, sizeOf);
    const missing = looked("the files that rows name", () => missingFiles(db, isThere).map(sentenceOf), []);
    const aside = looked("what is set aside", () => idsAside(db), []);
    const problems = [...check(db), ...missing, ...unlooked, ...(isMarked(folder) ? [REFUSED] : [])];
    return { schema, presentSchema, problems, unreadable, aside, audit };
  } finally {
    db.close();
  }
}

const REFUSED =
  "A damaged page has refused what was to be added. A start of the server rebuilds the database from all that can be read.";

/** A stranger's view in the place of a table may have rows without end. */
function refuseViews(db: Database): void {
  const found = db.prepare<unknown[], unknown>("SELECT name FROM sqlite_schema WHERE type = 'view'").pluck().all();
  const strange = found.filter((name) => name !== OWN_VIEW);
  if (strange.length > 0) throw new Error(`it has views that are none of Waybill's: ${strange.slice(0, 3).join(", ")}`);
}
const OWN_VIEW = "stored_changes";

async function within(folder: string, act: (db: Database) => boolean): Promise<boolean> {
  const { withDatabase } = await import("./database.ts");
  refuseDamagedWal(folder);
  return withDatabase(path.join(folder, DATABASE_FILE), act);
}

/** Also what this user may not look at: whoever opens it says so. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return isDenied(error);
  }
}
