/** Usage as bars, one a day, stacked by name. The table beside it says the same in numbers. */
import { element, svgElement } from "./element.ts";
import { type DayBar, MEASURES, type Measure } from "./usage-bars.ts";

const WIDTH_MIN = 280;
const HEIGHT = 220;
const FOOT = 18;
const HEAD = 16;
/** Of a bar's place, what is left free between two. */
const GAP = 0.18;
/** Of a day that the axis names. */
const TICK_WIDTH = 90;

/** As wide as its place, so that its letters are as large as those around it. */
export function usageChart(bars: readonly DayBar[], measure: Measure, room: number): SVGSVGElement {
  const wide = Math.max(WIDTH_MIN, room);
  const { label, text } = MEASURES[measure];
  const highest = Math.max(...bars.map(({ total }) => total), Number.MIN_VALUE);
  const place = wide / Math.max(1, bars.length);
  const high = HEIGHT - FOOT - HEAD;
  const every = Math.ceil(bars.length / Math.floor(wide / TICK_WIDTH));
  const highestDay = bars.reduce((best, bar) => (bar.total > best.total ? bar : best), bars[0] ?? NO_DAY);
  const chart = svgElement("svg", {
    class: "usage-chart",
    viewBox: `0 0 ${wide} ${HEIGHT}`,
    role: "img",
    "aria-label": `${label} by day, at most ${text(highestDay.total)} on ${highestDay.day}`,
  });
  chart.append(
    svgElement("line", { x1: 0, x2: wide, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT, class: "axis" }),
    svgElement("line", { x1: 0, x2: wide, y1: HEAD, y2: HEAD, class: "axis" }),
    svgElement("text", { x: 2, y: HEAD - 4 }, text(highestDay.total)),
  );
  for (const [at, { day, total, parts }] of bars.entries()) {
    let top = HEIGHT - FOOT;
    const stack = svgElement("g", {}, svgElement("title", {}, titleOf(day, total, parts, text)));
    // Also an empty day can be pointed at.
    stack.append(svgElement("rect", { x: at * place, y: HEAD, width: place, height: high, class: "day" }));
    for (const { value, rank } of parts) {
      const height = (value / highest) * high;
      top -= height;
      stack.append(
        svgElement("rect", {
          x: (at + GAP / 2) * place,
          y: top,
          width: place * (1 - GAP),
          height,
          "data-rank": rank,
        }),
      );
    }
    chart.append(stack);
    // The last is named to its left: half of it would stand beside the picture.
    const isLast = at === bars.length - 1;
    const named = { x: isLast ? wide : (at + 0.5) * place, y: HEIGHT - 4, "text-anchor": isLast ? "end" : "middle" };
    if ((bars.length - 1 - at) % every === 0) chart.append(svgElement("text", named, day.slice(5)));
  }
  return chart;
}

const NO_DAY: DayBar = { day: "", total: 0, parts: [] };

function titleOf(day: string, total: number, parts: DayBar["parts"], text: (value: number) => string): string {
  return [`${day}: ${text(total)}`, ...parts.map(({ name, value }) => `${name} ${text(value)}`)].join("\n");
}

/** A square in the colour of a name. */
export function swatch(rank: number): HTMLElement {
  return element("span", { class: "swatch", "data-rank": rank, "aria-hidden": "true" });
}
