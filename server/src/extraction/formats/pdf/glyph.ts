/**
 * What lies where on a page, in points: characters, boxes, links. PDF's y goes upwards. Text may run in four directions;
 * a character is told where it lies along its own baseline, as if the page were turned so that it runs to the right.
 */

/** One character. */
export type Glyph = {
  text: string;
  /** Put in by PDFium, for a gap or the end of a line: it has no place. */
  generated: boolean;
  /** Along the baseline. */
  left: number;
  right: number;
  piece: GlyphPiece;
};

/** How a piece of text is written: the same object for all its characters. */
export type GlyphPiece = {
  /** Of the baseline, across it, downwards. */
  y: number;
  size: number;
  bold: boolean;
  /** Of the baseline, in quarter turns against the clock. */
  turns: number;
};

/** In points, y upwards. */
export type Box = { left: number; right: number; bottom: number; top: number };

export type LinkArea = Box & { url: string };

/** What a box covers on the page that is turned so that such text runs to the right, with y downwards. */
export type Area = { left: number; right: number; top: number; bottom: number };

export function areaOf({ left, right, bottom, top }: Box, turns: number): Area {
  if (turns === 1) return { left: bottom, right: top, top: left, bottom: right };
  if (turns === 2) return { left: -right, right: -left, top: bottom, bottom: top };
  if (turns === 3) return { left: -top, right: -bottom, top: -right, bottom: -left };
  return { left, right, top: -top, bottom: -bottom };
}
