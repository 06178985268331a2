/**
 * The arithmetic of totals: how many tasks of each kind and state were created in each span of time, whole days and whole
 * ten minutes, for a tenant and for each of its users. Collects what the transitions of one transaction change, so that
 * each total is written once.
 */
import type { State } from "../../task/states.ts";
import type { Visible } from "../../task/visibility.ts";

export const DAY_MS = 86_400_000;
export const TEN_MINUTES_MS = 600_000;
const SPANS = [DAY_MS, TEN_MINUTES_MS] as const;

/** The key of a tenant's own totals, beside those of its users. */
const WHOLE_TENANT = "";
const ownerOfUser = (user: string) => `=${user}`;

export function ownerOf(visible: Visible): string {
  return visible.user === null ? WHOLE_TENANT : ownerOfUser(visible.user);
}

export function bucketOf(at: number, span: number): number {
  return at - (at % span);
}

/** What a task is counted under. */
export type Counted = { tenant: string; user: string; kind: string; createdAt: number };

/** `createdAt` is the beginning of its ten minutes. */
type Key = Counted & { state: State };
type Delta = { key: Key; count: number };

/** Where a task is counted: for its tenant and for its user, in each span of time. */
export type Place = [tenant: string, owner: string, span: number, bucket: number];
/** A row of the totals, without its count. */
export type Total = [...Place, kind: string, state: State];

export function placesOf({ tenant, user, createdAt }: Omit<Counted, "kind">): Place[] {
  return [WHOLE_TENANT, ownerOfUser(user)].flatMap((owner) =>
    SPANS.map((span): Place => [tenant, owner, span, bucketOf(createdAt, span)]),
  );
}

/** Collects what the transitions of one transaction change. */
export class TotalsDelta {
  readonly #deltas = new Map<string, Delta>();
  /** The last one of each state: most tasks of a transaction are of one user and kind, and a name is longer to make than to compare. */
  readonly #last = new Map<State, Delta>();

  /** A task moves from one state to another; null is before its submit and after its deletion. */
  move(task: Counted, from: State | null, to: State | null): void {
    if (from === to) return;
    if (from !== null) this.#add(task, from, -1);
    if (to !== null) this.#add(task, to, 1);
  }

  /** What each total changes by since the last call, zero left out. */
  take(): { total: Total; by: number }[] {
    const sums = new Map<string, { total: Total; by: number }>();
    for (const { key, count } of this.#deltas.values()) {
      if (count === 0) continue;
      for (const place of placesOf(key)) {
        const total: Total = [...place, key.kind, key.state];
        const name = total.join("\n");
        const known = sums.get(name);
        if (known) known.by += count;
        else sums.set(name, { total, by: count });
      }
    }
    this.#deltas.clear();
    this.#last.clear();
    return [...sums.values()].filter(({ by }) => by !== 0);
  }

  clear(): void {
    this.#deltas.clear();
    this.#last.clear();
  }

  #add(task: Counted, state: State, count: number): void {
    const createdAt = bucketOf(task.createdAt, TEN_MINUTES_MS);
    const { tenant, user, kind } = task;
    let delta = this.#last.get(state);
    if (delta === undefined || !isOf(delta.key, tenant, user, kind, createdAt)) {
      const name = `${tenant}\n${user}\n${kind}\n${createdAt}\n${state}`;
      delta = this.#deltas.get(name) ?? { key: { tenant, user, kind, createdAt, state }, count: 0 };
      this.#deltas.set(name, delta);
      this.#last.set(state, delta);
    }
    delta.count += count;
  }
}

function isOf(key: Key, tenant: string, user: string, kind: string, createdAt: number): boolean {
  return key.createdAt === createdAt && key.user === user && key.tenant === tenant && key.kind === kind;
}
