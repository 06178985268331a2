/** Rich text (RTF): the body with its notes and text boxes, then headers and footers, once each. */
import { readFileSync } from "node:fs";
import { ExtractionError } from "../../extraction.ts";
import { written } from "../../markdown.ts";
import { inSections } from "../../sections.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { tokensOf } from "./tokens.ts";
import { RtfWalk } from "./walk.ts";

export const readRtf: FormatReader = (source, { limits }) => {
  if (source.size > limits.entryBytes)
    throw new ExtractionError("too_large", "The file has too many bytes for a text.");
  const walk = new RtfWalk();
  for (const token of tokensOf(readFileSync(source.path, "latin1"))) walk.take(token);
  const body = walk.end();
  const margins = new Map(walk.margins.map((block) => [written([block]), block]));
  const { title = null, author = null, ...properties } = walk.information;
  return inSections(written([...body, ...margins.values()]), { ...NO_FACTS, title, author, properties }, limits);
};
