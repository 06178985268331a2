/** The files of a data folder. Imports no driver, so that a command can look at a folder without one. */
import path from "node:path";

/** The one file that holds rows. */
export const DATABASE_FILE = "waybill.sqlite";
/** The index of vector stores, which is derived from rows. By its name a restore moves it aside with them. */
export const INDEX_FILE = `${DATABASE_FILE}-index`;
/** Values too large for a row, and uploaded bytes. */
export const FILES_FOLDER = "files";
/** Says that damage has refused something, see `refused-mark.ts`. A restore puts it aside as well. */
export const REFUSED_FILE = `${DATABASE_FILE}-refused`;
/** Says which process has the folder. */
export const LOCK_FILE = "lock.sqlite";
/** Room for a start on a full disk, see `reserve.ts`. */
export const RESERVE_FILE = "reserve";

/** What was paid while the disk was full, see `unwritten-usage.ts`. */
export const UNWRITTEN_FILE = "unwritten-usage";

/** Prefix of a folder that a restore has moved aside; the time follows. */
export const ASIDE_PREFIX = "before-restore-";

/** Whether an entry of a data folder was made by Waybill: a folder may hold other things too. */
export function isOwnEntry(name: string): boolean {
  return OWN_ENTRY.test(name);
}

/** Whether a server opens an entry of this name as a file or a folder; null where it does not open it, such as a backup. */
export function openedAs(name: string): "file" | "folder" | null {
  if (name === FILES_FOLDER) return "folder";
  return OPENED_FILE.test(name) ? "file" : null;
}

/** Also what SQLite lays beside its files, what the engine knows of crashes, and what backups and restores work in. */
const OWN_ENTRY =
  /^(waybill\.sqlite|lock\.sqlite|in-flight|fatal-error\.json|reserve$|unwritten-usage$|files$|(backup|restore|before-restore)-)/;

const OPENED_FILE =
  /^((waybill\.sqlite(-index|-refused)?|lock\.sqlite)(-wal|-shm|-journal)?|in-flight.*|fatal-error\.json|reserve|unwritten-usage)$/;

/** The path of the file with this hash. */
export function pathOfFile(folder: string, sha256: string): string {
  return path.join(folder, FILES_FOLDER, sha256.slice(0, 2), sha256.slice(2));
}
