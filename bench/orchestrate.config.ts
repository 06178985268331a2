/** An agent whose answer takes no time of its own: what is left is what a run costs by either API. */
import { defineAgent, defineConfig } from "waybill";

export default defineConfig({
  agents: [defineAgent({ slug: "instant", name: "Instant", mode: "simple", tools: [] })],
  models: { offlineWordsPerS: 0 },
});
