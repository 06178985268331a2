/** The numbers by which states know people, and how sure each is where it stands. */
import type { Detection } from "../../detector.ts";
import { wordsAround } from "./finder.ts";
import { AMERICAN } from "./national-ids-americas.ts";
import { ASIAN_PACIFIC_AFRICAN } from "./national-ids-asia-pacific-africa.ts";
import { EUROPEAN } from "./national-ids-europe.ts";

const BESIDE_ITS_WORD = 0.97;
/** Words that any of them may have beside it. */
const ANY_WORD =
  /\b(?:national (?:id|identity|insurance)|identity (?:card|number|no)|id (?:number|no|card)|personal (?:id|number|code)|social (?:security|insurance)|tax(?:payer)? (?:id|number|no|file|identification)|citizen)/;

const KNOWN = [...EUROPEAN, ...AMERICAN, ...ASIAN_PACIFIC_AFRICAN].map((id) => ({
  ...id,
  expression: new RegExp(`(?<![\\p{L}\\d])(?<![\\d][.,/-])(?:${id.shape})(?![\\p{L}\\d])(?![.,/-]\\d)`, "gu"),
}));

/** The national ids in a text. */
export function nationalIds(text: string): Detection[] {
  const upper = sameLength(text);
  return KNOWN.flatMap(({ entity, expression, check, words, alone }) => {
    const found: Detection[] = [];
    for (const { 0: written, index: start } of upper.matchAll(expression)) {
      const end = start + written.length;
      if (!check(written.replace(/[ .+/-]/g, ""))) continue;
      const around = wordsAround(text, start, end);
      const score = words.test(around) ? BESIDE_ITS_WORD : ANY_WORD.test(around) ? Math.max(alone, 0.7) : alone;
      found.push({ entity, score, start, end });
    }
    return found;
  });
}

/** In capitals, with each character at its place: `ß` and others grow. */
function sameLength(text: string): string {
  const upper = text.toUpperCase();
  return upper.length === text.length ? upper : text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
