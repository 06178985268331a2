/** PNG, JPEG, TIFF and WebP: what is written in them. Each page of a TIFF is a page; of a picture that moves, the first. */
import { readFileSync } from "node:fs";
import { ExtractionError, type Page } from "../extraction.ts";
import { headerOf, stillOf } from "../picture-header.ts";
import { type TiffPage, withFirstPage } from "../tiff.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

/** Ways in which the dots of a TIFF may be packed: not at all, as a fax in four ways, LZW, PackBits. */
const READ_PACKINGS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 32_771, 32_773]);
/** Of the others, those that are met. */
const PACKINGS: Readonly<Record<number, string>> = { 6: "JPEG", 7: "JPEG", 8: "Deflate", 32946: "Deflate" };

export const readPicture: FormatReader = (source, { limits, recognize, recognizer, warn }) => {
  const bytes = stillOf(readFileSync(source.path));
  const header = headerOf(bytes, limits.pages);
  if (header === null) throw new ExtractionError("invalid_file", "The picture is damaged.");
  const { width, height, held, pages } = header;
  const pageCount = Math.max(1, pages.length);
  if (pageCount > limits.pages)
    throw new ExtractionError("too_large", `It has more pages than the ${limits.pages} that are read.`);
  for (const page of pages) refuseOtherPackings(page);
  return {
    facts: { ...NO_FACTS, paged: true, pageCount, properties: { width: String(width), height: String(height) } },
    async *pages(from) {
      for (let index = from; index < pageCount; index++) {
        const page = pages[index];
        const file = page === undefined || index === 0 ? bytes : withFirstPage(bytes, page.at);
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

function refuseOtherPackings({ packing }: TiffPage): void {
  if (READ_PACKINGS.has(packing)) return;
  const name = PACKINGS[packing] ?? `number ${packing}`;
  throw new ExtractionError(
    "unsupported_file",
    `The TIFF's pictures are packed by ${name}, which is not read; LZW, PackBits and those of faxes are.`,
  );
}
