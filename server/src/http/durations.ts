/**
 * Counts and durations by label, in plain arrays: an observation here takes 0.05 us, one of prom-client's histograms
 * 0.5 us, which is a fiftieth of a whole request.
 */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120] as const;

type Series = { labels: string; buckets: Float64Array; sumMs: number; count: number };

/** One histogram. Its label values must come from closed sets: nothing here bounds their number. */
export class Durations {
  readonly #name: string;
  readonly #help: string;
  /** By the first label, then the others joined, so that a hit costs two look-ups and no hashing of objects. */
  readonly #series = new Map<string, Map<string, Series>>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  /** `rest` tells apart the series of one `first`; `labels` names them, and is asked once for each. */
  observe(first: string, rest: string, ms: number, labels: () => Record<string, string>): void {
    let group = this.#series.get(first);
    if (group === undefined) {
      group = new Map();
      this.#series.set(first, group);
    }
    let series = group.get(rest);
    if (series === undefined) {
      series = { labels: labelText(labels()), buckets: new Float64Array(BUCKETS_S.length), sumMs: 0, count: 0 };
      group.set(rest, series);
    }
    series.count += 1;
    series.sumMs += ms;
    const seconds = ms / 1_000;
    for (let at = 0; at < BUCKETS_S.length; at++) {
      if (seconds <= (BUCKETS_S[at] ?? 0)) {
        series.buckets[at] = (series.buckets[at] ?? 0) + 1;
        break;
      }
    }
  }

  /** In the text format of Prometheus. */
  text(): string {
    const name = this.#name;
    const lines = [`# HELP ${name} ${this.#help}`, `# TYPE ${name} histogram`];
    for (const { labels, buckets, sumMs, count } of [...this.#series.values()].flatMap((group) => [
      ...group.values(),
    ])) {
      let below = 0;
      BUCKETS_S.forEach((bound, at) => {
        below += buckets[at] ?? 0;
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${below}`);
      });
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${sumMs / 1_000}`, `${name}_count{${labels}} ${count}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

export function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escaped(value)}"`)
    .join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
