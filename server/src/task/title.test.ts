import { expect, test } from "vitest";
import { titleOf } from "./title.ts";

test.each([
  ["is a line", "one\n two\t three ", "one two three"],
  ["has nothing that takes no room", "\u200b\u200bHello\u200d wor\u00adld\ufeff", "Hello world"],
  ["turns no direction around", "\u202egpj.\u2066exe", "gpj.exe"],
  ["is empty where nothing would be seen", "\u200b\u2060", ""],
  ["keeps what makes one picture of two", "👨‍👩‍👧 Müller", "👨‍👩‍👧 Müller"],
  ["is cut between characters", "⛰".repeat(21), `${"⛰".repeat(19)}…`],
])("a title %s", (_, text, title) => {
  expect(titleOf(text, 20)).toBe(title);
});
