import { expect, test } from "vitest";
import { sectionsOf } from "./sections.ts";

const sentence = "This sentence is here to fill a line with words. ";

test("short texts are one section", () => {
  expect(sectionsOf("# Title\n\nA paragraph.\n\n\n\nAnother.", 4_000)).toEqual(["# Title\n\nA paragraph.\n\nAnother."]);
});

test("no section is longer than it may be, and nothing is lost between them", () => {
  const text = Array.from({ length: 50 }, (_, at) => `${at}. ${sentence.repeat((at % 7) * 9 + 1).trim()}`).join("\n\n");
  const sections = sectionsOf(text, 1_000);
  expect(sections.every((section) => section.length <= 1_000)).toBe(true);
  expect(sections.join(" ").replaceAll(/\s+/g, " ")).toBe(text.replaceAll(/\s+/g, " "));
});

test("a heading stays with the text that follows it", () => {
  const sections = sectionsOf(`${sentence.repeat(18)}\n\n## Next\n\n### Deeper\n\n${sentence.repeat(5)}`, 1_000);
  expect(sections).toHaveLength(2);
  expect(sections[1]).toMatch(/^## Next\n\n### Deeper\n\nThis/);
});

test("a long table is cut between its rows, and each part has the header", () => {
  const rows = Array.from({ length: 100 }, (_, at) => `| ${at} | ${"cell ".repeat(8)}|`);
  const sections = sectionsOf(["| a | b |", "| --- | --- |", ...rows].join("\n"), 1_000);
  expect(sections.length).toBeGreaterThan(3);
  expect(sections.every((section) => section.startsWith("| a | b |\n| --- | --- |\n| "))).toBe(true);
  expect(sections.flatMap((section) => section.split("\n").slice(2))).toEqual(rows);
});

test("a row that is longer than a section stays whole", () => {
  const row = `| ${"x".repeat(5_000)} |`;
  expect(sectionsOf(`| a |\n| --- |\n${row}\n| short |`, 1_000)).toEqual([
    `| a |\n| --- |\n${row}`,
    "| a |\n| --- |\n| short |",
  ]);
});

test("code keeps its empty lines, and a line without any end is cut between words", () => {
  expect(sectionsOf("```\none\n\ntwo\n```", 4_000)).toEqual(["```\none\n\ntwo\n```"]);
  const sections = sectionsOf("word ".repeat(1_000), 1_000);
  expect(sections.every((section) => /^(word ?)+$/.test(section) && section.length <= 1_000)).toBe(true);
});

test("no character is cut in two", () => {
  expect(sectionsOf("😀".repeat(2_000), 1_001).every((section) => section.isWellFormed())).toBe(true);
});

test("code that is cut is code in each of its pieces", () => {
  const lines = Array.from({ length: 100 }, (_, at) => `line ${at} of it`);
  const sections = sectionsOf(["````ts", ...lines, "```", "````"].join("\n"), 500);
  expect(sections.length).toBeGreaterThan(2);
  expect(sections.every((section) => section.startsWith("````ts\n") && section.endsWith("\n````"))).toBe(true);
  expect(sections.flatMap((section) => section.split("\n").slice(1, -1))).toEqual([...lines, "```"]);
});
