/** The bytes of an attachment, as a download that no browser runs: whoever added it chose its name and its type. */
import type { Readable } from "node:stream";
import type { Attachment } from "../task/people/human.ts";
import type { Answer } from "./route.ts";

export function attachmentAnswer({ attachment, content }: { attachment: Attachment; content: Readable }): Answer {
  return {
    status: 200,
    file: content,
    headers: {
      "content-type": attachment.mediaType,
      "content-length": String(attachment.bytes),
      "content-disposition": `attachment; filename*=UTF-8''${encoded(attachment.name)}`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
      "cache-control": "private, no-cache",
    },
  };
}

/** Fit for an extended parameter of a header (RFC 8187). */
function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
