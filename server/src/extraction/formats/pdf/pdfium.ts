/**
 * PDFium, compiled to WebAssembly, as far as reading needs it: pages as characters with their places, links, outline,
 * properties, and a page as a picture. Its functions take and give numbers; addresses are those of its own memory.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { PDFiumModule } from "@hyzyla/pdfium";
import { ExtractionError } from "../../extraction.ts";
import type { GrayPicture } from "../../recognizer.ts";
import type { Source } from "../format.ts";

/** One character, its place in points, y upwards. */
export type Glyph = {
  text: string;
  /** Put in by PDFium, for a gap or the end of a line: it has no place. */
  generated: boolean;
  left: number;
  right: number;
  bottom: number;
  top: number;
  /** Where its baseline begins. */
  x: number;
  y: number;
  style: GlyphStyle;
};

/** The same object for neighbours that are alike. */
export type GlyphStyle = {
  size: number;
  bold: boolean;
  /** Of the baseline, in quarter turns against the clock. */
  turns: number;
};

export type LinkArea = { url: string; left: number; right: number; bottom: number; top: number };

export type Bookmark = { title: string; level: number; page: number };

const READ_BYTES = 4 * 1024 * 1024;
const FAILURE_PASSWORD = 4;
const FAILURE_SECURITY = 5;
const LINK_KINDS_URI = 3;
const OBJECT_IMAGE = 3;
const BOLD_WEIGHT_MIN = 600;
const BOOKMARK_DEPTH_MAX = 12;
const TEXT_BYTES_MAX = 64 * 1024;
const BITMAP_GRAY = 1;
const RENDER_ANNOTATIONS = 1;
const RENDER_GRAY = 8;
const WHITE = 0xffffffff;
/** Room for six floats or four doubles. */
const SCRATCH_BYTES = 64;

type Module = Awaited<ReturnType<typeof PDFiumModule>>;

export class Pdf {
  readonly #module: Module;
  readonly #document: number;
  readonly #scratch: number;

  private constructor(module: Module, document: number) {
    this.#module = module;
    this.#document = document;
    this.#scratch = module.wasmExports.malloc(SCRATCH_BYTES);
  }

  /** Throws `encrypted_file` and `invalid_file`. */
  static async open(source: Source): Promise<Pdf> {
    const module = await PDFiumModule({});
    module._FPDF_InitLibraryWithConfig({});
    const address = module.wasmExports.malloc(source.size);
    if (address === 0)
      throw new ExtractionError("too_large", "It takes more memory to read than there is for one file.");
    const file = openSync(source.path, "r");
    let size = 0;
    for (let got = -1; got !== 0 && size < source.size; size += got) {
      const room = Math.min(READ_BYTES, source.size - size);
      got = readSync(file, module.HEAPU8.subarray(address + size, address + size + room), 0, room, size);
    }
    closeSync(file);
    const document = module._FPDF_LoadMemDocument(address, size, 0);
    if (document !== 0) return new Pdf(module, document);
    const failure = module._FPDF_GetLastError();
    if (failure === FAILURE_PASSWORD || failure === FAILURE_SECURITY)
      throw new ExtractionError("encrypted_file", "The document is protected by a password.");
    throw new ExtractionError("invalid_file", "The document is damaged.");
  }

  get pageCount(): number {
    return this.#module._FPDF_GetPageCount(this.#document);
  }

  /** Empty when the document does not say it. */
  property(name: string): string {
    return this.#withText(name, (tag) =>
      this.#utf16((to, room) => this.#call("FPDF_GetMetaText", this.#document, tag, to, room)),
    );
  }

  /** Each once, at most so many, also when they go round in a circle. */
  bookmarks(most: number): Bookmark[] {
    const found: Bookmark[] = [];
    const seen = new Set<number>();
    const visit = (parent: number, level: number) => {
      let bookmark = this.#call("FPDFBookmark_GetFirstChild", this.#document, parent);
      while (bookmark !== 0 && !seen.has(bookmark) && found.length < most && level <= BOOKMARK_DEPTH_MAX) {
        seen.add(bookmark);
        const at = bookmark;
        const title = this.#utf16((to, room) => this.#call("FPDFBookmark_GetTitle", at, to, room));
        const target = this.#call("FPDFBookmark_GetDest", this.#document, bookmark);
        const page = target === 0 ? 0 : this.#call("FPDFDest_GetDestPageIndex", this.#document, target);
        found.push({ title, level, page: Math.max(0, page) });
        visit(bookmark, level + 1);
        bookmark = this.#call("FPDFBookmark_GetNextSibling", this.#document, bookmark);
      }
    };
    visit(0, 1);
    return found;
  }

  /** Throws `invalid_file` when the page cannot be opened. */
  page<T>(index: number, use: (page: PdfPage) => T): T {
    const page = this.#module._FPDF_LoadPage(this.#document, index);
    if (page === 0) throw new ExtractionError("invalid_file", `Page ${index + 1} is damaged.`);
    try {
      return use(new PdfPage(this.#module, this.#document, page, this.#scratch));
    } finally {
      this.#module._FPDF_ClosePage(page);
    }
  }

  #call(name: string, ...values: number[]): number {
    return call(this.#module, name, ...values);
  }

  /** What writes so many bytes of UTF-16 to an address, or says how many it would. */
  #utf16(write: (to: number, room: number) => number): string {
    return utf16(this.#module, write);
  }

  #withText<T>(text: string, use: (address: number) => T): T {
    const bytes = Buffer.from(`${text}\0`, "utf8");
    const address = this.#module.wasmExports.malloc(bytes.length);
    this.#module.HEAPU8.set(bytes, address);
    try {
      return use(address);
    } finally {
      this.#module.wasmExports.free(address);
    }
  }
}

