/** Tokens of a text, by the one tokenizer of this server: `o200k_base`. */
import { countTokens, decode, encode } from "gpt-tokenizer/encoding/o200k_base";

/**
 * No word and no gap is this long. A longer run without a gap, or of gaps alone, is quadratic work for the tokenizer
 * (200,000 letters took 28 s): it is counted in pieces.
 */
const RUN_CHARACTERS_MAX = 256;
const LONG_RUN = new RegExp(`\\S{${RUN_CHARACTERS_MAX + 1}}|\\s{${RUN_CHARACTERS_MAX + 1}}`);
/** A text is counted in pieces of this, so that one long run in it costs the rest nothing. */
const PIECE_CHARACTERS = 16_384;
/** Beyond this, about a million tokens, the rest is counted in proportion. */
const COUNTED_CHARACTERS_MAX = 4_000_000;
/** What looks like a mark of the model's own is text like any other. */
const PLAIN = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

export function tokensIn(text: string): number {
  const counted = text.slice(0, COUNTED_CHARACTERS_MAX);
  let tokens = 0;
  for (const piece of pieces(counted)) tokens += countTokens(piece, PLAIN);
  return counted.length === text.length ? tokens : Math.round((tokens * text.length) / counted.length);
}

/** The end of a text that has at most so many tokens, and how many it has. */
export function lastTokensIn(text: string, tokens: number): { text: string; tokens: number } {
  const ids = [...pieces(text)].flatMap((piece) => encode(piece, PLAIN));
  if (ids.length <= tokens) return { text, tokens: ids.length };
  // A token may end in the middle of a character, whose other half is then left out.
  const end = decode(ids.slice(ids.length - tokens)).replace(/^\uFFFD+/, "");
  return { text: text.slice(text.length - end.length), tokens };
}

/** The beginning of a text that has at most so many tokens. */
export function firstTokensIn(text: string, tokens: number): string {
  const ids: number[] = [];
  for (const piece of pieces(text)) {
    ids.push(...encode(piece, PLAIN));
    if (ids.length > tokens) return decode(ids.slice(0, tokens)).replace(/\uFFFD+$/, "");
  }
  return text;
}

function* pieces(text: string): Iterable<string> {
  let start = 0;
  while (start < text.length) {
    const end = Math.min(text.length, start + PIECE_CHARACTERS);
    // Cut before a space where there is one: a token starts with the space before its word.
    const space = end === text.length ? end : text.lastIndexOf(" ", end);
    const cut = space > start ? space : end;
    yield* runs(text.slice(start, cut));
    start = cut;
  }
}

function* runs(text: string): Iterable<string> {
  if (!LONG_RUN.test(text)) yield text;
  else for (let at = 0; at < text.length; at += RUN_CHARACTERS_MAX) yield text.slice(at, at + RUN_CHARACTERS_MAX);
}
