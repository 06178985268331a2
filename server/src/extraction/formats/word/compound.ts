/** What the file system inside older office files says of a document: its properties, and whether it is encrypted. */
import xlsx from "@e965/xlsx";
import { charsetOfCodePage } from "../../charset.ts";
import { plain } from "../../markdown.ts";

/** By their numbers in a set of properties. */
const PROPERTIES: Readonly<Record<number, string>> = {
  2: "title",
  3: "subject",
  4: "author",
  5: "keywords",
  6: "description",
};
const CODE_PAGE = 1;
const NUMBER_16 = 0x02;
const TEXT = 0x1e;
const WIDE_TEXT = 0x1f;
const PROPERTIES_MAX = 1_000;

export type CompoundFacts = { encrypted: boolean; properties: Record<string, string> };

/** Throws when the file system is damaged. */
export function compoundFacts(bytes: Buffer): CompoundFacts {
  const container = xlsx.CFB.read(bytes, { type: "buffer" });
  const stream = (name: string) => {
    const content: unknown = xlsx.CFB.find(container, name)?.content;
    if (content instanceof Uint8Array) return Buffer.from(content);
    return Array.isArray(content) ? Buffer.from(content) : Buffer.alloc(0);
  };
  const document = stream("/WordDocument");
  return {
    encrypted: document.length > 12 && (document.readUInt16LE(10) & 0x0100) !== 0,
    properties: propertiesOf(stream("/\u0005SummaryInformation")),
  };
}

/** Of the first section of a set of properties; none when it is damaged. */
function propertiesOf(set: Buffer): Record<string, string> {
  try {
    const section = set.subarray(set.readUInt32LE(44));
    const count = Math.min(section.readUInt32LE(4), PROPERTIES_MAX);
    const places = new Map<number, number>();
    for (let at = 0; at < count; at += 1)
      places.set(section.readUInt32LE(8 + at * 8), section.readUInt32LE(12 + at * 8));
    const charset = charsetOfCodePage(codePageIn(section, places.get(CODE_PAGE)));
    return Object.fromEntries(
      Object.entries(PROPERTIES).flatMap(([id, name]) => {
        const place = places.get(Number(id));
        const text = place === undefined ? "" : plain(textAt(section, place, charset)).trim();
        return text === "" ? [] : [[name, text]];
      }),
    );
  } catch {
    return {};
  }
}

function codePageIn(section: Buffer, place: number | undefined): number {
  return place !== undefined && section.readUInt32LE(place) === NUMBER_16 ? section.readUInt16LE(place + 4) : 1252;
}

function textAt(section: Buffer, place: number, charset: string): string {
  const type = section.readUInt32LE(place);
  const length = section.readUInt32LE(place + 4);
  if (type === TEXT) return new TextDecoder(charset).decode(section.subarray(place + 8, place + 8 + length));
  return type === WIDE_TEXT ? section.toString("utf16le", place + 8, place + 8 + length * 2) : "";
}
