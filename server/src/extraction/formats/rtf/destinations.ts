/** What the groups of an RTF file are for: those whose text is not the document's, and the charsets of its fonts. */

/** Groups that are left out with all in them. Others that are marked as optional (`\*`) are too, unless they are text. */
export const LEFT_OUT: ReadonlySet<string> = new Set(
  (
    "colortbl pict objdata themedata datastore listtable listoverridetable rsidtbl generator xmlnstbl latentstyles " +
    "mmathPr pgdsctbl filetbl revtbl nonshppict shprslt bkmkstart bkmkend nesttableprops nonesttables pntxta pntxtb " +
    "pnseclvl template passwordhash atnid atnauthor annotation atrfstart atrfend colorschememapping sp tc xe"
  ).split(" "),
);
/** Optional groups whose text is the document's all the same. */
export const OPTIONAL_TEXT: ReadonlySet<string> = new Set([
  "shpinst",
  "fldinst",
  "shptxt",
  "moMath",
  "moMathPara",
  "pn",
]);
/** Headers and footers, by all the pages that they may be for. */
export const MARGINS = /^(header|footer)[lrf]?$/;
/** Parts of formulas; their properties are no text. */
export const FORMULA = /^m[A-Za-z]+$/;

/** What the file says of itself, and what we call it. */
export const INFORMATION: Readonly<Record<string, string>> = {
  title: "title",
  author: "author",
  subject: "subject",
  keywords: "keywords",
  doccomm: "description",
  company: "company",
  category: "category",
};

const CHARSETS: Readonly<Record<number, string>> = {
  0: "windows-1252",
  128: "shift_jis",
  129: "euc-kr",
  134: "gb18030",
  136: "big5",
  161: "windows-1253",
  162: "windows-1254",
  163: "windows-1258",
  177: "windows-1255",
  178: "windows-1256",
  186: "windows-1257",
  204: "windows-1251",
  222: "windows-874",
  238: "windows-1250",
};
export function charsetNumbered(charset: number): string | null {
  return CHARSETS[charset] ?? null;
}

/** Control words that stand for one character. */
export const CHARACTERS: Readonly<Record<string, string>> = {
  tab: " ",
  line: "\n",
  lbr: "\n",
  emdash: "—",
  endash: "–",
  lquote: "‘",
  rquote: "’",
  ldblquote: "“",
  rdblquote: "”",
  bullet: "•",
  emspace: " ",
  enspace: " ",
  qmspace: " ",
  page: " ",
  column: " ",
  nestcell: " ",
  nestrow: " ",
};
