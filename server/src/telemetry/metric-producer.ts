/** The metrics of `/metrics` as OpenTelemetry has them, under the same names: read at each export, kept nowhere. */
import { type HrTime, ValueType } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { DurationHistogram } from "../http/duration-histogram.ts";
import type { MetricSources } from "../http/metrics.ts";

type Scope = { name: string; version: string };
type Span = { startTime: HrTime; endTime: HrTime };

export function metricProducer(sources: MetricSources, resource: Resource, scope: Scope): MetricProducer {
  const startTime = now();
  return {
    collect: async () => {
      const span = { startTime, endTime: now() };
      const metrics = [
        ...sources.counters.map((counter) => numbersOf(counter, counter.values(), DataPointType.SUM, span)),
        ...sources.gauges.map((gauge) => {
          const values = gauge.values === undefined ? [{ labels: {}, value: gauge.value() }] : gauge.values();
          return numbersOf(gauge, values, DataPointType.GAUGE, span);
        }),
        ...sources.histograms.map((histogram) => histogramOf(histogram, span)),
      ];
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
    },
  };
}

function numbersOf(
  { name, help }: { name: string; help: string },
  values: Iterable<{ labels: Record<string, string>; value: number }>,
  is: DataPointType.SUM | DataPointType.GAUGE,
  span: Span,
): MetricData {
  const dataPoints = [...values].map(({ labels, value }) => ({ ...span, attributes: labels, value }));
  const common = {
    descriptor: descriptorOf(name, help, unitOf(name)),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (is === DataPointType.GAUGE) return { ...common, dataPointType: is, dataPoints };
  return { ...common, dataPointType: is, dataPoints, isMonotonic: true };
}

function histogramOf({ name, help, series, bounds }: DurationHistogram, span: Span): MetricData {
  return {
    descriptor: descriptorOf(name, help, "s"),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: series().map(({ labels, counts, sum, count }) => ({
      ...span,
      attributes: labels,
      value: { buckets: { boundaries: [...bounds], counts }, sum, count },
    })),
  };
}

function descriptorOf(name: string, description: string, unit: string) {
  return { name, description, unit, valueType: ValueType.DOUBLE };
}

function unitOf(name: string): string {
  return name.endsWith("_seconds") ? "s" : "1";
}

function now(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];
}
