/**
 * Which format a file is: by its content first, then by the end of its name, then by what the caller declared. Names and
 * declarations lie; they only decide between formats that are all text.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { extname } from "node:path";
import { decode, utfOf } from "./charset.ts";
import { ExtractionError } from "./extraction.ts";
import type { Source } from "./formats/format.ts";
import type { Limits } from "./limits.ts";
import { Zip } from "./zip.ts";

const HEAD_BYTES = 64 * 1024;
/** A PDF may have this much before its mark. */
const PDF_MARK_WITHIN = 1024;
/** Control characters in a text, beside those of lines and pages. */
const CONTROLS_SHARE_MAX = 0.005;
const HEADER_LINES_MIN = 3;

const MARKS: readonly [mark: string, fileType: string][] = [
  ["\x89PNG\r\n\x1a\n", "png"],
  ["\xff\xd8\xff", "jpeg"],
  ["II*\0", "tiff"],
  ["MM\0*", "tiff"],
  ["II+\0", "tiff"],
  ["MM\0+", "tiff"],
  ["{\\rtf", "rtf"],
];

/** Of formats that are text: by the end of the name, or the declared media type. */
const TEXTS: Readonly<Record<string, string>> = {
  ".csv": "csv",
  ".eml": "eml",
  ".geojson": "json",
  ".htm": "html",
  ".html": "html",
  ".ipynb": "json",
  ".json": "json",
  ".jsonl": "json",
  ".markdown": "markdown",
  ".md": "markdown",
  ".ndjson": "json",
  ".tab": "tsv",
  ".tsv": "tsv",
  ".txt": "text",
  ".xhtml": "html",
  "application/geo+json": "json",
  "application/json": "json",
  "application/x-ndjson": "json",
  "application/x-ipynb+json": "json",
  "application/xhtml+xml": "html",
  "message/rfc822": "eml",
  "text/csv": "csv",
  "text/html": "html",
  "text/markdown": "markdown",
  "text/tab-separated-values": "tsv",
};

/** The part without which an archive is not of the format. */
const OFFICE_PARTS: readonly [part: RegExp, fileType: string][] = [
  [/^word\/document\d*\.xml$/, "docx"],
  [/^xl\/workbook\.(xml|bin)$/, "xlsx"],
  [/^ppt\/presentation\.xml$/, "pptx"],
];

const ARCHIVE_MEDIA_TYPES: Readonly<Record<string, string>> = {
  "application/epub+zip": "epub",
  "application/vnd.oasis.opendocument.presentation": "odp",
  "application/vnd.oasis.opendocument.presentation-template": "odp",
  "application/vnd.oasis.opendocument.spreadsheet": "ods",
  "application/vnd.oasis.opendocument.spreadsheet-template": "ods",
  "application/vnd.oasis.opendocument.text": "odt",
  "application/vnd.oasis.opendocument.text-template": "odt",
};

/** An OpenDocument file in one piece. */
const FLAT_DOCUMENT = /^\s*<\?xml[^>]*>\s*(?:<!--[\s\S]*?-->\s*)*<(?:\w+:)?document\b[^>]*\boffice:mimetype="([^"]+)"/;

/** Names inside a compound file, as their directory writes them. */
const COMPOUND_PARTS: readonly [part: string, fileType: string][] = [
  ["WordDocument", "doc"],
  ["Workbook", "xls"],
  ["Book", "xls"],
  ["__properties_version1.0", "msg"],
];

