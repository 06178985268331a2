import { describe, expect, test } from "vitest";
import { written } from "../../markdown.ts";
import { tokensOf } from "./tokens.ts";
import { RtfWalk } from "./walk.ts";

function markdown(rtf: string): string {
  const walk = new RtfWalk();
  for (const token of tokensOf(rtf)) walk.take(token);
  return written(walk.end());
}

describe("text", () => {
  test("comes in the charset of its font, or as Unicode with substitutes for older readers", () => {
    const fonts = "{\\fonttbl{\\f0\\fcharset0 Serif;}{\\f1\\fcharset204 Serif;}{\\f2\\fcharset128 Gothic;}}";
    expect(
      markdown(
        `{\\rtf1\\ansi\\ansicpg1252${fonts}\\f0 K\\'fcche\\par\\f1 \\'cf\\'e5\\'f7\\'fc\\par\\f2 \\'93\\'fa\\'96\\'7b\\par}`,
      ),
    ).toBe("Küche\n\nПечь\n\n日本");
    expect(markdown("{\\rtf1\\uc2 caf\\u233\\'c3\\'a9 \\u8364?? 5 \\u-10179??\\u-8704??}")).toBe("café € 5 😀");
  });

  test("is without pictures, hidden words, deleted words and what only some programs know", () => {
    expect(markdown("{\\rtf1 A{\\pict ffd8}{\\*\\unknown x}{\\v hidden}{\\deleted gone}\\bin3 }{}B}")).toBe("AB");
  });
});

describe("structure", () => {
  test("headings come from styles, items from the label that they show", () => {
    expect(
      markdown(
        "{\\rtf1{\\stylesheet{\\s1 heading 1;}}\\pard\\s1 Firing\\par\\pard{\\listtext 2.\\tab}\\ilvl0 Wait\\par\\pard{\\listtext \\bullet\\tab}\\ilvl1 long\\par\\pard End\\par}",
      ),
    ).toBe("# Firing\n\n2. Wait\n  - long\n\nEnd");
  });

  test("items of the styles that are shown deeper are deeper, and notes after a table follow their own paragraph", () => {
    const item = (style: number) => `{\\listtext \\bullet\\tab}\\ilvl0 i${style}\\par`;
    expect(
      markdown(
        `{\\rtf1{\\stylesheet{\\s1 List Bullet;}{\\s2 List Bullet 2;}}\\pard\\s1${item(1)}\\pard\\s2${item(2)}\\pard\\s1${item(1)}}`,
      ),
    ).toBe("- i1\n  - i2\n- i1");
    const row = "\\trowd\\cellx1000\\cellx2000\\pard\\intbl a{\\footnote In it.}\\cell b\\cell\\row";
    expect(markdown(`{\\rtf1 ${row}\\pard After{\\footnote Later.}\\par}`)).toBe(
      "| a[^1] | b |\n| --- | --- |\n\n[^1]: In it.\n\nAfter[^2]\n\n[^2]: Later.",
    );
  });

  test("a bullet or number that hangs out before its paragraph makes it an item", () => {
    const item = (indent: number, text: string) => `{\\pard\\li${indent}\\fi-360 ${text}\\par}`;
    expect(
      markdown(
        `{\\rtf1 ${item(360, "\\bullet\\tab one")}${item(720, "\\endash\\tab two")}${item(360, "3.\\tab three")}}`,
      ),
    ).toBe("- one\n  - two\n3. three");
  });

  test("a cell that is as wide as two stands in the first of their columns", () => {
    const row = (edges: string, cells: string) => `\\trowd${edges}\\pard\\intbl ${cells}\\row`;
    const wide = "\\cellx2000\\cellx3000";
    expect(
      markdown(
        `{\\rtf1 ${row("\\cellx1000\\cellx2000\\cellx3000", "a\\cell b\\cell c\\cell")}${row(wide, "d\\cell e\\cell")}\\pard x\\par}`,
      ),
    ).toBe("| a | b | c |\n| --- | --- | --- |\n| d |  | e |\n\nx");
  });

  test("links lead where their field says, numbers of pages are none of the text, notes follow", () => {
    expect(
      markdown(
        '{\\rtf1 See {\\field{\\*\\fldinst HYPERLINK "https://pots.example/a"}{\\fldrslt here}}{\\footnote {\\chftn} Twice.}.\\par Page {\\field{\\*\\fldinst PAGE}{\\fldrslt 7}}\\par}',
      ),
    ).toBe("See [here](https://pots.example/a)[^1].\n\n[^1]: Twice.");
  });
});

test("neither depth nor breakage stops the reading", () => {
  expect(markdown(`{\\rtf1 a${"{".repeat(100_000)}b`)).toBe("a");
  expect(markdown("}}}{\\rtf1 x\\cell\\row\\cellx")).toContain("x");
});
