import { describe, expect, test } from "vitest";
import { decode } from "../charset.ts";
import { readingOfFiles } from "../suite/reading-files.ts";
import { delimiterOf } from "./csv.ts";

const { read } = readingOfFiles({ here: true });

const bytes = (...values: number[]) => Uint8Array.from(values);
const utf16 = (text: string, mark: boolean, big: boolean) => {
  const little = Buffer.from((mark ? "\ufeff" : "") + text, "utf16le");
  return big ? little.swap16() : little;
};
const wideBytes = (sign: string) => {
  const code = sign.codePointAt(0) ?? 0;
  return [code & 0xff, (code >> 8) & 0xff, (code >> 16) & 0xff, 0];
};
/** Of texts whose letters stand, from 0x80 on, where the table of a charset has them. */
const encoded = (text: string, label: string) => {
  const decoder = new TextDecoder(label);
  const table = new Map(Array.from({ length: 256 }, (_, byte) => [decoder.decode(bytes(byte)), byte]));
  return Uint8Array.from(text, (letter) => table.get(letter) ?? 0x3f);
};

describe("a text", () => {
  test("is read in UTF-8 and UTF-16, with a mark and without", () => {
    const text = "Größe: 5 €, and some more words to go by.\nA second line.";
    expect(decode(Buffer.from(text))).toEqual({ text, encoding: "utf-8" });
    expect(decode(Buffer.from(`\ufeff${text}`))).toEqual({ text, encoding: "utf-8" });
    for (const mark of [true, false]) {
      expect(decode(utf16(text, mark, false))).toEqual({ text, encoding: "utf-16le" });
      expect(decode(utf16(text, mark, true))).toEqual({ text, encoding: "utf-16be" });
    }
  });

  test("of an old computer is read as it was written there", () => {
    const german = "Größe der Öfen: für Töpfer, süß und ähnlich.";
    const dos = Buffer.from(
      german
        .replaceAll("ö", "\x94")
        .replaceAll("ß", "\xe1")
        .replaceAll("Ö", "\x99")
        .replaceAll("ü", "\x81")
        .replaceAll("ä", "\x84"),
      "latin1",
    );
    expect(decode(dos)).toEqual({ text: german, encoding: "ibm850" });
    expect(decode(encoded(german, "macintosh"))).toEqual({ text: german, encoding: "macintosh" });
    const thai = "ห้ามเปิดเตาเผาจนกว่าอุณหภูมิจะต่ำกว่าสองร้อยองศา เคลือบควรทาบาง ๆ\n";
    expect(decode(encoded(thai, "windows-874"))).toEqual({ text: thai, encoding: "windows-874" });
    const japanese = bytes(0x1b, 0x24, 0x42, 0x4d, 0x52, 0x24, 0x4e, 0x1b, 0x28, 0x42, 0x2e);
    expect(decode(japanese)).toEqual({ text: "窯の.", encoding: "iso-2022-jp" });
    const wide = Buffer.concat([bytes(0xff, 0xfe, 0, 0), ...[..."hot – ö"].map((sign) => bytes(...wideBytes(sign)))]);
    expect(decode(wide)).toEqual({ text: "hot – ö", encoding: "utf-32le" });
  });

  test.each([
    ["ja", "窯は週に二回焚かれます。\n釉薬は手で塗られます。\n"],
    ["ko", "가마는 일주일에 두 번 굽습니다.\n유약은 손으로 바릅니다.\n"],
    ["ru", "Печь топят два раза в неделю.\n"],
    ["ar", "يُشعل الفرن مرتين في الأسبوع.\n"],
    ["en", "The kiln is fired twice.\n"],
  ])("in UTF-16 or UTF-32 without a mark is read, whatever its script (%s)", (_, text) => {
    expect(decode(utf16(text, false, false))).toEqual({ text, encoding: "utf-16le" });
    expect(decode(utf16(text, false, true))).toEqual({ text, encoding: "utf-16be" });
    const wide = Buffer.concat([...text].map((sign) => bytes(...wideBytes(sign))));
    expect(decode(wide)).toEqual({ text, encoding: "utf-32le" });
    expect(decode(wide.swap32())).toEqual({ text, encoding: "utf-32be" });
  });

  test.each([
    ["ibm866", "Печь топят два раза в неделю, и горшки сохнут два дня."],
    ["x-mac-cyrillic", "Печь топят два раза в неделю, и горшки сохнут два дня."],
    ["koi8-u", "Піч топлять двічі на тиждень, а глазур наносять вручну."],
    ["macintosh", "The potter’s “new” glaze – café brown – costs €5 a pot."],
    ["macintosh", "¿Dónde está el niño? ¡Mañana será otro año!"],
  ])("in %s is told from the charsets of Windows", (label, text) => {
    expect(decode(encoded(text, label))).toEqual({ text, encoding: label });
  });

  test("of Central Europe's DOS is read as it was written there", () => {
    const polish = Buffer.from("Szkliwo nak\x88ada si\xa9 r\xa9cznie, a garnki schn\xa5 dwa dni.", "latin1");
    expect(decode(polish)).toEqual({
      text: "Szkliwo nakłada się ręcznie, a garnki schną dwa dni.",
      encoding: "ibm852",
    });
  });

  test("is read in the charset that its bytes make likely", () => {
    const french = "Le café était fermé à Noël ; où êtes-vous allés ? Ça m'a coûté 5 €, déjà l'été dernier. ".repeat(5);
    expect(decode(encoded(french, "windows-1252"))).toEqual({ text: french, encoding: "windows-1252" });
    const russian = "Съешь же ещё этих мягких французских булок, да выпей чаю. Документ подписан вчера. ".repeat(5);
    expect(decode(encoded(russian, "koi8-r"))).toEqual({ text: russian, encoding: "koi8-r" });
    expect(decode(encoded(russian, "windows-1251"))).toEqual({ text: russian, encoding: "windows-1251" });
    const polish = "Zażółć gęślą jaźń, proszę bardzo. Dzień dobry, mówię po polsku i piszę książkę. ".repeat(5);
    expect(decode(encoded(polish, "iso-8859-2")).text).toBe(polish);
    const japanese = bytes(
      0x93,
      0xfa,
      0x96,
      0x7b,
      0x8c,
      0xea,
      0x82,
      0xcc,
      0x83,
      0x65,
      0x83,
      0x4c,
      0x83,
      0x58,
      0x83,
      0x67,
    );
    expect(decode(Buffer.concat([japanese, japanese, japanese])).text).toContain("日本語のテキスト");
    const chinese = bytes(
      0xd6,
      0xd0,
      0xce,
      0xc4,
      0xce,
      0xc4,
      0xb1,
      0xbe,
      0xa3,
      0xac,
      0xd5,
      0xe2,
      0xca,
      0xc7,
      0xb2,
      0xe2,
      0xca,
      0xd4,
      0xa1,
      0xa3,
    );
    expect(decode(Buffer.concat([chinese, chinese, chinese])).text).toContain("中文文本，这是测试。");
  });

  test("of an unknown kind is read as it is; what the caller declares decides between texts alone", async () => {
    expect((await read("alpha: beta", "settings.conf")).facts.fileType).toBe("text");
    expect((await read("a,b\n1,2", "data", { mediaType: "text/csv; charset=utf-8" })).facts.fileType).toBe("csv");
    expect((await read("A letter.", "letter", { mediaType: "application/pdf" })).facts.fileType).toBe("text");
    const program = await read('"""Heats the kiln."""\n\n# now\ndef heat():\n    pass\n', "heat.py");
    expect(program.text).toBe("Heats the kiln.\n\n```py\n# now\ndef heat():\n    pass\n```");
    expect((await read("A letter.", "letter", { mediaType: "application/octet-stream" })).facts.fileType).toBe("text");
  });

  test("in Markdown stays as it is, with its front matter as properties", async () => {
    const markdown = '---\ntitle: "Storing apples"\nauthor: A. Writer\ntags: fruit\n---\n# Apples\n\n- one\n- two\n';
    const { facts, text } = await read(markdown, "apples.md");
    expect(facts).toMatchObject({
      fileType: "markdown",
      title: "Storing apples",
      author: "A. Writer",
      properties: { tags: "fruit" },
    });
    expect(text).toBe("# Apples\n\n- one\n- two");
    expect((await read("# Only a heading\n\nText.", "b.md")).facts.title).toBe("Only a heading");
  });

  test.each([
    ['+++\ntitle = "Kilns"\n+++\nText.', "Text.", { title: "Kilns" }],
    [
      "---\ntitle: >\n  Kilns and\n  glazes\ntags:\n  - a\n  - b\nnested:\n  x: 1\n---\nText.",
      "Text.",
      { title: "Kilns and glazes", properties: { tags: "a, b" } },
    ],
    ["---\n\nNot of its front.\n\n---\n\nMore.", "---\n\nNot of its front.\n\n---\n\nMore.", { title: null }],
    [
      "Kilns\n=====\n\nHeat\n---\n\n```\na\n---\n```\n- one\n---\nend",
      "# Kilns\n\n## Heat\n\n```\na\n---\n```\n- one\n---\nend",
      { title: "Kilns" },
    ],
  ])(
    "in Markdown keeps what it says, however its front and its headings are written (%#)",
    async (markdown, text, facts) => {
      const read1 = await read(markdown, "kilns.md");
      expect(read1.text).toBe(text);
      expect(read1.facts).toMatchObject(facts);
    },
  );
});

