/** PNG, JPEG, TIFF and WebP: what is written in them. Each page of a TIFF is a page. */
import sharp, { type Sharp } from "sharp";
import { ExtractionError, type Page } from "../extraction.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

export const readPicture: FormatReader = async (source, { limits, recognize, recognizer, warn }) => {
  const pictureAt = (page: number): Sharp =>
    sharp(source.path, { limitInputPixels: limits.pixels, failOn: "error", page, pages: 1 });
  const metadata = await pictureAt(0)
    .metadata()
    .catch((error: unknown) => {
      throw pictureError(error);
    });
  const pageCount = metadata.format === "tiff" ? (metadata.pages ?? 1) : 1;
  if (pageCount > limits.pages)
    throw new ExtractionError("too_large", `It has ${pageCount} pages; ${limits.pages} are read.`);
  const properties = { width: String(metadata.width), height: String(metadata.height) };
  return {
    facts: { ...NO_FACTS, paged: true, pageCount, properties },
    async *pages(from) {
      for (let index = from; index < pageCount; index++) {
        const text = recognize
          ? await (await recognizer()).textOf(pictureAt(index)).catch((error: unknown) => {
              throw pictureError(error);
            })
          : "";
        if (text === null) warn("not_recognized", `The picture on page ${index + 1} took too long to read.`);
        yield { index, name: null, content: text ?? "", recognized: recognize } satisfies Page;
      }
    },
  };
};

function pictureError(error: unknown): ExtractionError {
  const isLarge = error instanceof Error && /pixel limit|too large|dimensions/i.test(error.message);
  return isLarge
    ? new ExtractionError("too_large", "The picture has more dots than are read.")
    : new ExtractionError("invalid_file", "The picture is damaged.");
}
