/** Tokens of a text, by the one tokenizer that chunks are sized with: `o200k_base`. */
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

/** No word and no gap is this long, and a longer one is quadratic work for the tokenizer: it is counted in pieces. */
const RUN_CHARACTERS_MAX = 256;
const LONG_RUN = new RegExp(`\\S{${RUN_CHARACTERS_MAX + 1}}|\\s{${RUN_CHARACTERS_MAX + 1}}`);
/** What looks like a mark of the model's own is text like any other. */
const PLAIN = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

export function tokensIn(text: string): number {
  if (!LONG_RUN.test(text)) return countTokens(text, PLAIN);
  let tokens = 0;
  for (let from = 0; from < text.length; from += RUN_CHARACTERS_MAX) {
    tokens += countTokens(text.slice(from, from + RUN_CHARACTERS_MAX), PLAIN);
  }
  return tokens;
}
