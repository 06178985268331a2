/** Reads the audit log, waits for new entries, and counts refused calls. */
import type { Clock } from "../../engine/clock.ts";
import type { AuditStore } from "../../store/audit-store.ts";
import { type AuditFilter, type AuditPage, type AuditPlace, auditEntry } from "../../task/audit.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { auditedFor } from "../../task/visibility.ts";
import type { Audit, RefusedCall } from "../audit.ts";
import { RefusedCalls } from "./refused-calls.ts";

/** How often the audit log is read while callers wait, once for all of them: another process may write it too. */
const LOOK_EVERY_MS = 250;

export class AuditVerbs implements Audit {
  readonly #store: AuditStore;
  readonly #clock: Clock;
  readonly #refused: RefusedCalls;
  /** The next read, for all who wait. */
  #nextLook: Promise<number> | null = null;

  constructor(store: AuditStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#refused = new RefusedCalls(store, clock);
  }

  page(
    principal: Principal,
    filter: Omit<AuditFilter, "tenants">,
    place: AuditPlace,
    limit: number,
  ): Promise<AuditPage> {
    mustHave(principal, "admin");
    const theirs = { ...filter, tenants: auditedFor(principal) };
    return this.#store.page(theirs, place, Math.min(limit, PAGE_LIMIT_MAX));
  }

  async next(
    principal: Principal,
    filter: Omit<AuditFilter, "tenants">,
    after: number,
    { limit, waitMs }: { limit: number; waitMs: number },
    left: () => AbortSignal,
  ): Promise<AuditPage> {
    let page = await this.page(principal, filter, { after }, limit);
    if (page.entries.length > 0 || page.more || waitMs === 0) return page;
    const signal = left();
    const until = this.#clock.elapsed() + waitMs;
    while (!signal.aborted && this.#clock.elapsed() < until) {
      if ((await this.#look()) <= page.place) continue;
      page = await this.page(principal, filter, { after: page.place }, limit);
      if (page.entries.length > 0 || page.more) break;
    }
    return page;
  }

  async signedIn(principal: Principal, lens: string): Promise<void> {
    await this.#store.append(auditEntry(principal, "sign_in", this.#clock.now(), { detail: { lens } }));
  }

  refused(call: RefusedCall): void {
    this.#refused.note(call);
  }

  close(): Promise<void> {
    return this.#refused.close();
  }

  #look(): Promise<number> {
    this.#nextLook ??= new Promise<void>((resolve) => this.#clock.after(LOOK_EVERY_MS, resolve)).then(() => {
      this.#nextLook = null;
      return this.#store.newest();
    });
    return this.#nextLook;
  }
}