/** Throws `ExtractionError`: `unsupported_file`, and for an archive what `Zip` throws. */
export function sniff(source: Source, mediaType: string | null, limits: Limits): string {
  const head = headOf(source);
  const binary = head.toString("latin1");
  if (binary.slice(0, PDF_MARK_WITHIN).includes("%PDF-")) return "pdf";
  if (binary.startsWith("RIFF") && binary.slice(8, 12) === "WEBP") return "webp";
  const marked = MARKS.find(([mark]) => binary.startsWith(mark));
  if (marked) return marked[1];
  if (binary.startsWith("PK\x03\x04") || binary.startsWith("PK\x05\x06")) return archiveType(source, limits);
  if (binary.startsWith("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) return compoundType(source, head);
  if (!isText(head)) throw new ExtractionError("unsupported_file", "The file is of a format that is not read.");
  return textType(source, mediaType, head);
}

function headOf(source: Source, at = 0): Buffer {
  const file = openSync(source.path, "r");
  try {
    const head = Buffer.alloc(Math.max(0, Math.min(HEAD_BYTES, source.size - at)));
    return head.subarray(0, readSync(file, head, 0, head.length, at));
  } finally {
    closeSync(file);
  }
}

function archiveType(source: Source, limits: Limits): string {
  const zip = new Zip(source, limits);
  try {
    const names = zip.names();
    const office = OFFICE_PARTS.find(([part]) => names.some((name) => part.test(name)));
    if (office) return office[1];
    const declared = zip.has("mimetype") ? zip.text("mimetype").trim() : "";
    const known = ARCHIVE_MEDIA_TYPES[declared] ?? (zip.has("META-INF/container.xml") ? "epub" : undefined);
    if (known) return known;
  } finally {
    zip.close();
  }
  throw new ExtractionError("unsupported_file", "The file is an archive; unpack it and hand over what is inside.");
}

/** What older office programs write: a small file system. Its directory lies where the header says. */
function compoundType(source: Source, head: Buffer): string {
  const sectorBytes = 2 ** (head.length >= 512 ? head.readUInt16LE(30) & 15 : 9);
  const directoryAt = head.length >= 512 ? (head.readUInt32LE(48) + 1) * sectorBytes : 0;
  const names = headOf(source, directoryAt).toString("latin1");
  const has = (part: string) => names.includes(`${[...part].join("\0")}\0\0\0`);
  if (has("EncryptedPackage")) throw new ExtractionError("encrypted_file", "The file is protected by a password.");
  const known = COMPOUND_PARTS.find(([part]) => has(part));
  if (known) return known[1];
  throw new ExtractionError("unsupported_file", "The file is of a format that is not read.");
}

function isText(head: Buffer): boolean {
  if (utfOf(head) !== null) return true;
  // A zero is in no text of another charset; the others may stand there by mistake.
  if (head.includes(0)) return false;
  const controls = head.reduce((count, byte) => count + (isControl(byte) ? 1 : 0), 0);
  return controls <= head.length * CONTROLS_SHARE_MAX;
}

function isControl(byte: number): boolean {
  return byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b;
}

function textType(source: Source, mediaType: string | null, head: Buffer): string {
  const text = utfOf(head) === null ? new TextDecoder().decode(head) : decode(head).text;
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html)\b/i.test(text)) return "html";
  const flat = FLAT_DOCUMENT.exec(text)?.[1];
  if (flat !== undefined && ARCHIVE_MEDIA_TYPES[flat] !== undefined) return ARCHIVE_MEDIA_TYPES[flat];
  const named = TEXTS[extname(source.filename).toLowerCase()];
  if (named !== undefined && named !== "text") return named;
  if (isMail(text)) return "eml";
  if (named !== undefined) return named;
  return TEXTS[mediaType?.split(";")[0]?.trim().toLowerCase() ?? ""] ?? "text";
}

/** It begins with the header of a mail, which says at least who wrote and when or to whom. */
function isMail(text: string): boolean {
  const [header = ""] = text.split(/\r?\n\r?\n/, 1);
  const names = header.split(/\r?\n(?![ \t])/).map((line) => /^([A-Za-z][A-Za-z-]*):/.exec(line)?.[1]?.toLowerCase());
  if (names.length < HEADER_LINES_MIN || names.includes(undefined)) return false;
  return names.includes("from") && (names.includes("date") || names.includes("to") || names.includes("mime-version"));
}
