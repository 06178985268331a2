/**
 * Markdown, as it is, but for headings that are underlined, which become those with signs before them. What stands before
 * it between two rules is its front matter, in YAML (`title: …`) or TOML (`title = "…"`): its properties.
 */
import { inSections } from "../sections.ts";
import { decodedText } from "./decoded.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

const FRONT_CHARACTERS_MAX = 20_000;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const UNDERLINE = /^ {0,3}(=+|-{2,})[ \t]*$/;
/** What begins a line that an underline makes no heading of: an item, a quotation, a heading, a table, code. */
const NO_TITLE = /^(?: {4}|\t| {0,3}(?:[-+*>#|<]|\d+[.)][ \t]|$))/;

export const readMarkdown: FormatReader = (source, { limits }) => {
  const { text, encoding } = decodedText(source, limits);
  const front = frontOf(text);
  const { title, author, ...properties } = front.properties;
  const body = withSigns(text.slice(front.length));
  const facts = { ...NO_FACTS, encoding, properties, title: title ?? firstHeading(body), author: author ?? null };
  return inSections(body, facts, limits);
};

/** Of length 0 when there is none: two rules around a text are no front matter. */
function frontOf(text: string): { length: number; properties: Record<string, string> } {
  const [whole = "", rule, inside = ""] = FRONT.exec(text.slice(0, FRONT_CHARACTERS_MAX)) ?? [];
  const lines = inside.split(/\r?\n/);
  const entry = rule === "+++" ? TOML_ENTRY : YAML_ENTRY;
  if (!entry.test(lines.find((line) => !/^\s*(#|$)/.test(line)) ?? "")) return { length: 0, properties: {} };
  return { length: whole.length, properties: propertiesOf(lines, entry) };
}

const FRONT = /^(---|\+\+\+)[ \t]*\r?\n([\s\S]*?)\r?\n(?:\1|\.\.\.)[ \t]*(?:\r?\n|$)/;
const YAML_ENTRY = /^["']?([\w-]+)["']?:(?:\s+(.*))?$/;
const TOML_ENTRY = /^["']?([\w-]+)["']?\s*=\s*(.*)$/;

/** Their names in small letters. Lists are said with commas, long texts on one line; what is nested is left out. */
function propertiesOf(lines: readonly string[], entry: RegExp): Record<string, string> {
  const values = new Map<string, string[]>();
  let last: string[] | null = null;
  for (const line of lines) {
    const found = entry.exec(line);
    if (found) {
      const value = (found[2] ?? "").trim();
      last = /^(?:[>|][-+]?)?$/.test(value) ? [] : [value];
      values.set((found[1] ?? "").toLowerCase(), last);
    } else if (last !== null && /^(?:\s+|-\s+)(?![\w-]+:(?:\s|$))\S/.test(line)) last.push(line.trim());
  }
  const shown = Array.from(values, ([name, parts]): [string, string] => [name, shownAs(parts)]);
  return Object.fromEntries(shown.filter(([, value]) => value !== ""));
}

function shownAs(parts: readonly string[]): string {
  if (parts.every((part) => /^-\s/.test(part))) return parts.map((part) => unquoted(part.slice(1).trim())).join(", ");
  const value = parts.join(" ");
  const list = /^\[(.*)\]$/.exec(value)?.[1];
  return list === undefined
    ? unquoted(value)
    : list
        .split(",")
        .map((item) => unquoted(item.trim()))
        .join(", ");
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}

/** `Title` above `=====` is a heading of the first level, above `-----` one of the second. */
function withSigns(text: string): string {
  if (!/^ {0,3}(?:=+|-{2,})[ \t]*$/m.test(text)) return text;
  const lines: string[] = [];
  let fence: string | null = null;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const mark = FENCE.exec(line)?.[1] ?? null;
    if (fence !== null) {
      if (mark?.startsWith(fence) === true) fence = null;
    } else if (mark !== null) fence = mark;
    else {
      const title = lines.at(-1) ?? "";
      const [, rule] = UNDERLINE.exec(line) ?? [];
      const isAlone = (lines.at(-2) ?? "").trim() === "" || NO_TITLE.test(lines.at(-2) ?? "");
      if (rule !== undefined && isAlone && !NO_TITLE.test(title)) {
        lines[lines.length - 1] = `${rule.startsWith("=") ? "#" : "##"} ${title.trim()}`;
        continue;
      }
    }
    lines.push(line);
  }
  return lines.join("\n");
}

/** Of level 1, at the very beginning. */
function firstHeading(text: string): string | null {
  return /^\s*# +(.+?)\s*#*\s*(?:\r?\n|$)/.exec(text.slice(0, 2_000))?.[1] ?? null;
}
