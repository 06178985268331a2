/** Books (EPUB): sections for each chapter in the order of reading, named as the book's own table of contents does. */
import { posix } from "node:path";
import { childOf, childrenOf, descendantsOf, type Element, findIn, textOf } from "../../element.ts";
import { ExtractionError, type Heading, type Page } from "../../extraction.ts";
import type { Limits } from "../../limits.ts";
import { plain, written } from "../../markdown.ts";
import { sectionsOf } from "../../sections.ts";
import { parseXml } from "../../xml.ts";
import { Zip } from "../../zip.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { isNeverShown } from "../html/article.ts";
import { blocksOf } from "../html/blocks.ts";
import { parseHtml } from "../html/parse.ts";
import { withHeadings } from "./headings.ts";

/** An entry of the table of contents, and the file that it leads to. */
type Entry = { title: string; level: number; file: string };
type Chapter = { file: string; sections: string[] };

const PROPERTIES: Readonly<Record<string, string>> = {
  language: "language",
  publisher: "publisher",
  date: "created",
  description: "description",
  subject: "subject",
  identifier: "identifier",
  rights: "rights",
};
/** Algorithms that only make a book's fonts useless outside of it. */
const FONT_OBFUSCATION = /embedding|obfuscation/i;
const ENTRY_LEVELS_MAX = 8;

export const readEpub: FormatReader = (source, { limits }) => {
  const zip = new Zip(source, limits);
  try {
    refuseEncrypted(zip, limits);
    const container = parseXml(zip.text("META-INF/container.xml"), limits);
    const packageFile = findIn(container, "rootfile")?.attributes["full-path"] ?? "";
    const book = parseXml(zip.text(packageFile), limits);
    const manifest = manifestOf(book, posix.dirname(packageFile));
    const entries = contentsOf(book, manifest, zip, limits);
    const chapters = chaptersOf(book, { manifest, entries, zip, limits });
    const pages = pagesOf(chapters, entries);
    return {
      facts: { ...NO_FACTS, ...propertiesOf(book), pageCount: pages.length, outline: outlineOf(entries, chapters) },
      pages: (from) => pages.slice(from),
    };
  } finally {
    zip.close();
  }
};

function refuseEncrypted(zip: Zip, limits: Limits): void {
  if (!zip.has("META-INF/encryption.xml")) return;
  const methods = [...descendantsOf(parseXml(zip.text("META-INF/encryption.xml"), limits))]
    .filter(({ name }) => name === "EncryptionMethod")
    .map(({ attributes }) => attributes["Algorithm"] ?? "");
  if (methods.some((method) => !FONT_OBFUSCATION.test(method)))
    throw new ExtractionError("encrypted_file", "The book is encrypted.");
}

type BookParts = { manifest: ReadonlyMap<string, Item>; entries: readonly Entry[]; zip: Zip; limits: Limits };
type Item = { file: string; mediaType: string; properties: string };

function manifestOf(book: Element, folder: string): Map<string, Item> {
  return new Map(
    childrenOf(childOf(book, "manifest"), "item").map(({ attributes }) => [
      attributes["id"] ?? "",
      {
        file: fileAt(folder, attributes["href"] ?? ""),
        mediaType: attributes["media-type"] ?? "",
        properties: attributes["properties"] ?? "",
      },
    ]),
  );
}

/** Where a reference inside the book leads, without the place in the file. */
function fileAt(folder: string, reference: string): string {
  const path = reference.split("#")[0] ?? "";
  try {
    return posix.join(folder, decodeURIComponent(path));
  } catch {
    return posix.join(folder, path);
  }
}

