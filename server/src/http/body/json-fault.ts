/**
 * Where a text stops being JSON, and what was expected there, in the words of Python's parser, which clients of Python servers expect.
 * Only texts that a parser has refused are looked at.
 */
export type JsonFault = {
  /** Characters before the fault. */
  at: number;
  says: string;
};

/** Deeper texts are not examined: Python gives up on them too, without a position. */
const DEPTH_MAX = 900;
const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = ["null", "true", "false"];
/** The plain part of a string, up to a quote, a backslash or a control character. */
const PLAIN = /[^"\\\p{Cc}]*[\u007f-\u009f]*/uy;
const FOUR_DIGITS = /^[0-9a-fA-F]{4}$/;
const ESCAPED = new Set('"\\/bfnrt');

class Broken extends Error {
  readonly fault: JsonFault;

  constructor(at: number, says: string) {
    super(says);
    this.fault = { at, says };
  }
}

/** Null when no fault is found. */
export function jsonFault(text: string): JsonFault | null {
  try {
    const end = afterBlank(text, afterValue(text, afterBlank(text, 0), 0));
    return end === text.length ? null : { at: characters(text, end), says: "Extra data" };
  } catch (error) {
    if (!(error instanceof Broken)) return null;
    return { ...error.fault, at: characters(text, error.fault.at) };
  }
}

/** Python counts characters, not UTF-16 units. */
function characters(text: string, units: number): number {
  let count = 0;
  for (const _ of text.slice(0, units)) count += 1;
  return count;
}

function afterBlank(text: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.exec(text);
  return BLANK.lastIndex;
}

function afterValue(text: string, at: number, depth: number): number {
  if (depth > DEPTH_MAX) throw new RangeError("It is nested too deeply.");
  const first = text[at];
  if (first === '"') return afterString(text, at + 1);
  if (first === "{") return afterObject(text, at, depth);
  if (first === "[") return afterList(text, at, depth);
  for (const word of WORDS) if (text.startsWith(word, at)) return at + word.length;
  NUMBER.lastIndex = at;
  if (NUMBER.exec(text) === null) throw new Broken(at, "Expecting value");
  return NUMBER.lastIndex;
}

function afterObject(text: string, open: number, depth: number): number {
  let at = afterBlank(text, open + 1);
  if (text[at] === "}") return at + 1;
  for (;;) {
    if (text[at] !== '"') throw new Broken(at, "Expecting property name enclosed in double quotes");
    at = afterBlank(text, afterString(text, at + 1));
    if (text[at] !== ":") throw new Broken(at, "Expecting ':' delimiter");
    at = afterBlank(text, afterValue(text, afterBlank(text, at + 1), depth + 1));
    if (text[at] === "}") return at + 1;
    if (text[at] !== ",") throw new Broken(at, "Expecting ',' delimiter");
    at = afterBlank(text, at + 1);
  }
}

function afterList(text: string, open: number, depth: number): number {
  let at = afterBlank(text, open + 1);
  if (text[at] === "]") return at + 1;
  for (;;) {
    at = afterBlank(text, afterValue(text, at, depth + 1));
    if (text[at] === "]") return at + 1;
    if (text[at] !== ",") throw new Broken(at, "Expecting ',' delimiter");
    at = afterBlank(text, at + 1);
  }
}

/** `begin` is the index behind the opening quote. */
function afterString(text: string, begin: number): number {
  let at = begin;
  for (;;) {
    PLAIN.lastIndex = at;
    PLAIN.exec(text);
    at = PLAIN.lastIndex;
    const unit = text[at];
    if (unit === undefined) throw new Broken(begin - 1, "Unterminated string starting at");
    if (unit === '"') return at + 1;
    if (unit !== "\\") {
      if (unit < " ") throw new Broken(at, "Invalid control character at");
      at += 1;
      continue;
    }
    const escaped = text[at + 1];
    if (escaped === undefined) throw new Broken(begin - 1, "Unterminated string starting at");
    if (escaped === "u") {
      const digits = text.slice(at + 2, at + 6);
      if (at + 6 >= text.length || !FOUR_DIGITS.test(digits)) throw new Broken(at + 1, "Invalid \\uXXXX escape");
      at += 6;
    } else if (ESCAPED.has(escaped)) at += 2;
    else throw new Broken(at, "Invalid \\escape");
  }
}
