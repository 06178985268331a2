/** All that a server counts of its work, as its parts tell it, for whoever asks for the metrics. */
import { DurationHistogram } from "../http/duration-histogram.ts";
import type { MetricSources } from "../http/metrics.ts";
import type { Change } from "../task/decide.ts";
import type { CountedCall, UsageCall } from "../task/usage.ts";
import { LabelledCounter } from "./labelled-counter.ts";
import { PaidCalls } from "./paid-calls.ts";
import { ProviderCalls } from "./provider-calls.ts";
import { type Depth, queueGauges } from "./queue-gauges.ts";
import { type OpenTaskCounts, taskGauges } from "./task-gauges.ts";
import { TransitionCounter } from "./transition-counter.ts";

/** What is asked of an engine at each scrape. */
type CountedEngine = OpenTaskCounts & { claims: { depths: () => Depth[] } };

export class ServerMetrics {
  readonly providers = new ProviderCalls();
  readonly #transitions = new TransitionCounter();
  readonly #paid = new PaidCalls();
  readonly #steps = new DurationHistogram("waybill_step_duration_seconds", "Time that the body of a step took.");
  readonly #writes = new DurationHistogram("waybill_store_write_seconds", "Time until a change of tasks was on disk.");

  readonly #slowCalls = new LabelledCounter(
    "waybill_store_slow_calls_total",
    "Calls that a thread of the store worked on for a quarter of a second or longer.",
    ["thread", "call"],
  );

  taskChanged(change: Pick<Change, "before" | "task"> & { usage?: readonly UsageCall[] }): void {
    this.#transitions.count(change);
    if (change.usage) for (const call of change.usage) this.#paid.count(call);
  }

  /** Outside of any task. */
  paid = (call: CountedCall): void => this.#paid.count(call);

  stepEnded(kind: string, ms: number): void {
    this.#steps.observe(kind, "", ms, () => ({ kind }));
  }

  written = (ms: number): void => this.#writes.observe("", "", ms, () => ({}));

  slowCall = ({ thread, call }: { thread: string; call: string }): void => this.#slowCalls.add({ thread, call }, 1);

  /** With what other parts of the server tell. */
  sources(engine: CountedEngine, now: () => number, others: readonly Partial<MetricSources>[]): MetricSources {
    const all: Partial<MetricSources>[] = [
      {
        histograms: [this.#steps, this.#writes],
        counters: [this.#transitions, this.#slowCalls, ...this.#paid.counters()],
      },
      { gauges: [...taskGauges(engine, now), ...queueGauges(() => engine.claims.depths(), now)] },
      this.providers.metrics(),
      ...others,
    ];
    return {
      histograms: all.flatMap(({ histograms = [] }) => histograms),
      gauges: all.flatMap(({ gauges = [] }) => gauges),
      counters: all.flatMap(({ counters = [] }) => counters),
    };
  }
}
