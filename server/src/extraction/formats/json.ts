/**
 * JSON, and JSON one value a line: lists of like objects as tables, everything else as nested lists of `name: value`.
 * A notebook is read as its cells, see `notebook.ts`.
 * What says that it is JSON and is not is text all the same, and is read as that.
 */
import { ExtractionError } from "../extraction.ts";
import type { Limits } from "../limits.ts";
import { inSections } from "../sections.ts";
import { markdownTable } from "../table.ts";
import { decodedText } from "./decoded.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

type Flat = Readonly<Record<string, string>>;

/** Columns of a table: objects with more names than this are no rows. */
const COLUMNS_MAX = 50;
/** Of a value in a cell: what is longer stands better in a list. */
const CELL_CHARACTERS_MAX = 200;

export const readJson: FormatReader = async (source, desk) => {
  const { text, encoding } = decodedText(source, desk.limits);
  const facts = { ...NO_FACTS, encoding };
  const value = parsed(text) ?? parsedLines(text);
  if (!value) {
    desk.warn("not_json", "It is not JSON, and is read as text.");
    return inSections(text, facts, desk.limits);
  }
  if (isObject(value.json) && Array.isArray(value.json["cells"]) && "nbformat" in value.json) {
    const { notebookMarkdown, notebookTitle } = await import("./notebook.ts");
    const notebook = notebookMarkdown(value.json);
    return inSections(notebook, { ...facts, title: notebookTitle(notebook) }, desk.limits);
  }
  const lines = linesOf(value.json, desk.limits);
  const title = titleOf(value.json);
  return inSections(lines.join("\n"), { ...facts, title }, desk.limits);
};

function parsed(text: string): { json: unknown } | null {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return null;
  }
}

function parsedLines(text: string): { json: unknown } | null {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length < 2) return null;
  const values = lines.map(parsed);
  // The last line of a log may be cut off.
  const whole = values.at(-1) === null && lines.length > 2 ? values.slice(0, -1) : values;
  const json = whole.flatMap((value) => (value === null ? [] : [value.json]));
  if (json.length < whole.length) return null;
  return { json: whole.length < lines.length ? [...json, lines.at(-1)] : json };
}

function titleOf(json: unknown): string | null {
  if (!isObject(json)) return null;
  const title = json["title"] ?? json["name"];
  return typeof title === "string" && title !== "" ? title : null;
}

/** A level of lists each; a table stands at the margin, since an indented one is none. */
function linesOf(json: unknown, limits: Limits): string[] {
  const lines: string[] = [];
  let values = 0;
  const add = (name: string, value: unknown, depth: number) => {
    if (depth > limits.jsonDepth)
      throw new ExtractionError("too_large", `It is nested deeper than ${limits.jsonDepth} levels.`);
    if (++values > limits.cells) throw new ExtractionError("too_large", `It has more than ${limits.cells} values.`);
    const margin = `${"  ".repeat(Math.max(0, depth - 1))}- `;
    const label = name === "" ? "" : `**${name}**: `;
    const table = tableOf(value);
    if (table !== null) {
      if (name !== "") lines.push(margin + label.trimEnd());
      lines.push("", table, "");
    } else if (typeof value === "object" && value !== null) {
      if (depth > 0) lines.push((margin + label).trimEnd());
      for (const [key, member] of Object.entries(value)) add(Array.isArray(value) ? "" : key, member, depth + 1);
    } else {
      lines.push(depth === 0 ? scalar(value) : margin + label + scalar(value));
    }
  };
  add("", json, 0);
  return lines;
}

function scalar(value: unknown): string {
  return typeof value === "string" ? value.replaceAll(/\s*[\r\n]+\s*/g, " ") : JSON.stringify(value);
}

/** Null when it is no list of at least two objects whose values are all plain and short. */
function tableOf(value: unknown): string | null {
  if (!Array.isArray(value) || value.length < 2) return null;
  const rows: Flat[] = [];
  const names = new Set<string>();
  for (const item of value) {
    const row = isObject(item) ? flat(item) : null;
    if (!row) return null;
    for (const name of Object.keys(row)) names.add(name);
    if (names.size === 0 || names.size > COLUMNS_MAX) return null;
    rows.push(row);
  }
  const columns = [...names];
  return markdownTable([columns, ...rows.map((row) => columns.map((name) => row[name] ?? ""))]);
}

function flat(item: Readonly<Record<string, unknown>>): Flat | null {
  const cells = Object.entries(item).map(([name, value]) => [name, cellOf(value)] as const);
  return cells.some(([, cell]) => cell === null)
    ? null
    : Object.fromEntries(cells.map(([name, cell]) => [name, cell ?? ""]));
}

function cellOf(value: unknown): string | null {
  if (value === null) return "";
  if (typeof value === "object") return null;
  const text = scalar(value);
  return text.length > CELL_CHARACTERS_MAX ? null : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
