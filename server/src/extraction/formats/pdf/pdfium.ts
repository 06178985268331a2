/**
 * PDFium, compiled to WebAssembly, as far as reading needs it: pages as characters with their places, links, outline,
 * properties, fields of forms, and a page as a picture.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { ExtractionError } from "../../extraction.ts";
import type { GrayPicture } from "../../gray-picture.ts";
import type { Source } from "../format.ts";
import { call, functionOf, type Module, starting, utf8, utf16 } from "./calls.ts";
import { type Field, Form, fieldsOn } from "./form.ts";
import type { Box, Glyph, GlyphPiece, LinkArea } from "./glyph.ts";

export type Bookmark = { title: string; level: number; page: number };

const SPACE = 0x20;
const READ_BYTES = 4 * 1024 * 1024;
const FAILURE_PASSWORD = 4;
const FAILURE_SECURITY = 5;
const LINK_KINDS_URI = 3;
const OBJECT_PATH = 2;
const OBJECT_IMAGE = 3;
const PICTURES_MAX = 1_000;
const BOLD_WEIGHT_MIN = 600;
const BOOKMARK_DEPTH_MAX = 12;
const BITMAP_GRAY = 1;
const RENDER_ANNOTATIONS = 1;
const RENDER_GRAY = 8;
const WHITE = 0xffffffff;
/** Room for six floats or four doubles. */
const SCRATCH_BYTES = 64;

export class Pdf {
  readonly #module: Module;
  readonly #document: number;
  readonly #scratch: number;
  readonly #form: Form | null;

  private constructor(module: Module, document: number) {
    this.#module = module;
    this.#document = document;
    this.#scratch = module.wasmExports.malloc(SCRATCH_BYTES);
    this.#form = Form.of(module, document);
  }

