import { expect, it } from "vitest";
import { type TelemetrySettings, telemetrySettings } from "./settings.ts";

const ADDRESS = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" };
const read = (env: Record<string, string>): TelemetrySettings | null => telemetrySettings(env).settings;

it("sends nothing unless an address is set, and then by protobuf to the paths of both signals", () => {
  expect(telemetrySettings({})).toEqual({ settings: null, notes: [] });
  const settings = read(ADDRESS);
  expect([settings?.traces?.url, settings?.metrics?.url]).toEqual([
    "http://collector:4318/v1/traces",
    "http://collector:4318/v1/metrics",
  ]);
  expect(settings?.traces?.protocol).toBe("http/protobuf");
  expect(settings).toMatchObject({ sampler: { byParent: true, ratio: 1 }, resource: { "service.name": "waybill" } });
  expect(settings).toMatchObject({ contents: false, queue: { spansMax: 2_048, batchMax: 512 } });
});

it.each<[string, Record<string, string>, object | null]>([
  ["nothing where it is turned off", { ...ADDRESS, OTEL_SDK_DISABLED: "true" }, null],
  ["no signal that is not wanted", { ...ADDRESS, OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" }, null],
  [
    "an address of a signal as it is, and for it alone",
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://t:1/other" },
    { traces: { url: "https://t:1/other" }, metrics: null },
  ],
  [
    "what a signal says of itself before what is said of all",
    {
      ...ADDRESS,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=x%3Dy, no pair",
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: "a=2",
    },
    {
      traces: { protocol: "http/protobuf", headers: { a: "1", b: "x=y" } },
      metrics: { protocol: "http/json", headers: { a: "2", b: "x=y" } },
    },
  ],
  [
    "the name of the service before its attributes",
    { ...ADDRESS, OTEL_SERVICE_NAME: "books", OTEL_RESOURCE_ATTRIBUTES: "service.name=other,k=%zz" },
    { resource: { "service.name": "books", k: "%zz" } },
  ],
  [
    "a share of traces",
    { ...ADDRESS, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" },
    { sampler: { byParent: false, ratio: 0.25 } },
  ],
  [
    "a batch no larger than the queue, and an export no longer than its interval",
    { ...ADDRESS, OTEL_BSP_MAX_QUEUE_SIZE: "10", OTEL_METRIC_EXPORT_INTERVAL: "500" },
    { queue: { spansMax: 10, batchMax: 10 }, metrics: { timeoutMs: 500 } },
  ],
])("reads %s", (_, env, expected) => {
  if (expected === null) expect(read(env)).toBeNull();
  else expect(read(env)).toMatchObject(expected);
});

it.each([
  ["an address of another kind", { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" }, "no URL of HTTP"],
  ["a protocol that is not spoken", { ...ADDRESS, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "not by grpc"],
  ["another exporter", { ...ADDRESS, OTEL_TRACES_EXPORTER: "zipkin" }, "OTEL_TRACES_EXPORTER=zipkin"],
  ["a share beyond all", { ...ADDRESS, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "7" }, "no share"],
  ["another sampler", { ...ADDRESS, OTEL_TRACES_SAMPLER: "jaeger_remote" }, "jaeger_remote is not known"],
  ["no number", { ...ADDRESS, OTEL_BSP_MAX_QUEUE_SIZE: "-1" }, "stays 2048"],
])("says of %s what it does in its place", (_, env, sentence) => {
  expect(telemetrySettings(env).notes.join(" ")).toContain(sentence);
});
