/** A mail as blocks, whichever file it came in: who wrote to whom and when, what, and what was attached. */

import type { Limits } from "../../limits.ts";
import { type Block, escaped, plain, written } from "../../markdown.ts";
import { inSections } from "../../sections.ts";
import { type FormatReading, NO_FACTS } from "../format.ts";
import { isNeverShown } from "../html/article.ts";
import { blocksOf } from "../html/blocks.ts";
import { parseHtml } from "../html/parse.ts";

export type Message = {
  subject: string;
  from: string;
  to: string[];
  cc: string[];
  /** ISO 8601 where it can be told, otherwise as it is written. */
  date: string;
  html: string | null;
  text: string | null;
  /** Names of attached files. */
  attachments: string[];
  /** Mails that were attached. */
  messages: Message[];
};

/** Of a mail in a mail in a mail; what is deeper is left out. */
export const NESTED_MAX = 5;
/** An HTML part that says much less than the text beside it is a frame for pictures. */
const HTML_SHARE_MIN = 0.5;

export function mailReading(message: Message, encoding: string | null, limits: Limits): FormatReading {
  const { subject, from, to, date } = message;
  const properties = Object.fromEntries(
    Object.entries({ created: date, recipients: to.join(", ") }).filter(([, value]) => value !== ""),
  );
  const facts = { ...NO_FACTS, encoding, title: subject || null, author: from || null, properties };
  return inSections(written(messageBlocks(message, 1)), facts, limits);
}

function messageBlocks(message: Message, level: number): Block[] {
  const { subject, from, to, cc, date, attachments, messages } = message;
  const lines = Object.entries({ From: from, To: to.join(", "), Cc: cc.join(", "), Date: date });
  return [
    { kind: "heading", level, text: escaped(subject) },
    ...lines.flatMap(([name, value]) => itemIf(name, value)),
    ...bodyBlocks(message),
    ...itemIf("Attachments", attachments.join(", ")),
    ...messages.flatMap((each) => messageBlocks(each, level + 1)),
  ];
}

function itemIf(name: string, value: string): Block[] {
  const text = escaped(value).trim();
  return text === "" ? [] : [{ kind: "item", depth: 0, marker: null, text: `${name}: ${text}` }];
}

function bodyBlocks({ html, text }: Message): Block[] {
  const rich = html === null ? [] : blocksOf(parseHtml(html), { isLeftOut: isNeverShown });
  const plainText = text?.trim() ?? "";
  if (rich.length > 0 && written(rich).length >= plainText.length * HTML_SHARE_MIN) return rich;
  return textBlocks(plainText);
}

/** Paragraphs of plain text, with the lines that somebody broke by hand. */
function textBlocks(text: string): Block[] {
  return text
    .split(/(?:\r?\n[ \t]*){2,}/)
    .map((paragraph): Block => ({ kind: "paragraph", text: paragraph.split(/\r?\n/).map(escaped).join("\n") }));
}

/** `Ada Brandt <ada@pottery.example>` */
export function addressOf(name: string | undefined, address: string | undefined): string {
  const [shown, mail] = [plain(name ?? "").trim(), plain(address ?? "").trim()];
  if (shown === "" || shown === mail) return mail;
  return mail === "" ? shown : `${shown} <${mail}>`;
}
