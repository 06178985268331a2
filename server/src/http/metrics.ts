/** What `/metrics` says, in the text format of Prometheus. */
import { type Durations, labelText } from "./durations.ts";

/** One number of the running server, asked for at each scrape. */
export type Fact = {
  name: string;
  help: string;
  type: "gauge" | "counter";
  labels?: Record<string, string>;
  value: number;
};

export type MetricsPage = { contentType: string; text: string };

/** `facts` are asked at each scrape; the process's own come from prom-client, which is loaded at the first one. */
export function createMetricsPage(
  histograms: readonly Durations[],
  facts: () => readonly Fact[],
): () => Promise<MetricsPage> {
  const loaded = once(async () => {
    const { default: prometheus } = await import("prom-client");
    const registry = new prometheus.Registry();
    prometheus.collectDefaultMetrics({ register: registry });
    return registry;
  });
  return async () => {
    const registry = await loaded();
    const processText = await registry.metrics();
    return {
      contentType: registry.contentType,
      text: `${histograms.map((histogram) => histogram.text()).join("")}${textOf(facts())}${processText}`,
    };
  };
}

function textOf(facts: readonly Fact[]): string {
  const byName = Map.groupBy(facts, ({ name }) => name);
  let text = "";
  for (const [name, same] of byName) {
    const [first] = same;
    text += `# HELP ${name} ${first?.help}\n# TYPE ${name} ${first?.type}\n`;
    for (const { labels = {}, value } of same) {
      const inBraces = labelText(labels);
      text += `${name}${inBraces === "" ? "" : `{${inBraces}}`} ${value}\n`;
    }
  }
  return text;
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
