/** What the graphics of Office files say: charts as tables of their numbers, diagrams as the texts of their parts. */

import { childOf, childrenOf, descendantsOf, type Element, findIn, textOf } from "../../element.ts";
import { type Block, escaped } from "../../markdown.ts";
import type { OfficePackage } from "./package.ts";

const POINTS_MAX = 10_000;
const SERIES_MAX = 500;

/** Of a graphic that refers to a chart or a diagram by relationships of the part that it stands in. */
export function graphicBlocks(graphic: Element, part: string, office: OfficePackage): Block[] {
  const blocks: Block[] = [];
  const partOf = (id: string | undefined) => {
    const target = office.relationships(part).get(id ?? "");
    return target === undefined || target.external ? undefined : office.partIfAny(target.target);
  };
  for (const { name, attributes } of descendantsOf(graphic)) {
    if (name === "chart" && attributes["r:id"] !== undefined) blocks.push(...chartBlocks(partOf(attributes["r:id"])));
    if (name === "relIds") blocks.push(...diagramBlocks(partOf(attributes["r:dm"])));
  }
  return blocks;
}

/** Title, then a table: a row for each category, a column for each series. */
function chartBlocks(space: Element | undefined): Block[] {
  const chart = findIn(space, "chart");
  if (chart === undefined) return [];
  const title = paragraphTexts(childOf(chart, "title")).join(" ");
  const series = [...descendantsOf(chart)].filter(({ name }) => name === "ser").slice(0, SERIES_MAX);
  const categories = pointsOf(series.map((each) => childOf(each, "cat") ?? childOf(each, "xVal")).find((each) => each));
  const columns = series.map((each) => ({
    name: textOf(findIn(childOf(each, "tx"), "v")),
    points: pointsOf(childOf(each, "val") ?? childOf(each, "yVal")),
  }));
  const length = Math.min(POINTS_MAX, Math.max(categories.length, ...columns.map(({ points }) => points.length)));
  const rows = Array.from({ length }, (_, at) => [
    categories[at] ?? "",
    ...columns.map(({ points }) => points[at] ?? ""),
  ]);
  return [
    ...(title === "" ? [] : [{ kind: "paragraph", text: escaped(title) } satisfies Block]),
    { kind: "table", rows: [["", ...columns.map(({ name }) => name)], ...rows].map((row) => row.map(escaped)) },
  ];
}

/** What the chart last showed of a series, by index. */
function pointsOf(values: Element | undefined): string[] {
  const points: string[] = [];
  if (values === undefined) return points;
  for (const point of descendantsOf(values)) {
    const index = Number(point.attributes["idx"]);
    if (point.name !== "pt" || !(index < POINTS_MAX)) continue;
    points[index] = shownNumber(textOf(childOf(point, "v")));
  }
  return Array.from(points, (point) => point ?? "");
}

/** Numbers come with all the digits of a computer's fraction. */
function shownNumber(text: string): string {
  return /^-?\d+\.\d{10,}$/.test(text) ? String(Number(Number(text).toPrecision(12))) : text;
}

function diagramBlocks(data: Element | undefined): Block[] {
  const points = childrenOf(childOf(data, "ptLst"), "pt");
  return points.flatMap((point) =>
    paragraphTexts(point).map((text): Block => ({ kind: "item", depth: 0, marker: null, text: escaped(text) })),
  );
}

/** The words of each paragraph of DrawingML inside. */
function paragraphTexts(element: Element | undefined): string[] {
  if (element === undefined) return [];
  return [...descendantsOf(element)]
    .filter(({ name }) => name === "p")
    .map((paragraph) =>
      [...descendantsOf(paragraph)]
        .filter(({ name }) => name === "t")
        .map(textOf)
        .join(""),
    )
    .filter((text) => text.trim() !== "");
}
