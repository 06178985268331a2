/** What office files may say beyond what the corpus shows, in the least XML that says it. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readingOfFiles } from "../suite/reading-files.ts";
import { type ZipPart, zipFile } from "../suite/zip-file.ts";

const { read } = readingOfFiles({ here: true });

const W = 'xmlns:w="urn:w" xmlns:r="urn:r" xmlns:m="urn:m" xmlns:mc="urn:mc" xmlns:wps="urn:wps" xmlns:v="urn:v"';

function relationships(...all: [id: string, type: string, target: string, external?: boolean][]): string {
  const each = all.map(
    ([id, type, target, external]) =>
      `<Relationship Id="${id}" Type="urn:x/${type}" Target="${target}"${external ? ' TargetMode="External"' : ""}/>`,
  );
  return `<Relationships>${each.join("")}</Relationships>`;
}

async function word(body: string, further: ZipPart[] = [], links: Parameters<typeof relationships> = []) {
  const parts = [
    { name: "word/document.xml", content: `<w:document ${W}><w:body>${body}</w:body></w:document>` },
    { name: "word/_rels/document.xml.rels", content: relationships(...links) },
  ];
  return (await read(zipFile([...parts, ...further]), "a.docx")).text;
}

const paragraph = (inside: string, properties = "") => `<w:p><w:pPr>${properties}</w:pPr>${inside}</w:p>`;
const run = (text: string, properties = "") => `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`;

describe("a Word document", () => {
  test("is as it stands now: deleted and hidden words are gone, inserted ones are there", async () => {
    const changes = `<w:ins>${run("new ")}</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>`;
    expect(await word(paragraph(`${run("A ")}${changes}${run("secret", "<w:vanish/>")}${run("word")}`))).toBe(
      "A new word",
    );
  });

  test("links by its relationships and by its fields, and none that a program would run", async () => {
    const field = (mark: string) => `<w:r><w:fldChar w:fldCharType="${mark}"/></w:r>`;
    const instruction = '<w:r><w:instrText> HYPERLINK "https://b.example" </w:instrText></w:r>';
    const text = await word(
      paragraph(
        `<w:hyperlink r:id="l1">${run("first")}</w:hyperlink>, ${run(" ")}${field("begin")}${instruction}${field("separate")}${run("second")}${field("end")}${run(" ")}<w:hyperlink r:id="l2">${run("third")}</w:hyperlink>`,
      ),
      [],
      [
        ["l1", "hyperlink", "https://a.example", true],
        ["l2", "hyperlink", "javascript:alert(1)", true],
      ],
    );
    expect(text).toBe("[first](https://a.example) [second](https://b.example) third");
  });

  test("numbers its lists and headings as it shows them, and begins anew where it says so", async () => {
    const level = (at: number, format: string, text: string) =>
      `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
    const numbering = `<w:numbering ${W}><w:abstractNum w:abstractNumId="0">${level(0, "decimal", "%1.")}${level(1, "lowerLetter", "%2)")}${level(2, "decimal", "%1.%3")}</w:abstractNum>
      <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
      <w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num></w:numbering>`;
    const item = (text: string, at: number, list = 1, more = "") =>
      paragraph(run(text), `<w:numPr><w:ilvl w:val="${at}"/><w:numId w:val="${list}"/></w:numPr>${more}`);
    const body = `${item("one", 0)}${item("below", 1)}${item("deep", 2)}${item("two", 0)}${item("seven", 0, 2)}${item("Head", 0, 2, '<w:outlineLvl w:val="1"/>')}`;
    const text = await word(
      body,
      [{ name: "word/numbering.xml", content: numbering }],
      [["n", "numbering", "numbering.xml"]],
    );
    expect(text).toBe("1. one\n  - a) below\n    - 1.1 deep\n2. two\n7. seven\n\n## 8. Head");
  });

  test("shows the documents that lie inside it, and signs of the fonts that everybody has", async () => {
    const sign = (font: string, char: string) => `<w:r><w:sym w:font="${font}" w:char="${char}"/></w:r>`;
    const signs = `${sign("Wingdings", "F0FC")}${sign("Symbol", "F06D")}${sign("Symbol", "F0A3")}${sign("Arial", "00E9")}`;
    const text = await word(
      `${paragraph(signs)}<w:altChunk r:id="a"/><w:altChunk r:id="b"/>`,
      [
        {
          name: "word/a.html",
          content: "<html><head><title>no</title></head><body><h2>Inside</h2><p>A page.</p></body></html>",
        },
        { name: "word/b.txt", content: "A text." },
      ],
      [
        ["a", "aFChunk", "a.html"],
        ["b", "aFChunk", "b.txt"],
      ],
    );
    expect(text).toBe("✓μ≤é\n\n## Inside\n\nA page.\n\nA text.");
  });

  test("keeps a further paragraph of an item with it", async () => {
    const level = (text: string) =>
      `<w:abstractNum w:abstractNumId="${text.length}"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="${text}"/></w:lvl></w:abstractNum>`;
    const numbering = `<w:numbering ${W}>${level("")}${level("•")}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num></w:numbering>`;
    const item = (text: string, list: number) => paragraph(run(text), `<w:numPr><w:numId w:val="${list}"/></w:numPr>`);
    const parts = [{ name: "word/numbering.xml", content: numbering }];
    const text = await word(item("One,", 1) + item("and more.", 2) + item("Two", 1), parts, [
      ["n", "numbering", "numbering.xml"],
    ]);
    expect(text).toBe("- One, and more.\n- Two");
  });

  test("says a text box once, however many forms of it were written for older programs", async () => {
    const box = `<w:txbxContent>${paragraph(run("In the box"))}</w:txbxContent>`;
    const forms = `<mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>${box}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>${box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>`;
    expect(await word(paragraph(`${run("Beside")}<w:r>${forms}</w:r>`))).toBe("Beside\n\nIn the box");
  });

  test("reads formulas as text, and leaves out the table of contents", async () => {
    const part = (name: string, text: string) => `<m:${name}><m:r><m:t>${text}</m:t></m:r></m:${name}>`;
    const formula = `<m:oMath><m:r><m:t>x=</m:t></m:r><m:f>${part("num", "a+b")}${part("den", "2")}</m:f></m:oMath>`;
    const contents = `<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>${paragraph(run("Firing 4"))}</w:sdtContent></w:sdt>`;
    expect(await word(contents + paragraph(formula))).toBe("x=(a+b)/2");
  });
});

async function workbook(sheets: string[], further: ZipPart[] = [], properties = "") {
  const names = sheets.map((_, at) => `<sheet name="S${at + 1}" r:id="s${at}"${at > 0 ? ' state="hidden"' : ""}/>`);
  const links = sheets.map((_, at) => [`s${at}`, "worksheet", `sheet${at}.xml`] as [string, string, string]);
  const parts = [
    {
      name: "xl/workbook.xml",
      content: `<workbook xmlns:r="urn:r">${properties}<sheets>${names.join("")}</sheets></workbook>`,
    },
    {
      name: "xl/_rels/workbook.xml.rels",
      content: relationships(...links, ["st", "styles", "styles.xml"], ["ss", "sharedStrings", "strings.xml"]),
    },
    ...sheets.map((content, at) => ({ name: `xl/sheet${at}.xml`, content })),
  ];
  return read(zipFile([...parts, ...further]), "a.xlsx");
}

describe("a workbook", () => {
  test("shows numbers, dates, words and errors as its program does", async () => {
    const styles =
      '<styleSheet><numFmts><numFmt numFmtId="200" formatCode="dd.mm.yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="200"/><xf numFmtId="10"/></cellXfs></styleSheet>';
    const strings =
      "<sst><si><t>日本</t><rPh sb='0' eb='2'><t>ニホン</t></rPh></si><si><r><t>a &amp;</t></r><r><t> b</t></r></si></sst>";
    const cells =
      '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="b"><v>1</v></c><c r="D1" t="e"><v>#DIV/0!</v></c><c r="E1" t="str"><f>A1</f><v>_x0041_</v></c>';
    const numbers =
      '<c r="A2" s="1"><v>46082</v></c><c r="B2" s="2"><v>46082</v></c><c r="C2" s="3"><v>0.5</v></c><c r="D2"><v>0.1</v></c>';
    const { pages } = await workbook(
      [`<worksheet><sheetData><row r="1">${cells}</row><row r="2">${numbers}</row></sheetData></worksheet>`],
      [
        { name: "xl/styles.xml", content: styles },
        { name: "xl/strings.xml", content: strings },
      ],
    );
    expect(pages[0]?.content).toBe(
      "# S1\n\n| 日本 | a & b | TRUE | #DIV/0! | A |\n| --- | --- | --- | --- | --- |\n| 2026-03-01 | 01.03.2026 | 50.00% | 0.1 |  |",
    );
  });

  test("keeps hidden sheets, and reads names with any prefix and cells without places", async () => {
    const row = "<x:row><x:c t='inlineStr'><x:is><x:t>a</x:t></x:is></x:c><x:c><x:v>2</x:v></x:c></x:row>";
    const sheet = `<x:worksheet xmlns:x="urn:x"><x:sheetData>${row}${row}</x:sheetData></x:worksheet>`;
    const { pages } = await workbook(["<worksheet/>", sheet]);
    expect(pages.map(({ content }) => content)).toEqual(["# S1", "# S2\n\n| a | 2 |\n| --- | --- |\n| a | 2 |"]);
  });

  test("that is made of beginnings without ends is refused, or read, in a moment", async () => {
    const open = '<worksheet><sheetData><row r="1">';
    await expect(workbook([open + '<c r="A1"><v>1'.repeat(200_000)])).rejects.toMatchObject({
      failure: "invalid_file",
    });
    const strings = { name: "xl/strings.xml", content: `<sst>${"<si><t><rPh ".repeat(200_000)}` };
    const links = "<mergeCell <hyperlink ".repeat(200_000);
    const { pages } = await workbook([`${open}<c r="A1"><v>1</v></c></row></sheetData>${links}`], [strings]);
    expect(pages[0]?.content).toBe("# S1\n\n1");
  });
});

describe("a presentation", () => {
  const A = 'xmlns:a="urn:a" xmlns:p="urn:p" xmlns:r="urn:r"';
  const shape = (kind: string, text: string) =>
    `<p:sp><p:nvSpPr><p:nvPr>${kind}</p:nvPr></p:nvSpPr><p:txBody>${text}</p:txBody></p:sp>`;
  const line = (text: string, properties = "") => `<a:p><a:pPr${properties}<a:r><a:t>${text}</a:t></a:r></a:p>`;
  const slide = (shapes: string) => `<p:sld ${A}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`;

  test("has its slides in the order in which they are shown, titles first, shapes in groups too", async () => {
    const numbered = '><a:buAutoNum type="alphaLcParenR"/></a:pPr>';
    const body = shape(
      '<p:ph idx="1"/>',
      line("First", numbered) + line("Second", numbered) + line("Below", ' lvl="1"/>'),
    );
    const furniture = shape('<p:ph type="sldNum"/>', line("7", "/>"));
    const group = `<p:grpSp><p:grpSp>${shape("", line("In a group", "/>"))}</p:grpSp></p:grpSp>`;
    const { pages } = await read(
      zipFile([
        {
          name: "ppt/presentation.xml",
          content: `<p:presentation ${A}><p:sldIdLst><p:sldId id="2" r:id="b"/><p:sldId id="1" r:id="a"/></p:sldIdLst></p:presentation>`,
        },
        {
          name: "ppt/_rels/presentation.xml.rels",
          content: relationships(["a", "slide", "1.xml"], ["b", "slide", "/ppt/2.xml"]),
        },
        { name: "ppt/1.xml", content: slide(shape('<p:ph type="title"/>', line("Last", "/>"))) },
        {
          name: "ppt/2.xml",
          content: slide(`${body}${group}${furniture}${shape('<p:ph type="title"/>', line("Plan", "/>"))}`),
        },
      ]),
      "a.pptx",
    );
    expect(pages.map(({ name, content }) => [name, content])).toEqual([
      ["Plan", "# Plan\n\n- a) First\n- b) Second\n  - Below\n\nIn a group"],
      ["Last", "# Last"],
    ]);
  });
});

describe("an OpenDocument file", () => {
  const names = ["office", "text", "style", "table"].map(
    (name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`,
  );
  const content = (inside: string) => `<office:document-content ${names.join(" ")}>${inside}</office:document-content>`;
  const document = (kind: string, inside: string) =>
    zipFile([
      { name: "mimetype", content: `application/vnd.oasis.opendocument.${kind}` },
      { name: "content.xml", content: content(inside) },
    ]);

  test("nests the items of styles that are shown deeper by their names alone, and leaves out hidden words", async () => {
    const style = (name: string, parent: string) =>
      `<style:style style:name="${name}" style:parent-style-name="${parent}"/>`;
    const item = (name: string) =>
      `<text:list><text:list-item><text:p text:style-name="${name}">${name}</text:p></text:list-item></text:list>`;
    const hidden = '<text:p><text:span text:style-name="T1">unseen</text:span></text:p>';
    const body = `<office:body><office:text>${hidden}${item("P1")}${item("P2")}${item("List_20_3")}${item("P1")}</office:text></office:body>`;
    const styles =
      style("P1", "List_20_Bullet") +
      style("P2", "List_20_Bullet_20_2") +
      '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>';
    const { text } = await read(
      document("text", `<office:automatic-styles>${styles}</office:automatic-styles>${body}`),
      "a.odt",
    );
    expect(text).toBe("- P1\n  - P2\n    - List\\_20\\_3\n- P1".replaceAll("\\_", "_"));
  });

  test("shows the values of cells whose program wrote no words", async () => {
    const cell = (type: string, value: string) => `<table:table-cell office:value-type="${type}" ${value}/>`;
    const cells = [
      cell("float", 'office:value="3.5"'),
      cell("percentage", 'office:value="0.07"'),
      cell("date", 'office:date-value="2026-03-01T10:00:00"'),
      cell("time", 'office:time-value="PT13H05M00S"'),
      cell("boolean", 'office:boolean-value="true"'),
      cell("string", 'office:string-value="words"'),
    ];
    const sheet = `<table:table table:name="S"><table:table-row>${cells.join("")}</table:table-row></table:table>`;
    const { text } = await read(
      document("spreadsheet", `<office:body><office:spreadsheet>${sheet}</office:spreadsheet></office:body>`),
      "a.ods",
    );
    expect(text).toContain("| 3.5 | 7% | 2026-03-01 10:00:00 | 13:05:00 | TRUE | words |");
  });
});

test("an older Word document that is encrypted says so", async () => {
  const document = readFileSync(new URL("../../../test/corpus/fixtures/handbook.doc", import.meta.url));
  // The document's first bytes are its own; the twelfth has the flag.
  const start = document.indexOf(Buffer.from([0xec, 0xa5]), 512);
  document[start + 11] = (document[start + 11] ?? 0) | 1;
  await expect(read(document, "a.doc")).rejects.toMatchObject({ failure: "encrypted_file" });
});

test("an OpenDocument file or a book that is encrypted says so", async () => {
  const manifest = '<m:manifest xmlns:m="urn:m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>';
  const text = [
    { name: "mimetype", content: "application/vnd.oasis.opendocument.text" },
    { name: "content.xml", content: "???" },
    { name: "META-INF/manifest.xml", content: manifest },
  ];
  await expect(read(zipFile(text), "a.odt")).rejects.toMatchObject({ failure: "encrypted_file" });
  const book = [
    { name: "mimetype", content: "application/epub+zip" },
    { name: "META-INF/container.xml", content: "<container/>" },
    {
      name: "META-INF/encryption.xml",
      content: '<encryption><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></encryption>',
    },
  ];
  await expect(read(zipFile(book), "a.epub")).rejects.toMatchObject({ failure: "encrypted_file" });
});
