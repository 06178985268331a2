/**
 * PDF: the text layer of each page in the order of reading, with its headings, lists, tables and links. A page that is a
 * picture is read from the picture. A page is opened when it is asked for, so that a reading goes on wherever it likes.
 */
import { Effort } from "../effort.ts";
import { ExtractionError, type Page } from "../extraction.ts";
import { written } from "../markdown.ts";
import { type Desk, type FormatReader, NO_FACTS } from "./format.ts";
import { PageTexts } from "./pdf/page-texts.ts";
import { Pdf, type PdfPage } from "./pdf/pdfium.ts";
import { type PageRuns, runsOf } from "./pdf/runs.ts";

const GLYPHS_MAX = 400_000;
const LINKS_MAX = 2_000;
const BOXES_MAX = 600;
/** Annotations that are looked at. */
const FIELDS_MAX = 5_000;
/** Letters and digits: a page with fewer may be a picture. */
const CHARACTERS_MIN = 30;
/** Of its area, beside a few characters such as its number. */
const PICTURE_SHARE_MIN = 0.3;
const DOTS_PER_INCH = 200;
const DOTS_MAX = 12_000_000;
const PROPERTIES = ["Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate"];

export const readPdf: FormatReader = async (source, desk) => {
  const pdf = await Pdf.open(source);
  const pageCount = pdf.pageCount;
  if (pageCount > desk.limits.pages)
    throw new ExtractionError("too_large", `It has ${pageCount} pages; ${desk.limits.pages} are read.`);
  if (pageCount < 1) throw new ExtractionError("invalid_file", "The document has no pages.");
  const title = pdf.property("Title") || null;
  const outline = pdf.bookmarks(desk.limits.facts);
  const titles = [title ?? "", ...outline.map((bookmark) => bookmark.title)];
  const { pdfWorkMs, pdfWorkMsPerMb } = desk.limits;
  const effort = new Effort(pdfWorkMs + (pdfWorkMsPerMb * source.size) / 1024 ** 2);
  const texts = new PageTexts(pageCount, titles, (index) => effort.spend(() => opened(pdf, index, runsOn, null)));
  const properties = PROPERTIES.map((name) => [name, pdf.property(name)] as const).filter(([, value]) => value !== "");
  return {
    facts: {
      ...NO_FACTS,
      paged: true,
      pageCount,
      title,
      author: pdf.property("Author") || null,
      properties: Object.fromEntries(properties),
      outline,
    },
    async *pages(from) {
      for (let index = from; index < pageCount; index++) yield await pageOf(pdf, index, texts, effort, desk);
    },
  };
};

function runsOn(page: PdfPage): PageRuns {
  return runsOf(page.glyphs(GLYPHS_MAX), {
    links: page.links(LINKS_MAX),
    boxes: page.boxes(BOXES_MAX),
    fields: page.fields(FIELDS_MAX),
  });
}

/** Of a page that cannot be opened: what is said in its place. */
function opened<T>(pdf: Pdf, index: number, use: (page: PdfPage) => T, otherwise: T): T {
  try {
    return pdf.page(index, use);
  } catch (error) {
    if (error instanceof ExtractionError && error.failure === "invalid_file") return otherwise;
    throw error;
  }
}

async function pageOf(pdf: Pdf, index: number, texts: PageTexts, effort: Effort, desk: Desk): Promise<Page> {
  const blocks = texts.blocksOn(index);
  if (!blocks) desk.warn("page_damaged", `Page ${index + 1} is damaged.`);
  const content = written(blocks ?? []);
  const page: Page = { index, name: null, content, recognized: false };
  const characters = readableCharacters(content);
  if (!desk.recognize || !blocks || characters >= CHARACTERS_MIN) return page;
  const isPicture = (it: PdfPage) => (characters > 0 ? it.hasPicture(PICTURE_SHARE_MIN) : it.hasObjects());
  if (!effort.spend(() => opened(pdf, index, isPicture, false))) return page;
  const picture = opened(pdf, index, (it) => it.picture(DOTS_PER_INCH, DOTS_MAX), null);
  if (!picture) return page;
  const text = await (await desk.recognizer()).textOf(picture);
  if (text === null) desk.warn("not_recognized", `The picture on page ${index + 1} took too long to read.`);
  return text ? { ...page, content: text, recognized: true } : page;
}

/** As far as it matters how many. Without those that a font has for itself, since nobody else knows what they mean. */
function readableCharacters(text: string): number {
  let count = 0;
  for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    count += match[0].length;
    if (count >= CHARACTERS_MIN) break;
  }
  return count;
}
