/** How many tasks of a kind have come into each state since the start. */
import type { CounterSource } from "../http/metrics.ts";
import type { Change } from "../task/decide.ts";

export class TransitionCounter implements CounterSource {
  readonly name = "waybill_task_transitions_total";
  readonly help = "Tasks that came into a state since the start.";
  readonly labelNames = ["kind", "state"];
  readonly #counts = new Map<string, { labels: { kind: string; state: string }; value: number }>();

  count({ before, task: { kind, state } }: Pick<Change, "before" | "task">): void {
    if (before?.state === state) return;
    const key = `${kind} ${state}`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.value += 1;
    else this.#counts.set(key, { labels: { kind, state }, value: 1 });
  }

  values = () => this.#counts.values();
}
