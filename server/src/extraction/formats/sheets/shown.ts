/** Numbers and dates as a sheet shows them. */
import xlsx from "@e965/xlsx";

/** The format of what has none of its own. */
export const GENERAL = "General";
const GENERAL_NUMBER = 0;
/** A sheet has room for so many. */
const GENERAL_CHARACTERS_MAX = 11;
const GENERAL_LEAST = 1e-4;
/** Dates whose format is the reader's own country's are shown in the order that everybody reads alike. */
const ISO_DATE = "yyyy-mm-dd";
const BY_COUNTRY: Readonly<Record<number, string>> = { 14: ISO_DATE, 22: `${ISO_DATE} hh:mm` };
const FORMATS_KEPT = 1_000;

const prepared = new Map<string, string>();

/** `format` is the sheet's own (`#,##0.00 "€"`), or the number of one that every program knows. */
export function shownAs(value: number, format: string | number, date1904: boolean): string {
  const short = format === GENERAL || format === GENERAL_NUMBER ? shortest(value) : null;
  if (short !== null) return short;
  try {
    const known = typeof format === "number" ? (BY_COUNTRY[format] ?? format) : preparedFormat(format);
    return xlsx.SSF.format(known, value, { date1904 }).trim();
  } catch {
    // A format that cannot be read, or a date beyond the calendar.
    return String(value);
  }
}

/** What the library comes to as well, with more work, for most numbers without a format; null for the others. */
function shortest(value: number): string | null {
  const text = String(value);
  const isUsual = text.length <= GENERAL_CHARACTERS_MAX && (Math.abs(value) >= GENERAL_LEAST || value === 0);
  return isUsual && Number.isFinite(value) && !text.includes("e") ? text : null;
}

/** In dates a point that is not quoted (`dd.mm.yyyy`) is one, which the library takes for the start of a second's fraction. */
function preparedFormat(format: string): string {
  const known = prepared.get(format);
  if (known !== undefined) return known;
  const result = xlsx.SSF.is_date(format)
    ? format.replaceAll(/("[^"]*"|\[[^\]]*\]|\\.)|\.(?!0)/g, (_, kept?: string) => kept ?? "\\.")
    : format;
  if (prepared.size < FORMATS_KEPT) prepared.set(format, result);
  return result;
}
