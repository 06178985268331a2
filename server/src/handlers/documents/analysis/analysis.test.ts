import { describe, expect, test } from "vitest";
import { processorMs } from "../../../../test/processor-time.ts";
import { ANALYSES, type DocumentPage, type Produced } from "../../../task/documents/document.ts";
import { headingsOf, proseOf } from "./prose.ts";
import { putTogether } from "./put-together.ts";
import { readPart } from "./read-part.ts";

const pageOf = (content: string, index = 0): DocumentPage => ({ index, name: null, content, recognized: false });

function analyzed(pages: readonly DocumentPage[], language = "en", outlineAsJson = false): Produced {
  const parts = [readPart(pages, language)];
  return putTogether(ANALYSES, { parts, language, outline: [], outlineAsJson });
}

const TOPICS = ["harbour", "lighthouse", "ferry", "warehouse", "customs office"];
/** A report of many sentences, each of its own words, with everything in it that is no running text. */
const report = [
  "# Report on the port of Aldermouth",
  "Figure 1: The port from above.",
  "The port of Aldermouth has grown faster than any other port of the coast since Maria Keller became its director.",
  ...TOPICS.flatMap((topic, at) => [
    `## The ${topic}`,
    "| item | cost |\n| --- | --- |\n| crane | 40,000 |",
    `The ${topic} of the port was rebuilt in ${1990 + at} and cost the city of Aldermouth ${at + 2} million euros. ` +
      `Since then the ${topic} has been used by ${at + 3} thousand visitors and sailors every year. ` +
      `Maria Keller of the Aldermouth Port Authority calls the ${topic} the best investment that the port has made.`,
    "- cheap\n- safe\n- It is open on every day of the year but one.",
  ]),
  "In conclusion, the port of Aldermouth pays for itself, and the city expects another ten years of growth.",
].join("\n\n");

