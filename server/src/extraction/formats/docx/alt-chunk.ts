/** Another document that lies inside a Word document, and is shown in its place: a page, or plain text. */
import { decode } from "../../charset.ts";
import { type Block, escaped } from "../../markdown.ts";
import { isNeverShown } from "../html/article.ts";
import { blocksOf } from "../html/blocks.ts";
import { parseHtml } from "../html/parse.ts";
import type { OfficePackage } from "../ooxml/package.ts";

/** None of what is in another format, such as a Word document again. */
export function altChunkBlocks(office: OfficePackage, part: string): Block[] {
  const ending = /\.(html?|xhtml|txt)$/i.exec(part)?.[1]?.toLowerCase();
  if (ending === undefined || !office.zip.has(part)) return [];
  const { text } = decode(office.zip.bytes(part));
  if (ending !== "txt") return blocksOf(parseHtml(text), { isLeftOut: isNeverShown });
  return text.split(/(?:\r?\n[ \t]*){2,}/).map((lines): Block => ({ kind: "paragraph", text: escaped(lines) }));
}
