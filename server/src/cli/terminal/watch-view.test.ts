import { describe, expect, it } from "vitest";
import { WatchedTask } from "../watched-task.ts";
import { LiveView } from "./live-view.ts";
import type { Screen } from "./terminal.ts";
import { textWidth } from "./text-width.ts";
import { summaryLine, watchLines } from "./watch-view.ts";

function screenOf(columns: number, rows = 24): Screen & { written: string[] } {
  const written: string[] = [];
  return {
    written,
    write: (text) => void written.push(text),
    live: true,
    style: (_style, text) => text,
    columns: () => columns,
    rows: () => rows,
  };
}

function busyTask(): WatchedTask {
  const task = new WatchedTask({
    id: "task_01M82FPXPDE61BCRB40XVF1ZRC",
    title: "Write a report about 貨物 shipping that is long enough to be cut",
    kind: "agent",
    created_at: "2026-01-01T00:00:00.000Z",
  });
  const said: [string, Record<string, string | number | boolean | Record<string, string | number>>][] = [
    ["task.started", { attempt: 1, cause: "first" }],
    ["task.progress", { fraction: 0.5, message: "Writing" }],
    ["tool.invoked", { agent: "", call_id: "a", tool: "search", params: { q: "ports" } }],
    ["tool.observed", { agent: "", call_id: "a", tool: "search", success: true, duration_ms: 1_200 }],
    ["output.delta", { text: "The quick brown fox 🚚 jumps\tover the lazy dog. ".repeat(20), agent: "" }],
    ["usage.recorded", { call: { input_tokens: 1_200, output_tokens: 34, cost_usd: 0.5 } }],
  ];
  said.forEach(([type, data], at) => {
    task.apply({ seq: at + 1, at: "2026-01-01T00:00:01.000Z", type, data });
  });
  return task;
}

const NOW = Date.parse("2026-01-01T00:00:05.000Z");

describe("a watched task", () => {
  it("shows its state, progress, tools, text and bill", () => {
    const lines = watchLines(busyTask(), screenOf(80), NOW);
    expect(lines[0]).toMatch(/^● running {2}Write a report .* agent · 5\.0 s$/);
    expect(lines[1]).toMatch(/^█{15}░{15} {2}50 % {2}Writing · 1,200 tokens in, 34 out · \$0\.50$/);
    expect(lines[2]).toBe('  ✓ search {"q":"ports"} 1.2 s');
    expect(lines.at(-1)).toContain("lazy dog.");
  });

  it.each([20, 33, 40, 80, 200])("is never wider than a screen of %i columns", (columns) => {
    const task = busyTask();
    task.apply({
      seq: 9,
      at: "2026-01-01T00:00:02.000Z",
      type: "task.input_required",
      data: { prompt: { name: "ask", text: "May I? ".repeat(30), asks: "approval", schema: null }, until: null },
    });
    for (const line of watchLines(task, screenOf(columns), NOW)) expect(textWidth(line)).toBeLessThanOrEqual(columns);
  });

  it("leaves a line behind that says how it went", () => {
    const task = busyTask();
    task.apply({ seq: 9, at: "2026-01-01T00:00:03.000Z", type: "task.completed", data: { output: null } });
    expect(summaryLine(task, screenOf(80), NOW)).toBe(
      "✓ completed in 3.0 s · 1 tool call · 1,200 tokens in, 34 out · $0.50",
    );
  });
});

describe("the live view", () => {
  it("draws over what it drew, in one write, and only when something changed", () => {
    const screen = screenOf(80);
    const view = new LiveView(screen);
    view.draw(["one", "two"]);
    view.draw(["one", "two"]);
    view.draw(["one"]);
    expect(screen.written).toHaveLength(3);
    expect(screen.written[2]).toContain("\u001b[2A");
  });

  it("stays within the screen and gives the cursor back", () => {
    const screen = screenOf(80, 3);
    const view = new LiveView(screen);
    view.draw(["one", "two", "three", "four"]);
    view.close();
    expect(screen.written[1]).not.toContain("three");
    expect(screen.written.at(-1)).toContain("\u001b[?25h");
  });
});
