/**
 * Where a store keeps its data, and what can be done there without opening it: also while a server has it open. A
 * command line looks after a server's data by this alone.
 */

import type { AuditEntry } from "../task/audit.ts";
import type { TaskId } from "../task/id.ts";
import type { Damaged } from "./damage.ts";
import type { Files } from "./files.ts";
import type { Store } from "./store.ts";

export type StoreOptions = {
  /** Hears once that a part of the store has died: from then on every call is refused as `unavailable`. */
  onFatal?: (error: Error) => void;
  /** Hears once of each thing that cannot be read and was left out of a list or a start. */
  onDamage?: (damage: Damaged) => void;
  /** Hears before an older schema is brought up to date, which may read all that there is. */
  onUpgrade?: (from: number, to: number) => void;
  /** Hears of each write how long it took until it was on disk, in milliseconds. */
  onWritten?: (ms: number) => void;
  /** Hears of each call that a thread of the store worked on for `slowMs`, 250 when absent; in memory there are no threads. */
  onSlow?: (call: SlowStoreCall) => void;
  slowMs?: number;
  /** Hears why the log of the database could not be written back beside the writes: it grows until it can. */
  onLogGrows?: (error: unknown) => void;
  /** What the age of files is counted by. */
  clock?: () => number;
  /** In a vector store of so many chunks a search looks at every vector, and beyond at those that are likely to be near. */
  exactChunksMax?: number;
};

/** `call` is the store's own name of it, `rows` how many its answer has. */
export type SlowStoreCall = { thread: string; call: string; ms: number; rows: number | null };

/** What a check of the data has found; only data of the present schema is looked through. */
export type Health = {
  schema: number;
  presentSchema: number;
  /** Of the database as a whole, as sentences. */
  problems: string[];
  unreadable: Unreadable[];
  /** Ids of the tasks that were set aside. */
  aside: string[];
  audit: AuditHealth;
};

/** What a look over the whole audit log has found. */
export type AuditHealth = {
  entries: number;
  /** The last entry and its hash: whoever notes them elsewhere sees later that nothing before was changed. */
  last: number;
  hash: string;
  /** Where it is not the chain that it was written as, by sentences. */
  problems: string[];
};

/** Something that the server could not read, by a sentence; `task` is whose it is, when it is one's. */
export type Unreadable = { task: TaskId | null; says: string };

/** A table of which rows could not be read: so many alone, and all those of pages. */
export type Lost = { table: string; rows: number; pages: boolean };

/** What a mended database has lost, and where the old one went. */
export type Mended = { lost: Lost[]; aside: string };

/** What a backup says that it holds. */
export type Manifest = {
  format: 1;
  /** The version of Waybill that made it. */
  version: string;
  created_at: string;
  database: { bytes: number; sha256: string };
  files: number;
  /** Absent in one of an older version, as are the next two. */
  id?: string | undefined;
  schema?: number | undefined;
  tasks?: number | undefined;
};

/** A file that rows name and that is not there, or not as it was. `holds` says whose value is lost by it. */
export type MissingFile = { sha256: string; holds: string[] };

export type ArchiveOptions = {
  /** Go on without files that are missing: what they hold is lost, and is told. */
  withoutMissingFiles?: boolean;
  /** Back up without rows that lie on damaged pages: they are lost, which is told. */
  withoutDamagedRows?: boolean;
  /** A backup is encrypted with it, and one that is encrypted is read with it. */
  passphrase?: string;
  /** To try a passphrase takes work of 2 to the power of this: 18 as age itself has it, a second of a processor. */
  passphraseWork?: number;
};

export type RestoreOptions = ArchiveOptions & {
  /** Names of other files in the folder that belong to the data that is replaced, and go aside with it. */
  besides?: readonly string[];
};

/** An archive is not one, or not whole. Nothing was touched. */
export class BadArchive extends Error {
  override readonly name = "BadArchive";
}

export interface Storage {
  /** Its files, for whoever only reads: also in another process than the owner's. */
  readonly files: Pick<Files, "read" | "open">;
  /** Whether anything was ever kept there. */
  exists(): boolean;
  /** Why it must not be used: a sentence, when it or an entry of it is another user's or a link to a file; else null. */
  foreign(): Promise<string | null>;
  /** Who has it open: null for nobody, or a sentence that names the process. */
  owner(): Promise<string | null>;
  /** Folders in it that hold what was there before a restore or a rebuild of the database. */
  former(): Promise<string[]>;
  /** Takes it for this process and returns how to give it back. Throws `unavailable` when another one has it. */
  lock(): Promise<() => void>;
  /** What others on this machine may read or change of it, which the next start takes from them where it is ours. */
  openToOthers(): AsyncIterable<{ entry: string; mode: number }>;
  /** Throws when it cannot be read at all. */
  health(): Promise<Health>;
  /**
   * Puts a task out of the way with all that hangs on it, whether or not it can be read: nothing of it is changed, and
   * nobody is shown it. Whoever calls it holds the lock. False when there is no such task, or it is aside already.
   */
  setAside(task: TaskId): Promise<boolean>;
  /** Puts it back as it was: open ones go on at the next start. False when no such task is aside. */
  putBack(task: TaskId): Promise<boolean>;
  /**
   * Rebuilds the database from all rows that can be read, with every index and all that is counted. Whoever calls it holds
   * the lock.
   */
  mend(): Promise<Mended>;
  /** Writes the database anew: nothing that was removed is left in it. Whoever calls it holds the lock. */
  compact(): Promise<void>;
  /**
   * Writes everything into one file, which appears whole or not at all, and only once it has passed the check of a
   * restore. Throws `BadArchive` when it does not. What is made from rows may be damaged. `isNoted`: the data remembers it,
   * for the reports of erasures.
   */
  backup(
    target: string,
    version: string,
    options?: ArchiveOptions,
  ): Promise<{ manifest: Manifest; missing: MissingFile[]; lost: Lost[]; isNoted: boolean }>;
  /** Whether a backup wants a passphrase. */
  isEncrypted(archive: string): Promise<boolean>;
  /**
   * Puts a backup in place of what is there, which is moved aside and not removed: `aside` is where it went. `lost` is what
   * the backup itself was made without. Whoever calls it holds the lock. Throws `BadArchive` before anything is touched.
   */
  restore(
    archive: string,
    version: string,
    options?: RestoreOptions,
  ): Promise<{ manifest: Manifest; aside: string | null; missing: MissingFile[]; lost: Lost[] }>;
  /** Writes an entry into the audit log, also while a server has it open. False in data of another schema. */
  note(entry: AuditEntry): Promise<boolean>;
  /** Takes it for this process, and brings an older schema up to date. Throws `unavailable` when another one has it. */
  open(options?: StoreOptions): Promise<Store>;
}
