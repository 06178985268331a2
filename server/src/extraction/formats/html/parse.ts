/** HTML as a tree, however broken it is: tags that are left open are closed as browsers do. */
import { Parser } from "htmlparser2";
import type { Element } from "../../element.ts";
import { ExtractionError } from "../../extraction.ts";

/** Deeper elements are kept beside each other: nobody writes so by hand, and readers walk the tree by recursion. */
const DEPTH_MAX = 300;
/** The parser's own stack is slow beyond this. */
const OPEN_MAX = 20_000;

/** Elsewhere browsers take such a section for a comment. */
const XHTML = /^\s*<\?xml/;

/** The root is an element without a name. Throws `too_large` when more tags are open than any page needs. */
export function parseHtml(text: string): Element {
  const root: Element = { name: "", attributes: {}, children: [] };
  const open = [root];
  let tooDeep = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const element: Element = { name, attributes, children: [] };
        open.at(-1)?.children.push(element);
        if (open.length < DEPTH_MAX) open.push(element);
        else tooDeep += 1;
        if (tooDeep > OPEN_MAX) throw new ExtractionError("too_large", "The document is nested too deep.");
      },
      ontext(data) {
        const parent = open.at(-1);
        if (parent === undefined) return;
        const last = parent.children.length - 1;
        if (typeof parent.children[last] === "string") parent.children[last] += data;
        else parent.children.push(data);
      },
      onclosetag() {
        if (tooDeep > 0) tooDeep -= 1;
        else if (open.length > 1) open.pop();
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true, recognizeCDATA: XHTML.test(text) },
  );
  // Frames are never fetched, so that what stands there for those who have none is the page.
  parser.end(text.replaceAll(/(<\/?)noframes\b/gi, "$1div"));
  return root;
}
