/** The door for rows of erasures and of backups. */
import { z } from "zod";
import { type BackupRecord, ERASED, ERASURE_STATES, type Erasure } from "../../task/erasure.ts";
import { maybeTime, time } from "./cells.ts";

/** Older versions wrote when a copy was put aside with fractions of a millisecond, as file systems have it. */
const madeAt = z.number().transform(Math.trunc).pipe(time);
const backup = z.object({ id: z.string(), madeAt, path: z.string(), encrypted: z.boolean() });

const erasure = z.object({
  id: z.string(),
  tenant: z.string(),
  subject: z.object({ type: z.enum(ERASED), id: z.string() }),
  state: z.enum(ERASURE_STATES),
  requestedBy: z.string(),
  requestedAt: time,
  endedAt: maybeTime,
  removed: z.record(z.string(), z.number()),
  kept: z.array(z.string()),
  since: maybeTime,
  backups: z.array(backup),
});

export function erasureOf(record: unknown): Erasure {
  return erasure.parse(JSON.parse(z.string().parse(record)));
}

export function backupOf(record: unknown): BackupRecord {
  return backup.parse(JSON.parse(z.string().parse(record)));
}
