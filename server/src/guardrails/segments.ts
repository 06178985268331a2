/**
 * Cuts a text into sentences while it comes, always at the same places however it arrives: what is looked at in one
 * piece is never cut within a name, a number or a key. Each character is looked at once.
 */
import type { Segment } from "./detector.ts";

/** A sentence that is longer is cut: nothing is held back for ever, and no detector sees more at once. */
const SEGMENT_CHARS_MAX = 4_096;
/** What is seen on both sides of such a cut. No entity is longer, private keys and tokens apart. */
const OVERLAP_CHARS = 512;
/** Of what stands before a sentence that was not cut. */
const CONTEXT_CHARS = 160;
/** How much of what follows must be there before a place is judged. */
const LOOKAHEAD = 8;
const LOOKBACK = 32;
const HEAD_CHARS = 64;

const SENTENCE_END = /[.!?…:][\p{Pe}\p{Pf}"'*_`]*$/u;
const WIDE_END = /[。！？]["'”’」』）]*$/;
const LIST_MARK = /^(?:[-*•–+>|#]|\d{1,3}[.)]\s|```)/;
/** A number that goes on over a blank or the end of a line. */
const DIGIT_BEFORE = /\d[\p{L}\d]{0,6}[\s./()-]*$/u;
const DIGIT_AFTER = /^[+(]?[\p{Lu}]{0,2}\d/u;
/** After these a point ends no sentence: an initial, the day of a date, a title, the start of a place or a street. */
const UNFINISHED =
  /(?:^|[\s(.\p{Pi}"'])(?:\p{L}|\d{1,2}|(?:dr|mr|mrs|ms|prof|rev|hon|sr|sra|srta|jr|st|ste|mt|ft|dott|ing|dipl|med|sig|mme|mlle|hr|fr|nr|no|núm|tel|tél|mob|ext|fax|acct|\p{L}{0,24}str|av|ave|avda|blvd|bd|rd|ln|apt|geb|né|née|nac|ca|bzw|vs|dob|col|gen|lt|sgt|capt|fig|ref|id))\.$/iu;
const KEY_BEGINS = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_ENDS = "-----END";

export class Segmenter {
  /** What is not handed out yet. */
  #text = "";
  #at = 0;
  /** Where the blanks before `#at` begin, and how many lines end in them. */
  #blank = 0;
  #lines = 0;
  #before: string;
  /** The head of a key or of a word without an end, when the last cut was inside of one. */
  #inside = "";

  /** `before` is what was handed out of the same text already. */
  constructor(before = "") {
    this.#before = before;
  }

  /** The segments that are complete with this piece. */
  push(piece: string): Segment[] {
    this.#text += piece;
    return this.#complete(false);
  }

  /** The rest: the text ends here. */
  end(): Segment[] {
    const segments = this.#complete(true);
    if (this.#text !== "") segments.push(this.#take(this.#text.length, false));
    return segments;
  }

  /** What was not handed out, as it came, and what stands before it: whoever goes on with the text begins there. */
  rest(): { text: string; before: string } {
    return { text: this.#text, before: this.#before };
  }

  #complete(ended: boolean): Segment[] {
    const segments: Segment[] = [];
    const reach = (chars: number) => this.#at + chars <= this.#text.length;
    while (reach(ended ? 1 : LOOKAHEAD)) {
      if (this.#at >= SEGMENT_CHARS_MAX) {
        // What lies over the cut is seen whole before anything of it is handed out.
        if (!ended && !reach(OVERLAP_CHARS)) break;
        segments.push(this.#take(this.#cut(), true));
      } else if (this.#isBlank(this.#at)) {
        if (this.#text[this.#at] === "\n") this.#lines++;
        this.#at++;
      } else if (this.#at > 0 && this.#isBoundary()) {
        segments.push(this.#take(this.#at, false));
      } else {
        this.#at++;
        this.#blank = this.#at;
        this.#lines = 0;
      }
    }
    return segments;
  }

  #isBlank(at: number): boolean {
    const char = this.#text[at];
    return char === " " || char === "\n" || char === "\t" || char === "\r" || char === "\u00a0" || char === "\u3000";
  }

  /** Whether a segment ends before `#at`, which is not blank. */
  #isBoundary(): boolean {
    const before = this.#text.slice(Math.max(0, this.#blank - LOOKBACK), this.#blank);
    const after = this.#text.slice(this.#at, this.#at + LOOKAHEAD);
    if (this.#blank === this.#at) return WIDE_END.test(before) && !/^["'”’」』）。！？]/.test(after);
    const ends =
      this.#lines > 1 ||
      (this.#lines === 1 && LIST_MARK.test(after)) ||
      WIDE_END.test(before) ||
      (SENTENCE_END.test(before) && !UNFINISHED.test(before) && (this.#lines > 0 || !before.endsWith(":")));
    if (!ends) return false;
    if (this.#lines < 2 && DIGIT_BEFORE.test(before) && DIGIT_AFTER.test(after)) return false;
    return !this.#isInKey();
  }

  #isInKey(): boolean {
    const begin = this.#text.slice(0, this.#at).lastIndexOf("-----BEGIN");
    if (begin < 0) return this.#inside.startsWith("-----BEGIN") && !this.#text.slice(0, this.#at).includes(KEY_ENDS);
    const key = this.#text.slice(begin, this.#at);
    return KEY_BEGINS.test(key) && !key.includes(KEY_ENDS);
  }

  /** Where a text is cut that has no end: behind a blank, if there is one, and never within a character. */
  #cut(): number {
    const from = SEGMENT_CHARS_MAX - OVERLAP_CHARS;
    for (let at = SEGMENT_CHARS_MAX; at > from; at--) if (this.#isBlank(at - 1)) return at;
    return SEGMENT_CHARS_MAX - (/[\ud800-\udbff]$/.test(this.#text.slice(0, SEGMENT_CHARS_MAX)) ? 1 : 0);
  }

  #take(end: number, cut: boolean): Segment {
    const text = this.#text.slice(0, end);
    const segment = { text, before: this.#before, after: cut ? this.#text.slice(end, end + OVERLAP_CHARS) : "" };
    const inside = cut ? this.#headOver(text) : "";
    this.#restart(end, inside + (this.#before + text).slice(-(cut ? OVERLAP_CHARS : CONTEXT_CHARS)));
    this.#inside = inside;
    return segment;
  }

  /** How what the cut goes through begins: the mark of a key, the first characters of a word. */
  #headOver(text: string): string {
    const begin = text.lastIndexOf("-----BEGIN");
    if (begin >= 0 && !text.slice(begin).includes(KEY_ENDS)) return KEY_BEGINS.exec(text.slice(begin))?.[0] ?? "";
    if (this.#inside.startsWith("-----BEGIN") && !text.includes(KEY_ENDS)) return this.#inside;
    const last = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n"), text.lastIndexOf("\t")) + 1;
    if (last === text.length) return "";
    return last === 0 && this.#inside !== "" ? this.#inside : text.slice(last, last + HEAD_CHARS);
  }

  #restart(from: number, before: string): void {
    this.#text = this.#text.slice(from);
    this.#before = before;
    this.#inside = "";
    this.#at = 0;
    this.#blank = 0;
    this.#lines = 0;
  }
}

/** All segments of a text; joined again they are the text. */
export function segmentsOf(text: string): Segment[] {
  const segmenter = new Segmenter();
  return [...segmenter.push(text), ...segmenter.end()];
}
