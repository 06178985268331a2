/** Rows in columns, for people. Programs take `--json`. */
import type { Screen, Style } from "./terminal.ts";
import { cutToWidth, onOneLine, textWidth } from "./text-width.ts";

export type Column<Row> = {
  title: string;
  cell: (row: Row) => string;
  style?: (row: Row) => Style | null;
  align?: "right";
  /** Gives way when the screen is too narrow; a table has at most one. */
  shrinks?: boolean;
};

const GAP = "  ";
const SHRUNK_MIN = 12;

/** Lines of the table, each ended. A pipe gets every cell whole. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], screen: Screen): string {
  const cells = rows.map((row) => columns.map(({ cell }) => onOneLine(cell(row))));
  const widths = columns.map(({ title }, at) =>
    Math.max(textWidth(title), ...cells.map((row) => textWidth(row[at] ?? ""))),
  );
  const total = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1);
  const shrinking = columns.findIndex(({ shrinks }) => shrinks);
  if (screen.live && shrinking !== -1 && total > screen.columns()) {
    const width = widths[shrinking] ?? 0;
    widths[shrinking] = Math.max(Math.min(width, SHRUNK_MIN), width - (total - screen.columns()));
  }
  const line = (texts: readonly string[], style: (text: string, at: number) => string): string =>
    texts
      .map((text, at) => {
        const width = widths[at] ?? 0;
        const cut = screen.live ? cutToWidth(text, width) : text;
        const pad = " ".repeat(Math.max(0, width - textWidth(cut)));
        const last = at === texts.length - 1;
        return columns[at]?.align === "right" ? pad + style(cut, at) : style(cut, at) + (last ? "" : pad);
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    (text) => screen.style("dim", text),
  );
  const body = rows.map((row, index) =>
    line(cells[index] ?? [], (text, at) => {
      const style = columns[at]?.style?.(row) ?? null;
      return style === null ? text : screen.style(style, text);
    }),
  );
  return [head, ...body].map((text) => `${text}\n`).join("");
}
