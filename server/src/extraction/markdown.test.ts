import { describe, expect, test } from "vitest";
import { codeSpan, escaped, gridOf, link, plain, written } from "./markdown.ts";
import { markdownTable } from "./table.ts";

describe("text", () => {
  test("keeps words whole: what only a printer needs is gone", () => {
    expect(plain("Silben\u00adtrennung\u00a0und\u200b \u0007Glocke")).toBe("Silbentrennung und Glocke");
  });

  test("that looks like a tag, a code span or a link is none", () => {
    expect(escaped("Vec<String> and `x` and [a](b)")).toBe("Vec\\<String> and \\`x\\` and [a\\](b)");
    for (const text of ["3 < 4, some_file_name * 2", "Ada <ada@pots.example>"]) expect(escaped(text)).toBe(text);
  });

  test("at the start of a line begins no heading, item, quotation or number", () => {
    const lines = ["# 4", "- no item", "> no quotation", "12. of May", "| bar"];
    expect(written(lines.map((text) => ({ kind: "paragraph", text })))).toBe(
      ["\\# 4", "\\- no item", "\\> no quotation", "12\\. of May", "\\| bar"].join("\n\n"),
    );
  });
});

describe("links", () => {
  test("lead to addresses that a reader could go to, and nothing else", () => {
    expect(link("the shop", "https://example.org/a b(c)")).toBe("[the shop](https://example.org/a%20b%28c%29)");
    expect(link("run", "javascript:alert(1)")).toBe("run");
    expect(link("", "https://example.org")).toBe("");
  });
});

test("a code span holds the backticks of its code", () => {
  expect(codeSpan("npm ci")).toBe("`npm ci`");
  expect(codeSpan("a `b` c")).toBe("`` a `b` c ``");
});

test("items of one list stand together, nested by two spaces, with the numbers that they show", () => {
  expect(
    written([
      { kind: "heading", level: 2, text: "Steps" },
      { kind: "item", depth: 0, marker: "1.", text: "Open" },
      { kind: "item", depth: 1, marker: null, text: "slowly" },
      { kind: "item", depth: 0, marker: "2.", text: "Close" },
      { kind: "paragraph", text: "Done." },
    ]),
  ).toBe("## Steps\n\n1. Open\n  - slowly\n2. Close\n\nDone.");
});

test("code keeps its lines, and a longer fence when it holds one", () => {
  expect(written([{ kind: "code", language: "md", text: "```\nx\n```\n" }])).toBe("````md\n```\nx\n```\n````");
});

describe("a table", () => {
  test("has its header row, bars in cells that are no borders, and no empty rows or columns", () => {
    expect(
      markdownTable([
        ["Item", "", "Price"],
        ["", "", ""],
        ["a|b", "", "2\n3"],
      ]),
    ).toBe("| Item | Price |\n| --- | --- |\n| a\\|b | 2 3 |");
  });

  test("of nothing is nothing", () => {
    expect(markdownTable([])).toBe("");
    expect(markdownTable([[""]])).toBe("");
  });
});

test("a merged cell says its text in each row that it covers, and once in a row", () => {
  const cell = (text: string, columns = 1, rows = 1) => ({ text, columns, rows });
  expect(
    gridOf([
      [cell("North", 1, 2), cell("A"), cell("1")],
      [cell("B"), cell("2")],
      [cell("All", 2), cell("3")],
    ]),
  ).toEqual([
    ["North", "A", "1"],
    ["North", "B", "2"],
    ["All", "", "3"],
  ]);
});
