/**
 * What a task's handler has already done, as its run reads it: entries by branch and position. The name at a position
 * is what the code asked for when the entry was made, so a journal that no longer fits the code is seen at once.
 */

import type { JournalEntry } from "../../store/store.ts";
import { MissingCode } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import type { Step } from "../../task/step.ts";
import { firstWhere } from "../binary-search.ts";

export class JournalMismatch extends MissingCode {
  override readonly name = "JournalMismatch";
  override readonly code = "journal_mismatch";
}

const NO_ORDER =
  ". Calls that overlap in one branch have no order of their own: give each chain of them a branch of parallel()";

/** Calls that do something: a code that no longer asks for one of these is another code. */
const WEIGHTY: ReadonlySet<Step["kind"]> = new Set(["step", "sleep", "input", "child", "pause"]);

export class Journal {
  readonly #entries = new Map<string, JournalEntry>();
  readonly #layout: Layout;

  constructor(entries: readonly JournalEntry[]) {
    const known = entries.filter((entry) => !isLeftBehind(entry));
    for (const entry of known) this.put(entry);
    this.#layout = new Layout(known);
  }

  get size(): number {
    return this.#entries.size;
  }

  has(branch: string, position: number): boolean {
    return this.#entries.has(placeOf({ branch, position }));
  }

  /** What it holds of an effect; nothing where another call stands. */
  effectAt({ branch, position }: CallPlace, name: string, occurrence: number): JournalEntry | undefined {
    const entry = this.#entries.get(placeOf({ branch, position }));
    return entry?.kind === "effect" && entry.name === name && entry.occurrence === occurrence ? entry : undefined;
  }

  put(entry: JournalEntry): void {
    this.#entries.set(placeOf(entry), entry);
  }

