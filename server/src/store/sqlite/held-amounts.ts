/**
 * What users and tenants hold: open tasks, stored bytes, and what models have cost today. The writer caches it, since to ask for it
 * would cost every submit some statements, and forgets it when another process has written. It remembers as well by which bounds an
 * owner was last judged: what running tasks add is judged by these.
 */
import type { Database } from "better-sqlite3";
import { isTerminal, OPEN_STATES, type State } from "../../task/states.ts";
import type { Visible } from "../../task/visibility.ts";
import type { AddedUsage } from "../codec/daily-usage.ts";
import type { PreparedShare, PreparedWrite } from "../codec/prepared.ts";
import { DAY_MS, ownerOf } from "../codec/totals.ts";
import type { Held, HeldBounds, ShareRefused } from "../share-guard.ts";
import { countIn, numberIn } from "./column.ts";
import { lateRows } from "./late-statements.ts";

type Owner = { tenant: string; user: string };
type Amounts = Held & { day: number; isStale: boolean };

/** Kinds that never call a model of this server. */
const FREE_KINDS: ReadonlySet<string> = new Set(["external", "human"]);
/** Kinds that are never refused: they make room, or end what others have left. */
const ALWAYS_TAKEN: ReadonlySet<string> = new Set(["vector_store_deletion", "waybill.cleanup"]);
/** So that a running task can come to its end, what it adds is refused only beyond so many times the bound. */
const RUNNING_MAY = 1.1;
/**
 * Acts on tasks write events: beyond so many times the bound only ends and deletions are taken. What tasks add does not stop acts
 * before that.
 */
const ACTS_MAY = 1.2;
const BOUNDLESS: HeldBounds = { openTasks: null, usdPerDay: null, storedBytes: null };
/** Cached owners. With more, all amounts are read again, and the bounds that were used longest ago are forgotten. */
const OWNERS_MAX = 10_000;

export class HeldAmounts {
  readonly #flush;
  readonly #read;
  readonly #change;
  readonly #amounts = new Map<string, Amounts>();
  readonly #bounds = new Map<string, PreparedShare>();
  /** The last owner and its name: writes that follow each other are mostly of one owner. */
  #lastNamed = { tenant: "", user: "", name: "\n" };
  /** Bytes that this transaction adds and has not written yet. */
  readonly #added = new Map<string, Owner & { bytes: number }>();

