/**
 * Days of the Gregorian calendar, without clocks and time zones: reading a date as people write it, the days between
 * two, a date some days or months away, the day of the week. The patterns are our own: chrono-node takes 9 MB, and
 * reads 01.03.2026 as the third of January.
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
  const found: { day: Day; text: string; start: number; end: number }[] = [];
  const bounded = text.slice(0, textCharsMax);
  for (const pattern of patterns) {
    for (const match of bounded.matchAll(pattern)) {
      const day = dayMeant(match.groups ?? {}, today);
      const [start, end] = [match.index, match.index + match[0].length];
      const overlaps = found.some((other) => start < other.end && other.start < end);
      if (day !== undefined && !overlaps) found.push({ day, text: match[0], start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start).map(({ day, text: written }) => ({ day, text: written }));
}

function dayMeant(groups: Record<string, string | undefined>, today: Day | undefined): Day | undefined {
  const { month = "", date, relative, feast } = groups;
  if (date !== undefined && groups["year"] !== undefined)
    return dayOf(Number(groups["year"]), monthOf(month) || Number(month), Number(date));
  if (today === undefined) return undefined;
  if (relative !== undefined) return inCalendar(today + (relativeDays[relative.toLowerCase()] ?? 0));
  const { year } = parts(today);
  if (date !== undefined) return dayOf(year, monthOf(month), Number(date));
  const [, feastMonth = 0, feastDate = 0] = feasts.find(([name]) => name.test(feast ?? "")) ?? [];
  const thisYear = dayOf(year, feastMonth, feastDate) ?? today;
  return thisYear < today ? dayOf(year + 1, feastMonth, feastDate) : thisYear;
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
  const start = name?.toLowerCase().slice(0, 3) ?? "";
  return start.length < 3 ? 0 : months.findIndex((month) => month.toLowerCase().startsWith(start)) + 1;
}

/** Written out, since `Intl` for their names would cost each start 10 ms and 8 MB. */
export const months: readonly string[] =
  "January February March April May June July August September October November December".split(" ");
const weekdays: readonly string[] = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const textCharsMax = 2_000;
const relativeDays: Readonly<Record<string, number>> = {
  "day before yesterday": -2,
  yesterday: -1,
  tomorrow: 1,
  "day after tomorrow": 2,
};
const feasts: readonly (readonly [name: RegExp, month: number, date: number])[] = [
  [/christmas eve/i, 12, 24],
  [/christmas/i, 12, 25],
  [/new year'?s eve/i, 12, 31],
  [/new year/i, 1, 1],
  [/halloween/i, 10, 31],
  [/valentine/i, 2, 14],
];

const month =
  "(?<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const date = String.raw`(?<date>\d{1,2})(?:st|nd|rd|th)?`;
const noYear = String.raw`\b(?!,? \d{4})`;
/** Ways to write a day. Where two of them overlap in a text, the one that stands first here counts. */
const patterns: readonly RegExp[] = [
  String.raw`\b(?<year>\d{4})[-/](?<month>\d{1,2})[-/](?<date>\d{1,2})(?=\D|$)`,
  String.raw`\b${date}(?: of)? ${month}\.?,? (?<year>\d{4})\b`,
  String.raw`\b${month}\.? ${date},? (?<year>\d{4})\b`,
  String.raw`\b(?<month>\d{1,2})\/(?<date>\d{1,2})\/(?<year>\d{4})\b`,
  String.raw`\b(?<date>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})\b`,
  String.raw`\b${date}(?: of)? ${month}${noYear}`,
  String.raw`\b${month}\.? ${date}${noYear}`,
  String.raw`\b(?<relative>day after tomorrow|day before yesterday|today|tonight|now|tomorrow|yesterday)\b`,
  String.raw`\b(?<feast>christmas(?: day| eve)?|new year'?s(?: day| eve)?|halloween|valentine'?s day)\b`,
].map((pattern) => new RegExp(pattern, "gi"));

function inCalendar(day: Day): Day | undefined {
  const year = new Date(day * msPerDay).getUTCFullYear();
  return year >= 1 && year <= yearMax ? day : undefined;
}

function parts(day: Day): { year: number; month: number; date: number } {
  const date = new Date(day * msPerDay);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, date: date.getUTCDate() };
}
