import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { AUTO_CHUNKING, type Chunk, type ChunkingStrategy } from "../task/documents/chunk.ts";
import { type CutPlace, chunksOf } from "./chunker.ts";

const SMALL: ChunkingStrategy = { maxTokens: 100, overlapTokens: 50 };

function cut(contents: readonly string[], strategy = SMALL): Chunk[] {
  return [
    ...chunksOf(
      contents.map((content, index) => ({ index, content })),
      strategy,
    ),
  ];
}

function sentences(count: number, from = 0): string {
  return Array.from({ length: count }, (_, n) => `Sentence ${from + n} says that pump ${from + n} was seen.`).join(" ");
}

describe("a chunk", () => {
  test("says where it stands, and its text ends with what stands there", () => {
    const pages = [`# Pumps\n\n${sentences(30)}`, `${sentences(5, 30)}\n`];
    for (const { page, start, end, text } of cut(pages)) {
      expect(text.endsWith(pages[page]?.slice(start, end) ?? "?")).toBe(true);
    }
  });

  test("stands under its headings, also those of a page before", () => {
    const pages = [`# Manual\n\n## Pumps\n\n${sentences(20)}\n\n## Valves\n\nValves are shut.`, "They stay shut."];
    const chunks = cut(pages);
    expect(chunks[1]?.text.startsWith("# Manual\n\n## Pumps\n\nSentence ")).toBe(true);
    expect(chunks.at(-2)?.text).toBe("# Manual\n\n## Valves\n\nValves are shut.");
    expect(chunks.at(-1)?.text).toBe("# Manual\n\n## Valves\n\nThey stay shut.");
  });

  test("never ends with the heading of the next one", () => {
    const page = Array.from({ length: 30 }, (_, n) => `## Part ${n}\n\n${sentences(1 + (n % 4), n)}`).join("\n\n");
    for (const { text } of cut([page])) expect(text.trim().split("\n").at(-1)).not.toMatch(/^#/);
  });

  test("holds several short sections, and begins with a long one", () => {
    const short = Array.from({ length: 4 }, (_, n) => `## S${n}\n\nShort.`).join("\n\n");
    expect(cut([short])).toHaveLength(1);
    const [first, second] = cut([`## One\n\n${sentences(4)}\n\n## Two\n\n${sentences(4)}`]);
    expect(first?.text).toContain("## One");
    expect(first?.text).not.toContain("## Two");
    expect(second?.text.startsWith("## Two")).toBe(true);
  });

  test("repeats the head of a table above its later rows, none of which is cut", () => {
    const rows = Array.from({ length: 40 }, (_, n) => `| pump ${n} | ${n * 7} bar | room ${n} |`);
    const chunks = cut([`Before.\n\n| name | pressure | place |\n|---|---|---|\n${rows.join("\n")}\n\nAfter.`]);
    expect(chunks.length).toBeGreaterThan(3);
    for (const { text } of chunks.slice(1, -1)) {
      expect(text.startsWith("| name | pressure | place |\n|---|---|---|\n| pump ")).toBe(true);
    }
    for (const row of rows) expect(chunks.filter(({ text }) => text.includes(`${row}`))).toHaveLength(1);
  });

  test("has a block of code whole where it fits", () => {
    const code = `\`\`\`js\n${Array.from({ length: 8 }, (_, n) => `const pump${n} = ${n};`).join("\n")}\n\`\`\``;
    const chunks = cut([`${sentences(6)}\n\n${code}\n\n${sentences(6)}`]);
    expect(chunks.filter(({ text }) => text.includes(code))).toHaveLength(1);
  });

  test("keeps an item of a list with its further lines", () => {
    const items = Array.from({ length: 30 }, (_, n) => `- Item ${n} is about pumps.\n  It goes on here. And here.`);
    const chunks = cut([items.join("\n")]);
    for (const item of items) expect(chunks.some(({ text }) => text.includes(item))).toBe(true);
    for (const { text } of chunks) expect(text.startsWith("- Item")).toBe(true);
  });

  test("begins with the last whole sentences of the one before", () => {
    const chunks = cut([sentences(40)]);
    for (const [n, { text }] of chunks.entries()) {
      expect(text).toMatch(/^Sentence .*seen\.$/s);
      const shared = chunks[n - 1]?.text.includes(text.slice(0, text.indexOf(".") + 1));
      if (n > 0) expect(shared).toBe(true);
    }
    const apart = cut([sentences(40)], { maxTokens: 100, overlapTokens: 0 });
    expect(apart.map(({ text }) => text).join(" ")).toBe(sentences(40));
  });

  test("does not end at an abbreviation or inside a number", () => {
    const page = Array.from({ length: 30 }, (_, n) => `Dr. Miller paid 3.50 francs, e.g. for pump No. ${n}.`).join(" ");
    for (const { text } of cut([page])) expect(text).toMatch(/^Dr\. Miller.*No\. \d+\.$/s);
  });

  test("parts Japanese at its full stops and Thai by the dictionary", () => {
    const japanese = "明日は雨が降るでしょう。".repeat(60);
    for (const { text } of cut([japanese])) expect(text).toMatch(/^明日.*。$/);
    const thai = "วันนี้อากาศดีมาก ฉันไปตลาด ".repeat(60);
    expect(cut([thai]).length).toBeGreaterThan(3);
  });

  test("is larger than a sentence, unless the sentence alone is larger than a chunk", () => {
    const endless = "word ".repeat(400).trim();
    const chunks = cut([`A first one. ${endless}. A last one.`], { maxTokens: 100, overlapTokens: 0 });
    for (const { text, tokens } of chunks) {
      expect(tokens).toBeLessThanOrEqual(100);
      expect(text).not.toMatch(/wor$|^ord/);
    }
  });

  test("of a page without text is none", () => {
    expect(cut(["", "  \n\t\n", "Text."]).map(({ page, index }) => [page, index])).toEqual([[2, 0]]);
  });
});

const line = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.lorem({ maxCount: 4, mode: "sentences" }),
  fc.lorem({ maxCount: 3 }).map((words) => `## ${words}`),
  fc.lorem({ maxCount: 3 }).map((words) => `- ${words}`),
  fc.lorem({ maxCount: 3 }).map((words) => `| ${words} | 1 |`),
  fc.constantFrom("", "|---|---|", "```", "# Top", "\u{1F600}".repeat(300), "x".repeat(700)),
);
const pages = fc.array(
  fc.array(line, { maxLength: 30 }).map((lines) => lines.join("\n")),
  { maxLength: 4 },
);
const strategy = fc
  .record({ maxTokens: fc.integer({ min: 100, max: 300 }), share: fc.integer({ min: 0, max: 50 }) })
  .map(({ maxTokens, share }) => ({ maxTokens, overlapTokens: Math.floor((maxTokens * share) / 100) }));

