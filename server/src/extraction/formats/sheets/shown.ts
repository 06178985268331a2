/** Numbers and dates as a sheet shows them. */
import xlsx from "@e965/xlsx";

/** Dates whose format is the reader's own country's are shown in the order that everybody reads alike. */
const ISO_DATE = "yyyy-mm-dd";
const BY_COUNTRY: Readonly<Record<number, string>> = { 14: ISO_DATE, 22: `${ISO_DATE} hh:mm` };
const FORMATS_KEPT = 1_000;

const prepared = new Map<string, string>();

/** `format` is the sheet's own (`#,##0.00 "€"`), or the number of one that every program knows. */
export function shownAs(value: number, format: string | number, date1904: boolean): string {
  try {
    const known = typeof format === "number" ? (BY_COUNTRY[format] ?? format) : preparedFormat(format);
    return xlsx.SSF.format(known, value, { date1904 }).trim();
  } catch {
    // A format that cannot be read, or a date beyond the calendar.
    return String(value);
  }
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
