import { describe, expect, it } from "vitest";
import { conversionIn } from "./conversion.ts";

describe("the conversion in a sentence", () => {
  it.each([
    ["Convert 5 miles to km", 5, "miles", "km"],
    ["How many feet are in a mile?", 1, "mile", "feet"],
    ["How many seconds in 2 days?", 2, "days", "seconds"],
    ["What is 72 degrees Fahrenheit in Celsius?", 72, "degrees Fahrenheit", "Celsius"],
    ["100 kg in pounds", 100, "kg", "pounds"],
    ["convert 1,500 m to km please?", undefined, "", ""],
  ])("%s", (sentence, value, from, to) => {
    expect(conversionIn(sentence)).toEqual(value === undefined ? undefined : { value, from, to });
  });

  it.each(["How many people live in France?", "What is 2 + 2?", "Convert this file to PDF", "1 in 10 people"])(
    "%j has none",
    (sentence) => {
      expect(conversionIn(sentence)).toBeUndefined();
    },
  );
});
