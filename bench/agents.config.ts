/** Agents whose model is the provider of the measurement: one that only speaks, one with a tool, one that is looked at. */
import { defineAgent, defineConfig } from "waybill";

const guarded = { output: { enabled: true } };

export default defineConfig({
  limits: { running: 1_000 },
  agents: [
    defineAgent({ slug: "plain", name: "Plain", mode: "simple", tools: [] }),
    defineAgent({ slug: "tools", name: "Tools", tools: ["calculator"] }),
    defineAgent({ slug: "guarded", name: "Guarded", mode: "simple", tools: [], guardrails: { hap: guarded } }),
  ],
  models: {
    default: "bench:clock",
    providers: {
      bench: { type: "openai-compatible", baseUrl: process.env["BENCH_PROVIDER"] ?? "http://127.0.0.1:1/v1" },
    },
  },
});
