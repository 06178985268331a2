import { convertUnits, findUnit } from "../../../reference/units.ts";
import { type Skill, say, type ToolSort, withTool } from "../skill.ts";

const unitConverter: ToolSort = {
  name: /unit|convert|conversion/i,
  roles: {
    value: /^(?:value|amount|quantity|number|from_?value)$/i,
    from: /^(?:from|from_?units?|source|source_?unit|unit_?from|input_?unit)$/i,
    to: /^(?:to|to_?units?|target|target_?unit|unit_?to|output_?unit)$/i,
  },
  needs: ["value", "from", "to"],
};

/** "How many feet are in a mile?" */
export const conversion: Skill = (part, conversation) => {
  const asked = conversionIn(part);
  if (asked === undefined) return undefined;
  const { value, from, to } = asked;
  return withTool(
    conversation,
    unitConverter,
    { value, from, to },
    (output) => (/[a-z]/i.test(output) ? ended(output) : `${value} ${from} = ${output} ${to}.`),
    () => {
      const result = convertUnits(value, from, to);
      return say(result.ok ? `${result.text}.` : `I cannot convert that: ${result.reason}.`);
    },
  );
};

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

type Asked = { value: number; from: string; to: string };

/** The conversion in a sentence: "Convert 5 miles to km", "How many feet are in a mile?" */
export function conversionIn(sentence: string): Asked | undefined {
  if (sentence.length > sentenceCharsMax) return undefined;
  const text = sentence
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[?.! ]+$/, "");
  for (const pattern of patterns) {
    const { value = "one", from = "", to = "" } = pattern.exec(text)?.groups ?? {};
    const number = /^(?:an?|one)$/i.test(value.trim()) ? 1 : Number(value.replaceAll(",", ""));
    if (Number.isFinite(number) && findUnit(from) !== undefined && findUnit(to) !== undefined)
      return { value: number, from: from.trim(), to: to.trim() };
  }
  return undefined;
}

const sentenceCharsMax = 300;
const number = String.raw`(?<value>-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?|an? |one )`;
const unit = String.raw`[\p{L}°µ²³/ .^\d-]{1,40}?`;
const inside = "(?:there )?(?:are )?(?:in|into|equal|to|for|is|are)?";

/** Forms of a request for a conversion; without a number they mean one. */
const patterns: readonly RegExp[] = [
  String.raw`\bhow (?:many|much) (?<to>${unit}) (?:are|is|make|makes|fit|go|do)?\s*${inside}\s*${number}\s*(?<from>${unit})$`,
  String.raw`^(?:.{0,60}?\b)?${number}\s*(?<from>${unit})\s+(?:in|into|to|as|equals? how many|is how many|are how many|=)\s+(?<to>${unit})$`,
  String.raw`^(?:.{0,40}?\b)?convert (?<from>${unit}) (?:to|into|in) (?<to>${unit})$`,
].map((pattern) => new RegExp(pattern, "iu"));
