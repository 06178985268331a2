/** What is paid for requests that belong to no task, in this process. */
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { systemClock } from "../engine/clock.ts";
import { heldBoundsOf } from "../http/shares/share.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import type { Store } from "../store/store.ts";
import { requestTracing } from "../telemetry/call-place.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { PaidRequests } from "../verbs/implementation/paid-requests.ts";

export function paidRequestsOver(
  store: Store,
  { shares }: Config,
  { metrics, log, tracing }: { metrics: ServerMetrics; log: Logger; tracing: Tracing | null },
): PaidRequests {
  return new PaidRequests(store, systemClock, {
    boundsOf: heldBoundsOf(shares),
    told: metrics.paid,
    lost: (error) => log.error({ err: error }, "what a request has paid could not be counted"),
    traced: requestTracing(tracing),
  });
}