describe("of any pages", () => {
  test("every character that shows is in a chunk, each of which stands where it says and is no larger than asked", () => {
    fc.assert(
      fc.property(pages, strategy, (contents, strategy) => {
        const chunks = cut(contents, strategy);
        const seen = contents.map((content) => new Uint8Array(content.length));
        for (const [n, { index, page, start, end, text, tokens }] of chunks.entries()) {
          expect(index).toBe(n);
          expect(start).toBeLessThan(end);
          expect(text.endsWith(contents[page]?.slice(start, end) ?? "?")).toBe(true);
          expect(tokens).toBeLessThanOrEqual(strategy.maxTokens);
          seen[page]?.fill(1, start, end);
        }
        for (const [page, content] of contents.entries()) {
          for (const { index } of content.matchAll(/\S/g))
            expect(seen[page]?.[index], `page ${page}, ${index}`).toBe(1);
        }
        expect(cut(contents, strategy)).toEqual(chunks);
      }),
      { numRuns: 300 },
    );
  });

  test("a document that is cut a few pages at a time has the chunks of one that is cut at once", () => {
    fc.assert(
      fc.property(pages, strategy, (contents, strategy) => {
        const place: CutPlace = { index: 0, path: [] };
        const apart = contents.flatMap((content, index) => [...chunksOf([{ index, content }], strategy, place)]);
        expect(apart).toEqual(cut(contents, strategy));
      }),
      { numRuns: 100 },
    );
  });

  test("nothing blank is a chunk, also where a run without spaces is cut before the end of its line", () => {
    const page = `${"😀".repeat(300)}\n## semper\n## suspendisse\n## risus\n${"x".repeat(700)}`;
    for (const { start, end } of cut([page], { maxTokens: 100, overlapTokens: 0 })) expect(start).toBeLessThan(end);
  });

  test("the size that a chunk states is what a tokenizer counts, but for a few tokens where its pieces meet", () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 60, mode: "sentences" }), (text) => {
        for (const chunk of cut([text])) {
          const exact = countTokens(chunk.text);
          expect(chunk.tokens).toBeGreaterThanOrEqual(exact - 5);
          expect(chunk.tokens).toBeLessThanOrEqual(exact * 1.1 + 2);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("they are cut in time that grows with their length", () => {
    const book = `# Book\n\n${Array.from({ length: 800 }, (_, n) => sentences(12, n)).join("\n\n")}`;
    const chunks = cut([book], AUTO_CHUNKING);
    expect(chunks.length).toBeGreaterThan(100);
    expect(
      cut([
        "a".repeat(100_000),
        ".".repeat(100_000),
        "|".repeat(50_000),
        "# ".repeat(50_000),
        `${" ".repeat(100_000)}x`,
      ]).length,
    ).toBeGreaterThan(10);
  });
});
