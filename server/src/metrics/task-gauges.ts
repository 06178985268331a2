/** What the open tasks of a server do at this moment: how many are in each state, and how long some wait for a slot. */
import type { MetricSources } from "../http/metrics.ts";
import type { State } from "../task/states.ts";

type Stats = { running: number; ready: number; open: number; standing: number };
/** `oldestAt` is since when the one of them waits that has waited for longest. */
type Waiting = { kind: string; count: number; oldestAt: number };

export type OpenTaskCounts = {
  /** How many tasks that were open at the start are in memory, of about how many; null once all are. */
  readonly recovering: { read: number; all: number } | null;
  stats: () => Stats;
  byState: () => Iterable<{ kind: string; state: State; count: number }>;
  wantSlots: () => Waiting[];
};

export function taskGauges(engine: OpenTaskCounts, now: () => number): MetricSources["gauges"] {
  const seconds = (since: number) => Math.max(0, now() - since) / 1_000;
  const byKind = (measure: (waiting: Waiting) => number) => () =>
    engine.wantSlots().map((waiting) => ({ labels: { kind: waiting.kind }, value: measure(waiting) }));
  return [
    { name: "waybill_tasks_running", help: "Tasks whose handler runs.", value: () => engine.stats().running },
    { name: "waybill_tasks_ready", help: "Tasks that wait for a slot.", value: () => engine.stats().ready },
    {
      name: "waybill_tasks_ready_oldest_seconds",
      help: "How long the one of them has waited that has waited for longest.",
      value: () => engine.wantSlots().reduce((oldest, { oldestAt }) => Math.max(oldest, seconds(oldestAt)), 0),
    },
    {
      name: "waybill_tasks_standing",
      help: "Tasks that stand still until there is code that fits them.",
      value: () => engine.stats().standing,
    },
    {
      name: "waybill_recovering",
      help: "1 while tasks that were open at the start are on their way into memory, and are not counted.",
      value: () => Number(engine.recovering !== null),
    },
    {
      name: "waybill_recovered_ratio",
      help: "The share of the tasks that were open at the start which are in memory.",
      value: () => shareOf(engine.recovering),
    },
    { name: "waybill_tasks_open", help: "Tasks that have not ended.", value: () => engine.stats().open },
    {
      name: "waybill_tasks",
      help: "Tasks that have not ended, by kind and state.",
      labelNames: ["kind", "state"],
      values: () => [...engine.byState()].map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
    },
    {
      name: "waybill_kind_ready",
      help: "Tasks of a kind that wait for a slot.",
      labelNames: ["kind"],
      values: byKind(({ count }) => count),
    },
    {
      name: "waybill_kind_ready_oldest_seconds",
      help: "How long the one of them has waited that has waited for longest.",
      labelNames: ["kind"],
      values: byKind(({ oldestAt }) => seconds(oldestAt)),
    },
  ];
}

function shareOf(recovering: OpenTaskCounts["recovering"]): number {
  return recovering === null ? 1 : recovering.read / Math.max(1, recovering.all);
}
