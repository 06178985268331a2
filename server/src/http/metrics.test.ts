import { expect, it, vi } from "vitest";
import { DurationHistogram } from "./duration-histogram.ts";
import { createMetricsPage, linesFor } from "./metrics.ts";

const seconds = new DurationHistogram("work_seconds", "Time of work.");

it("tells histograms, gauges and counters as they are at each scrape", async () => {
  let open = 1;
  const counts = [{ labels: { kind: 'a"b', state: "failed" }, value: 4 }];
  const page = createMetricsPage({
    histograms: [seconds],
    gauges: [
      { name: "open", help: "Open.", value: () => open },
      { name: "deep", help: "Deep.", labelNames: ["queue"], values: () => [{ labels: { queue: "gpu" }, value: open }] },
    ],
    counters: [{ name: "ends_total", help: "Ends.", labelNames: ["kind", "state"], values: () => counts }],
  });
  for (const ms of [1, 3, 700, 200_000]) seconds.observe("first", "", ms, () => ({ kind: "first" }));
  const first = await page();
  expect(first.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(first.text).toContain("# TYPE work_seconds histogram\n");
  expect(bucketsIn(first.text)).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4]);
  expect(first.text).toContain('work_seconds_bucket{kind="first",le="0.001"} 1\n');
  expect(first.text).toContain('work_seconds_sum{kind="first"} 200.704\n');
  expect(first.text).toContain('work_seconds_count{kind="first"} 4\n');
  expect(first.text).toContain("# HELP open Open.\n# TYPE open gauge\nopen 1\n");
  expect(first.text).toContain('# TYPE ends_total counter\nends_total{kind="a\\"b",state="failed"} 4\n');
  open = 2;
  const second = await page();
  expect(second.text).toContain("open 2\n");
  expect(second.text).toContain('deep{queue="gpu"} 2\n');
  expect(second.text).toContain('state="failed"} 4\n');
});

function bucketsIn(text: string): number[] {
  return Array.from(text.matchAll(/^work_seconds_bucket\{.*\} (\d+)$/gm), ([, count]) => Number(count));
}

it("has for one tenant no line of another, whatever that is called", () => {
  const lines = [
    "# TYPE waybill_queue_ready gauge",
    'waybill_queue_ready{tenant="acme",queue="a"} 1',
    'waybill_queue_ready{tenant="acme2",queue="a"} 2',
    'waybill_queue_ready{queue="tenant=\\"acme\\"",tenant="other"} 3',
    "waybill_tasks_ready 4",
  ];
  expect(linesFor("acme", lines.join("\n")).split("\n")).toEqual([lines[0], lines[1], lines[4]]);
});

it("is made once for all who ask in one turn, and anew for the next", async () => {
  let times = 0;
  const value = () => {
    times += 1;
    return times;
  };
  const page = createMetricsPage({ histograms: [], gauges: [{ name: "times", help: "Times.", value }], counters: [] });
  const turn = await Promise.all(Array.from({ length: 20 }, page));
  expect(new Set(turn.map(({ text }) => /^times (\d+)$/m.exec(text)?.[1]))).toEqual(new Set(["1"]));
  expect((await page()).text).toContain("times 2\n");
});

it("a library that could not be loaded is loaded again by the next who asks", async () => {
  const imported = vi.fn<() => Promise<unknown>>().mockRejectedValueOnce(new Error("too many open files"));
  imported.mockImplementation(() => vi.importActual("prom-client"));
  vi.doMock("prom-client", imported);
  const page = createMetricsPage({ histograms: [], gauges: [], counters: [] });
  await expect(page()).rejects.toThrow();
  expect((await page()).text).toContain("process_cpu_seconds_total");
  vi.doUnmock("prom-client");
});