describe("a table of values", () => {
  test("is parted by what parts its rows alike", () => {
    expect(delimiterOf("a,b,c\n1,2,3\n")).toBe(",");
    expect(delimiterOf("a;b;c\n1,5;2,5;3,5\n")).toBe(";");
    expect(delimiterOf("a\tb\n1, one\t2, two\n")).toBe("\t");
    expect(delimiterOf("a|b\n1|2\n")).toBe("|");
    expect(delimiterOf("only one column\nof text\n")).toBe(",");
  });

  test("has its header row, its quotes, line ends and bars", async () => {
    const csv = 'name;note\r\n"Smith; John";"said ""no""\nand left"\r\nB|C;\r\n\r\n';
    const { facts, text } = await read(csv, "people.csv");
    expect(facts).toMatchObject({ fileType: "csv", mediaType: "text/csv", title: "people" });
    expect(text).toBe('| name | note |\n| --- | --- |\n| Smith; John | said "no" and left |\n| B\\|C |  |');
  });

  test.each([
    ['Name,Note\nJug,"said \\"no\\" twice"\nPlate,"a, b"\n', '| Jug | said "no" twice |\n| Plate | a, b |'],
    ['Name, Note\nJug, "a, b"\nPlate, c\n', "| Jug | a, b |\n| Plate | c |"],
    ['"sep=;"\r\nName;Note\r\nJug;"C:\\"\r\nPlate;c\r\n', "| Jug | C:\\ |\n| Plate | c |"],
    ["Stock\n2026-03-01\n\nName,Note\nJug,a\nPlate,c\n", "| Jug | a |\n| Plate | c |"],
  ])("is read in whichever dialect it is written (%#)", async (csv, rows) => {
    const { text } = await read(csv, "jugs.csv");
    expect(text).toBe(
      `${csv.startsWith("Stock") ? "Stock\n\n2026-03-01\n\n" : ""}| Name | Note |\n| --- | --- |\n${rows}`,
    );
  });

  test("that is long has its header in every section", async () => {
    const rows = Array.from({ length: 2_000 }, (_, at) => `${at},value number ${at}`);
    expect((await read("sep=;\r\na;b,c\r\n1;2\r\n", "excel.csv")).text).toBe("| a | b,c |\n| --- | --- |\n| 1 | 2 |");
    const { pages } = await read(["id,value", ...rows].join("\n"), "long.csv");
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.every(({ content }) => content.startsWith("| id | value |\n| --- | --- |\n| "))).toBe(true);
    expect(pages.flatMap(({ content }) => content.split("\n").slice(2))).toHaveLength(2_000);
  });
});