  /** `flush` writes what this transaction has added to totals so far. */
  constructor(db: Database, flush: () => void) {
    this.#flush = flush;
    this.#read = heldReads(db).held;
    // What an insert into `stored_changes` does, without its trigger: 10 us.
    this.#change = db.prepare<unknown[]>(
      `INSERT INTO stored_bytes (tenant, owner, bytes) VALUES (?, '', ?), (?, '=' || ?, ?)
       ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes`,
    );
  }

  forget(): void {
    this.#amounts.clear();
    this.#added.clear();
  }

  /** Called where bytes were written without `add`. */
  forgetBytes(): void {
    for (const amounts of this.#amounts.values()) amounts.isStale = true;
  }

  /** Why this write is refused, or null; `state` is the task's before it, null for a new task. */
  refused(owner: Owner, kind: string, write: PreparedWrite, state: State | null): ShareRefused | null {
    const name = this.#nameOf(owner);
    const share = this.#boundsOf(name, owner, write.share);
    if (share === undefined || ALWAYS_TAKEN.has(kind)) return null;
    const [day, user, tenant] = share;
    const isNew = state === null;
    const adds = write.journal !== undefined || write.artifacts !== undefined;
    if (!isNew && (isTerminal(write.row[0]) || !(adds || write.share))) return null;
    const over = (held: Held, bounds: HeldBounds) =>
      isNew ? beyondOf(held, bounds, FREE_KINDS.has(kind)) : tooFull(held, bounds, adds ? RUNNING_MAY : ACTS_MAY);
    const ofUser = over(this.#of(name, owner, day), user);
    if (ofUser) return { why: "share", whose: isOfAnother(owner, write) ? "owner" : "user", ...ofUser };
    const ofTenant = over(this.#of(owner.tenant, { tenant: owner.tenant, user: null }, day), tenant);
    return ofTenant && { why: "share", whose: "tenant", ...ofTenant };
  }

  /** A task of this owner moves from one state to another, null before its submit and after its deletion; and adds bytes. */
  add(owner: Owner, from: State | null, to: State | null, { bytes, daily }: PreparedWrite): void {
    const opened = Number(isOpen(to)) - Number(isOpen(from));
    this.addBytes(owner, bytes);
    if (opened !== 0)
      for (const whose of [this.#nameOf(owner), owner.tenant]) {
        const amounts = this.#amounts.get(whose);
        if (amounts !== undefined) amounts.openTasks += opened;
      }
    if (daily) this.addMoney(owner, daily);
  }

  /** Adds bytes that no trigger counts. */
  addBytes(owner: Owner, bytes: number): void {
    if (bytes <= 0) return;
    const name = this.#nameOf(owner);
    const added = this.#added.get(name);
    if (added) added.bytes += bytes;
    else this.#added.set(name, { ...owner, bytes });
    for (const whose of [name, owner.tenant]) {
      const amounts = this.#amounts.get(whose);
      if (amounts !== undefined) amounts.storedBytes += bytes;
    }
  }

  /** Adds the cost of paid calls. */
  addMoney(owner: Owner, daily: readonly AddedUsage[]): void {
    for (const whose of [this.#nameOf(owner), owner.tenant]) {
      const amounts = this.#amounts.get(whose);
      if (amounts === undefined) continue;
      for (const { key, added } of daily) if (key[1] === amounts.day) amounts.usdPerDay += added[5];
    }
  }

  /** At the end of a transaction. */
  write(): void {
    for (const { tenant, user, bytes } of this.#added.values()) this.#change.run(tenant, bytes, tenant, user, bytes);
    this.#added.clear();
  }

  /** Under which a user's amounts stand; a tenant's own stand under its name alone. */
  #nameOf({ tenant, user }: Owner): string {
    const last = this.#lastNamed;
    if (last.tenant === tenant && last.user === user) return last.name;
    const name = `${tenant}\n${user}`;
    this.#lastNamed = { tenant, user, name };
    return name;
  }

  /** By which an owner is judged: those that come with the write, where they are its own, or that came with one before. */
  #boundsOf(name: string, { user }: Owner, share: PreparedShare | undefined): PreparedShare | undefined {
    const own = share?.[3] === user ? share : this.#bounds.get(name);
    if (own === undefined) return share && [share[0], BOUNDLESS, share[2], user];
    // In the order in which they were judged: whose tasks run and who submits no more is to be judged for longest.
    this.#bounds.delete(name);
    this.#bounds.set(name, own);
    const [oldest] = this.#bounds.size > OWNERS_MAX ? this.#bounds.keys() : [];
    if (oldest !== undefined) this.#bounds.delete(oldest);
    return own;
  }

  #of(name: string, owner: Visible, day: number): Amounts {
    const known = this.#amounts.get(name);
    if (known?.day === day && !known.isStale) return known;
    this.#flush();
    const amounts = { ...this.#read({ owner, day }), day, isStale: false };
    if (this.#amounts.size >= OWNERS_MAX) this.#amounts.clear();
    this.#amounts.set(name, amounts);
    return amounts;
  }
}

/** What an owner holds as it stands in the tables. */
export function heldReads(db: Database) {
  const row = (sql: string) => lateRows(db, sql);
  const states = OPEN_STATES.map((state) => `'${state}'`).join(", ");
  const open = row(
    `SELECT total(count) FROM totals WHERE tenant = ? AND owner = ? AND span = ${DAY_MS} AND state IN (${states})`,
  );
  const spent = row("SELECT total(cost_usd) FROM daily_usage WHERE tenant = ? AND day = ? AND (? IS NULL OR user = ?)");
  const stored = row("SELECT bytes FROM stored_bytes WHERE tenant = ? AND owner = ?");
  return {
    held: ({ owner, day }: { owner: Visible; day: number }): Held => ({
      openTasks: numberIn(open.get(owner.tenant, ownerOf(owner))?.[0]),
      usdPerDay: numberIn(spent.get(owner.tenant, day, owner.user, owner.user)?.[0]),
      storedBytes: countIn((stored.get(owner.tenant, ownerOf(owner)) ?? [0])[0]),
    }),
  };
}

const BOUNDS = ["openTasks", "usdPerDay", "storedBytes"] as const;
type Beyond = { bound: keyof HeldBounds; most: number };

/** The bound that leaves a new task no room. */
function beyondOf(held: Held, bounds: HeldBounds, isFree: boolean): Beyond | null {
  for (const bound of BOUNDS) {
    const most = bounds[bound];
    if (most !== null && held[bound] >= most && !(isFree && bound === "usdPerDay")) return { bound, most };
  }
  return null;
}

/** Somebody else than the owner has sent it. */
function isOfAnother({ user }: Owner, { share }: PreparedWrite): boolean {
  return share !== undefined && share[3] !== user;
}

function tooFull({ storedBytes }: Held, { storedBytes: most }: HeldBounds, times: number): Beyond | null {
  return most !== null && storedBytes >= most * times ? { bound: "storedBytes", most } : null;
}

function isOpen(state: State | null): boolean {
  return state !== null && !isTerminal(state);
}