export class PdfPage {
  readonly #module: Module;
  readonly #document: number;
  readonly #page: number;
  readonly #scratch: number;

  constructor(module: Module, document: number, page: number, scratch: number) {
    this.#module = module;
    this.#document = document;
    this.#page = page;
    this.#scratch = scratch;
  }

  /** In the order of PDFium: that of the page's content, and within a line that of reading. At most so many. */
  glyphs(most: number): Glyph[] {
    const page = this.#module._FPDFText_LoadPage(this.#page);
    if (page === 0) return [];
    const count = Math.min(this.#module._FPDFText_CountChars(page), most);
    const glyphs: Glyph[] = [];
    const calls = glyphCalls(this.#module);
    let floats = new Float32Array(this.#module.HEAPU8.buffer, this.#scratch, 4);
    let doubles = new Float64Array(this.#module.HEAPU8.buffer, this.#scratch + 16, 2);
    let object = -1;
    let style: GlyphStyle = { size: 1, bold: false, turns: 0 };
    for (let at = 0; at < count; at++) {
      if (floats.buffer !== this.#module.HEAPU8.buffer) {
        floats = new Float32Array(this.#module.HEAPU8.buffer, this.#scratch, 4);
        doubles = new Float64Array(this.#module.HEAPU8.buffer, this.#scratch + 16, 2);
      }
      const code = calls.unicode(page, at);
      const generated = calls.generated(page, at) === 1;
      if (!generated) {
        const its = calls.object(page, at);
        if (its !== object) style = this.#styleOf(page, at);
        object = its;
        calls.box(page, at, this.#scratch);
        calls.origin(page, at, this.#scratch + 16, this.#scratch + 24);
      }
      const [left = 0, top = 0, right = 0, bottom = 0] = floats;
      const [x = 0, y = 0] = doubles;
      const text = code === 0 ? "" : textOf(code);
      glyphs.push({ text, generated, left, right, bottom, top, x, y, style });
    }
    this.#module._FPDFText_ClosePage(page);
    return glyphs;
  }

  links(most: number): LinkArea[] {
    const links: LinkArea[] = [];
    const position = this.#scratch;
    const found = this.#scratch + 8;
    this.#module.HEAP32[position >> 2] = 0;
    while (links.length < most && this.#call("FPDFLink_Enumerate", this.#page, position, found) === 1) {
      const link = this.#module.HEAP32[found >> 2] ?? 0;
      const action = this.#call("FPDFLink_GetAction", link);
      if (action === 0 || this.#call("FPDFAction_GetType", action) !== LINK_KINDS_URI) continue;
      const url = utf8(this.#module, (to, room) =>
        this.#call("FPDFAction_GetURIPath", this.#document, action, to, room),
      );
      if (url === "" || this.#call("FPDFLink_GetAnnotRect", link, this.#scratch + 16) !== 1) continue;
      const [left = 0, top = 0, right = 0, bottom = 0] = new Float32Array(
        this.#module.HEAPU8.buffer,
        this.#scratch + 16,
        4,
      );
      links.push({ url, left, right, top: Math.max(top, bottom), bottom: Math.min(top, bottom) });
    }
    return links;
  }

  /** It has a picture of at least this share of its area. */
  hasPicture(share: number): boolean {
    const area = this.#module._FPDF_GetPageWidth(this.#page) * this.#module._FPDF_GetPageHeight(this.#page);
    const count = Math.min(this.#module._FPDFPage_CountObjects(this.#page), 1_000);
    let covered = 0;
    for (let at = 0; at < count; at++) {
      const object = this.#module._FPDFPage_GetObject(this.#page, at);
      if (this.#module._FPDFPageObj_GetType(object) !== OBJECT_IMAGE) continue;
      const [left, bottom, right, top] = [0, 4, 8, 12].map((offset) => this.#scratch + offset);
      this.#call("FPDFPageObj_GetBounds", object, left ?? 0, bottom ?? 0, right ?? 0, top ?? 0);
      const bounds = new Float32Array(this.#module.HEAPU8.buffer, this.#scratch, 4);
      covered += Math.max(0, (bounds[2] ?? 0) - (bounds[0] ?? 0)) * Math.max(0, (bounds[3] ?? 0) - (bounds[1] ?? 0));
    }
    return covered >= area * share;
  }

  hasObjects(): boolean {
    return this.#module._FPDFPage_CountObjects(this.#page) > 0;
  }

  /** In gray, at so many dots an inch, or fewer where that were more than so many dots. */
  picture(dotsPerInch: number, dotsMax: number): GrayPicture {
    const inches = {
      width: this.#module._FPDF_GetPageWidth(this.#page) / 72,
      height: this.#module._FPDF_GetPageHeight(this.#page) / 72,
    };
    const dots = Math.min(dotsPerInch, Math.sqrt(dotsMax / Math.max(0.01, inches.width * inches.height)));
    const width = Math.max(1, Math.round(inches.width * dots));
    const height = Math.max(1, Math.round(inches.height * dots));
    const bitmap = this.#module._FPDFBitmap_CreateEx(width, height, BITMAP_GRAY, 0, 0);
    if (bitmap === 0) throw new ExtractionError("too_large", "A page is too large to be drawn.");
    this.#module._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
    this.#module._FPDF_RenderPageBitmap(bitmap, this.#page, 0, 0, width, height, 0, RENDER_ANNOTATIONS | RENDER_GRAY);
    const stride = this.#module._FPDFBitmap_GetStride(bitmap);
    const from = this.#module._FPDFBitmap_GetBuffer(bitmap);
    const gray = new Uint8Array(width * height);
    for (let row = 0; row < height; row++)
      gray.set(this.#module.HEAPU8.subarray(from + row * stride, from + row * stride + width), row * width);
    this.#module._FPDFBitmap_Destroy(bitmap);
    return { width, height, gray };
  }

  /** A font of one point may be drawn ten times as large: the matrix says how large it is and whither it runs. */
  #styleOf(text: number, at: number): GlyphStyle {
    const matrix = this.#scratch + 32;
    if (this.#call("FPDFText_GetMatrix", text, at, matrix) !== 1) return { size: 1, bold: false, turns: 0 };
    const [a = 1, b = 0, c = 0, d = 1] = new Float32Array(this.#module.HEAPU8.buffer, matrix, 4);
    const size = Math.abs(this.#call("FPDFText_GetFontSize", text, at)) * Math.hypot(c, d);
    const turns = Math.round(Math.atan2(b, a) / (Math.PI / 2));
    const weight = this.#call("FPDFText_GetFontWeight", text, at);
    return { size: size || 1, bold: weight >= BOLD_WEIGHT_MIN || this.#isBoldByName(text, at), turns: (turns + 4) % 4 };
  }

  #isBoldByName(text: number, at: number): boolean {
    const name = utf8(this.#module, (to, room) => this.#call("FPDFText_GetFontInfo", text, at, to, room, 0));
    return /bold|black|heavy|(^|\+)(cmbx|sfbx|ecbx)/i.test(name);
  }

  #call(name: string, ...values: number[]): number {
    return call(this.#module, name, ...values);
  }
}

/** A function of PDFium's that the package's types leave out. */
function functionOf(module: Module, name: string): (...values: number[]) => number {
  const found: unknown = Reflect.get(module, `_${name}`);
  if (typeof found !== "function") throw new Error(`PDFium has no ${name}.`);
  return (...values) => Number(Reflect.apply(found, null, values));
}

const functions = new WeakMap<Module, Map<string, (...values: number[]) => number>>();

function call(module: Module, name: string, ...values: number[]): number {
  const known = functions.get(module) ?? new Map<string, (...values: number[]) => number>();
  functions.set(module, known);
  const found = known.get(name) ?? functionOf(module, name);
  known.set(name, found);
  return found(...values);
}

/** What is called for every character. */
function glyphCalls(module: Module) {
  return {
    unicode: functionOf(module, "FPDFText_GetUnicode"),
    generated: functionOf(module, "FPDFText_IsGenerated"),
    object: functionOf(module, "FPDFText_GetTextObject"),
    box: functionOf(module, "FPDFText_GetLooseCharBox"),
    origin: functionOf(module, "FPDFText_GetCharOrigin"),
  };
}

function utf16(module: Module, write: (to: number, room: number) => number): string {
  return textAt(module, write, "utf-16le");
}

function utf8(module: Module, write: (to: number, room: number) => number): string {
  return textAt(module, write, "utf-8");
}

/** `write` says how many bytes there are, the zero at the end among them, and writes them where there is room. */
function textAt(module: Module, write: (to: number, room: number) => number, encoding: string): string {
  const bytes = Math.min(write(0, 0), TEXT_BYTES_MAX);
  if (bytes <= 0) return "";
  const address = module.wasmExports.malloc(bytes);
  try {
    write(address, bytes);
    const text = new TextDecoder(encoding).decode(module.HEAPU8.slice(address, address + bytes));
    return text.replace(/\0[\s\S]*$/, "");
  } finally {
    module.wasmExports.free(address);
  }
}

/** Halves of pairs come as they are, one after the other. */
function textOf(code: number): string {
  return code > 0x10ffff ? "" : String.fromCodePoint(code);
}