describe("the running text of a page", () => {
  test("has neither headings nor tables, captions, code or short items of lists", () => {
    const text = proseOf(`${report}\n\n\`\`\`\nlet code = 1;\n\`\`\`\n`);
    expect(text).toContain("The harbour of the port was rebuilt in 1990");
    expect(text).toContain("It is open on every day of the year but one.");
    expect(text).not.toMatch(/Figure 1|crane|#|let code|cheap/);
  });

  test.each([
    [
      "SERVICE AGREEMENT\n\nThis is agreed.\n\n1. Services\n1.1 The Provider fires pots.",
      "This is agreed.\n\nThe Provider fires pots.",
    ],
    [
      "Hi Bo,\n\nIt comes in April.\n\nBest,\nAda\n\nOn Sat, 28 Feb, Bo wrote:\n\\> When is it?\n\n--\nAda. Kiln Works.\n\n# Next\n\nA mail.",
      "It comes in April.\n\nA mail.",
    ],
    ["窯の使い方\n\n窯は週に二回焚かれます。", "窯は週に二回焚かれます。"],
    ["Notes: Say hello first.", "Say hello first."],
    ["Where pots break\n\nIn the kiln", "Where pots break\n\nIn the kiln"],
  ])(
    "has neither titles and greetings nor what a mail answers to, unless there is nothing else (%#)",
    (page, prose) => {
      expect(proseOf(page)).toBe(prose);
    },
  );

  test("keeps the words of links and emphasis, and a sentence that runs over lines of an item", () => {
    expect(proseOf("- See **the** [rules](https://x.example/a)\n  of the *house*.\n")).toBe(
      "See the rules of the house.",
    );
  });

  test.each(["[", "![a](", "**a ", "`a ", "_a ", "# #", "| ", "> ", "1. ", "<a", "((", "a\\*", "__a __"])(
    "takes no more than its share of time for a line of %j and nothing else",
    (mark) => {
      const line = mark.repeat(300_000 / mark.length);
      const before = processorMs();
      expect(proseOf(`# ${line}\n\n${line}`).length).toBeLessThanOrEqual(2 * line.length + 4);
      expect(headingsOf([pageOf(`# ${line}`)], 9).length).toBeLessThanOrEqual(1);
      expect(processorMs() - before).toBeLessThan(20_000);
    },
  );

  test("has headings apart, by level and page", () => {
    expect(headingsOf([pageOf("# A"), pageOf("text\n## **B**\n```\n# no\n```", 1)], 9)).toEqual([
      { title: "A", level: 1, page: 0 },
      { title: "B", level: 2, page: 1 },
    ]);
  });
});

describe("an analysis without a model", () => {
  const produced = analyzed([pageOf(report)]);
  const words = (text = "") => text.split(/\s+/).length;

  test("gives an abstract and a summary of the document's own sentences, in order and of the promised length", () => {
    expect(words(produced.abstract)).toBeGreaterThanOrEqual(40);
    expect(words(produced.abstract)).toBeLessThanOrEqual(120);
    expect(words(produced.summary)).toBeGreaterThanOrEqual(100);
    expect(words(produced.summary)).toBeLessThanOrEqual(300);
    const prose = proseOf(report).replaceAll("\n\n", " ");
    for (const text of [produced.abstract, produced.summary]) {
      const places = (text ?? "").split(/(?<=\.) (?=[A-Z])/).map((sentence) => prose.indexOf(sentence));
      expect(places).not.toContain(-1);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(text).not.toMatch(/Figure|crane|#|\|/);
    }
  });

  test("gives the whole text of one that is shorter than that", () => {
    const short = "The ferry is late. Nobody knows why.";
    expect(analyzed([pageOf(short)])).toMatchObject({ abstract: short, summary: short });
  });

  test("gives 5 to 15 keywords without empty words or twins", () => {
    const { keywords = [] } = produced;
    expect(keywords.length).toBeGreaterThanOrEqual(5);
    expect(keywords.length).toBeLessThanOrEqual(15);
    expect(new Set(keywords.map((word) => word.toLowerCase())).size).toBe(keywords.length);
    expect(keywords.join(" ").toLowerCase()).toContain("aldermouth");
    for (const word of keywords) expect(word).not.toMatch(/^(the|of|and|has|every|since)$/i);
  });

  test("gives an outline of the real headings, as a list and as JSON", () => {
    expect(produced.outline?.split("\n").slice(0, 3)).toEqual([
      "- Report on the port of Aldermouth",
      "  - The harbour",
      "  - The lighthouse",
    ]);
    expect(JSON.parse(analyzed([pageOf(report)], "en", true).outline ?? "")).toMatchObject([
      {
        title: "Report on the port of Aldermouth",
        level: 1,
        page: 1,
        children: [{ title: "The harbour", children: [] }, {}, {}, {}, {}],
      },
    ]);
  });

  test("gives the people and places, and which of them occur together", () => {
    expect(produced.graph?.entities).toContainEqual({ name: "Maria Keller", type: "person", count: 6 });
    expect(produced.graph?.relationships[0]).toMatchObject({ weight: expect.any(Number) });
  });

  test("says what each page is about", () => {
    const pages = TOPICS.map((topic, at) => pageOf(`## The ${topic}\n\nThe ${topic} is at the end of pier ${at}.`, at));
    expect(analyzed(pages).contexts).toEqual(
      TOPICS.map((topic, at) => `The ${topic}: The ${topic} is at the end of pier ${at}.`),
    );
  });

  test.each([
    ["zh", "图书馆成立于1904年。图书馆收藏有八万册图书。读者借书需要办理借书证。图书馆每天开放。", "图书"],
    [
      "ru",
      "Библиотека была основана в 1904 году. Библиотека открыта каждый день. Читатели любят библиотеку и её залы.",
      "библиотека",
    ],
    ["ar", "تأسست المكتبة في عام 1904. المكتبة مفتوحة كل يوم. يحب القراء المكتبة وقاعاتها.", "المكتبة"],
  ])("works in %s", (language, text, keyword) => {
    const produced = analyzed([pageOf(text)], language);
    expect(produced.abstract).toBe(text);
    expect(produced.keywords?.map((word) => word.toLowerCase())).toContain(keyword);
    expect(produced.graph?.entities.length).toBeGreaterThan(0);
  });
});

test("what a table is about are the words of its head and its cells, and no heading that every paper has is a keyword", () => {
  const table = "| Article | Shelf |\n| --- | --- |\n| Blue jug | Cellar |\n| Red jug | Cellar |";
  expect(analyzed([pageOf(table)]).keywords).toEqual(expect.arrayContaining(["Shelf", "jug", "Cellar"]));
  const paper = "# Abstract\n\nWe measured kilns with care.\n\n# 2 Results\n\nThe kilns differ by much.";
  expect(analyzed([pageOf(paper)]).keywords?.filter((word) => /abstract|results/i.test(word))).toEqual([]);
});
