/**
 * Sends spans and metrics by OTLP, with OpenTelemetry's own packages. They are loaded with this file alone, which nobody
 * imports unless an address is set: 13 packages, 130 ms of a start and 12 MB of memory. What waits is bounded, what finds no
 * room is dropped, and an address that does not answer holds up nobody.
 */
import {
  type Attributes,
  type DiagLogger,
  DiagLogLevel,
  diag,
  type HrTime,
  type MeterProvider as MeterApi,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from "@opentelemetry/api";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufTraces } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import type { MetricSources } from "../http/metrics.ts";
import { LabelBound } from "../metrics/label-bound.ts";
import { metricProducer } from "./metric-producer.ts";
import type { TelemetrySettings } from "./settings.ts";
import type { FinishedModelCall, FinishedSpan, TelemetrySink } from "./span.ts";

type Log = { warn: (facts: Record<string, unknown>, message: string) => void };

const DURATION_BUCKETS_S = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKEN_BUCKETS = Array.from({ length: 14 }, (_, n) => 4 ** n);
const KINDS = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT, server: SpanKind.SERVER };
/** The same trouble again is not told for so long. */
const TOLD_AGAIN_MS = 60_000;
/** Of a stop. */
const LAST_WORDS_MS = 2_000;

export class OpenTelemetry implements TelemetrySink {
  readonly #resource: Resource;
  readonly #scope;
  readonly #spans: BatchSpanProcessor | null;
  readonly #settings: TelemetrySettings;
  #meters: MeterProvider | null = null;
  #instruments: Instruments | null = null;
  readonly #models = new LabelBound();

  constructor(settings: TelemetrySettings, version: string, log: Log) {
    diag.setLogger(rarely(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    this.#settings = settings;
    this.#scope = { name: "waybill", version };
    this.#resource = defaultResource().merge(
      resourceFromAttributes({ "service.version": version, ...settings.resource }),
    );
    const { traces, queue } = settings;
    this.#spans =
      traces &&
      new BatchSpanProcessor({
        exporter: new (traces.protocol === "http/json" ? JsonTraces : ProtobufTraces)(traces),
        maxQueueSize: queue.spansMax,
        maxExportBatchSize: queue.batchMax,
        scheduledDelayMillis: queue.delayMs,
        exportTimeoutMillis: queue.timeoutMs,
      });
  }

  /** From here on the metrics of these sources go out too. */
  measure(sources: MetricSources): void {
    const { metrics } = this.#settings;
    if (metrics === null) return;
    const exporter = new (metrics.protocol === "http/json" ? JsonMetrics : ProtobufMetrics)(metrics);
    const reader = new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: metrics.intervalMs,
      exportTimeoutMillis: metrics.timeoutMs,
      metricProducers: [metricProducer(sources, this.#resource, this.#scope)],
    });
    this.#meters = new MeterProvider({ resource: this.#resource, readers: [reader] });
    this.#instruments = instrumentsOf(this.#meters);
  }

  span(span: FinishedSpan): void {
    this.#spans?.onEnd(this.#readable(span));
  }

  modelCall(call: FinishedModelCall): void {
    const { operation, provider, requestModel, responseModel, seconds, firstSeconds, tokens, error } = call;
    if (this.#instruments === null) return;
    const { duration, first, usage } = this.#instruments;
    const of: Attributes = {
      "gen_ai.operation.name": operation,
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": this.#models.of(requestModel),
      ...(responseModel !== null && { "gen_ai.response.model": this.#models.of(responseModel) }),
    };
    duration.record(seconds, { ...of, ...(error !== null && { "error.type": error }) });
    if (firstSeconds !== null) first.record(firstSeconds, of);
    if (tokens === null) return;
    usage.record(tokens.input, { ...of, "gen_ai.token.type": "input" });
    if (tokens.output !== null) usage.record(tokens.output, { ...of, "gen_ai.token.type": "output" });
  }

  /** Sends what is left, for a moment. */
  async close(): Promise<void> {
    const sent = Promise.allSettled([this.#spans?.shutdown(), this.#meters?.shutdown()]);
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, LAST_WORDS_MS);
    await Promise.race([sent, over.promise]);
    clearTimeout(timer);
    diag.disable();
  }

  #readable({ trace, id, parent, remoteParent, state, error, attributes, ...span }: FinishedSpan) {
    const context = (spanId: string, isRemote: boolean) => ({
      traceId: trace,
      spanId,
      traceFlags: TraceFlags.SAMPLED,
      isRemote,
      ...(state !== undefined && { traceState: traceStateOf(state) }),
    });
    const startTime = timeOf(span.startMs);
    const endTime = timeOf(Math.max(span.startMs, span.endMs));
    return {
      name: span.name,
      kind: KINDS[span.kind],
      spanContext: () => context(id, false),
      ...(parent !== null && { parentSpanContext: context(parent, remoteParent) }),
      startTime,
      endTime,
      duration: timeOf(Math.max(0, span.endMs - span.startMs)),
      status: error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error.message },
      attributes: { ...defined(attributes), ...(error !== null && { "error.type": error.type }) },
      links: [],
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: this.#scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

type Instruments = ReturnType<typeof instrumentsOf>;

function instrumentsOf(meters: MeterApi) {
  const meter = meters.getMeter("waybill");
  const seconds = { unit: "s", advice: { explicitBucketBoundaries: DURATION_BUCKETS_S } };
  return {
    duration: meter.createHistogram("gen_ai.client.operation.duration", {
      ...seconds,
      description: "GenAI operation duration.",
    }),
    first: meter.createHistogram("gen_ai.client.operation.time_to_first_chunk", {
      ...seconds,
      description: "Time until an answer begins.",
    }),
    usage: meter.createHistogram("gen_ai.client.token.usage", {
      unit: "{token}",
      description: "Number of input and output tokens used.",
      advice: { explicitBucketBoundaries: TOKEN_BUCKETS },
    }),
  };
}

function defined(attributes: FinishedSpan["attributes"]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

/** It is passed on as it came. */
function traceStateOf(text: string) {
  return {
    serialize: () => text,
    get: () => undefined,
    set: () => traceStateOf(text),
    unset: () => traceStateOf(text),
  };
}

/** The packages tell of each failed sending; a log wants to know once in a while. */
function rarely(log: Log): DiagLogger {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (message: string) => {
    if (performance.now() - toldAt < TOLD_AGAIN_MS) return;
    toldAt = performance.now();
    log.warn({ reason: message.slice(0, 500) }, "telemetry does not reach its address");
  };
  const quiet = () => {};
  return { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet };
}
