/** Presentations of OpenDocument (ODP): a page for each slide, its title as a heading, its notes last. */
import { childOf, childrenOf, type Element, elementsOf, textOf } from "../../element.ts";
import { type Block, escaped, written } from "../../markdown.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { OpenDocument } from "./package.ts";
import { OdfStory } from "./story.ts";
import { OdfStyles } from "./styles.ts";

/** Frames that show the same on each slide. */
const FURNITURE = new Set(["header", "footer", "date-time", "page-number", "page"]);

export const readOdp: FormatReader = (source, { limits }) => {
  const document = new OpenDocument(source, limits);
  const content = document.part("content.xml");
  const styles = new OdfStyles([document.partIfAny("styles.xml"), content]);
  const slides = childrenOf(childOf(childOf(content, "body"), "presentation"), "page");
  const read = (frame: Element) => new OdfStory(document, styles).read({ ...frame, name: "", children: [frame] });
  return {
    facts: { ...NO_FACTS, ...document.properties(), paged: true, pageCount: slides.length },
    *pages(from) {
      for (const [offset, slide] of slides.slice(from).entries()) {
        const { title, blocks } = slideOf(slide, read);
        yield { index: from + offset, name: title, content: written(blocks), recognized: false };
      }
    },
  };
};

function slideOf(slide: Element, read: (frame: Element) => Block[]): { title: string | null; blocks: Block[] } {
  const frames = elementsOf(slide).filter(({ name }) => name !== "notes");
  const kindOf = ({ attributes }: Element) => attributes["presentation:class"] ?? "";
  const titles = frames.filter((frame) => kindOf(frame) === "title");
  const title = escaped(titles.map(textOf).join(" ")).trim();
  const blocks: Block[] = title === "" ? [] : [{ kind: "heading", level: 1, text: title }];
  for (const frame of frames) {
    if (titles.includes(frame) || FURNITURE.has(kindOf(frame))) continue;
    blocks.push(...withoutBullet(read(frame)));
  }
  const notes = childrenOf(childOf(slide, "notes"), "frame").filter((frame) => kindOf(frame) === "notes");
  const said = notes.flatMap(read).map((block) => written([block]));
  if (said.length > 0) blocks.push({ kind: "paragraph", text: `Notes: ${said.join("\n")}` });
  return { title: title === "" ? null : title, blocks };
}

/** One line alone is a sentence, whatever the slide's design puts before it. */
function withoutBullet(blocks: Block[]): Block[] {
  const [only] = blocks;
  return blocks.length === 1 && only?.kind === "item" && only.marker === null
    ? [{ kind: "paragraph", text: only.text }]
    : blocks;
}