/** By the book's navigation document, or by the older form of it. */
function contentsOf(book: Element, manifest: ReadonlyMap<string, Item>, zip: Zip, limits: Limits): Entry[] {
  const items = [...manifest.values()];
  const navigation = items.find(({ properties }) => properties.split(/\s+/).includes("nav"));
  if (navigation !== undefined && zip.has(navigation.file)) {
    const document = parseHtml(zip.text(navigation.file));
    const lists = [...descendantsOf(document)].filter(({ name }) => name === "nav");
    const contents = lists.find(({ attributes }) => attributes["epub:type"] === "toc") ?? lists[0];
    return listEntries(findIn(contents, "ol"), posix.dirname(navigation.file), 1);
  }
  const older = manifest.get(childOf(book, "spine")?.attributes["toc"] ?? "");
  if (older === undefined || !zip.has(older.file)) return [];
  return pointEntries(findIn(parseXml(zip.text(older.file), limits), "navMap"), posix.dirname(older.file), 1);
}

function listEntries(list: Element | undefined, folder: string, level: number): Entry[] {
  if (level > ENTRY_LEVELS_MAX) return [];
  return childrenOf(list, "li").flatMap((item) => {
    const anchor = childOf(item, "a") ?? childOf(item, "span");
    const title = plain(textOf(anchor)).trim();
    const own = title === "" ? [] : [{ title, level, file: fileAt(folder, anchor?.attributes["href"] ?? "") }];
    return [...own, ...listEntries(childOf(item, "ol"), folder, level + 1)];
  });
}

function pointEntries(parent: Element | undefined, folder: string, level: number): Entry[] {
  if (level > ENTRY_LEVELS_MAX) return [];
  return childrenOf(parent, "navPoint").flatMap((point) => {
    const title = plain(textOf(childOf(point, "navLabel"))).trim();
    const file = fileAt(folder, childOf(point, "content")?.attributes["src"] ?? "");
    return [...(title === "" ? [] : [{ title, level, file }]), ...pointEntries(point, folder, level + 1)];
  });
}

function chaptersOf(book: Element, { manifest, entries, zip, limits }: BookParts): Chapter[] {
  let characters = 0;
  return childrenOf(childOf(book, "spine"), "itemref").flatMap(({ attributes }) => {
    const item = manifest.get(attributes["idref"] ?? "");
    // The contents repeat the headings; they are the outline.
    if (item === undefined || !/html/i.test(item.mediaType) || item.properties.includes("nav") || !zip.has(item.file))
      return [];
    const blocks = blocksOf(parseHtml(zip.text(item.file)), { isLeftOut: isNeverShown, addressOf: webAddress });
    const titles = entries.filter(({ file }) => file === item.file);
    const markdown = written(withHeadings(blocks, titles));
    characters += markdown.length;
    if (characters > limits.textCharacters)
      throw new ExtractionError("too_large", `The text has more than ${limits.textCharacters} characters.`);
    return [{ file: item.file, sections: sectionsOf(markdown, limits.sectionCharacters) }];
  });
}

/** Links between chapters lead nowhere outside of the book. */
function webAddress(target: string): string | null {
  return /^(https?|mailto):/i.test(target) ? target : null;
}

function pagesOf(chapters: readonly Chapter[], entries: readonly Entry[]): Page[] {
  let index = 0;
  return chapters.flatMap(({ file, sections }) => {
    const name = entries.find((entry) => entry.file === file)?.title ?? null;
    return sections.map((content): Page => ({ index: index++, name, content, recognized: false }));
  });
}

function outlineOf(entries: readonly Entry[], chapters: readonly Chapter[]): Heading[] {
  const firstPages = new Map<string, number>();
  let index = 0;
  for (const { file, sections } of chapters) {
    if (!firstPages.has(file)) firstPages.set(file, index);
    index += sections.length;
  }
  return entries.flatMap(({ title, level, file }) => {
    const page = firstPages.get(file);
    return page === undefined ? [] : [{ title, level, page }];
  });
}

function propertiesOf(book: Element) {
  const metadata = childOf(book, "metadata");
  const said = (name: string) => plain(textOf(childOf(metadata, name))).trim() || null;
  const properties: Record<string, string> = {};
  for (const [theirs, ours] of Object.entries(PROPERTIES)) {
    const value = said(theirs);
    if (value !== null) properties[ours] = value;
  }
  const creators = childrenOf(metadata, "creator").map((creator) => plain(textOf(creator)).trim());
  return { title: said("title"), author: creators.filter((name) => name !== "").join(", ") || null, properties };
}
