/**
 * Headings that a book does not mark as such: programs that convert books (Calibre, LibreOffice) write them as paragraphs
 * that only look like headings. The table of contents knows their words.
 */
import type { Block } from "../../markdown.ts";

/** A heading may be broken into so many paragraphs: `Chapter 1`, and below it what it is called. */
const PARAGRAPHS_MAX = 3;

/** `titles`: what the table of contents calls the places in these blocks, in order. */
export function withHeadings(blocks: readonly Block[], titles: readonly { title: string; level: number }[]): Block[] {
  const result = [...blocks];
  let from = 0;
  for (const { title, level } of titles) {
    const wanted = keyOf(title);
    const found = wanted === "" ? null : placeOf(result, wanted, from);
    if (found === null) continue;
    const { at, count } = found;
    const text = result.slice(at, at + count).flatMap((block) => (block.kind === "paragraph" ? [block.text] : []));
    // What is marked already has a level of its own.
    if (text.length === count) result.splice(at, count, { kind: "heading", level, text: text.join(" ") });
    from = at + 1;
  }
  return result;
}

/** The first heading or paragraphs that say just that. */
function placeOf(blocks: readonly Block[], wanted: string, from: number): { at: number; count: number } | null {
  for (let at = from; at < blocks.length; at += 1) {
    let said = "";
    for (let count = 1; count <= PARAGRAPHS_MAX; count += 1) {
      const block = blocks[at + count - 1];
      if (block === undefined || (block.kind !== "paragraph" && !(block.kind === "heading" && count === 1))) break;
      said += keyOf(block.text);
      if (said === wanted) return { at, count };
      if (!wanted.startsWith(said) || block.kind === "heading") break;
    }
  }
  return null;
}

/** Letters and digits alone, large ones as small ones. */
function keyOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}
