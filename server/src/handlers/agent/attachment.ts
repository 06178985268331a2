/**
 * Attached parts for a model: text inside the question, pictures and PDFs as files beside it. Parts that cannot be passed on are named
 * in the text, so that the model does not pretend to have read them.
 */
import type { PromptFile } from "../../models/model.ts";
import { Refusal } from "../../task/errors.ts";
import type { Part } from "../../task/part.ts";
import { excerpt } from "./excerpt.ts";

export type Attached = { text: string; files: PromptFile[] };

export type AttachmentBounds = { textCharsMax: number; totalTextCharsMax: number; totalFileCharsMax: number };

const BOUNDS: AttachmentBounds = {
  textCharsMax: 100_000,
  totalTextCharsMax: 200_000,
  /** Base64 characters: 20 MB of bytes. */
  totalFileCharsMax: 28_000_000,
};

const MODEL_FILES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "application/pdf",
]);

const TEXT_TYPES =
  /^(?:text\/[^;]+|application\/(?:[^;]+\+)?(?:json|xml|yaml|x-yaml|toml|csv|javascript|sql|x-ndjson|jsonl))(?:;|$)/i;

/** Reads the bytes of larger attachments. */
export type AttachmentFiles = {
  /** Throws `not_found` when there is no such file. */
  read: (sha256: string, bytesMax: number) => Promise<Buffer>;
};

/** The parts, with the bytes of those that a model can take; the others are unchanged. */
export async function withBytes(
  parts: readonly Part[],
  files: AttachmentFiles | null,
  bounds: AttachmentBounds = BOUNDS,
): Promise<Part[]> {
  let room = (bounds.totalFileCharsMax / 4) * 3;
  const found: Part[] = [];
  for (const part of parts) {
    found.push(part);
    if (files === null || !("file" in part) || !("kept" in part.file)) continue;
    const { kept, size } = part.file;
    const mediaType = mediaTypeOf(part);
    if (size > room || !(MODEL_FILES.has(mediaType) || TEXT_TYPES.test(mediaType))) continue;
    room -= size;
    const bytes = await files.read(kept, size).catch(unlessLost);
    // A file that is shorter on disk is as good as lost: a model would take it for the whole.
    if (bytes?.length === size) found.splice(-1, 1, { ...part, file: { bytes: bytes.toString("base64") } });
  }
  return found;
}

function unlessLost(error: unknown): null {
  if (error instanceof Refusal && error.code === "not_found") return null;
  throw error;
}

/** Sorts attached parts into text and files, each within its bound. */
export function readAttachments(parts: readonly Part[], bounds: AttachmentBounds = BOUNDS): Attached {
  const texts: string[] = [];
  const files: PromptFile[] = [];
  let textChars = 0;
  let fileChars = 0;
  for (const [index, part] of parts.entries()) {
    const title = titleOf(part, index + 1);
    const text = textIn(part);
    if (text !== null) {
      const room = Math.min(bounds.textCharsMax, bounds.totalTextCharsMax - textChars);
      const shown = room > 0 ? excerpt(text, room) : "[Left out: the attachments are too long together.]";
      textChars += Math.min(text.length, Math.max(room, 0));
      texts.push(`${title}:\n${shown}`);
      continue;
    }
    if (!("file" in part)) continue;
    const mediaType = mediaTypeOf(part);
    if (!("bytes" in part.file)) texts.push(`${title} [${unread(part.file)}]`);
    else if (!MODEL_FILES.has(mediaType)) texts.push(`${title} [Its type cannot be shown to the model.]`);
    else if (fileChars + part.file.bytes.length > bounds.totalFileCharsMax) {
      texts.push(`${title} [Left out: the attachments are too large together.]`);
    } else {
      fileChars += part.file.bytes.length;
      files.push({ mediaType, base64: part.file.bytes, ...(part.name !== undefined && { name: part.name }) });
      texts.push(title);
    }
  }
  return { text: texts.join("\n\n"), files };
}

/** The part's text; null if it has none. */
function textIn(part: Part): string | null {
  if ("text" in part) return part.text;
  if ("data" in part) return JSON.stringify(part.data);
  if ("bytes" in part.file && TEXT_TYPES.test(mediaTypeOf(part))) return decoded(part.file.bytes);
  return null;
}

function decoded(base64: string): string {
  return new TextDecoder().decode(Buffer.from(base64, "base64"));
}

function mediaTypeOf(part: Part): string {
  return (part.mediaType ?? "application/octet-stream").toLowerCase();
}

function titleOf(part: Part, number: number): string {
  const name = part.name === undefined ? `Attachment ${number}` : `Attachment ${number}, ${part.name}`;
  return part.mediaType === undefined ? name : `${name} (${part.mediaType})`;
}

function unread(file: { url: string } | { size: number }): string {
  return "url" in file ? `At ${file.url}; it was not fetched.` : `${file.size} bytes that the model was not given.`;
}
