/** A collector of OpenTelemetry on a socket of this machine: it keeps what comes by OTLP, and can fail as collectors do. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { z } from "zod";

const value = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.object({ intValue: z.coerce.number() }).transform(({ intValue }) => intValue),
  z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
  z.object({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
  z.object({ arrayValue: z.unknown() }).transform(({ arrayValue }) => JSON.stringify(arrayValue)),
]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.coerce.number(),
  endTimeUnixNano: z.coerce.number(),
  traceState: z.string().optional(),
  attributes,
  status: z.object({ code: z.number().optional(), message: z.string().optional() }),
});
export type CollectedSpan = z.infer<typeof span>;
const resource = z.object({ attributes });
const traces = z.object({
  resourceSpans: z.array(z.object({ resource, scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});
const points = z.object({ dataPoints: z.array(z.looseObject({ attributes })) });
const metrics = z.object({
  resourceMetrics: z.array(
    z.object({
      scopeMetrics: z.array(
        z.object({
          metrics: z.array(
            z.object({
              name: z.string(),
              sum: points.optional(),
              gauge: points.optional(),
              histogram: points.optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

export type OtlpCollector = {
  url: string;
  spans: CollectedSpan[];
  /** The last values of each metric, by its name. */
  metrics: Map<string, z.infer<typeof points>["dataPoints"]>;
  resource: Record<string, unknown>;
  /** Of each request, with the bytes of those that are no JSON. */
  requests: { path: string; headers: IncomingHttpHeaders; bytes: Buffer }[];
  /** What it answers from now on; `silence` is nothing at all. */
  answers: number | "silence";
  close(): Promise<void>;
};

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const server = createServer(async (request, response) => {
    const bytes = Buffer.concat(await request.toArray());
    const { url: path = "", headers } = request;
    collector.requests.push({ path, headers, bytes });
    if (collector.answers === "silence") return;
    if (collector.answers === 200 && headers["content-type"] === "application/json") take(path, bytes);
    response.writeHead(collector.answers, { "content-type": "application/json" }).end("{}");
  });
  const take = (path: string, bytes: Buffer) => {
    const body: unknown = JSON.parse(bytes.toString());
    if (path.endsWith("/v1/traces")) {
      for (const { resource, scopeSpans } of traces.parse(body).resourceSpans) {
        collector.resource = resource.attributes;
        for (const { spans } of scopeSpans) collector.spans.push(...spans);
      }
      return;
    }
    for (const { scopeMetrics } of metrics.parse(body).resourceMetrics)
      for (const each of scopeMetrics.flatMap((scope) => scope.metrics)) {
        const { dataPoints } = each.sum ?? each.gauge ?? each.histogram ?? { dataPoints: [] };
        collector.metrics.set(each.name, dataPoints);
      }
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const collector: OtlpCollector = {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    spans: [],
    metrics: new Map(),
    resource: {},
    requests: [],
    answers: 200,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return collector;
}
