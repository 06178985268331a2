/** PNG, JPEG, TIFF and WebP: what is written in them. Each page of a TIFF is a page. */
import { readFileSync } from "node:fs";
import { ExtractionError, type Page } from "../extraction.ts";
import { headerOf, withFirstPage } from "../picture-header.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

export const readPicture: FormatReader = (source, { limits, recognize, recognizer, warn }) => {
  const bytes = readFileSync(source.path);
  const header = headerOf(bytes, limits.pages);
  if (header === null) throw new ExtractionError("invalid_file", "The picture is damaged.");
  const { width, height, held, pages } = header;
  const pageCount = Math.max(1, pages.length);
  if (pageCount > limits.pages)
    throw new ExtractionError("too_large", `It has more pages than the ${limits.pages} that are read.`);
  return {
    facts: { ...NO_FACTS, paged: true, pageCount, properties: { width: String(width), height: String(height) } },
    async *pages(from) {
      for (let index = from; index < pageCount; index++) {
        const place = pages[index];
        const file = place === undefined || index === 0 ? bytes : withFirstPage(bytes, place);
        // Each page has a size of its own.
        const size = headerOf(file, 0);
        if (size === null) throw new ExtractionError("invalid_file", "The picture is damaged.");
        if (size.width * size.height > limits.pixels)
          throw new ExtractionError("too_large", "The picture has more dots than are read.");
        const text = recognize ? await (await recognizer()).textOfFile(file, held) : "";
        if (text === null) warn("not_recognized", `The picture on page ${index + 1} took too long to read.`);
        yield { index, name: null, content: text ?? "", recognized: recognize } satisfies Page;
      }
    },
  };
};
