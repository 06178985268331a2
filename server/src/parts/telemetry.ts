/** Where traces and metrics are sent; null, with nothing loaded, if no address is set. */
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Clock } from "../engine/clock.ts";
import type { Trace } from "../task/trace.ts";
import { callPlace } from "../telemetry/call-place.ts";
import { relayingSink } from "../telemetry/relayed.ts";
import { Tracing } from "../telemetry/tracing.ts";
import { VERSION } from "../version.ts";

export async function telemetryOf({ telemetry }: Config, log: Logger, clock: Clock) {
  if (telemetry === null) return null;
  const { OpenTelemetry } = await import("../telemetry/open-telemetry.ts");
  const sink = new OpenTelemetry(telemetry, VERSION, log);
  return { sink, tracing: new Tracing(sink, telemetry, () => clock.now()) };
}

/** For a process beside the server, which sends its traces by `ask`; null if nobody takes them. */
export function relayedTracing(
  { telemetry }: Config,
  ask: Parameters<typeof relayingSink>[0],
  clock: Clock,
): Tracing | null {
  return telemetry && new Tracing(relayingSink(ask), telemetry, () => clock.now());
}

/** The trace of the calling code, to be continued elsewhere; null if it is part of none. */
export function traceHere(tracing: Tracing | null): Trace | null {
  const place = callPlace(tracing);
  return place && { ...place.trace, parent: place.span };
}
