/** The name of an uploaded file, and the media type that it suggests. */
const BYTES_MAX = 255;
/** Control characters, and those that turn the direction of text: a name must read as it is. */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const NO_TYPE = "application/octet-stream";

/** The last segment of a path, without hidden characters, at most 255 bytes; empty when nothing is left. */
export function cleanFilename(given: string): string {
  const last = given.replaceAll(HIDDEN, "").split(/[/\\]/).at(-1)?.trim() ?? "";
  const name = last === "." || last === ".." ? "" : last.toWellFormed();
  if (Buffer.byteLength(name) <= BYTES_MAX) return name;
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? "";
  let kept = "";
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > BYTES_MAX - ending.length) break;
    kept += character;
  }
  return kept + ending;
}

const TYPES: Readonly<Record<string, string>> = {
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  odt: "application/vnd.oasis.opendocument.text",
  ods: "application/vnd.oasis.opendocument.spreadsheet",
  odp: "application/vnd.oasis.opendocument.presentation",
  rtf: "application/rtf",
  epub: "application/epub+zip",
  doc: "application/msword",
  xls: "application/vnd.ms-excel",
  html: "text/html",
  htm: "text/html",
  md: "text/markdown",
  txt: "text/plain",
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  json: "application/json",
  eml: "message/rfc822",
  msg: "application/vnd.ms-outlook",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  tif: "image/tiff",
  tiff: "image/tiff",
  webp: "image/webp",
};

/** By the ending of the name, else as declared: until the bytes themselves have been looked at. */
export function mediaTypeOf(filename: string, declared: string): string {
  const ending = /\.([A-Za-z0-9]+)$/.exec(filename)?.[1]?.toLowerCase() ?? "";
  return TYPES[ending] ?? (/^[\w.+-]+\/[\w.+-]+$/.test(declared) ? declared.toLowerCase() : NO_TYPE);
}
