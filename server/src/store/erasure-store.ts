/**
 * What an erasure asks of a store. Each verb does a turn of it, of some milliseconds, and says whether there is more: what
 * was removed is counted in the same commit, so that whoever goes on after a crash counts nothing twice.
 */
import type { AuditEntry } from "../task/audit.ts";
import type { BackupRecord, Erasure } from "../task/erasure.ts";
import type { TaskId } from "../task/id.ts";

/** Under way, of one user and of a tenant: each begin looks through all of its tenant. */
export const ERASURES_RUNNING_MAX = 1_000;
export const ERASURES_RUNNING_OF_TENANT_MAX = 4_000;

/** A task of a subject, as far as it can be told without reading it. */
export type ErasableTask = { id: TaskId; isOpen: boolean; isDeleted: boolean };

export interface ErasureStore {
  /**
   * Keeps it, and answers the one that stands: one of the same subject that is running is not begun again. Keys of a user end with it.
   * Refuses `rate_limited` where whoever asks has `ERASURES_RUNNING_MAX` under way, or its tenant `ERASURES_RUNNING_OF_TENANT_MAX`.
   */
  begin(erasure: Erasure, audit: AuditEntry): Promise<Erasure>;
  find(tenant: string, id: string): Promise<Erasure | null>;
  /** Latest first. */
  list(tenant: string, limit: number): Promise<Erasure[]>;
  /** A page of those that have not come to their end, the oldest first, behind the id `after`; `next` is null after the last. */
  running(after: string): Promise<{ erasures: Erasure[]; next: string | null }>;
  /**
   * Some of its tasks, in no order that matters, those that were set aside too; of a conversation also all below its tasks,
   * none before those below it when `open` is false. `after` begins with 0; `next` is null when all were looked at.
   * Those of `except` stay, and keep none above them. `isUnread` says that some of those it went past could not be read, and may be its.
   */
  tasks(
    of: Pick<Erasure, "tenant" | "subject">,
    page: { open: boolean; after: number; except: readonly TaskId[] },
  ): Promise<{ tasks: ErasableTask[]; next: number | null; isUnread: boolean }>;
  /** Tasks that clean up after others, are open and were submitted since. */
  cleanups(tenant: string, since: number): Promise<number>;
  /**
   * Removes tasks with all that hangs on them, whatever their state. `isMore` is false when nothing is left of them but of
   * those that cannot be removed, since what is theirs is damaged.
   */
  eraseTasks(id: string, tasks: readonly TaskId[]): Promise<{ isMore: boolean; damaged: TaskId[] }>;
  /**
   * Removes whatever else is the subject's, and puts the pseudonym in the place of a user's name in what stays. `isMore` is false when
   * nothing is left but `damaged`, which cannot be removed.
   */
  eraseRecords(id: string): Promise<{ isMore: boolean; damaged: string[] }>;
  /** Removes the words of removed texts from the index of texts. False when nothing is left. */
  eraseWords(): Promise<boolean>;
  /** Removes files that only removed rows have named. Answers how many are left, which somebody else may be about to name. */
  eraseFiles(id: string): Promise<number>;
  /** Overwrites what removed rows have left on the disk. Answers what could not be, as a sentence; null when nothing is left. */
  scrub(): Promise<string | null>;
  /** Ends it. `kept` is what stays, in sentences. */
  end(id: string, at: number, kept: readonly string[]): Promise<Erasure | null>;
  /** Remembers a backup, which may hold what is erased later. */
  noteBackup(backup: BackupRecord): Promise<void>;
}
