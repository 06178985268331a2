/** Signs that Word writes by their place in a font of signs: those of the fonts that everybody has. */

const SYMBOL_CAPITALS = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
const SYMBOL_LETTERS = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
const SYMBOL_SIGNS: Readonly<Record<number, string>> = {
  163: "≤",
  165: "∞",
  174: "→",
  176: "°",
  177: "±",
  179: "≥",
  180: "×",
  182: "∂",
  183: "•",
  184: "÷",
  185: "≠",
  186: "≡",
  187: "≈",
  214: "√",
  229: "∑",
  242: "∫",
};
const WINGDINGS: Readonly<Record<number, string>> = {
  111: "☐",
  113: "☐",
  168: "☐",
  223: "←",
  224: "→",
  251: "✗",
  252: "✓",
  253: "☒",
  254: "☑",
};
/** Fonts of signs have theirs there, and old ones where ASCII is. */
const PRIVATE = 0xf000;

/** `code`: in hexadecimal digits. Empty for what cannot be told. */
export function symbolOf(font: string, code: string): string {
  const whole = Number.parseInt(code, 16);
  const place = whole & 0xff;
  if (/^symbol$/i.test(font)) {
    return SYMBOL_CAPITALS[place - 0x41] ?? SYMBOL_LETTERS[place - 0x61] ?? SYMBOL_SIGNS[place] ?? "";
  }
  if (/^wingdings$/i.test(font)) return WINGDINGS[place] ?? "";
  const isOwn = !(whole >= 0x20) || (whole >= PRIVATE && whole <= PRIVATE + 0xff) || whole > 0xffff;
  return isOwn ? "" : String.fromCodePoint(whole);
}
