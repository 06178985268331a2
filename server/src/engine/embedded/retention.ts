/** The retention sweep: it removes what ended long ago, and what callers left behind beside it, a little at a time. */
import type { Store } from "../../store/store.ts";
import type { Clock } from "../clock.ts";

const DAY_MS = 86_400_000;
export const RETENTION_DAYS = 30;
export const AUDIT_DAYS = 365;
/** About 3 GB. */
export const AUDIT_ENTRIES = 10_000_000;
const RETENTION_DAYS_MIN = 7;
const IDEMPOTENCY_MS = DAY_MS;
const SWEEP_EVERY_MS = 3_600_000;
/** Tasks removed in one transaction. */
const SWEEP_TASKS = 200;

export class Retention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #auditMs: number;
  readonly #auditEntriesMax: number;
  readonly #warn: (error: unknown) => void;
  #stopped = false;
  #cancel: () => void = () => {};

  constructor(
    store: Store,
    clock: Clock,
    kept: { taskDays: number; auditDays: number; auditEntries: number },
    warn: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#keepMs = Math.max(kept.taskDays, RETENTION_DAYS_MIN) * DAY_MS;
    this.#auditMs = Math.max(kept.auditDays, RETENTION_DAYS_MIN) * DAY_MS;
    this.#auditEntriesMax = kept.auditEntries;
    this.#warn = warn;
  }

  start(): void {
    this.#cancel = this.#clock.after(SWEEP_EVERY_MS, () => {
      void this.sweep()
        .catch(this.#warn)
        .finally(() => !this.#stopped && this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** One round, until nothing is left to remove, of callers' records neither. Returns how many tasks went. */
  async sweep(): Promise<number> {
    const now = this.#clock.now();
    // What keeps tasks from going, such as a damaged index, does not keep all else.
    return await this.#sweepTasks(now).finally(() => this.#sweepRecords(now));
  }

  async #sweepTasks(now: number): Promise<number> {
    let removed = 0;
    for (let last = SWEEP_TASKS; last >= SWEEP_TASKS && !this.#stopped; removed += last) {
      last = await this.#store.sweep(now - this.#keepMs, SWEEP_TASKS);
    }
    return removed;
  }

  async #sweepRecords(now: number): Promise<void> {
    const times = {
      idempotencyBefore: now - IDEMPOTENCY_MS,
      auditBefore: now - this.#auditMs,
      auditEntriesMax: this.#auditEntriesMax,
      unusedSince: now - this.#keepMs,
      expiredBefore: now,
    };
    let after: string | null = "";
    while (after !== null && !this.#stopped) after = await this.#store.sweepRecords(times, after);
  }
}
