/** Models whose requests are counted and traced. */
import type { Config } from "../config.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import type { Embedder } from "../models/embedding.ts";
import { tracedEmbedder } from "../telemetry/embeddings.ts";
import { tracedModels } from "../telemetry/model-calls.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { modelsOf } from "./models.ts";

export function watchedModels(config: Config, { providers }: ServerMetrics, tracing: Tracing | null) {
  return {
    models: providers.watched(tracedModels(modelsOf(config), tracing)),
    embedder: (embedder: Embedder) => providers.embedder(tracedEmbedder(embedder, tracing)),
  };
}
