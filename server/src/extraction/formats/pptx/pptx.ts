/** Presentations (PPTX): a page for each slide, in the order in which they are shown; hidden ones are there too. */

import { childOf, childrenOf } from "../../element.ts";
import { written } from "../../markdown.ts";
import { Zip } from "../../zip.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { OfficePackage } from "../ooxml/package.ts";
import { slideOf } from "./slide.ts";

export const readPptx: FormatReader = (source, { limits }) => {
  const office = new OfficePackage(new Zip(source, limits), limits);
  const main = office.main("ppt/presentation.xml");
  const relationships = office.relationships(main);
  const slides = childrenOf(childOf(office.part(main), "sldIdLst"), "sldId").flatMap(({ attributes }) => {
    const part = relationships.get(attributes["r:id"] ?? "");
    return part === undefined || part.external ? [] : [part.target];
  });
  return {
    facts: { ...NO_FACTS, ...office.properties(), paged: true, pageCount: slides.length },
    *pages(from) {
      for (const [offset, part] of slides.slice(from).entries()) {
        const { title, blocks } = slideOf(part, office);
        yield { index: from + offset, name: title, content: written(blocks), recognized: false };
      }
    },
  };
};
