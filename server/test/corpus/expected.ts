/**
 * What must come out of each file of the corpus: a made-up pottery's handbook, prices, minutes, mails and books, written
 * for this and made by the programs that people use, in `fixtures/`. `make/` has their sources.
 */
import type { ExtractionFailure } from "../../src/extraction/extraction.ts";
import {
  ARTICLE,
  AUSHANG,
  COMPLAINT,
  HANDBOOK,
  MEMO,
  NOTICE,
  NOTICE_ROWS,
  NOVEL,
  SHEETS,
  SLIDES,
  WORKSHOP,
} from "./contents.ts";

export type Expected = {
  file: string;
  fileType: string;
  /** Pages, slides, sheets or images; not told of what has sections. */
  pages?: number;
  title?: string;
  author?: string;
  /** ISO 639-1, of the whole text. */
  language?: string;
  /** In order, with their marks: `## Firing`. */
  headings?: string[];
  /** Sentences, and lines of lists as Markdown, in order. */
  says?: string[];
  /** Rows of tables, in order. */
  rows?: string[][];
  links?: [text: string, url: string][];
  /** What is not the document's: furniture, numbers of pages, hidden words. */
  lacks?: string[];
  /** Read from its picture: the share of the words that must come out, in place of whole sentences. */
  wordsMin?: number;
};

export type Refused = { file: string; failure: ExtractionFailure };

const lines = (says: readonly string[]) => says.map((line) => line.replace(/^\s*(-|\d+\.) /, ""));

