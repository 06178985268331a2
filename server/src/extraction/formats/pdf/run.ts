/** What stands on one baseline of a page without a gap. The page is turned so that its text runs to the right, with y downwards. */
export type Run = {
  /** Inline Markdown. */
  text: string;
  left: number;
  right: number;
  /** Of the baseline. */
  y: number;
  size: number;
  bold: boolean;
  /** The word is cut by the end of the line. */
  hyphenated: boolean;
  /** What its raised signs refer to: they stand in the text as `[^1]`. */
  marks?: string[];
  /** Filled in, and no text of the page. */
  isField?: true;
  /** Of a table that is drawn with lines: it stands for all that is inside. */
  rows?: string[][];
};
