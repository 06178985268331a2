/** Payments for requests that belong to no task, in this process. */
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Clock } from "../engine/clock.ts";
import type { Ids } from "../engine/ids.ts";
import type { Reservations } from "../engine/reservations.ts";
import { heldBoundsOf } from "../http/shares/share.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import { unwrittenUsageOf } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import type { Payment } from "../store/unwritten-usage.ts";
import { requestTracing } from "../telemetry/call-place.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { PaidRequests } from "../verbs/implementation/paid-requests.ts";

type Parts = {
  clock: Clock;
  ids: Ids;
  metrics: ServerMetrics;
  log: Logger;
  tracing: Tracing | null;
  reservations: Reservations;
};

export function paidRequestsOver(
  store: Store,
  config: Config,
  { clock, ids, metrics, log, tracing, reservations }: Parts,
): PaidRequests {
  return new PaidRequests(store, clock, ids, {
    boundsOf: heldBoundsOf(config.shares),
    reservations,
    told: metrics.paid,
    lost: (error, payments) => log.error({ err: error, ...sumsOf(payments) }, "what requests have paid is in no sum"),
    unwritten: unwrittenUsageOf(config),
    traced: requestTracing(tracing),
  });
}

/** Rows of one line of the log. */
const LOGGED_MAX = 100;

/** By user and model: a reader of the log can enter it by hand. */
function sumsOf(payments: readonly Payment[]) {
  const sums = new Map<string, { tenant: string; user: string; model: string; calls: number; cost_usd: number }>();
  for (const { owner, calls } of payments)
    for (const { provider, model, costUsd } of calls) {
      const of = { ...owner, model: `${provider}:${model}` };
      const sum = sums.get(JSON.stringify(of)) ?? { ...of, calls: 0, cost_usd: 0 };
      sums.set(JSON.stringify(of), { ...sum, calls: sum.calls + 1, cost_usd: sum.cost_usd + (costUsd ?? 0) });
    }
  const costUsd = [...sums.values()].reduce((total, sum) => total + sum.cost_usd, 0);
  return { cost_usd: costUsd, paid: [...sums.values()].slice(0, LOGGED_MAX) };
}
