/** How providers of models behave: how long they take, and how they fail. Paid or not, each request counts. */
import { DurationHistogram } from "../http/duration-histogram.ts";
import type { MetricSources } from "../http/metrics.ts";
import { askedBy, type Embedder } from "../models/embedding.ts";
import { ModelError, type Models } from "../models/model.ts";
import { LabelledCounter } from "./labelled-counter.ts";

export class ProviderCalls {
  readonly #first = new DurationHistogram(
    "waybill_provider_first_token_seconds",
    "Time until a provider began to answer.",
  );
  readonly #whole = new DurationHistogram("waybill_provider_call_seconds", "Time until its answer was whole.");
  readonly #errors = new LabelledCounter("waybill_provider_errors_total", "Calls of a provider that failed.", [
    "provider",
    "kind",
  ]);

  /** The same models, whose calls are counted. */
  watched(models: Models): Models {
    return { ...models, call: (call) => this.#watch(models, call) };
  }

  async #watch(models: Models, call: Parameters<Models["call"]>[0]): ReturnType<Models["call"]> {
    const begun = performance.now();
    // Of the configuration: no caller chooses how many there are. A name that no provider has is an error of its own.
    const named = call.model.slice(0, call.model.indexOf(":"));
    const provider = models.providers().includes(named) ? named : "unknown";
    const labels = () => ({ provider });
    const onBegun = () => {
      this.#first.observe(provider, "", performance.now() - begun, labels);
      call.onBegun?.();
    };
    try {
      const answer = await models.call({ ...call, onBegun });
      this.#whole.observe(provider, "", performance.now() - begun, labels);
      return answer;
    } catch (error) {
      this.#failed(provider, error);
      throw error;
    }
  }

  /** The same embedder, whose failures are counted. */
  embedder(embedder: Embedder): Embedder {
    const embed: Embedder["embed"] = async (texts, options) => {
      try {
        return await embedder.embed(texts, options);
      } catch (error) {
        this.#failed(embedder.model.slice(0, embedder.model.indexOf(":")), error);
        throw error;
      }
    };
    return askedBy(embedder, embed);
  }

  #failed(provider: string, error: unknown): void {
    this.#errors.add({ provider, kind: error instanceof ModelError ? error.code : "failed" }, 1);
  }

  metrics(): Pick<MetricSources, "histograms" | "counters"> {
    return { histograms: [this.#first, this.#whole], counters: [this.#errors] };
  }
}
