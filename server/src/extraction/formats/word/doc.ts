/** Word's older documents (DOC), read by a library that knows their text and not their styles. */
import WordExtractor from "word-extractor";
import { ExtractionError } from "../../extraction.ts";
import { type Block, escaped, written } from "../../markdown.ts";
import { inSections } from "../../sections.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";

/** `Page 3`, `- 3 -` */
const PAGE_NUMBER = /^\P{L}*(?:\p{L}+\s+)?\d+\P{L}*$/u;

export const readDoc: FormatReader = async (source, { limits }) => {
  const document = await new WordExtractor().extract(source.path).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : "";
    if (/encrypt|password/i.test(reason))
      throw new ExtractionError("encrypted_file", "The document is protected by a password.");
    throw new ExtractionError("invalid_file", "The document is damaged.");
  });
  const boxes = document.getTextboxes({ includeHeadersAndFooters: false });
  const parts = [document.getBody(), boxes, document.getFootnotes(), document.getEndnotes()];
  const margins = new Set(
    `${document.getHeaders()}\n${document.getFooters()}`.split("\n").filter((line) => !PAGE_NUMBER.test(line)),
  );
  const blocks = [...parts.flatMap(blocksOf), ...[...margins].flatMap(blocksOf)];
  const text = written(blocks);
  const [title = null] = blocks.flatMap((block) => (block.kind === "paragraph" ? [block.text.slice(0, 200)] : []));
  return inSections(text, { ...NO_FACTS, title }, limits);
};

/** Lines that end with the mark of a cell are rows of a table. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  for (const line of text.split("\n")) {
    if (/\t\s*$/.test(line) && line.trim() !== "") {
      const row = line
        .replace(/\t\s*$/, "")
        .split("\t")
        .map(escaped);
      const last = blocks.at(-1);
      if (last?.kind === "table") last.rows.push(row);
      else blocks.push({ kind: "table", rows: [row] });
    } else if (line.trim() !== "") blocks.push({ kind: "paragraph", text: escaped(line) });
  }
  return blocks;
}
