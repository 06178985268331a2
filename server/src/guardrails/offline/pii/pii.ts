/** What identifies a person, and secrets: every finder of entities over one text. */
import type { Detection } from "../../detector.ts";
import { accountNumbers, cardNumbers, ibans, paperNumbers } from "./account-numbers.ts";
import { birthDates } from "./birth-dates.ts";
import { emailAddresses, phoneNumbers } from "./contacts.ts";
import type { Finder } from "./finder.ts";
import { locations } from "./locations.ts";
import { nationalIds } from "./national-ids.ts";
import { networkAddresses } from "./network-addresses.ts";
import { personNames } from "./person-names.ts";
import { secrets } from "./secrets.ts";

/** They read numbers, in which blanks and hyphens of any kind are the same. */
const OF_NUMBERS: readonly Finder[] = [cardNumbers, ibans, nationalIds, accountNumbers, paperNumbers, phoneNumbers];
const OF_WORDS: readonly Finder[] = [secrets, emailAddresses, birthDates, personNames, locations];
const DIGIT = /[\d\uff10-\uff19]/;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** Every entity once: what lies within something of which its finder is at least as sure is left out. In order of their places. */
export function personalInformation(text: string): Detection[] {
  // A text of dots has one segment for each, and all finders cost 20 us of each.
  if (!LETTER_OR_DIGIT.test(text)) return [];
  const kept: Detection[] = [];
  const found = [...OF_WORDS.flatMap((finder) => finder(text)), ...numbersIn(text)].sort(
    (a, b) => a.start - b.start || b.end - a.end,
  );
  for (const detection of found) {
    const over = kept.findIndex((each) => each.start <= detection.start && each.end >= detection.end);
    const above = kept[over];
    if (above === undefined) kept.push(detection);
    else if (above.start === detection.start && above.end === detection.end && above.score < detection.score)
      kept[over] = detection;
    else if (above.score < detection.score) kept.push(detection);
  }
  return kept;
}

/** Most sentences have no digit, and so nothing of all this. */
function numbersIn(text: string): Detection[] {
  const plain = withPlainMarks(text);
  return [...networkAddresses(plain), ...(DIGIT.test(text) ? OF_NUMBERS.flatMap((finder) => finder(plain)) : [])];
}

/** Each character at its place. */
function withPlainMarks(text: string): string {
  return text
    .replace(/[\r\n\t\u00a0\u2007\u2009\u202f]/g, " ")
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\uff10-\uff19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xff10 + 48));
}
