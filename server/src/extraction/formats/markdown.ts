/** Markdown, as it is. What stands before it between two rules (`title: …`) are its properties. */
import { inSections } from "../sections.ts";
import { decodedText } from "./decoded.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

const FRONT_MATTER = /^---[ \t]*\r?\n([\s\S]{0,20000}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;

export const readMarkdown: FormatReader = (source, { limits }) => {
  const { text, encoding } = decodedText(source, limits);
  const front = FRONT_MATTER.exec(text);
  const { title, author, ...properties } = propertiesOf(front?.[1] ?? "");
  const body = front ? text.slice(front[0].length) : text;
  const facts = { ...NO_FACTS, encoding, properties, title: title ?? firstHeading(body), author: author ?? null };
  return inSections(body, facts, limits);
};

/** The lines `name: value` of a front matter. What is nested in it is left out. */
function propertiesOf(front: string): Record<string, string> {
  const lines = front.split(/\r?\n/).map((line) => /^([\w-]+):\s*(\S.*)$/.exec(line));
  return Object.fromEntries(
    lines.flatMap((line) => (line ? [[(line[1] ?? "").toLowerCase(), unquoted((line[2] ?? "").trim())]] : [])),
  );
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}

/** Of level 1, at the very beginning. */
function firstHeading(text: string): string | null {
  return /^\s*# +(.+?)\s*#*\s*(?:\r?\n|$)/.exec(text.slice(0, 2_000))?.[1] ?? null;
}