  /**
   * These failed calls, made ready to be done afresh by a retry of the whole task, and what came after their failure, which is
   * left behind: a success may be followed by other calls. A child keeps its id: its retry reuses what it did.
   */
  reopened(failures: readonly FailedPlace[]): JournalEntry[] {
    const afresh = new Set(failures.map(placeOf).filter((place) => this.#entries.get(place)?.state === "failed"));
    if (afresh.size === 0) return [];
    const first = new Map<string, number>();
    const from = (branch: string, position: number) =>
      first.set(branch, Math.min(position, first.get(branch) ?? position));
    for (const { branch, next, lines } of failures) {
      from(branch, next);
      from(linesOf(branch), lines);
    }
    const isAfter = ({ branch, position }: CallPlace) => position >= (first.get(branch) ?? Number.POSITIVE_INFINITY);
    return [...this.#entries].flatMap(([place, entry]) => {
      if (isAfter(entry) || this.#layout.forksTo(entry.branch).some(isAfter)) return [leftBehind(entry)];
      if (!afresh.has(place)) return [];
      const result = entry.kind === "child" ? entry.result : { until: 0, said: true, gaveUpAt: entry.tries };
      return [{ ...entry, state: "retrying" as const, tries: 0, result }];
    });
  }

  /** The entry of a call, or undefined when the call is new. Throws `JournalMismatch` when another call stands there. */
  find(
    branch: string,
    position: number,
    kind: Step["kind"],
    name: string,
    occurrence: number,
  ): JournalEntry | undefined {
    const place = { branch, position };
    const entry = this.#entries.get(placeOf(place));
    if (entry === undefined && this.#layout.branchesAt(place).length === 0) return undefined;
    if (entry?.kind === kind && entry.name === name && entry.occurrence === occurrence) return entry;
    const asked = nameOf({ kind, name, occurrence });
    const now = `the code now asks for ${asked}`;
    if (entry === undefined) throw mismatchAt(place, "parallel branches", now);
    throw mismatchAt(place, nameOf(entry), now + this.#elsewhere(branch, asked));
  }

  /** That the call stands at another position of the branch: what overlaps there comes in another order each time. */
  #elsewhere(branch: string, asked: string): string {
    const found = [...this.#entries.values()].find((entry) => entry.branch === branch && nameOf(entry) === asked);
    return found === undefined ? "" : `, which it holds at position ${found.position}${NO_ORDER}`;
  }

  /** These branches begin at this place. What does not fit: another call there, or branches that are not among them. */
  fork(place: CallPlace, keys: readonly string[]): JournalMismatch | null {
    const entry = this.#entries.get(placeOf(place));
    const isLeftOver = this.#layout.isBehindRetry(place) || this.#layout.branchesAt(place).length > 0;
    if (entry && !isLeftOver) return mismatchAt(place, nameOf(entry), "the code now asks for parallel branches");
    const other = this.#layout.begin(place, keys);
    return other === undefined
      ? null
      : mismatchAt(place, `the branch "${other}"`, "the code now asks for parallel branches without it");
  }

  /** The code of a branch has ended before this position. What does not fit: something that it has done before, and no longer asks for. */
  ended({ branch, position }: CallPlace): JournalMismatch | null {
    const last = this.#layout.lastOf(branch);
    if (!last || last.position < position || this.#layout.isBehindRetry({ branch, position: last.position }))
      return null;
    return mismatchAt(last.entry, nameOf(last.entry), "the code now ends without it");
  }
}

/** How what an earlier attempt has done lies in branches. */
class Layout {
  /** Those of the entries, sorted; none where all stand in the first. */
  readonly #branches: readonly string[] = [];
  /** Of each branch, how far its weighty calls go, and those in branches that began there. */
  readonly #last: Map<string, { position: number; entry: JournalEntry }> | undefined;
  /** Branches whose key looks like a place in another one, each with where its key begins. */
  #odd: Map<string, number> | undefined;
  /** Of each branch, where the first of its calls stands that is done afresh, or in which a branch began that has one. */
  readonly #retried: Map<string, number> | undefined;

  constructor(entries: readonly JournalEntry[]) {
    // Most runs begin with none: tables of nothing would be a good part of what a small task takes in memory.
    if (entries.length === 0) return;
    this.#last = new Map();
    this.#retried = new Map();
    const branches = new Set<string>();
    for (const entry of entries) {
      if (entry.branch.includes(".")) branches.add(entry.branch);
      if (!WEIGHTY.has(entry.kind)) continue;
      for (const { branch, position } of [entry, ...forksTo(entry.branch)]) {
        if (isReopened(entry)) this.#retried.set(branch, Math.min(position, this.#retried.get(branch) ?? position));
        const known = this.#last.get(branch);
        if (!known || known.position < position) this.#last.set(branch, { position, entry });
      }
    }
    this.#branches = [...branches].sort();
  }

  branchesAt({ branch, position }: CallPlace): string[] {
    if (this.#branches.length === 0) return [];
    const prefix = `${branch}/${position}.`;
    const found: string[] = [];
    for (let at = firstWhere(this.#branches, (each) => each >= prefix); this.#branches[at]?.startsWith(prefix); at++) {
      const each = this.#branches[at] ?? "";
      if (!this.#isOdd(each)) found.push(each);
    }
    return found;
  }

  /** A branch at this place that has none of these keys. */
  begin(place: CallPlace, keys: readonly string[]): string | undefined {
    const prefix = `${place.branch}/${place.position}.`;
    const found = this.branchesAt(place).map((branch) => branch.slice(prefix.length));
    for (const key of keys) {
      if (!key.includes("/")) continue;
      this.#odd ??= new Map();
      this.#odd.set(prefix + key, place.branch.length);
    }
    if (found.length === 0) return undefined;
    const known = new Set(keys);
    return found.find((branch) => !startsOf(branch).some((start) => known.has(start)));
  }

  lastOf(branch: string): { position: number; entry: JournalEntry } | undefined {
    const last = this.#last?.get(branch);
    return last && this.#isOdd(last.entry.branch) ? undefined : last;
  }

  /** An older version may have left there what came after the failure: whether the code still asks for that says nothing. */
  isBehindRetry({ branch, position }: CallPlace): boolean {
    return position > (this.#retried?.get(branch) ?? Number.POSITIVE_INFINITY);
  }

  /** The same as below, but for what only looks like a place within a key. */
  forksTo(branch: string): CallPlace[] {
    const forks = forksTo(branch);
    const odd = this.#odd;
    if (odd === undefined) return forks;
    const keys = startsOf(branch).flatMap((to) => ({ from: odd.get(to) ?? to.length, to: to.length }));
    return forks.filter((fork) => !keys.some(({ from, to }) => from < fork.branch.length && fork.branch.length < to));
  }

  #isOdd(branch: string): boolean {
    const odd = this.#odd;
    return odd !== undefined && startsOf(branch).some((start) => odd.has(start));
  }
}

/** The text before each of its slashes, and all of it. */
function startsOf(text: string): string[] {
  return [...[...text.matchAll(/\//g)].map(({ index }) => text.slice(0, index)), text];
}

/** The places in the branches above it at which the way to a branch begins. */
function forksTo(branch: string): CallPlace[] {
  if (!branch.includes(".")) return [];
  return [...branch.matchAll(/\/(\d+)\./g)].map(({ index, 1: position }) => ({
    branch: branch.slice(0, index),
    position: Number(position),
  }));
}

/** The lines of a branch are counted beside its calls, in a branch of the journal that no code can name. */
export function linesOf(branch: string): string {
  return `${branch}/log`;
}

/** It came after a failure that a retry does afresh: it stays to be read, and the retry knows nothing of it. */
function leftBehind(entry: JournalEntry): JournalEntry {
  return { ...entry, state: entry.state === "retrying" ? "failed" : entry.state, tries: 0 };
}

function isReopened({ state, tries }: JournalEntry): boolean {
  return tries === 0 && state === "retrying";
}

function isLeftBehind({ state, tries }: JournalEntry): boolean {
  return tries === 0 && state !== "retrying";
}

function nameOf({ kind, name, occurrence }: Pick<JournalEntry, "kind" | "name" | "occurrence">): string {
  return `the ${kind} "${name}" (${occurrence})`;
}

function mismatchAt({ branch, position }: CallPlace, holds: string, asked: string): JournalMismatch {
  return new JournalMismatch(
    `The journal no longer fits the handler's code: at position ${position} of branch "${branch}" the journal holds ${holds}, and ${asked}.`,
  );
}

/** Where a call stands in the journal. */
export type CallPlace = Pick<JournalEntry, "branch" | "position">;

/** Where a call has failed: what its branch called from `next` on, and said from `lines` on, came after that. */
export type FailedPlace = CallPlace & { next: number; lines: number };

function placeOf({ branch, position }: CallPlace): string {
  return `${branch}\n${position}`;
}

/** One call of the code on its branch. `entry` is what the journal holds of it; `key` is stable over attempts. */
export type Call = {
  branch: string;
  position: number;
  name: string;
  occurrence: number;
  key: string;
  kind: Step["kind"];
  entry: JournalEntry | undefined;
};

/** A call's entry at its first try, with neither error nor usage: whoever has more to say spreads it. */
export function entryOf(call: Call, state: Step["state"], result: Json, at: number): JournalEntry {
  const { branch, position, name, occurrence, kind } = call;
  return {
    branch,
    position,
    name,
    occurrence,
    kind,
    state,
    tries: 1,
    at,
    durationMs: null,
    result,
    error: null,
    usage: null,
    trace: null,
  };
}

/** The key of a call: stable over attempts, unique within its task. */
export function callKey(branch: string, name: string, occurrence: number): string {
  return `${branch}/${name}#${occurrence}`;
}
