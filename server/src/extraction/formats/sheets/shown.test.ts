import xlsx from "@e965/xlsx";
import { expect, test } from "vitest";
import { GENERAL, shownAs } from "./shown.ts";

const DIGITS = [
  0,
  1,
  7,
  12,
  99.5,
  123.456,
  1_234_567.25,
  9_999_999.999,
  123_456_789.1,
  0.1,
  0.25,
  1 / 3,
  0.000_123_456_789,
];

test("a number without a format is shown as the library shows it, from the smallest to the largest", () => {
  for (let power = -12; power <= 14; power++) {
    for (const digits of DIGITS) {
      for (const value of [digits * 10 ** power, -digits * 10 ** power, Math.round(digits * 10 ** power)]) {
        const shown = shownAs(value, GENERAL, false);
        expect(shown).toBe(value === 0 ? "0" : xlsx.SSF.format(GENERAL, value).trim());
      }
    }
  }
});

test("a date in the order of the reader's country is shown as everybody reads it", () => {
  expect(shownAs(45_000.5, 22, false)).toBe("2023-03-15 12:00");
  expect(shownAs(45_000, "dd.mm.yyyy", false)).toBe("15.03.2023");
});
