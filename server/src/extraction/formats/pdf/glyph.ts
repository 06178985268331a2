/** What lies where on a page, in points, y upwards: characters, boxes, links. */

/** One character, its place in points, y upwards. */
export type Glyph = {
  text: string;
  /** Put in by PDFium, for a gap or the end of a line: it has no place. */
  generated: boolean;
  left: number;
  right: number;
  bottom: number;
  top: number;
  /** Where the baseline of its piece of text begins. */
  x: number;
  y: number;
  style: GlyphStyle;
};

export type GlyphStyle = {
  size: number;
  bold: boolean;
  /** Of the baseline, in quarter turns against the clock. */
  turns: number;
};

/** In points, y upwards. */
export type Box = { left: number; right: number; bottom: number; top: number };

export type LinkArea = Box & { url: string };