  /** Throws `encrypted_file` and `invalid_file`. */
  static async open(source: Source): Promise<Pdf> {
    const module = await starting;
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
      return use(new PdfPage(this.#module, this.#document, page, this.#scratch, this.#form));
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
  readonly #form: Form | null;
  /** By the font: most pieces of a page share a few. */
  readonly #boldFonts = new Map<number, boolean>();

  constructor(module: Module, document: number, page: number, scratch: number, form: Form | null) {
    this.#module = module;
    this.#document = document;
    this.#page = page;
    this.#scratch = scratch;
    this.#form = form;
  }

  /** In the order of PDFium: that of the page's content, and within a line that of reading. At most so many. */
  glyphs(most: number): Glyph[] {
    const page = this.#module._FPDFText_LoadPage(this.#page);
    if (page === 0) return [];
    const count = Math.min(this.#module._FPDFText_CountChars(page), most);
    const glyphs: Glyph[] = [];
    const calls = glyphCalls(this.#module);
    let floats = new Float32Array(this.#module.HEAPU8.buffer, this.#scratch, 4);
    let object = -1;
    let piece: GlyphPiece = { y: 0, size: 1, bold: false, turns: 0 };
    for (let at = 0; at < count; at++) {
      const code = calls.unicode(page, at);
      // Only spaces and ends of lines are put in.
      const generated = code <= SPACE && calls.generated(page, at) === 1;
      if (!generated) {
        const its = calls.object(page, at);
        if (its !== object) piece = this.#pieceOf(page, at, its);
        object = its;
        calls.box(page, at, this.#scratch);
        // The memory may have grown, and then lies elsewhere.
        if (floats.length === 0) floats = new Float32Array(this.#module.HEAPU8.buffer, this.#scratch, 4);
      }
      // Left, top, right and bottom, by index: taking an array of numbers apart is slow.
      const { turns } = piece;
      const from = turns === 0 ? floats[0] : turns === 1 ? floats[3] : turns === 2 ? floats[2] : floats[1];
      const to = turns === 0 ? floats[2] : turns === 1 ? floats[1] : turns === 2 ? floats[0] : floats[3];
      const sign = turns >= 2 ? -1 : 1;
      glyphs.push({ text: textOf(code), generated, left: sign * (from ?? 0), right: sign * (to ?? 0), piece });
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

  /** What people have filled in, and notes that are written on the page. At most so many. */
  fields(most: number): Field[] {
    return fieldsOn(this.#module, this.#page, this.#form, most);
  }

  /** What lines and boxes cover. Empty when there are more than so many: it is a drawing. */
  boxes(most: number): Box[] {
    return this.#objects(OBJECT_PATH, most) ?? [];
  }

  /** It has pictures of at least this share of its area. */
  hasPicture(share: number): boolean {
    const area = this.#module._FPDF_GetPageWidth(this.#page) * this.#module._FPDF_GetPageHeight(this.#page);
    const boxes = this.#objects(OBJECT_IMAGE, PICTURES_MAX) ?? [];
    return boxes.reduce((sum, box) => sum + (box.right - box.left) * (box.top - box.bottom), 0) >= area * share;
  }

  /** Null when there are more than so many. */
  #objects(kind: number, most: number): Box[] | null {
    const boxes: Box[] = [];
    const count = this.#module._FPDFPage_CountObjects(this.#page);
    const [left = 0, bottom = 0, right = 0, top = 0] = [0, 4, 8, 12].map((offset) => this.#scratch + offset);
    for (let at = 0; at < count; at++) {
      const object = this.#call("FPDFPage_GetObject", this.#page, at);
      if (this.#call("FPDFPageObj_GetType", object) !== kind) continue;
      if (boxes.length >= most) return null;
      if (this.#call("FPDFPageObj_GetBounds", object, left, bottom, right, top) !== 1) continue;
      const bounds = new Float32Array(this.#module.HEAPU8.buffer, this.#scratch, 4);
      boxes.push({ left: bounds[0] ?? 0, bottom: bounds[1] ?? 0, right: bounds[2] ?? 0, top: bounds[3] ?? 0 });
    }
    return boxes;
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
  #pieceOf(text: number, at: number, object: number): GlyphPiece {
    const matrix = this.#scratch + 32;
    if (this.#call("FPDFText_GetMatrix", text, at, matrix) !== 1) return { y: 0, size: 1, bold: false, turns: 0 };
    this.#call("FPDFText_GetCharOrigin", text, at, this.#scratch + 16, this.#scratch + 24);
    const [x = 0, y = 0] = new Float64Array(this.#module.HEAPU8.buffer, this.#scratch + 16, 2);
    const [a = 1, b = 0, c = 0, d = 1] = new Float32Array(this.#module.HEAPU8.buffer, matrix, 4);
    const size = Math.abs(this.#call("FPDFText_GetFontSize", text, at)) * Math.hypot(c, d);
    const turns = (Math.round(Math.atan2(b, a) / (Math.PI / 2)) + 4) % 4;
    const font = this.#call("FPDFTextObj_GetFont", object);
    const bold = this.#boldFonts.get(font) ?? this.#isBold(text, at);
    this.#boldFonts.set(font, bold);
    return { y: [-y, x, y, -x][turns] ?? 0, size: size || 1, bold, turns };
  }

  #isBold(text: number, at: number): boolean {
    if (this.#call("FPDFText_GetFontWeight", text, at) >= BOLD_WEIGHT_MIN) return true;
    const name = utf8(this.#module, (to, room) => this.#call("FPDFText_GetFontInfo", text, at, to, room, 0));
    return /bold|black|heavy|(^|\+)(cmbx|sfbx|ecbx)/i.test(name);
  }

  #call(name: string, ...values: number[]): number {
    return call(this.#module, name, ...values);
  }
}

/** What is called for every character. */
function glyphCalls(module: Module) {
  return {
    unicode: functionOf(module, "FPDFText_GetUnicode"),
    generated: functionOf(module, "FPDFText_IsGenerated"),
    object: functionOf(module, "FPDFText_GetTextObject"),
    box: functionOf(module, "FPDFText_GetLooseCharBox"),
  };
}

/** Halves of pairs come as they are, one after the other. */
function textOf(code: number): string {
  return code === 0 || code > 0x10ffff ? "" : String.fromCodePoint(code);
}
