/** A table as Markdown. The first row is its header, since Markdown knows no table without one. */

/** Cells are inline Markdown. Rows of unequal length are filled up; rows and columns without any text are left out. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const full = rows.map((row) => row.map(cellText)).filter((row) => row.some((cell) => cell !== ""));
  const width = full.reduce((most, row) => Math.max(most, row.length), 0);
  const columns = Array.from({ length: width }, (_, at) => at).filter((at) => full.some((row) => row[at]));
  const [header, ...body] = full.map((row) => line(columns.map((at) => row[at] ?? "")));
  return header === undefined ? "" : [header, line(columns.map(() => "---")), ...body].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** On one line, and its own bars are no borders. */
function cellText(cell: string): string {
  return cell.replaceAll(/\s+/g, " ").trim().replaceAll("|", "\\|");
}
