/** Numbers as lists show them: digits, letters, Roman numerals. */

const ROMAN: readonly [number, string][] = [
  [1000, "m"],
  [900, "cm"],
  [500, "d"],
  [400, "cd"],
  [100, "c"],
  [90, "xc"],
  [50, "l"],
  [40, "xl"],
  [10, "x"],
  [9, "ix"],
  [5, "v"],
  [4, "iv"],
  [1, "i"],
];
/** What no list is numbered beyond, so that a number made up to be large makes no long numeral. */
const ROMAN_MAX = 4_999;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** `format` is named as OOXML does (`lowerRoman`) or by a sample as ODF does (`i`). What is unknown is shown in digits. */
export function numeral(count: number, format: string): string {
  switch (format) {
    case "lowerRoman":
    case "i":
      return roman(count);
    case "upperRoman":
    case "I":
      return roman(count).toUpperCase();
    case "lowerLetter":
    case "a":
      return letters(count);
    case "upperLetter":
    case "A":
      return letters(count).toUpperCase();
    case "decimalZero":
      return String(count).padStart(2, "0");
    default:
      return String(count);
  }
}

function roman(count: number): string {
  if (count < 1 || count > ROMAN_MAX) return String(count);
  let text = "";
  let left = count;
  for (const [value, sign] of ROMAN) {
    while (left >= value) {
      text += sign;
      left -= value;
    }
  }
  return text;
}

/** After z come aa, bb, cc, as office programs count. */
function letters(count: number): string {
  if (count < 1 || count > ROMAN_MAX) return String(count);
  return (LETTERS[(count - 1) % 26] ?? "").repeat(Math.ceil(count / 26));
}
