/** A counter by labels since the start. Whoever counts bounds the values of its labels. */
import type { CounterSource } from "../http/metrics.ts";

export class LabelledCounter<Label extends string> implements CounterSource {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly #counts = new Map<string, { labels: Record<Label, string>; value: number }>();

  constructor(name: string, help: string, labelNames: readonly Label[]) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
  }

  add(labels: Record<Label, string>, by: number): void {
    const key = this.labelNames.map((name) => labels[name]).join("\n");
    const known = this.#counts.get(key);
    if (known) known.value += by;
    else this.#counts.set(key, { labels, value: by });
  }

  values = () => this.#counts.values();
}
