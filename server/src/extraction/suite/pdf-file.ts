/** PDF files made on the spot: what is written where, and whatever else a test wants inside. */
import { deflateSync } from "node:zlib";

export type Words = { x: number; y: number; text: string; size?: number; bold?: boolean };

/** Of one page: its words, or the whole content as PDF writes it. In points, from the lower left corner. */
export type PageContent = Words[] | { raw: string };

type Options = { info?: Record<string, string>; bookmarks?: { title: string; page: number }[] };

const PAGE_WIDTH = 595;
const PAGE_HEIGHT = 842;

/** Objects numbered from 1: a catalog, a tree of pages, two fonts, then each page and its content. */
export function pdfFile(pages: readonly PageContent[], { info = {}, bookmarks = [] }: Options = {}): Buffer {
  const objects: (string | Buffer)[] = ["", "", font("Helvetica"), font("Helvetica-Bold")];
  const add = (object: string | Buffer) => objects.push(object);
  const kids = pages.map((page) => {
    const content = add(stream(Buffer.from(Array.isArray(page) ? page.map(shown).join("\n") : page.raw, "latin1")));
    return add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE_WIDTH} ${PAGE_HEIGHT}] /Contents ${content} 0 R ` +
        "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
    );
  });
  const outline = bookmarks.length === 0 ? "" : ` /Outlines ${outlineOf(bookmarks, kids, add, objects)} 0 R`;
  objects[0] = `<< /Type /Catalog /Pages 2 0 R${outline} >>`;
  objects[1] = `<< /Type /Pages /Count ${kids.length} /Kids [${kids.map((kid) => `${kid} 0 R`).join(" ")}] >>`;
  const entries = Object.entries(info).map(([name, value]) => `/${name} (${literal(value)})`);
  const about = add(`<< ${entries.join(" ")} >>`);
  return pdfOf(objects, about);
}

/** Objects as a file, with the table of where they lie. The first one is the catalog; `more` stands in the trailer. */
export function pdfOf(objects: readonly (string | Buffer)[], about: number | null = null, more = ""): Buffer {
  const parts = [Buffer.from("%PDF-1.7\n", "latin1")];
  const offsets: number[] = [];
  let at = parts[0]?.length ?? 0;
  objects.forEach((object, index) => {
    offsets.push(at);
    const body = typeof object === "string" ? Buffer.from(object, "latin1") : object;
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from("\nendobj\n")]);
    parts.push(part);
    at += part.length;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const trailer = `<< /Size ${objects.length + 1} /Root 1 0 R${about === null ? "" : ` /Info ${about} 0 R`}${more} >>`;
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n${trailer}\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

export function stream(content: Buffer, filters = 1, dictionary = ""): Buffer {
  let packed = content;
  for (let at = 0; at < filters; at++) packed = deflateSync(packed);
  const names = Array.from({ length: filters }, () => "/FlateDecode").join(" ");
  const filter = filters === 0 ? "" : ` /Filter [${names}]`;
  return Buffer.concat([
    Buffer.from(`<< /Length ${packed.length}${filter}${dictionary} >>\nstream\n`),
    packed,
    Buffer.from("\nendstream"),
  ]);
}

function font(name: string): string {
  return `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`;
}

function shown({ x, y, text, size = 10, bold = false }: Words): string {
  return `BT /${bold ? "F2" : "F1"} ${size} Tf ${x} ${y} Td (${literal(text)}) Tj ET`;
}

function literal(text: string): string {
  return text.replaceAll(/[\\()]/g, "\\$&");
}

function outlineOf(
  bookmarks: readonly { title: string; page: number }[],
  kids: readonly number[],
  add: (object: string) => number,
  objects: readonly unknown[],
): number {
  const root = objects.length + 1;
  const last = root + bookmarks.length;
  add(`<< /Type /Outlines /First ${root + 1} 0 R /Last ${last} 0 R /Count ${bookmarks.length} >>`);
  bookmarks.forEach(({ title, page }, at) => {
    const next = at + 1 < bookmarks.length ? ` /Next ${root + at + 2} 0 R` : "";
    add(`<< /Title (${literal(title)}) /Parent ${root} 0 R${next} /Dest [${kids[page]} 0 R /Fit] >>`);
  });
  return root;
}
