/** What lies where in a data folder. Knows no driver, so that a command can look without loading one. */

/** The one file that holds rows. */
export const DATABASE_FILE = "waybill.sqlite";
/** Values too large for a row, and uploaded bytes. */
export const FILES_FOLDER = "files";
/** Says which process has the folder. */
export const LOCK_FILE = "lock.sqlite";
