/** A table as Markdown. The first row is its header, since Markdown knows no table without one. */

/** Cells are inline Markdown. Rows of unequal length are filled up; rows and columns without any text are left out. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const said: boolean[] = [];
  const full: string[][] = [];
  for (const row of rows) {
    const cells = row.map(cellText);
    let isEmpty = true;
    for (let at = 0; at < cells.length; at += 1) {
      if (cells[at] === "") continue;
      said[at] = true;
      isEmpty = false;
    }
    if (!isEmpty) full.push(cells);
  }
  const columns = Array.from(said.keys()).filter((at) => said[at]);
  const [header, ...body] = full.map((row) =>
    line(row.length === said.length && columns.length === said.length ? row : columns.map((at) => row[at] ?? "")),
  );
  return header === undefined ? "" : [header, line(columns.map(() => "---")), ...body].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** On one line, and its own bars are no borders. */
function cellText(cell: string): string {
  if (!UNTIDY.test(cell)) return cell;
  return cell.replaceAll(/\s+/g, " ").trim().replaceAll("|", "\\|");
}
/** Most cells are as they should be. */
const UNTIDY = /[|]|[^\S ]|^ | $| {2}/;
