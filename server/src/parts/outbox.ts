/** The outbox of a server: where subscribers may be, how they are told, and its metrics. */
import type { Config } from "../config.ts";
import { Delivery, type DeliveryParts } from "../delivery/delivery.ts";
import type { CounterSource, MetricSources } from "../http/metrics.ts";
import type { Lens } from "../lenses/lens.ts";
import { GuardedClient } from "../outgoing/guarded-client.ts";
import { allowedPlace, Reach } from "../outgoing/reach.ts";
import { Refusal } from "../task/errors.ts";
import type { Outcome, PushFormat, Subscription, Trial } from "../task/subscription.ts";
import type { Verbs } from "../verbs/verbs.ts";
import { checkUrl } from "./fetching.ts";
import { LEASE_HOLDER } from "./lease-holder.ts";

/** The client for all requests that callers have sent, with its connections. */
export function outgoingClient({ allow, ports }: Config["outgoing"]): GuardedClient {
  return new GuardedClient(new Reach({ allow: allow.flatMap((text) => allowedPlace(text) ?? []), ports }));
}

export class Outbox {
  readonly #client: GuardedClient;
  readonly #counts = new Map<string, number>();
  readonly #lenses: readonly Lens[];
  #delivery: Delivery | null = null;

  constructor(lenses: readonly Lens[], client: GuardedClient) {
    this.#lenses = lenses;
    this.#client = client;
  }

  /** Makers of subscriptions are given the receivers. */
  receivers() {
    return {
      formats: new Set(this.#lenses.flatMap(({ pushFormats }) => pushFormats?.names ?? [])),
      checkUrl: (url: URL) => checkUrl(url, this.#client),
      tried: (subscription: Subscription): Promise<Trial> => {
        if (!this.#delivery)
          throw new Refusal("unavailable", "Webhooks are not told yet: try again in a moment.", { retryAfterS: 1 });
        return this.#delivery.tried(subscription);
      },
    };
  }

  async start(
    verbs: Verbs,
    { warn, ...parts }: Pick<DeliveryParts, "store" | "clock" | "random"> & { warn: DeliveryParts["log"]["warn"] },
  ): Promise<void> {
    const formats: PushFormat[] = this.#lenses.flatMap(({ pushFormats }) => pushFormats?.over(verbs) ?? []);
    const attempted = (format: string, outcome: Outcome) => {
      const labels = `${format}\n${outcome}`;
      this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1);
    };
    const log = { warn, attempted };
    this.#delivery = new Delivery({ ...parts, holder: LEASE_HOLDER, formats, sender: this.#client, log });
    await this.#delivery.start();
  }

  /** The load that the first delivery would otherwise wait for. */
  load(): Promise<unknown> {
    return this.#client.load();
  }

  async close(): Promise<void> {
    await this.#delivery?.stop();
    await this.#client.close();
  }

  metrics(): Pick<MetricSources, "gauges" | "counters"> {
    const stats = () => this.#delivery?.stats() ?? { entries: 0, pending: 0, oldestMs: 0 };
    const deliveries: CounterSource = {
      name: "waybill_deliveries_total",
      help: "Attempts to tell subscribers of an event.",
      labelNames: ["format", "outcome"],
      values: () =>
        [...this.#counts].map(([labels, value]) => {
          const [format = "", outcome = ""] = labels.split("\n");
          return { labels: { format, outcome }, value };
        }),
    };
    return {
      gauges: [
        {
          name: "waybill_subscriptions_followed",
          help: "Subscriptions that may have something to tell.",
          value: () => stats().entries,
        },
        {
          name: "waybill_deliveries_pending",
          help: "Of these, those with an event that was not yet delivered.",
          value: () => stats().pending,
        },
        {
          name: "waybill_delivery_oldest_seconds",
          help: "How long the oldest event that was not yet delivered has waited.",
          value: () => stats().oldestMs / 1_000,
        },
      ],
      counters: [deliveries],
    };
  }
}
