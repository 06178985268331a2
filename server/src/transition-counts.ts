/** How many tasks of a kind have come into each state since the start. */
import type { Fact } from "./http/metrics.ts";
import type { Change } from "./task/decide.ts";

export class TransitionCounts {
  readonly #counts = new Map<string, { kind: string; state: string; count: number }>();

  count({ before, task: { kind, state } }: Pick<Change, "before" | "task">): void {
    if (before?.state === state) return;
    const key = `${kind} ${state}`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.count += 1;
    else this.#counts.set(key, { kind, state, count: 1 });
  }

  facts(): Fact[] {
    return Array.from(this.#counts.values(), ({ kind, state, count }) => ({
      name: "waybill_task_transitions_total",
      help: "Tasks that came into a state since the start.",
      type: "counter",
      labels: { kind, state },
      value: count,
    }));
  }
}
