import { expect, test } from "vitest";
import { isWithin } from "./characters.ts";

test("a character outside the first plane is one", () => {
  expect([isWithin("abc", 3), isWithin("abcd", 3), isWithin("", 0)]).toEqual([true, false, true]);
  expect([isWithin("😀😀😀", 3), isWithin("😀😀😀😀", 3), isWithin("😀😀bc", 3)]).toEqual([true, false, false]);
});
