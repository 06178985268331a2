/**
 * A sentence as plain words: what people do to letters so that no filter reads them is undone. Letters that only look like
 * others, accents, blanks between letters, digits and marks in place of letters, and letters that are repeated.
 */

const LOOK_ALIKES: Readonly<Record<string, string>> = Object.fromEntries([
  ["а", "a"],
  ["в", "b"],
  ["с", "c"],
  ["ԁ", "d"],
  ["е", "e"],
  ["ё", "e"],
  ["һ", "h"],
  ["і", "i"],
  ["ј", "j"],
  ["к", "k"],
  ["м", "m"],
  ["н", "h"],
  ["о", "o"],
  ["р", "p"],
  ["ѕ", "s"],
  ["т", "t"],
  ["у", "y"],
  ["х", "x"],
  ["α", "a"],
  ["β", "b"],
  ["ε", "e"],
  ["η", "n"],
  ["ι", "i"],
  ["κ", "k"],
  ["μ", "u"],
  ["ν", "v"],
  ["ο", "o"],
  ["ρ", "p"],
  ["σ", "s"],
  ["τ", "t"],
  ["υ", "u"],
  ["χ", "x"],
  ["ω", "w"],
  ["ı", "i"],
  ["ł", "l"],
  ["ø", "o"],
  ["ß", "ss"],
  ["æ", "ae"],
  ["œ", "oe"],
  ["¢", "c"],
  ["£", "l"],
  ["€", "e"],
]);
const IN_PLACE_OF: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "l",
  "+": "t",
};
/** Shown by nothing: blanks without a width, marks of direction, soft hyphens. */
const UNSEEN = /\u00ad|\u034f|\u061c|\u180e|[\u200b-\u200f\u202a-\u202e\u2060-\u2064]|[\ufe00-\ufe0f]|\ufeff/g;
/** Single letters with blanks or marks between: `f u c k`, `s.h.i.t`. */
const SPELLED = /(?<![\p{L}\d])\p{L}(?:[ .\-_*]\p{L}){2,20}(?![\p{L}\d])/gu;
const WORD = /[\p{L}\d@$!|+*#](?:[\p{L}\d@$!|+*#'’]{0,38}[\p{L}\d@$|+])?/gu;

/** What French and Italian write before a vowel is a word of its own: `t'es`, `dell'arbitro`. */
const ELIDED = /(?<!\p{L})(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|(?:d|n|su|da|que)?[ae]ll|un|quest|gl)['’](?=\p{L}{2})/gu;

/** The words in lower case; one that was hidden is there as it was meant. */
export function plainWords(sentence: string): string[] {
  const shown = [...sentence.normalize("NFKD").replace(UNSEEN, "").replace(/\p{M}/gu, "").toLowerCase()]
    .map((char) => LOOK_ALIKES[char] ?? char)
    .join("")
    .replace(ELIDED, "$& ")
    .replace(SPELLED, (letters) => letters.replace(/[ .\-_*]/g, ""));
  return [...shown.matchAll(WORD)].flatMap(([word]) => {
    const meant = meantBy(word);
    return meant === "" ? [] : [meant];
  });
}

function meantBy(word: string): string {
  const letters = word.replace(/^[!|+*#]+|[!|+#'’]+$/g, "").replace(/['’]/g, "");
  if (/^[\d.,+$|@!*#]*$/.test(letters)) return "";
  const isMixed =
    /\p{L}/u.test(letters) && /[\d@$!|+]/.test(letters) && !/^\p{L}{0,2}\d+$|^\d+\p{L}{1,2}$/u.test(letters);
  const read = isMixed ? [...letters].map((char) => IN_PLACE_OF[char] ?? char).join("") : letters;
  return read.replace(/(.)\1{2,}/gu, "$1$1");
}
