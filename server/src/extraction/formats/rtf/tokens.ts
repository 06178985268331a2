/** Rich text (RTF) as a row of tokens: groups, control words with their numbers, bytes of text. */

export type Token =
  | { kind: "open" }
  | { kind: "close" }
  | { kind: "word"; word: string; value: number | null }
  /** `\*`, `\~` and the like. */
  | { kind: "symbol"; symbol: string }
  /** Bytes of the charset at hand, as one character each. */
  | { kind: "bytes"; bytes: string };

const TOKEN = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([\da-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+/giy;

export function* tokensOf(text: string): Generator<Token> {
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      at += 1;
      continue;
    }
    at = TOKEN.lastIndex;
    const [, word, value, hexadecimal, symbol, brace, bytes] = match;
    if (word !== undefined) {
      const number = value === undefined ? null : Number(value);
      // Bytes of a picture, as they are.
      if (word === "bin") at += Math.max(number ?? 0, 0);
      else yield { kind: "word", word, value: number };
    } else if (hexadecimal !== undefined)
      yield { kind: "bytes", bytes: String.fromCharCode(Number.parseInt(hexadecimal, 16)) };
    else if (symbol !== undefined) yield { kind: "symbol", symbol };
    else if (brace !== undefined) yield { kind: brace === "{" ? "open" : "close" };
    else if (bytes !== undefined) yield { kind: "bytes", bytes };
  }
}
