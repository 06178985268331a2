/** Mails as they travel (EML), with the mails that are attached to them. */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import PostalMime, { type Address, type Email } from "postal-mime";
import { decode } from "../../charset.ts";
import { ExtractionError } from "../../extraction.ts";
import type { FormatReader } from "../format.ts";
import { addressOf, type Message, mailReading, NESTED_MAX } from "./message.ts";

const PARTS_DEPTH_MAX = 64;
/** Of a mail: its parts say their charsets within as many. */
const CHARSET_BYTES = 1024 * 1024;

export const readEml: FormatReader = async (source, { limits }) => {
  const email = await parsed(readFileSync(source.path));
  const type = email.headers.find(({ key }) => key === "content-type")?.value ?? "";
  if (/^\s*(multipart\/encrypted|application\/(x-)?pkcs7-mime.*enveloped-data)/is.test(type))
    throw new ExtractionError("encrypted_file", "The mail is encrypted.");
  return mailReading(await messageOf(email, 0), null, limits);
};

function parsed(mail: Uint8Array | string): Promise<Email> {
  const bytes = typeof mail === "string" ? mail : withCharset(mail);
  return PostalMime.parse(bytes, { forceRfc822Attachments: true, maxNestingDepth: PARTS_DEPTH_MAX });
}

/** Letters beyond ASCII whose charset nobody names are written in UTF-8: those of the head, and of a mail that names none. */
function withCharset(mail: Uint8Array): Uint8Array {
  const bytes = Buffer.from(mail.buffer, mail.byteOffset, mail.byteLength);
  const end = [bytes.indexOf("\r\n\r\n"), bytes.indexOf("\n\n")].filter((at) => at >= 0);
  const headEnd = Math.min(bytes.length, ...end);
  const isNamed = bytes.toString("latin1", 0, CHARSET_BYTES).toLowerCase().includes("charset");
  const part = isNamed ? bytes.subarray(0, headEnd) : bytes;
  if (isUtf8(part)) return mail;
  return Buffer.concat([Buffer.from(decode(part).text), bytes.subarray(part.length)]);
}

async function messageOf(email: Email, depth: number): Promise<Message> {
  const attachments: string[] = [];
  const messages: Message[] = [];
  for (const { filename, mimeType, content, related } of email.attachments) {
    if (mimeType === "message/rfc822" && depth < NESTED_MAX) {
      const bytes = typeof content === "string" ? content : new Uint8Array(content);
      messages.push(await messageOf(await parsed(bytes), depth + 1));
    } else if (filename !== null && !related) attachments.push(filename);
  }
  return {
    subject: email.subject ?? "",
    from: email.from === undefined ? "" : shown(email.from),
    to: (email.to ?? []).map(shown),
    cc: (email.cc ?? []).map(shown),
    date: email.date ?? "",
    html: email.html ?? null,
    text: email.text ?? null,
    attachments,
    messages,
  };
}

function shown({ name, address, group }: Address): string {
  return group === undefined ? addressOf(name, address) : `${name}: ${group.map(shown).join(", ")}`;
}