describe("JSON", () => {
  test("becomes lists, and lists of like objects become tables", async () => {
    const value = {
      title: "Report",
      by: { name: "A. Writer", age: 40 },
      rows: [
        { a: 1, b: "x" },
        { a: 2, c: true },
      ],
      tags: ["p", "q"],
    };
    const { facts, text } = await read(JSON.stringify(value), "report.json");
    expect(facts).toMatchObject({ fileType: "json", title: "Report" });
    expect(text).toBe(
      [
        "- **title**: Report\n- **by**:\n  - **name**: A. Writer\n  - **age**: 40\n- **rows**:",
        "| a | b | c |\n| --- | --- | --- |\n| 1 | x |  |\n| 2 |  | true |",
        "- **tags**:\n  - p\n  - q",
      ].join("\n\n"),
    );
  });

  test("one value a line is a list of them, and what is none is text", async () => {
    expect((await read('{"a":1}\n{"a":2}\n', "log.jsonl")).text).toBe("| a |\n| --- |\n| 1 |\n| 2 |");
    expect((await read('{"a":1}\n{"a":2}\n{"a":3, "b', "cut.jsonl")).text).toContain("- **a**: 2");
    const { text, warnings } = await read('{"a": 1, "b', "cut.json");
    expect(text).toBe('{"a": 1, "b');
    expect(warnings).toMatchObject([{ code: "not_json" }]);
  });

  test("of a notebook is its texts, its code and what came of it", async () => {
    const cells = [
      { cell_type: "markdown", source: ["# Heat\n", "We *measure*."] },
      { cell_type: "code", source: "print(1)", outputs: [{ output_type: "stream", text: ["1\n"] }] },
      {
        cell_type: "code",
        source: ["df"],
        outputs: [
          { data: { "text/plain": "x", "text/html": ["<table><tr><th>a<tr><td>1</table>"], "image/png": "AAAA" } },
        ],
      },
      { cell_type: "code", source: "1/0", outputs: [{ ename: "ZeroDivisionError", evalue: "by zero" }] },
    ];
    const { facts, text } = await read(JSON.stringify({ cells, nbformat: 4, metadata: {} }), "heat.ipynb");
    expect(facts.title).toBe("Heat");
    const code = (...lines: string[]) => ["```python", ...lines, "```"].join("\n");
    expect(text.split("\n\n")).toEqual([
      "# Heat",
      "We *measure*.",
      code("print(1)"),
      "```\n1\n```",
      code("df"),
      "| a |\n| --- |\n| 1 |",
      code("1/0"),
      "```\nZeroDivisionError: by zero\n```",
    ]);
  });
});
