/** Values of flags that are more than a word. Each throws commander's error, which names the flag. */
import { readFileSync } from "node:fs";
import { type Json, STATES, type State } from "@waybill/sdk";
import { InvalidArgumentError } from "commander";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DURATION = /^(\d+(\.\d+)?(ms|s|min|m|h|d))+$/;

/** `90s`, `5m`, `1h30m`, `2d`; a bare number is seconds. */
export function durationMs(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000);
  if (!DURATION.test(text)) throw new InvalidArgumentError("It is a time such as 30s, 5m, 1h30m or 2d.");
  let ms = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|min|m|h|d)/g)) {
    ms += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return Math.round(ms);
}

/** A moment of the API: `2026-11-26T20:00Z`, a day, or so long ago as a time such as `2h`. */
export function momentOrAgo(text: string): string {
  if (DURATION.test(text)) return new Date(Date.now() - durationMs(text)).toISOString();
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new InvalidArgumentError("It is a moment such as 2026-11-26T20:00Z, or a time such as 2h.");
  return new Date(ms).toISOString();
}

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}

/** How many of something there may be: one at least. */
export function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError("It is at least 1.");
  return number;
}

/** JSON as it stands, or from a file as `@FILE`, or from stdin as `@-`. */
export function jsonOrFile(text: string): Json {
  if (!text.startsWith("@")) return parsed(text, "It is not JSON");
  const file = text.slice(1);
  let read: string;
  try {
    read = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new InvalidArgumentError(`Cannot read ${file}: ${error instanceof Error ? error.message : "unreadable"}`);
  }
  return parsed(read, `${file} is not JSON`);
}

/** What a flag has been given, `null` as well: of a bare null commander would make an empty text. */
export type GivenJson = { json: Json };

export function givenJson(text: string): GivenJson {
  return { json: jsonOrFile(text) };
}

function parsed(text: string, otherwise: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`${otherwise}: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

/** `KEY=VALUE`, repeatable. */
export function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It is KEY=VALUE.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Words with commas between, repeatable. */
export function words(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(",").filter((word) => word !== "")];
}

/** Some of the known words, with commas between, repeatable. */
export function someOf<Word extends string>(
  known: readonly Word[],
  noun: string,
): (text: string, before?: readonly Word[]) => Word[] {
  return (text, before = []) => {
    const named = words(text).map((word) => {
      const found = known.find((each) => each === word.replaceAll("-", "_"));
      if (found === undefined) {
        throw new InvalidArgumentError(`There is no ${noun} ${word}. There are: ${known.join(", ")}.`);
      }
      return found;
    });
    return [...new Set([...before, ...named])];
  };
}

/** States with commas between, repeatable. */
export const states: (text: string, before?: readonly State[]) => State[] = someOf(STATES, "state");
