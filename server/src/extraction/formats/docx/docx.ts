/** Word documents (DOCX): the body, its notes where they are referred to, then headers and footers, once each. */

import { childOf, childrenOf, type Element } from "../../element.ts";
import { type Block, written } from "../../markdown.ts";
import { inSections } from "../../sections.ts";
import { Zip } from "../../zip.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { OfficePackage } from "../ooxml/package.ts";
import { Numbering } from "./numbering.ts";
import { Story, type StoryParts } from "./story.ts";
import { Styles } from "./styles.ts";

export const readDocx: FormatReader = (source, { limits }) => {
  const zip = new Zip(source, limits);
  try {
    const office = new OfficePackage(zip, limits);
    const main = office.main("word/document.xml");
    const markdown = written(blocksOf(office, main));
    return inSections(markdown, { ...NO_FACTS, ...office.properties() }, limits);
  } finally {
    zip.close();
  }
};

function blocksOf(office: OfficePackage, main: string): Block[] {
  const styles = new Styles(office.partIfAny(office.related(main, "styles")));
  const numbering = new Numbering(office.partIfAny(office.related(main, "numbering")));
  // A note cannot refer to a note.
  const plainParts: StoryParts = { office, styles, numbering, noteOf: () => null };
  const notes = { footnote: notesOf("footnote", main, plainParts), endnote: notesOf("endnote", main, plainParts) };
  // They are shown with the numbers in which they are referred to.
  const counts = { footnote: 0, endnote: 0 };
  const noteOf: StoryParts["noteOf"] = (kind, id) => {
    const text = notes[kind].get(id) ?? "";
    if (text === "") return null;
    counts[kind] += 1;
    return { mark: `[^${kind === "endnote" ? "e" : ""}${counts[kind]}]`, text };
  };
  const parts: StoryParts = { ...plainParts, noteOf };
  const body = childOf(office.part(main), "body");
  const blocks = body === undefined ? [] : new Story(parts, main).read(body);
  return [...blocks, ...marginsOf(main, plainParts)];
}

/** The texts of all notes of a kind, by their ids. */
function notesOf(kind: "footnote" | "endnote", main: string, parts: StoryParts): Map<string, string> {
  const part = parts.office.related(main, `${kind}s`);
  const notes = part === undefined ? [] : childrenOf(parts.office.partIfAny(part), kind);
  return new Map(
    notes
      .filter(({ attributes }) => !/separator/i.test(attributes["w:type"] ?? ""))
      .map((note) => [
        note.attributes["w:id"] ?? "",
        written(new Story(parts, part ?? "").read(note)).replaceAll(/\s+/g, " "),
      ]),
  );
}

/** Headers and footers: each text once, however many pages and sections show it. */
function marginsOf(main: string, parts: StoryParts): Block[] {
  const seen = new Set<string>();
  const related = [...parts.office.relationships(main).values()].filter(({ external }) => !external);
  return ["header", "footer"].flatMap((type) =>
    related
      .filter((each) => each.type === type)
      .flatMap(({ target }) => {
        const root: Element | undefined = parts.office.partIfAny(target);
        return root === undefined ? [] : new Story(parts, target).read(root);
      })
      .filter((block) => {
        const text = written([block]);
        return text !== "" && !seen.has(text) && seen.add(text);
      }),
  );
}
