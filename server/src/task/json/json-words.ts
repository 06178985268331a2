/** JSON that a person has written as words. */
import { isJson, type Json, wellFormed } from "./json.ts";

/** Longer words are a text and nothing else: brackets alone of this length take some 10 ms to read, and of a megabyte 700. */
export const READ_CHARS_MAX = 1 << 16;

/** Undefined where they are none. */
export function jsonIn(words: string): Json | undefined {
  if (words.length > READ_CHARS_MAX) return undefined;
  try {
    const read: unknown = JSON.parse(words);
    return isJson(read) ? wellFormed(read) : undefined;
  } catch {
    return undefined;
  }
}
