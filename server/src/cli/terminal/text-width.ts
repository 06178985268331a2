/** Text measured in the cells of a terminal: cut to fit, broken into lines, and made harmless. */
import stringWidth from "string-width";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const PLAIN = /^[\x20-\x7e]*$/;

/** Cells of text without control characters. */
export function textWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** At most `cells` wide; what is cut ends in an ellipsis. */
export function cutToWidth(text: string, cells: number): string {
  if (textWidth(text) <= cells) return text;
  if (cells < 1) return "";
  let width = 0;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    width += textWidth(segment);
    if (width > cells - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The last `rows` lines of text when it is broken at `cells`. */
export function lastLines(text: string, cells: number, rows: number): string[] {
  // A line is at most as many characters as it could be wide: older text cannot show.
  const tail = text.slice(-rows * cells * 2).split("\n");
  const lines = tail.flatMap((line) => broken(line, cells));
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines.slice(-rows);
}

/**
 * A line broken between words, or within one that is wider than the line. The library for it, wrap-ansi, either drops
 * the indentation of a first line or begins a line with the space at which it broke, and takes eight times as long.
 */
function broken(line: string, cells: number): string[] {
  const lines: string[] = [];
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes.segment(line)) {
    const wide = textWidth(segment);
    if (width + wide > cells) {
      const space = segment === " " ? kept.length : kept.lastIndexOf(" ");
      lines.push((space > 0 ? kept.slice(0, space) : kept).trimEnd());
      kept = space > 0 ? kept.slice(space + 1) : "";
      width = textWidth(kept);
      if (segment === " ") continue;
    }
    kept += segment;
    width += wide;
  }
  lines.push(kept);
  return lines;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text that cannot steer the terminal that shows it: what a task says is not to be trusted with that. */
export function harmless(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(CONTROL, "\ufffd");
}

/** The same on one line. */
export function onOneLine(text: string): string {
  return harmless(text.replaceAll(/\s+/g, " ").trim());
}
