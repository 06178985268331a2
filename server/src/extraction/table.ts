/** A table as Markdown. The first row is its header, since Markdown knows no table without one. */

/** Rows of unequal length are filled up. Rows and columns without any text are left out, at the end of the table alone. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const filled = rows.slice(0, rows.findLastIndex((row) => row.some((cell) => cell.trim() !== "")) + 1);
  const width = filled.reduce((most, row) => Math.max(most, row.findLastIndex((cell) => cell.trim() !== "") + 1), 0);
  if (width === 0) return "";
  const [header, ...body] = filled.map((row) =>
    line(Array.from({ length: width }, (_, at) => cellText(row[at] ?? ""))),
  );
  return [header, line(Array.from({ length: width }, () => "---")), ...body].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** On one line, and without what would end the cell. */
function cellText(cell: string): string {
  return cell
    .trim()
    .replaceAll("|", "\\|")
    .replaceAll(/\s*[\r\n]+\s*/g, "<br>");
}
