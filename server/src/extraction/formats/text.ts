/** Plain text in any charset: its paragraphs are its structure. */
import { inSections } from "../sections.ts";
import { decodedText } from "./decoded.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

export const readText: FormatReader = (source, { limits }) => {
  const { text, encoding } = decodedText(source, limits);
  return inSections(text, { ...NO_FACTS, encoding }, limits);
};
