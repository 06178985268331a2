/**
 * Whether and where traces and metrics go out, by OpenTelemetry's own environment variables. Without an address nothing of
 * it is loaded.
 */

type Protocol = "http/protobuf" | "http/json";

/** Where one signal goes. */
type SignalSettings = { url: string; headers: Record<string, string>; protocol: Protocol };

export type TelemetrySettings = {
  /** Null where this signal is not wanted. */
  traces: SignalSettings | null;
  metrics: (SignalSettings & { intervalMs: number; timeoutMs: number }) | null;
  /** Of the resource: `service.name`, and what `OTEL_RESOURCE_ATTRIBUTES` adds. */
  resource: Record<string, string>;
  sampler: Sampling;
  /** Spans that wait to be sent, how many go at once, how often, and how long sending may take. */
  queue: { spansMax: number; batchMax: number; delayMs: number; timeoutMs: number };
  /** Prompts and answers go into spans. */
  contents: boolean;
};

/** `ratio` is of the traces that begin here; with `byParent` the caller of a task decides about its trace. */
export type Sampling = { byParent: boolean; ratio: number };

type Environment = Readonly<Record<string, string | undefined>>;

/** Null where no address is set, or OpenTelemetry is turned off. `notes` are for whoever starts the server. */
export function telemetrySettings(env: Environment): { settings: TelemetrySettings | null; notes: string[] } {
  const notes: string[] = [];
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return { settings: null, notes };
  const traces = signalOf(env, "TRACES", "v1/traces", notes);
  const metrics = signalOf(env, "METRICS", "v1/metrics", notes);
  if (traces === null && metrics === null) return { settings: null, notes };
  const number = (name: string, usual: number) => positive(env, name, usual, notes);
  const spansMax = number("OTEL_BSP_MAX_QUEUE_SIZE", 2_048);
  const settings: TelemetrySettings = {
    traces,
    metrics: metrics && {
      ...metrics,
      intervalMs: number("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
      timeoutMs: number("OTEL_METRIC_EXPORT_TIMEOUT", 30_000),
    },
    resource: resourceOf(env),
    sampler: samplingOf(env, notes),
    queue: {
      spansMax,
      batchMax: Math.min(spansMax, number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512)),
      delayMs: number("OTEL_BSP_SCHEDULE_DELAY", 5_000),
      timeoutMs: number("OTEL_BSP_EXPORT_TIMEOUT", 30_000),
    },
    contents: env["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"]?.toLowerCase() === "true",
  };
  // An export may not take longer than the time until the next one.
  if (settings.metrics) settings.metrics.timeoutMs = Math.min(settings.metrics.timeoutMs, settings.metrics.intervalMs);
  return { settings, notes };
}

function signalOf(env: Environment, signal: string, path: string, notes: string[]): SignalSettings | null {
  const exporter = env[`OTEL_${signal}_EXPORTER`];
  if (exporter !== undefined && exporter !== "" && exporter !== "otlp") {
    if (exporter !== "none") notes.push(`OTEL_${signal}_EXPORTER=${exporter} is not known here: it is otlp or none.`);
    return null;
  }
  const own = env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  const shared = env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  const named = own || shared;
  if (!named) return null;
  if (!URL.canParse(named) || !/^https?:$/.test(new URL(named).protocol)) {
    notes.push(`The OTLP address ${named} is no URL of HTTP: nothing goes there.`);
    return null;
  }
  const protocol =
    env[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] || env["OTEL_EXPORTER_OTLP_PROTOCOL"] || "http/protobuf";
  if (protocol !== "http/protobuf" && protocol !== "http/json") {
    notes.push(`OTLP goes out by http/protobuf or http/json, not by ${protocol}: nothing is sent.`);
    return null;
  }
  return {
    // An address of its own is used as it is.
    url: own ? own : `${named.replace(/\/+$/, "")}/${path}`,
    headers: {
      ...pairsOf(env["OTEL_EXPORTER_OTLP_HEADERS"]),
      ...pairsOf(env[`OTEL_EXPORTER_OTLP_${signal}_HEADERS`]),
    },
    protocol,
  };
}

function resourceOf(env: Environment): Record<string, string> {
  const name = env["OTEL_SERVICE_NAME"];
  return {
    "service.name": "waybill",
    ...pairsOf(env["OTEL_RESOURCE_ATTRIBUTES"]),
    ...(name && { "service.name": name }),
  };
}

/** `key=value,key=value`, percent-encoded. What is none is left out. */
function pairsOf(text = ""): Record<string, string> {
  const pairs = text.split(",").flatMap((pair): [string, string][] => {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    return at < 1 || name === "" ? [] : [[name, decoded(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function samplingOf(env: Environment, notes: string[]): Sampling {
  const name = env["OTEL_TRACES_SAMPLER"] || "parentbased_always_on";
  const byParent = name.startsWith("parentbased_");
  switch (name.replace(/^parentbased_/, "")) {
    case "always_on":
      return { byParent, ratio: 1 };
    case "always_off":
      return { byParent, ratio: 0 };
    case "traceidratio": {
      const given = env["OTEL_TRACES_SAMPLER_ARG"] || "1";
      const ratio = Number(given);
      if (ratio >= 0 && ratio <= 1) return { byParent, ratio };
      notes.push(`OTEL_TRACES_SAMPLER_ARG=${given} is no share between 0 and 1: every trace is sent.`);
      return { byParent, ratio: 1 };
    }
    default:
      notes.push(`OTEL_TRACES_SAMPLER=${name} is not known here: every trace is sent.`);
      return { byParent: true, ratio: 1 };
  }
}

function positive(env: Environment, name: string, usual: number, notes: string[]): number {
  const given = env[name];
  if (given === undefined || given === "") return usual;
  const value = Number(given);
  if (Number.isSafeInteger(value) && value > 0 && value < 2 ** 31) return value;
  notes.push(`${name}=${given} is no whole number above 0: it stays ${usual}.`);
  return usual;
}
