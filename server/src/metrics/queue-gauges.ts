/** What there is in each queue of work for other programs, and since when. */
import type { MetricSources } from "../http/metrics.ts";
import { OTHER } from "./label-bound.ts";

export type Depth = { tenant: string; queue: string; ready: number; oldestAt: number };

/** Queues of a page. Callers name them, so that those that wait for longest have a line each, and all others one. */
export const QUEUES_SHOWN_MAX = 100;

export function queueGauges(depths: () => Depth[], now: () => number): MetricSources["gauges"] {
  const labelNames = ["tenant", "queue"];
  const each = (measure: (depth: Depth) => number) => () =>
    bounded(depths()).map((depth) => ({
      labels: { tenant: depth.tenant, queue: depth.queue },
      value: measure(depth),
    }));
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

function bounded(depths: Depth[]): Depth[] {
  if (depths.length <= QUEUES_SHOWN_MAX) return depths;
  const oldestFirst = depths.sort((a, b) => a.oldestAt - b.oldestAt);
  const others = oldestFirst.slice(QUEUES_SHOWN_MAX);
  return [
    ...oldestFirst.slice(0, QUEUES_SHOWN_MAX),
    {
      ...{ tenant: OTHER, queue: OTHER },
      ready: others.reduce((sum, { ready }) => sum + ready, 0),
      oldestAt: others[0]?.oldestAt ?? 0,
    },
  ];
}
