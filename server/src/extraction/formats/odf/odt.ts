/** Texts of OpenDocument (ODT): the body, then headers and footers, once each. */
import { childOf } from "../../element.ts";
import { type Block, written } from "../../markdown.ts";
import { inSections } from "../../sections.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { allOf, OpenDocument } from "./package.ts";
import { OdfStory } from "./story.ts";
import { OdfStyles } from "./styles.ts";

export const readOdt: FormatReader = (source, { limits }) => {
  const document = new OpenDocument(source, limits);
  try {
    const content = document.part("content.xml");
    const stylesPart = document.partIfAny("styles.xml");
    const styles = new OdfStyles([stylesPart, content]);
    const text = childOf(childOf(content, "body"), "text");
    const blocks = text === undefined ? [] : new OdfStory(document, styles).read(text);
    const masters = childOf(stylesPart, "master-styles");
    const margins = [...allOf(masters, "header"), ...allOf(masters, "footer")].flatMap((margin) =>
      new OdfStory(document, styles).read(margin),
    );
    return inSections(written([...blocks, ...once(margins)]), { ...NO_FACTS, ...document.properties() }, limits);
  } finally {
    document.close();
  }
};

function once(blocks: readonly Block[]): Block[] {
  return [...new Map(blocks.map((block) => [written([block]), block])).values()];
}
