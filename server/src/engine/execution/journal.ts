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

  put(entry: JournalEntry): void {
    this.#entries.set(`${entry.branch}\n${entry.position}`, entry);
  }

  /** The step whose failure ended the run, made ready to be tried afresh by a retry of the whole task. */
  reopened(failedStep: string | undefined): JournalEntry[] {
    let last: JournalEntry | undefined;
    for (const entry of this.#entries.values()) {
      const failed = entry.kind === "step" && entry.state === "failed" && entry.name === failedStep;
      if (failed && (!last || entry.at >= last.at)) last = entry;
    }
    return last ? [{ ...last, state: "retrying", tries: 0, result: { until: 0, said: true } }] : [];
  }

  /** The entry of a call, or undefined when the call is new. Throws `JournalMismatch` when another call stands there. */
  find(
    branch: string,
    position: number,
    kind: Step["kind"],
    name: string,
    occurrence: number,
  ): JournalEntry | undefined {
    const entry = this.#entries.get(`${branch}\n${position}`);
    if (entry && (entry.kind !== kind || entry.name !== name || entry.occurrence !== occurrence)) {
      throw new JournalMismatch(
        `The journal no longer fits the handler's code: at position ${position} of branch "${branch}" the journal holds the ${entry.kind} ` +
          `"${entry.name}" (${entry.occurrence}), and the code now asks for the ${kind} "${name}" (${occurrence}).`,
      );
    }
    return entry;
  }
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
  };
}

/** The key of a call: stable over attempts, unique within its task. */
export function callKey(branch: string, name: string, occurrence: number): string {
  return `${branch}/${name}#${occurrence}`;
}
