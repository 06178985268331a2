/** What the documents say that several programs made files of: the handbook, the prices, the slides and others. */

export const HANDBOOK = {
  title: "Handbook of the Brandt Pottery",
  author: "Ada Brandt",
  language: "en",
  headings: [
    "# Handbook of the Brandt Pottery",
    "# The workshop",
    "## Preparing clay",
    "# Firing",
    "## After the firing",
  ],
  says: [
    "This handbook tells everybody in the workshop how clay becomes a bowl, and who may open which door.",
    "The workshop opens at seven and closes at four.",
    "In winter it opens at eight, since the pipes are frozen before that.",
    "1. Cut the clay with the long wire.",
    "2. Wedge it forty times.",
    "  - Turn it a quarter after each push.",
    "  - Look for bubbles.",
    "3. Cover it with a wet cloth.",
    "Never open the kiln above two hundred degrees.",
    "The energy of a firing is counted by this formula: E=P/t",
    "Beside the kiln hangs a list of those who are on duty.",
    "Telephone of the night watch: 0555 0199.",
    "Let the ware cool for fourteen hours, and write its number into the red book.",
    "Brandt Pottery, internal",
  ],
  rows: [
    ["Kiln", "Firing", "Degrees"],
    ["Large kiln", "Bisque", "950"],
    ["Large kiln", "Glaze", "1,220"],
    ["Small kiln, tests only", "", "1,060"],
  ],
  links: [["the page of rules", "https://pottery.example/rules"]] as [string, string][],
  lacks: ["Page 1"],
};

export const SHEETS = {
  pages: 3,
  title: "Price list",
  author: "Ada Brandt",
  headings: ["# Tableware", "# Stock", "# Purchase"],
  says: ["Price list for the spring"],
  rows: [
    ["Article", "Glaze", "Pieces", "Price", "Valid from"],
    ["Bowl BR-1042", "Celadon", "4", "38.50 EUR", "01.03.2026"],
    ["Jug BR-2210", "Iron red", "1", "1,249.00 EUR", "01.03.2026"],
    ["Plate BR-3007", "Ash", "6", "21.25 EUR", "01.03.2026"],
    ["All", "", "11", "1,308.75 EUR", ""],
    ["Discount", "12.5%"],
    ["Store", "Shelf", "Count"],
    ["Cellar", "A", "120"],
    ["Cellar", "B", "75"],
    ["Supplier", "Cost"],
    ["Westerwald clay works", "812"],
  ],
  links: [["Write to us", "https://pottery.example/contact"]] as [string, string][],
};

export const SLIDES = {
  pages: 4,
  title: "Review of the year",
  author: "Ada Brandt",
  language: "en",
  headings: ["# Review of the year", "# What went well", "# Sales by quarter", "# Breakage"],
  says: [
    "What the pottery made, sold and broke",
    "- Two thousand bowls left the kiln",
    "  - Nine of ten without a crack",
    "- A shop opened in the old town",
    "Notes: Thank the apprentices by name.",
    "Where pots break",
  ],
  rows: [
    ["Quarter", "Pieces", "Revenue"],
    ["First", "410", "9,300 EUR"],
    ["Second", "655", "14,120 EUR"],
    ["Drying", "31"],
    ["Firing", "12"],
  ],
  links: [["Figures before the audit, see our page", "https://pottery.example/audit"]] as [string, string][],
};

export const ARTICLE = {
  title: "How a glaze becomes glass | Brandt Pottery",
  language: "en",
  headings: ["# How a glaze becomes glass", "## Three things in the bucket", "## Recipes"],
  says: [
    "A glaze is powder and water until the kiln passes eleven hundred degrees, and then it flows.",
    "1. Silica, which makes the glass.",
    "  - Quartz sand is one source.",
    "2. Alumina, which keeps it from running.",
    "3. A flux, which lets it melt.",
    "Parts by weight",
    "Weigh each part twice; the scale calculator helps.",
    "stir --minutes 5",
  ],
  rows: [
    ["Glaze", "Feldspar", "Ash"],
    ["Celadon", "72", "8"],
    ["Tenmoku", "61", "14"],
  ],
};

export const NOTICE = {
  language: "ar",
  says: [
    "إشعار إلى العملاء",
    "يسرنا أن نعلن عن افتتاح متجرنا الجديد في وسط المدينة.",
    "ساعات العمل من التاسعة صباحا حتى الخامسة مساء.",
  ],
};
export const NOTICE_ROWS = [
  ["الصنف", "السعر"],
  ["إبريق", "٤٥ دينارا"],
];

export const NOVEL = {
  title: "The Blue Jug",
  author: "Nell Arden",
  language: "en",
  headings: ["# The market", "## A stranger", "# The river"],
  says: [
    "Nell carried the blue jug to the market before the sun was over the roofs.",
    "A man in a grey coat asked what the jug could hold, and she said that it held whatever was forgotten.",
    "By evening the jug was heavy, though nothing had been poured into it.",
  ],
  rows: [
    ["Day", "Weight"],
    ["Monday", "2 pounds"],
    ["Friday", "9 pounds"],
  ],
};

export const MEMO = {
  language: "ru",
  says: [
    "Памятка для новых сотрудников",
    "Печь нельзя открывать, пока температура выше двухсот градусов.",
    "Глазурь наносят тонким слоем, чтобы она не стекала на полку.",
  ],
};

export const WORKSHOP = {
  language: "he",
  says: ["סדנת קדרות", "הסדנה מתקיימת בכל יום שלישי בשעה שש בערב.", "יש להביא סינר ומגבת, ואת כל השאר נותנים במקום."],
};

export const COMPLAINT = {
  language: "en",
  says: [
    "Complaint about a broken teapot",
    "the teapot that I bought from you in March has lost its handle after two weeks of careful use.",
    "I return it with this letter and ask you to send me another one of the same colour.",
    "The number of the receipt is 20417, and the price was 64 euros.",
    "Yours faithfully, Margaret Holloway",
  ],
};

export const AUSHANG = {
  language: "de",
  says: [
    "Aushang für die Werkstatt",
    "Die Öfen dürfen nur von geprüften Mitarbeitern geöffnet werden.",
    "Wer heiße Ware anfasst, trägt Handschuhe und eine Schürze.",
    "Am Freitag wird die Werkstatt gründlich gekehrt, und die Eimer werden gespült.",
  ],
};
