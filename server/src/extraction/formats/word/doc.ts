/** Word's older documents (DOC), read by a library that knows their text and not their styles. */
import { readFileSync } from "node:fs";
import WordExtractor from "word-extractor";
import { ExtractionError } from "../../extraction.ts";
import { type Block, escaped, written } from "../../markdown.ts";
import { inSections } from "../../sections.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { compoundFacts } from "./compound.ts";
import { refuseEndless } from "./compound-chains.ts";

/** `Page 3`, `- 3 -` */
const PAGE_NUMBER = /^\P{L}*(?:\p{L}+\s+)?\d+\P{L}*$/u;

export const readDoc: FormatReader = async (source, { limits }) => {
  const bytes = readFileSync(source.path);
  refuseEndless(bytes);
  const { encrypted, properties } = compoundFacts(bytes);
  if (encrypted) throw new ExtractionError("encrypted_file", "The document is protected by a password.");
  const document = await new WordExtractor().extract(bytes);
  const boxes = document.getTextboxes({ includeHeadersAndFooters: false });
  const parts = [document.getBody(), boxes, document.getFootnotes(), document.getEndnotes()];
  const margins = new Set(
    `${document.getHeaders()}\n${document.getFooters()}`.split("\n").filter((line) => !PAGE_NUMBER.test(line)),
  );
  const blocks = [...parts.flatMap(blocksOf), ...[...margins].flatMap(blocksOf)];
  const { title = null, author = null, ...others } = properties;
  return inSections(written(blocks), { ...NO_FACTS, title, author, properties: others }, limits);
};

/** One that no line is broken at. */
const HYPHEN = "\u001e";

/** Lines that end with the mark of a cell are rows of a table. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  for (const line of text.replaceAll(HYPHEN, "-").split("\n")) {
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
