/** What there is in each queue of work for other programs, and since when. */
import type { MetricSources } from "./http/metrics.ts";

type Depth = { tenant: string; queue: string; ready: number; oldestAt: number };

export function queueGauges(depths: () => Depth[], now: () => number): MetricSources["gauges"] {
  const labelNames = ["tenant", "queue"];
  const each = (measure: (depth: Depth) => number) => () =>
    depths().map((depth) => ({ labels: { tenant: depth.tenant, queue: depth.queue }, value: measure(depth) }));
  return [
    {
      ...{ name: "waybill_queue_ready", help: "Tasks of a queue that wait for a worker.", labelNames },
      values: each(({ ready }) => ready),
    },
    {
      ...{ name: "waybill_queue_oldest_seconds", help: "Age of the oldest of them.", labelNames },
      values: each(({ oldestAt }) => Math.max(0, now() - oldestAt) / 1_000),
    },
  ];
}