export const EXPECTED: readonly Expected[] = [
  // LibreOffice Writer
  { file: "handbook.odt", fileType: "odt", ...HANDBOOK },
  { file: "handbook.fodt", fileType: "odt", ...HANDBOOK },
  { file: "handbook.docx", fileType: "docx", ...HANDBOOK },
  { file: "handbook.rtf", fileType: "rtf", ...HANDBOOK },
  // The library for DOC knows no styles, and gives boxes and notes last.
  {
    file: "handbook.doc",
    fileType: "doc",
    title: HANDBOOK.title,
    author: HANDBOOK.author,
    language: "en",
    says: lines(HANDBOOK.says).filter((line) => !/^(The energy|Telephone|In winter|Brandt)/.test(line)),
    rows: [
      ["Kiln", "Firing", "Degrees"],
      ["Large kiln", "Bisque", "950"],
    ],
    lacks: ["Page 1"],
  },
  {
    file: "handbook.pdf",
    fileType: "pdf",
    pages: 1,
    title: HANDBOOK.title,
    author: HANDBOOK.author,
    language: "en",
    headings: HANDBOOK.headings.map((heading) => (heading === HANDBOOK.headings[0] ? heading : `#${heading}`)),
    says: HANDBOOK.says.filter((line) => !/^(The energy|Telephone|Brandt|Beside)/.test(line)),
    // It is drawn without lines: which cell covers what below it is not to be seen.
    rows: HANDBOOK.rows
      .filter(([first]) => first !== "Large kiln")
      .toSpliced(1, 0, ["Large kiln", "Bisque", "950"], ["", "Glaze", "1,220"]),
    links: HANDBOOK.links,
    lacks: HANDBOOK.lacks,
  },
  {
    file: "registration.pdf",
    fileType: "pdf",
    pages: 1,
    title: "Registration for the spring course",
    author: "Ada Brandt",
    language: "en",
    headings: ["# Registration for the spring course"],
    says: [
      "Full name: Nell Arden",
      "Evening: Tuesday",
      "[x] I have thrown on a wheel before",
      "[ ] I bring my own clay",
      "Level: [ ] Beginner [x] Advanced",
      "Remarks: Left-handed, please keep a wheel free. Will come half an hour late on Fridays.",
      "Whoever registers before March pays less.",
    ],
  },
  {
    file: "notice-ar.rtf",
    fileType: "rtf",
    title: "إشعار إلى العملاء",
    author: "ليلى حداد",
    ...NOTICE,
    rows: NOTICE_ROWS,
  },
  { file: "notice-ar.pdf", fileType: "pdf", pages: 1, ...NOTICE, rows: NOTICE_ROWS },
  // python-docx
  {
    file: "minutes-de.docx",
    fileType: "docx",
    title: "Protokoll der Werkstattrunde",
    author: "Jörg Großmann",
    language: "de",
    headings: ["# Protokoll der Werkstattrunde", "# Beschlüsse", "# Aufgaben"],
    says: [
      "Anwesend waren Jörg Großmann, Ada Brandt und die beiden Lehrlinge.",
      "1. Der Ofen wird im März überprüft.",
      "2. Neue Glasuren werden in kleinen Mengen bestellt.",
      "  - Zuerst die grüne.",
      "Die Werkstatt bleibt am Karfreitag geschlossen.",
      "Nächste Runde: am ersten Montag im Mai.",
      "Töpferei Brandt, vertraulich",
    ],
    rows: [
      ["Wer", "Was", "Bis wann"],
      ["Ada", "Ton bestellen", "12. März"],
      ["Jörg", "Ofen prüfen lassen", "31. März"],
      ["Alles Übrige", "", "offen"],
    ],
  },
  {
    file: "notice-ar.docx",
    fileType: "docx",
    title: "إشعار إلى العملاء",
    author: "ليلى حداد",
    ...NOTICE,
    rows: NOTICE_ROWS,
  },
  // openpyxl, which computes no formulas, then LibreOffice Calc
  {
    file: "prices.xlsx",
    fileType: "xlsx",
    ...SHEETS,
    rows: SHEETS.rows.map((row) => (row[0] === "All" ? ["All", "", "=SUM(C4:C6)", "=SUM(D4:D6)", ""] : row)),
  },
  { file: "prices-calc.xlsx", fileType: "xlsx", ...SHEETS, says: [...SHEETS.says, "Pieces on the shelves"] },
  { file: "prices.ods", fileType: "ods", ...SHEETS, says: [...SHEETS.says, "Pieces on the shelves"] },
  { file: "prices.xls", fileType: "xls", ...SHEETS },
  // python-pptx, then LibreOffice Impress
  { file: "review.pptx", fileType: "pptx", ...SLIDES },
  { file: "review.odp", fileType: "odp", ...SLIDES },
  {
    file: "review.pdf",
    fileType: "pdf",
    pages: 4,
    language: "en",
    says: [
      "Review of the year",
      "What went well",
      "- Two thousand bowls left the kiln",
      "- Nine of ten without a crack",
      "- A shop opened in the old town",
    ],
    rows: SLIDES.rows.slice(0, 3),
    links: SLIDES.links,
  },
  // pandoc
  { file: "novel.docx", fileType: "docx", ...NOVEL },
  { file: "novel.epub", fileType: "epub", ...NOVEL, says: [...NOVEL.says, "The scales of the harbour office agreed."] },
  {
    file: "guide-ja.epub",
    fileType: "epub",
    title: "やきもの入門",
    author: "佐藤 花",
    language: "ja",
    headings: ["# 土をこねる", "# 窯で焼く"],
    says: ["土は使う前に四十回こねます。", "窯の温度は千二百度まで上げます。", "- 最初の二時間はゆっくり"],
  },
  // Pages as they are on the web, and as Chromium prints them
  {
    file: "article.html",
    fileType: "html",
    author: "Mira Okafor",
    ...ARTICLE,
    links: [["scale calculator", "https://pottery.example/tools/scale?unit=g"]],
    lacks: ["cookies", "Shop", "Share this", "Related reading", "All rights reserved", "never shown"],
  },
  {
    file: "article.pdf",
    fileType: "pdf",
    pages: 1,
    ...ARTICLE,
    headings: [],
    says: ARTICLE.says.filter((line) => line !== "stir --minutes 5"),
    rows: [],
  },
  {
    file: "history-de.html",
    fileType: "html",
    title: "Zur Geschichte der Töpferei",
    language: "de",
    headings: ["# Zur Geschichte der Töpferei"],
    says: [
      "Der erste Ofen wurde im Jahr 1871 gebaut, aus Ziegeln der alten Mühle.",
      "Die Glasur „Moosgrün“ stammt von Großmutter Käthe.",
      "Seit 1950 brennen wir mit Gas, davor mit Buchenholz",
    ],
    lacks: ["Anfahrt"],
  },
  {
    file: "workshop-he.html",
    fileType: "html",
    title: "סדנת קדרות",
    ...WORKSHOP,
    rows: [
      ["קורס", "מחיר"],
      ["מתחילים", "320"],
    ],
  },
  { file: "workshop-he.pdf", fileType: "pdf", pages: 1, ...WORKSHOP },
  {
    file: "guide-zh.pdf",
    fileType: "pdf",
    pages: 1,
    language: "zh",
    says: [
      "陶艺入门指南",
      "把泥土放在转盘的中心，双手保持湿润。",
      "烧制",
      "第一次烧制的温度是九百五十度，需要八个小时。",
    ],
  },
  // pdfTeX, in two columns
  {
    file: "paper.pdf",
    fileType: "pdf",
    pages: 1,
    title: "Cooling rates of small kilns",
    author: "Tom Reyes",
    language: "en",
    says: [
      "We measured how fast small kilns lose their heat after a glaze firing.",
      "A thermocouple stood in the middle of each kiln.",
      "Doubling the volume adds about five hours.",
      "No pot cracked that was left alone for fourteen hours, which is the rule that we propose.",
      "Patience is cheaper than clay.",
    ],
    rows: [
      ["Kiln", "Litres", "Hours"],
      ["Alpha", "60", "9.5"],
      ["Beta", "110", "14.0"],
      ["Gamma", "240", "21.5"],
    ],
  },
  // pdfTeX, with fonts that are pictures, heads that differ on left and right pages, and a page on its side
  {
    file: "yearbook.pdf",
    fileType: "pdf",
    pages: 7,
    title: "Yearbook of the Brandt Pottery",
    author: "Tom Reyes",
    language: "en",
    headings: ["# 1 The winter", "# 2 The spring", "# 3 The summer", "# 4 The autumn"],
    says: [
      "Tom Reyes, editor",
      "The office was cold and the flat kilns stood still. An efficient stove was offered by a neighbour",
      "over the hills of the north. Difficult deliveries followed each other",
      "The chimney was fixed in November, after two afternoons of work.",
      "- Bowls for the school kitchen",
      "  - forty large ones",
      "    - with handles",
      "- Jugs",
      "  2. for oil",
      "- Tiles",
      "A report of the damage was sent to the insurer, who never answered.",
      "He asked for forty bowls, and got them before the feast. Since then the wheel runs without a sound, also under heavy loads",
      "Work in numbers, as the staff wrote it down:",
    ],
    rows: [
      ["Ware", "Made", "Broken", "Where most of it went"],
      ["Bowls", "1,410", "96", "the school kitchen"],
      ["Tiles, not counted", "", "3", "the roof"],
    ],
    links: [
      ["the list of the inventory", "https://pottery.example/inventory"],
      ["https://guild.example/rules/of/the/trade", "https://guild.example/rules/of/the/trade"],
    ],
    lacks: ["Page 1", "Page 6", "of 7", "Yearbook of the Brandt Pottery"],
  },
  // A browser, with its own heads and feet
  {
    file: "terms.pdf",
    fileType: "pdf",
    pages: 4,
    title: "Terms of the kiln share",
    language: "en",
    headings: ["# Terms of the kiln share", "## Prices", "## Damage", "## End"],
    says: [
      "- Book a firing a week before.",
      "  - By post or by telephone.",
      "    - Above 1,200 degrees only on weekdays.",
      "- Clean the shelves.",
      "1. First the bisque firing",
      "  - b. then to 950 degrees",
      "2. Then the glaze firing",
    ],
    rows: [
      ["Large kiln", "Bisque", "20", "32"],
      ["Large kiln", "Glaze", "28", "41"],
      ["Small kiln", "Bisque", "8 for everybody", ""],
      ["Small kiln", "Glaze", "11", "15"],
    ],
    links: [["the page of the share", "https://pottery.example/share"]],
    lacks: ["1/4", "2/4", "4/4"],
  },
  // Scanned, photographed, faxed
  { file: "scan-en.pdf", fileType: "pdf", pages: 1, ...COMPLAINT, wordsMin: 0.95 },
  { file: "scan-de.png", fileType: "png", pages: 1, ...AUSHANG, wordsMin: 0.95 },
  { file: "turned-en.jpg", fileType: "jpeg", pages: 1, ...COMPLAINT, wordsMin: 0.95 },
  { file: "notice-de.webp", fileType: "webp", pages: 1, ...AUSHANG, wordsMin: 0.95 },
  { file: "fax.tiff", fileType: "tiff", pages: 2, says: [...COMPLAINT.says, ...AUSHANG.says], wordsMin: 0.9 },
  // Python's mails, and one in Outlook's format
  {
    file: "order.eml",
    fileType: "eml",
    title: "Die Bestellung für März – bitte prüfen",
    author: "Ada Brandt <ada@pottery.example>",
    language: "de",
    headings: ["# Die Bestellung für März – bitte prüfen"],
    says: [
      "From: Ada Brandt <ada@pottery.example>",
      "Cc: Mira Okafor <mira@pottery.example>",
      "bitte prüfe die Mengen in der Tabelle",
      "Attachments: Bestellung März.pdf",
    ],
    rows: [
      ["Ton", "Säcke"],
      ["Westerwald, weiß", "14"],
    ],
    links: [["Plan", "https://pottery.example/plan"]],
  },
  {
    file: "forwarded.eml",
    fileType: "eml",
    language: "en",
    headings: ["# Fwd: Delivery moved to Thursday", "## Delivery moved to Thursday"],
    says: ["Tom, can you open the gate?", "From: Supplier <sales@clay.example>", "The lorry comes on Thursday at ten."],
  },
  {
    file: "opening.msg",
    fileType: "msg",
    title: "Opening of the new shop",
    author: "Ada Brandt <ada@pottery.example>",
    language: "en",
    says: [
      "To: Mira Okafor <mira@pottery.example>",
      "Date: 2026-03-09T08:30:00.000Z",
      "the shop in the old town opens on the first of April.",
      "Please bring the sign.",
      "Attachments: sign.txt",
    ],
  },
  // Texts in several charsets, tables and data
  {
    file: "readme.md",
    fileType: "markdown",
    title: "Kiln controller",
    author: "Tom Reyes",
    headings: ["# Kiln controller", "## Install"],
    says: ["1. Connect the thermocouple.", "make install PORT=/dev/ttyUSB0"],
    rows: [
      ["Setting", "Default"],
      ["ramp", "100 degrees an hour"],
      ["hold", "20 minutes"],
    ],
    links: [["the wiring plan", "https://pottery.example/wiring"]],
    lacks: ["author: Tom"],
  },
  {
    file: "letter-fr.txt",
    fileType: "text",
    language: "fr",
    says: [
      "Nous vous remercions de votre commande du 3 février et nous vous prions d'excuser le retard.",
      "Les assiettes partiront lundi ; les bols, dès que l'émail sera sec.",
      "Veuillez agréer nos salutations distinguées.",
    ],
  },
  { file: "memo-ru.txt", fileType: "text", ...MEMO },
  { file: "memo-ru-utf16.txt", fileType: "text", ...MEMO },
  {
    file: "safety-zh.txt",
    fileType: "text",
    language: "zh",
    says: ["窑炉安全须知", "开窑之前，请确认温度低于二百度。", "釉料要薄薄地涂一层，不要流到架子上。"],
  },
  {
    file: "stock.csv",
    fileType: "csv",
    rows: [
      ["Article", "Shelf", "Count"],
      ["Bowl, small", "A", "120"],
      ['Jug "Nell"', "B", "7"],
    ],
  },
  {
    file: "lager.csv",
    fileType: "csv",
    rows: [
      ["Artikel", "Preis", "Menge"],
      ["Schüssel", "38,50", "120"],
      ["Krug", "1.249,00", "7"],
    ],
  },
  {
    file: "stock.tsv",
    fileType: "tsv",
    rows: [
      ["Article", "Count"],
      ["Plate", "31"],
      ["Vase", "4"],
    ],
  },
  {
    file: "kiln.json",
    fileType: "json",
    says: ["Large kiln", "1260"],
    rows: [
      ["day", "kind"],
      ["Monday", "bisque"],
      ["Friday", "glaze"],
    ],
  },
];

export const REFUSED: readonly Refused[] = [
  { file: "locked.docx", failure: "encrypted_file" },
  { file: "cut.xlsx", failure: "invalid_file" },
];
