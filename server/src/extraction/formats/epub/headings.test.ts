import { expect, test } from "vitest";
import type { Block } from "../../markdown.ts";
import { withHeadings } from "./headings.ts";

const paragraph = (text: string): Block => ({ kind: "paragraph", text });

test("a heading that a book does not mark is known by its table of contents, also in two paragraphs", () => {
  const blocks = [
    paragraph("CHAPTER 1"),
    paragraph("The Cellar"),
    paragraph("It was cool."),
    paragraph("Shelves"),
    paragraph("Of wood."),
  ];
  const titles = [
    { title: "Chapter 1. The cellar", level: 1 },
    { title: "Shelves", level: 2 },
    { title: "Nowhere", level: 2 },
  ];
  expect(withHeadings(blocks, titles)).toEqual([
    { kind: "heading", level: 1, text: "CHAPTER 1 The Cellar" },
    paragraph("It was cool."),
    { kind: "heading", level: 2, text: "Shelves" },
    paragraph("Of wood."),
  ]);
});

test("a heading that is marked keeps its level, and words of the text are none", () => {
  const blocks: Block[] = [
    { kind: "heading", level: 3, text: "Shelves" },
    paragraph("Shelves are of wood."),
    paragraph("Shelves"),
  ];
  expect(withHeadings(blocks, [{ title: "Shelves", level: 1 }])).toEqual(blocks);
});
