/**
 * An erasure: all of a user, or of a conversation, is removed for good, wherever the store keeps it. It goes on over stops
 * and crashes until nothing is left, and stays as a report that names nobody.
 */

export const ERASURE_STATES = ["running", "completed"] as const;
type ErasureState = (typeof ERASURE_STATES)[number];

export const ERASED = ["user", "conversation"] as const;
/** What is erased. Once it is, a user is known by the pseudonym that stands in the place of the name. */
export type ErasureSubject = { type: (typeof ERASED)[number]; id: string };

/** A backup as the store that made it remembers it. */
export type BackupRecord = { id: string; madeAt: number; path: string; encrypted: boolean };

export type Erasure = {
  id: string;
  tenant: string;
  subject: ErasureSubject;
  state: ErasureState;
  requestedBy: string;
  requestedAt: number;
  endedAt: number | null;
  /** How many of each kind of thing are gone so far. */
  removed: Record<string, number>;
  /** What stays, and why, in sentences. */
  kept: string[];
  /** When the oldest of what was removed came; null as long as there was nothing. */
  since: number | null;
  /** Backups that were made since then and not after the end: they still hold it. */
  backups: BackupRecord[];
};

/** Stands in the place of a user's name in what stays. Nothing leads from it back to the name. */
export function pseudonymOf({ id }: Pick<Erasure, "id">): string {
  return `erased-${id.slice(-12)}`;
}
