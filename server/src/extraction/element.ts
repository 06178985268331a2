/** A piece of a parsed document, whether XML or HTML: an element with its attributes and what is inside it, in order. */

export type Element = {
  /** Of XML without its prefix (`p` of `w:p`), of HTML in lower case. */
  name: string;
  /** By their whole names, such as `r:id`. */
  attributes: Readonly<Record<string, string>>;
  children: (Element | string)[];
};

export function elementsOf(element: Element): Element[] {
  return element.children.filter((child) => typeof child !== "string");
}

/** The first child of that name. */
export function childOf(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((child): child is Element => typeof child !== "string" && child.name === name);
}

export function childrenOf(element: Element | undefined, name: string): Element[] {
  return element === undefined ? [] : elementsOf(element).filter((child) => child.name === name);
}

/** Every element inside, in the order of the document. Takes no stack, however deep the document is. */
export function* descendantsOf(element: Element): Generator<Element> {
  const open = elementsOf(element).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    for (let at = next.children.length - 1; at >= 0; at -= 1) {
      const child = next.children[at];
      if (child !== undefined && typeof child !== "string") open.push(child);
    }
  }
}

/** The first element inside of that name, at any depth. */
export function findIn(element: Element | undefined, name: string): Element | undefined {
  if (element === undefined) return undefined;
  for (const inside of descendantsOf(element)) if (inside.name === name) return inside;
  return undefined;
}

/** All text inside, as it stands there. */
export function textOf(element: Element | undefined): string {
  if (element === undefined) return "";
  let text = "";
  const open: (Element | string)[] = [element];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "string") text += next;
    else for (let at = next.children.length - 1; at >= 0; at -= 1) open.push(next.children[at] ?? "");
  }
  return text;
}
