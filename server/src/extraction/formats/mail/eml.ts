/** Mails as they travel (EML), with the mails that are attached to them. */
import { readFileSync } from "node:fs";
import PostalMime, { type Address, type Email } from "postal-mime";
import { ExtractionError } from "../../extraction.ts";
import type { FormatReader } from "../format.ts";
import { addressOf, type Message, mailReading, NESTED_MAX } from "./message.ts";

const PARTS_DEPTH_MAX = 64;

export const readEml: FormatReader = async (source, { limits }) => {
  const email = await parsed(readFileSync(source.path));
  const type = email.headers.find(({ key }) => key === "content-type")?.value ?? "";
  if (/^\s*(multipart\/encrypted|application\/(x-)?pkcs7-mime.*enveloped-data)/is.test(type))
    throw new ExtractionError("encrypted_file", "The mail is encrypted.");
  return mailReading(await messageOf(email, 0), null, limits);
};

function parsed(bytes: Uint8Array | string): Promise<Email> {
  return PostalMime.parse(bytes, { forceRfc822Attachments: true, maxNestingDepth: PARTS_DEPTH_MAX });
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
