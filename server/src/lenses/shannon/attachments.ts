/**
 * `context.attachments` as parts of the task's input. What stays in the context of each is a description without its
 * bytes, so that no reader of the task carries them twice. The bytes of the larger ones never were in the body's JSON:
 * they are files, which came with the request.
 */
import { Refusal } from "../../task/errors.ts";
import { isJsonObject, type JsonObject } from "../../task/json/json.ts";
import type { Part } from "../../task/part.ts";
import { type Cut, type CutDecoder, fileIn, type Uploads } from "../body/cut-json.ts";

export const ATTACHMENT_BYTES_MAX = 25 * 1024 * 1024;
const ATTACHMENTS_MAX = 100;
const THUMBNAIL_CHARACTERS_MAX = 64 * 1024;

/** Executables and installers. */
const REJECTED_TYPES: ReadonlySet<string> = new Set([
  "application/x-msdownload",
  "application/x-msdos-program",
  "application/x-dosexec",
  "application/x-executable",
  "application/x-elf",
  "application/x-sharedlib",
  "application/x-mach-binary",
  "application/vnd.microsoft.portable-executable",
  "application/x-msi",
  "application/x-ms-installer",
  "application/x-apple-diskimage",
  "application/vnd.apple.installer+xml",
  "application/vnd.android.package-archive",
  "application/vnd.debian.binary-package",
  "application/x-debian-package",
  "application/x-rpm",
  "application/x-redhat-package-manager",
]);

export type Attachments = { parts: Part[]; described: JsonObject[] };

/** Throws `invalid` with the wire's own text for whatever does not fit. */
export function attachmentsOf(value: unknown, uploads: Uploads): Attachments {
  if (value === undefined || value === null) return { parts: [], described: [] };
  if (!Array.isArray(value)) throw new Refusal("invalid", "context.attachments must be an array");
  if (value.length > ATTACHMENTS_MAX) {
    throw new Refusal("invalid", `context.attachments holds more than ${ATTACHMENTS_MAX} attachments`);
  }
  const read = value.map((item) => attachmentOf(item, uploads));
  const total = read.reduce((sum, { size }) => sum + size, 0);
  if (total > ATTACHMENT_BYTES_MAX) {
    throw new Refusal("invalid", `total attachment size ${total} bytes exceeds ${ATTACHMENT_BYTES_MAX} byte limit`);
  }
  return { parts: read.map(({ part }) => part), described: read.map(({ described }) => described) };
}

function attachmentOf(value: unknown, uploads: Uploads): { part: Part; described: JsonObject; size: number } {
  if (!isJsonObject(value)) throw new Refusal("invalid", "each attachment must be an object");
  const { data, url, filename, thumbnail } = value;
  const inline = typeof data === "string" && data !== "";
  const mediaType = typeof value["media_type"] === "string" ? value["media_type"].trim() : "";
  if (mediaType === "") {
    const form = !inline && typeof url === "string" ? "URL-based" : "base64";
    throw new Refusal("invalid", `attachment media_type is required for ${form} attachments`);
  }
  if (mediaType.length > 127) throw new Refusal("invalid", "attachment media_type is longer than 127 characters");
  if (REJECTED_TYPES.has((mediaType.split(";", 1)[0] ?? "").trim().toLowerCase())) {
    throw new Refusal("invalid", `rejected attachment type: ${mediaType} (executables / installers are not accepted)`);
  }
  const name = typeof filename === "string" && filename !== "" ? filename.slice(0, 255) : undefined;
  const common = { mediaType, ...(name !== undefined && { name }) };
  const shown = typeof thumbnail === "string" && thumbnail.length <= THUMBNAIL_CHARACTERS_MAX;
  const about: JsonObject = {
    media_type: mediaType,
    ...(name !== undefined && { filename: name }),
    ...(shown && { thumbnail }),
  };
  if (!inline && typeof url === "string") {
    if (url.length > 2048) throw new Refusal("invalid", "attachment url is longer than 2048 characters");
    return { part: { file: { url }, ...common }, described: { ...about, url }, size: 0 };
  }
  if (!inline) throw new Refusal("invalid", "attachment base64 decode failed: there is no data");
  const file = fileIn(data, uploads);
  if (file !== undefined) {
    const { sha256, bytes: size } = file;
    return { part: { file: { kept: sha256, size }, ...common }, described: { ...about, size_bytes: size }, size };
  }
  const bytes = base64(data);
  const size = (bytes.length / 4) * 3 - (bytes.endsWith("==") ? 2 : bytes.endsWith("=") ? 1 : 0);
  return { part: { file: { bytes }, ...common }, described: { ...about, size_bytes: size }, size };
}

/** The text without line breaks, when it is padded base 64. */
function base64(text: string): string {
  const bytes = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, "") : text;
  const foreign = bytes.search(FOREIGN);
  const padding = bytes.indexOf("=");
  const misplaced = padding !== -1 && (padding < bytes.length - 2 || !bytes.endsWith("="));
  const at = foreign !== -1 ? foreign : misplaced ? padding : bytes.length % 4 !== 0 ? bytes.length : -1;
  if (at !== -1) throw illegalAt(at);
  return bytes;
}

/** The same text as bytes, while it comes. */
class Base64Decoder implements CutDecoder {
  /** Characters before `#rest`, which are fewer than four. */
  #count = 0;
  #rest = "";
  #padding = -1;

  add(characters: string): Buffer {
    const text = this.#rest + (/[\r\n]/.test(characters) ? characters.replace(/[\r\n]/g, "") : characters);
    const foreign = text.search(FOREIGN);
    if (foreign !== -1) throw illegalAt(this.#count + foreign);
    const padding = text.indexOf("=");
    if (this.#padding === -1 && padding !== -1) this.#padding = this.#count + padding;
    const whole = text.length - (text.length % 4);
    // Padding is at the end, or nowhere.
    const isBehind = this.#count + text.length > this.#padding + 2 || !text.endsWith("=");
    if (this.#padding !== -1 && text !== "" && isBehind) throw illegalAt(this.#padding);
    this.#rest = text.slice(whole);
    this.#count += whole;
    return Buffer.from(text.slice(0, whole), "base64");
  }

  end(): Buffer {
    if (this.#rest !== "") throw illegalAt(this.#count + this.#rest.length);
    return Buffer.alloc(0);
  }
}

/** The bytes of attachments, which go to the disk as they come. */
export const ATTACHED: Cut = {
  places: [["context", "attachments", null, "data"]],
  decoder: () => new Base64Decoder(),
};

const FOREIGN = /[^A-Za-z0-9+/=]/;

function illegalAt(at: number): Refusal {
  return new Refusal("invalid", `attachment base64 decode failed: illegal base64 data at input byte ${at}`);
}
