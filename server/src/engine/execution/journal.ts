/**
 * What a task's handler has already done, as its run reads it: entries by branch and position. The name at a position
 * is what the code asked for when the entry was made, so a journal that no longer fits the code is seen at once.
 */
import type { JournalEntry } from "../../store/store.ts";
import type { Json } from "../../task/json.ts";
import type { Step } from "../../task/step.ts";

export class JournalMismatch extends Error {
  override readonly name = "JournalMismatch";
}

export class Journal {
  readonly #entries = new Map<string, JournalEntry>();

  constructor(entries: readonly JournalEntry[]) {
    for (const entry of entries) this.put(entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  has(branch: string, position: number): boolean {
    return this.#entries.has(placeOf({ branch, position }));
  }

  put(entry: JournalEntry): void {
    this.#entries.set(placeOf(entry), entry);
  }

  /** These failed calls, made ready to be done afresh by a retry of the whole task. A child keeps its id: its retry reuses what it did. */
  reopened(calls: Iterable<CallPlace>): JournalEntry[] {
    return [...new Set([...calls].map(placeOf))].flatMap((place) => {
      const entry = this.#entries.get(place);
      if (entry?.state !== "failed") return [];
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
    const entry = this.#entries.get(placeOf({ branch, position }));
    if (entry && (entry.kind !== kind || entry.name !== name || entry.occurrence !== occurrence)) {
      throw new JournalMismatch(
        `The journal no longer fits the handler's code: at position ${position} of branch "${branch}" the journal holds the ${entry.kind} ` +
          `"${entry.name}" (${entry.occurrence}), and the code now asks for the ${kind} "${name}" (${occurrence}).`,
      );
    }
    return entry;
  }
}

/** Where a call stands in the journal. */
export type CallPlace = Pick<JournalEntry, "branch" | "position">;

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
