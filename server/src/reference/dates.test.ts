import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayOf, daysIn, daysInMonth, isLeapYear, isoDay, moveDay, readDay, spokenDay, weekdayOf } from "./dates.ts";

const day = (text: string) => {
  const read = readDay(text);
  if (read === undefined) throw new Error(`no date in ${text}`);
  return read;
};

describe("a date", () => {
  it.each([
    "2026-03-01",
    "2026/3/1",
    "1 March 2026",
    "March 1, 2026",
    "1st of March, 2026",
    "Mar 1 2026",
    "3/1/2026",
    "01.03.2026",
  ])("can be written %s", (text) => {
    expect(isoDay(day(text))).toBe("2026-03-01");
  });

  it.each(["2026-02-30", "31 April 2026", "13/13/2026", "tomorrow", "March", ""])("is not in %j", (text) => {
    expect(readDay(text)).toBeUndefined();
  });

  it("has its day of the week", () => {
    expect(weekdayOf(day("2026-03-01"))).toBe("Sunday");
    expect(weekdayOf(day("1776-07-04"))).toBe("Thursday");
    expect(spokenDay(day("2000-02-29"))).toBe("Tuesday, 29 February 2000");
  });

  it("may be told by today's", () => {
    const today = day("2026-11-22");
    expect(daysIn("from tomorrow to Christmas", today).map(({ day: found }) => isoDay(found))).toEqual([
      "2026-11-23",
      "2026-12-25",
    ]);
    expect(daysIn("on March 1", today).map(({ day: found }) => isoDay(found))).toEqual(["2026-03-01"]);
  });
});

describe("moving a date", () => {
  it("keeps to the last day of a shorter month", () => {
    expect(isoDay(moveDay(day("2026-01-31"), 1, "month") ?? 0)).toBe("2026-02-28");
    expect(isoDay(moveDay(day("2024-02-29"), 1, "year") ?? 0)).toBe("2025-02-28");
    expect(isoDay(moveDay(day("2026-03-01"), -3, "week") ?? 0)).toBe("2026-02-08");
  });

  it("stays in the calendar", () => {
    expect(moveDay(day("9999-12-31"), 1, "day")).toBeUndefined();
    expect(moveDay(day("2026-01-01"), 1e9, "day")).toBeUndefined();
    expect(moveDay(day("0001-01-01"), -1, "year")).toBeUndefined();
  });

  it("by days and back is where it was", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -600_000, max: 2_000_000 }),
        fc.integer({ min: -100_000, max: 100_000 }),
        (from, count) => {
          const there = moveDay(from, count, "day");
          fc.pre(there !== undefined);
          expect(moveDay(there, -count, "day")).toBe(from);
          expect(readDay(isoDay(from))).toBe(from);
        },
      ),
    );
  });
});

it("knows leap years and lengths of months", () => {
  expect([1900, 2000, 2024, 2026].map(isLeapYear)).toEqual([false, true, true, false]);
  expect(daysInMonth(2028, 2)).toBe(29);
  expect(dayOf(1900, 2, 29)).toBeUndefined();
});
