/** A whole text file, decoded. */
import { readFileSync } from "node:fs";
import { type Decoded, decode } from "../charset.ts";
import { ExtractionError } from "../extraction.ts";
import type { Limits } from "../limits.ts";
import type { Source } from "./format.ts";

/** Bytes that one character may take. */
const CHARACTER_BYTES_MAX = 4;

/** Of the head of a file that may declare its charset. */
const HEAD_BYTES = 2048;

/** `declaredIn`: the charset that the text itself declares, if any. Throws `too_large` beyond `textCharacters`. */
export function decodedText(
  source: Source,
  limits: Limits,
  declaredIn: (head: string) => string | null = () => null,
): Decoded {
  if (source.size > limits.textCharacters * CHARACTER_BYTES_MAX) throw tooLarge(limits);
  const bytes = readFileSync(source.path);
  const decoded = decode(bytes, declaredIn(bytes.toString("latin1", 0, HEAD_BYTES)));
  if (decoded.text.length > limits.textCharacters) throw tooLarge(limits);
  return decoded;
}

function tooLarge(limits: Limits): ExtractionError {
  return new ExtractionError("too_large", `The text has more than ${limits.textCharacters} characters.`);
}
