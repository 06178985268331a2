/** What an engine may be told: how much at once, how long to keep, and where to tell what nobody asked for. */
import type { Write } from "../../store/write.ts";
import type { Change } from "../../task/decide.ts";
import { isUnavailable, Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Task } from "../../task/task.ts";
import type { LogLine } from "../../task/text/log-line.ts";
import type { EndedTry } from "../execution/attempt-port.ts";
import { AUDIT_DAYS, AUDIT_ENTRIES, RETENTION_DAYS } from "./retention.ts";
import type { SlotLimits } from "./slots.ts";

/** What the store has refused is tried again after this. */
export const AGAIN_MS = 1_000;
/** What many may be waiting to try again is tried ever more rarely, down to this. */
export const AGAIN_MS_MAX = 8_000;

/** Whether it may go well at another time: the store was not there, or others were quicker. Anything else would come again. */
export function isPassing(error: unknown): boolean {
  return isUnavailable(error) || (error instanceof Refusal && error.code === "conflict");
}

export type EngineLimits = {
  /** Tasks whose handlers run at once. */
  concurrency: number;
  /** Of one tenant, at most; all of them when absent. */
  concurrencyOfTenant?: number | undefined;
  /** How many more run at once when each of these is the only one of its tenant; a tenth of `concurrency` when absent. */
  concurrencyReserve?: number | undefined;
  /** Bytes of tasks kept in memory for reading. */
  recentBytes: number;
  retentionDays: number;
  /** Days that an entry of the audit log is kept. */
  auditDays: number;
  /** Entries of the audit log that are kept, the newest, however young the others are. */
  auditEntries: number;
  /** Bytes of what tasks have done that are kept in memory while the store does not take them. */
  keptBytes: number;
  /** Generations of children below a task that a caller has submitted. */
  depthMax: number;
  /** Open tasks that a start reads at once. */
  openPage: number;
  /** Of what ran before a start, so many for which callers wait. */
  openAwaited: number;
  /** Those that sleep for longer than this are on disk alone. */
  sleepersAheadMs: number;
  /** So many of the tasks that a queue gives out next are in memory, up to twice as many when urgent ones come, */
  claimableAhead: number;
  /** and so many of all queues: callers name these, and each of a tenant's thousands has fewer. */
  claimableAheadOfAll: number;
};

export const ENGINE_LIMITS: EngineLimits = {
  concurrency: 200,
  recentBytes: 64 * 1024 * 1024,
  retentionDays: RETENTION_DAYS,
  auditDays: AUDIT_DAYS,
  auditEntries: AUDIT_ENTRIES,
  keptBytes: 64 * 1024 * 1024,
  depthMax: 100,
  openPage: 1_000,
  openAwaited: 2_000,
  sleepersAheadMs: 600_000,
  claimableAhead: 500,
  claimableAheadOfAll: 50_000,
};

const RESERVE_SHARE = 0.1;

export function slotLimitsOf({ concurrency, concurrencyOfTenant, concurrencyReserve }: EngineLimits): SlotLimits {
  return {
    total: concurrency,
    ofTenant: concurrencyOfTenant ?? concurrency,
    reserve: concurrencyReserve ?? Math.ceil(concurrency * RESERVE_SHARE),
  };
}

/** Where the engine tells what nobody asked for. */
export type EngineLog = {
  warn: (message: string, detail: Record<string, unknown>) => void;
  /** Something in the code of a kind went wrong, for whoever builds it. */
  report?: (message: string, detail: Record<string, unknown>) => void;
  /** A line that the code of a kind says. */
  said?: (line: LogLine & { task: TaskId; kind: string }) => void;
  /** With the paid calls that it brought. */
  taskChanged?: (change: Pick<Write, keyof Change | "usage">) => void;
  stepEnded?: (task: Task, step: string, ms: number, tried?: EndedTry) => void;
};
