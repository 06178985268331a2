import { expect, it } from "vitest";
import { excerpt, shortened } from "./excerpt.ts";

it("shortens to one line within the bound", () => {
  expect(shortened("two\n  lines", 100)).toBe("two lines");
  expect(shortened("a".repeat(200), 100)).toBe(`${"a".repeat(99)}…`);
});

it("says where it cut and never splits a character", () => {
  expect(excerpt("short", 10)).toBe("short");
  expect(excerpt("😀😀😀", 3)).toBe("😀\n[Cut: 3 of 6 characters are shown.]");
});
