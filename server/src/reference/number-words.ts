/** Numbers as English words: "two hundred and five" is 205. */

const ones =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen";
const tens = "twenty thirty forty fifty sixty seventy eighty ninety";

const small: ReadonlyMap<string, number> = new Map([
  ...ones.split(" ").map((word, index) => [word, index] as const),
  ...tens.split(" ").map((word, index) => [word, 20 + 10 * index] as const),
]);
const large: ReadonlyMap<string, number> = new Map([
  ["dozen", 12],
  ["hundred", 100],
  ["thousand", 1e3],
  ["million", 1e6],
  ["billion", 1e9],
  ["trillion", 1e12],
]);

/** The number that one word or some digits mean: "seven", "12", "a"; undefined when they mean none. */
export function numberNamed(word: string): number | undefined {
  const lower = word.trim().toLowerCase();
  if (/^(?:an?|single)$/.test(lower)) return 1;
  return small.get(lower) ?? (/^\d+$/.test(lower) ? Number(lower) : undefined);
}

const word = `(?:${[...small.keys(), ...large.keys()].join("|")})`;
const run = new RegExp(String.raw`\b(?:\d+(?:\.\d+)? )?${word}(?:[\s-]+(?:and )?${word})*\b`, "gi");

/** Writes the numbers of a text in digits; also "3 million". Words that are no numbers stay. */
export function withDigits(text: string): string {
  return text.replace(run, (match) => {
    let total = 0;
    let group = 0;
    for (const part of match.toLowerCase().split(/[\s-]+/)) {
      if (part === "and") continue;
      const scale = large.get(part);
      if (scale === undefined) group += small.get(part) ?? Number(part);
      else if (scale <= 100) group = (group === 0 ? 1 : group) * scale;
      else {
        total += (group === 0 ? 1 : group) * scale;
        group = 0;
      }
    }
    return String(total + group);
  });
}
