/**
 * Days of the Gregorian calendar, without clocks and time zones: reading a date as people write it, the days between
 * two, a date some days or months away, the day of the week.
 */

/** A day as a count of days since 1970-01-01. */
export type Day = number;

const msPerDay = 86_400_000;
const yearMax = 9_999;

/** Reads `2026-03-01`, `1 March 2026`, `March 1st, 2026`, `3/1/2026` (month first) or `01.03.2026` (day first). */
export function readDay(text: string): Day | undefined {
  return daysIn(text)[0]?.day;
}

/** The dates that a text names, in order. `today` gives a year to "March 1" and a meaning to "tomorrow". */
export function daysIn(text: string, today?: Day): { day: Day; text: string }[] {
  const found: { day: Day; text: string; index: number }[] = [];
  const bounded = text.slice(0, textCharsMax);
  const add = (match: RegExpExecArray | RegExpMatchArray, year: number, month: number, date: number) => {
    const day = dayOf(year, month, date);
    const index = match.index ?? 0;
    const overlaps = found.some(
      (other) => index < other.index + other.text.length && other.index < index + match[0].length,
    );
    if (day !== undefined && !overlaps) found.push({ day, text: match[0], index });
  };
  for (const match of bounded.matchAll(/\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=\D|$)/g))
    add(match, Number(match[1]), Number(match[2]), Number(match[3]));
  for (const match of bounded.matchAll(
    new RegExp(String.raw`\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? (${monthPattern})\.?,? (\d{4})\b`, "gi"),
  ))
    add(match, Number(match[3]), monthOf(match[2]), Number(match[1]));
  for (const match of bounded.matchAll(
    new RegExp(String.raw`\b(${monthPattern})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b`, "gi"),
  ))
    add(match, Number(match[3]), monthOf(match[1]), Number(match[2]));
  for (const match of bounded.matchAll(/\b(\d{1,2})\/(\d{1,2})\/(\d{4})\b/g))
    add(match, Number(match[3]), Number(match[1]), Number(match[2]));
  for (const match of bounded.matchAll(/\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b/g))
    add(match, Number(match[3]), Number(match[2]), Number(match[1]));
  if (today !== undefined) {
    const year = parts(today).year;
    for (const match of bounded.matchAll(
      new RegExp(String.raw`\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? (${monthPattern})\b(?!,? \d{4})`, "gi"),
    ))
      add(match, year, monthOf(match[2]), Number(match[1]));
    for (const match of bounded.matchAll(
      new RegExp(String.raw`\b(${monthPattern})\.? (\d{1,2})(?:st|nd|rd|th)?\b(?!,? \d{4})`, "gi"),
    ))
      add(match, year, monthOf(match[1]), Number(match[2]));
    for (const match of bounded.matchAll(
      /\b(day after tomorrow|day before yesterday|today|tonight|now|tomorrow|yesterday)\b/gi,
    )) {
      const { year: y, month, date } = parts(today + (relative[match[0].toLowerCase()] ?? 0));
      add(match, y, month, date);
    }
    for (const match of bounded.matchAll(
      /\b(christmas(?: day)?|christmas eve|new year'?s(?: day| eve)?|halloween|valentine'?s day)\b/gi,
    )) {
      const [month, date] = fixedFeast(match[0].toLowerCase());
      const thisYear = dayOf(year, month, date) ?? today;
      add(match, thisYear < today ? year + 1 : year, month, date);
    }
  }
  return found.sort((a, b) => a.index - b.index).map(({ day, text: written }) => ({ day, text: written }));
}

/** The day of those numbers; undefined when there is no such day. Months count from 1. */
export function dayOf(year: number, month: number, date: number): Day | undefined {
  if (year < 1 || year > yearMax || month < 1 || month > 12 || date < 1) return undefined;
  const time = new Date(0).setUTCFullYear(year, month - 1, date);
  const back = new Date(time);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === date ? Math.round(time / msPerDay) : undefined;
}

/** Moves a day. A month or a year later is the same date, or the month's last day where it has no such date. */
export function moveDay(day: Day, count: number, unit: "day" | "week" | "month" | "year"): Day | undefined {
  if (!Number.isInteger(count) || Math.abs(count) > 4_000_000) return undefined;
  if (unit === "day" || unit === "week") return inCalendar(day + count * (unit === "week" ? 7 : 1));
  const { year, month, date } = parts(day);
  const months = year * 12 + (month - 1) + count * (unit === "year" ? 12 : 1);
  const [toYear, toMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  for (let candidate = date; candidate >= 28; candidate -= 1) {
    const moved = dayOf(toYear, toMonth, candidate);
    if (moved !== undefined) return moved;
  }
  return dayOf(toYear, toMonth, date);
}

/** `Sunday` */
export function weekdayOf(day: Day): string {
  return weekdays[(((day + 4) % 7) + 7) % 7] ?? "";
}

/** `2026-03-01`. */
export function isoDay(day: Day): string {
  return new Date(day * msPerDay).toISOString().slice(0, 10);
}

/** `Sunday, 1 March 2026`. */
export function spokenDay(day: Day): string {
  const { year, month, date } = parts(day);
  return `${weekdayOf(day)}, ${date} ${months[month - 1]} ${year}`;
}

/** By the Gregorian rule, which is also applied to the years before it. */
export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Months count from 1. */
export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (((year % 400) + 400) % 400), month, 0)).getUTCDate();
}

/** 1 to 12, or 0 for what is no month's name. */
export function monthOf(name: string | undefined): number {
  return (
    months.findIndex(
      (month) =>
        name !== undefined && name.length >= 3 && month.toLowerCase().startsWith(name.toLowerCase().slice(0, 3)),
    ) + 1
  );
}

export const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
export const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

const textCharsMax = 2_000;
const monthPattern =
  "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?";
const relative: Readonly<Record<string, number>> = {
  tomorrow: 1,
  yesterday: -1,
  "day after tomorrow": 2,
  "day before yesterday": -2,
};

function fixedFeast(name: string): [month: number, date: number] {
  if (name.startsWith("christmas eve")) return [12, 24];
  if (name.startsWith("christmas")) return [12, 25];
  if (name.endsWith("eve")) return [12, 31];
  if (name.startsWith("new")) return [1, 1];
  return name.startsWith("h") ? [10, 31] : [2, 14];
}

function inCalendar(day: Day): Day | undefined {
  const year = new Date(day * msPerDay).getUTCFullYear();
  return year >= 1 && year <= yearMax ? day : undefined;
}

function parts(day: Day): { year: number; month: number; date: number } {
  const date = new Date(day * msPerDay);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, date: date.getUTCDate() };
}
