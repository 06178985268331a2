/** Mails as Outlook saves them (MSG), read by a library, with the mails that are attached to them. */
import { readFileSync } from "node:fs";
import msgReader, { type FieldsData } from "@kenjiuno/msgreader";
import { decode } from "../../charset.ts";
import { ExtractionError } from "../../extraction.ts";
import type { FormatReader } from "../format.ts";
import { refuseEndless } from "../word/compound-chains.ts";
import { addressOf, type Message, mailReading, NESTED_MAX } from "./message.ts";

/** The package is of the older kind of modules: what it exports by default is a member. */
const MsgReader = msgReader.default;

export const readMsg: FormatReader = (source, { limits }) => {
  const bytes = readFileSync(source.path);
  refuseEndless(bytes);
  const reader = new MsgReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const fields = reader.getFileData();
  if (fields.error !== undefined) throw new ExtractionError("invalid_file", "The mail is damaged.");
  return mailReading(messageOf(fields, 0), null, limits);
};

function messageOf(fields: FieldsData, depth: number): Message {
  const recipients = (kind: string) =>
    (fields.recipients ?? [])
      .filter(({ recipType }) => (recipType ?? "to") === kind)
      .map(({ name, smtpAddress, email }) => addressOf(name, smtpAddress ?? email));
  const attached = fields.attachments ?? [];
  const html = fields.html === undefined ? null : decode(fields.html).text;
  return {
    subject: fields.subject ?? "",
    from: addressOf(fields.senderName, fields.senderSmtpAddress ?? fields.senderEmail),
    to: recipients("to"),
    cc: recipients("cc"),
    date: isoDate(fields.messageDeliveryTime ?? fields.clientSubmitTime ?? ""),
    html: html ?? fields.bodyHtml ?? null,
    text: fields.body ?? null,
    attachments: attached
      .filter(({ innerMsgContentFields, attachmentHidden }) => innerMsgContentFields === undefined && !attachmentHidden)
      .map(({ fileName, name, fileNameShort }) => fileName ?? name ?? fileNameShort ?? "")
      .filter((name) => name !== ""),
    messages: attached
      .flatMap(({ innerMsgContentFields }) => innerMsgContentFields ?? [])
      .filter(() => depth < NESTED_MAX)
      .map((each) => messageOf(each, depth + 1)),
  };
}

function isoDate(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}
