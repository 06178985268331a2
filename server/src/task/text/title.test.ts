import { expect, test } from "vitest";
import { titleOf } from "./title.ts";

test.each([
  ["is a line", "one\n two\t three ", "one two three"],
  ["has nothing that takes no room", "\u200b\u200bHello\u200d wor\u00adld\ufeff", "Hello world"],
  ["turns no direction around", "\u202egpj.\u2066exe", "gpj.exe"],
  ["is empty where nothing would be seen", "\u200b\u2060", ""],
  ["keeps what makes one picture of two", "👨‍👩‍👧 Müller", "👨‍👩‍👧 Müller"],
  ["ends in no half of a character", `${"\u200b".repeat(78)}⛰🏔`, "⛰"],
  ["is cut between characters", "⛰".repeat(21), `${"⛰".repeat(19)}…`],
])("a title %s", (_, text, title) => {
  expect(titleOf(text, 20)).toBe(title);
});

test.each([
  ["Persian", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
  ["Sinhala", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"],
])("keeps what joins and parts the letters of %s", (_, text) => {
  expect(titleOf(text, 20)).toBe(text);
});
