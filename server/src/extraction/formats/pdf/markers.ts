/** What stands before the words of an item of a list: a bullet, a number or a letter. */

export type Marker = {
  kind: "bullet" | "number" | "letter";
  /** As it is shown; null of a bullet. */
  label: string | null;
  /** The text without it. */
  rest: string;
};

/** Those of fonts that have signs in place of letters (`\uf0b7` and others) among them. */
const BULLET = /^[•▪◦‣⁃∙●○■□◆◇❖✓✔➢➔▶►·–—*∗\uf02d\uf076\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc-]$/;
const NUMBER = /^(\(?\d{1,3}[.)]|\[\d{1,3}\])$/;
/** A small letter with a point, but no initial of a name. */
const LETTER = /^(\(?([a-z]|[ivx]{2,5})\)|\(?[A-Z]\)|([a-z]|[ivx]{2,5})\.)$/;
const FIRST_WORD = /^(\S{1,6})\s+(?=\S)/;
/** `e. g.`, `z. B.` */
const ABBREVIATION = /^[a-z]\.\s+\p{L}\./u;

/** Null when it begins with words. */
export function markerOf(text: string): Marker | null {
  const [whole = "", first = ""] = FIRST_WORD.exec(text) ?? [];
  const kind = kindOf(first);
  if (kind === null || ABBREVIATION.test(text)) return null;
  return { kind, label: kind === "bullet" ? null : first, rest: text.slice(whole.length) };
}

/** Nothing but a marker. */
export function isMarker(text: string): boolean {
  return kindOf(text) !== null || /^[A-Z]\.$/.test(text);
}

function kindOf(word: string): Marker["kind"] | null {
  if (BULLET.test(word)) return "bullet";
  if (NUMBER.test(word)) return "number";
  return LETTER.test(word) ? "letter" : null;
}
