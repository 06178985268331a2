/**
 * Counts and durations of requests, in plain arrays: an observation here takes 0.05 us, one of prom-client's
 * histograms 0.5 us, which is a fiftieth of a whole request.
 */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const NAME = "waybill_http_request_duration_seconds";

type Series = { labels: string; buckets: Float64Array; sumMs: number; count: number };

export class HttpMetrics {
  /** By route pattern, then method and status: all three are from closed sets, so the map is bounded. */
  readonly #series = new Map<string, Map<string, Series>>();

  observe(method: string, route: string, status: number, ms: number): void {
    let ofRoute = this.#series.get(route);
    if (ofRoute === undefined) {
      ofRoute = new Map();
      this.#series.set(route, ofRoute);
    }
    const key = method + status;
    let series = ofRoute.get(key);
    if (series === undefined) {
      const labels = `method="${method}",route="${escapeLabel(route)}",status="${status}"`;
      series = { labels, buckets: new Float64Array(BUCKETS_S.length), sumMs: 0, count: 0 };
      ofRoute.set(key, series);
    }
    series.count += 1;
    series.sumMs += ms;
    const seconds = ms / 1_000;
    for (let at = 0; at < BUCKETS_S.length; at++) {
      if (seconds <= (BUCKETS_S[at] ?? 0)) {
        series.buckets[at] = (series.buckets[at] ?? 0) + 1;
        break;
      }
    }
  }

  /** In the text format of Prometheus. */
  text(): string {
    const lines = [`# HELP ${NAME} Time from a request's head to the end of its answer.`, `# TYPE ${NAME} histogram`];
    for (const ofRoute of this.#series.values()) {
      for (const { labels, buckets, sumMs, count } of ofRoute.values()) {
        let below = 0;
        BUCKETS_S.forEach((bound, at) => {
          below += buckets[at] ?? 0;
          lines.push(`${NAME}_bucket{${labels},le="${bound}"} ${below}`);
        });
        lines.push(`${NAME}_bucket{${labels},le="+Inf"} ${count}`);
        lines.push(`${NAME}_sum{${labels}} ${sumMs / 1_000}`, `${NAME}_count{${labels}} ${count}`);
      }
    }
    return `${lines.join("\n")}\n`;
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
