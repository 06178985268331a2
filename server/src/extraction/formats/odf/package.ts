/**
 * What the OpenDocument formats have in common: their parts, their properties, and the refusal of encrypted ones. A flat
 * file is all its parts in one.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { decode } from "../../charset.ts";
import { childOf, childrenOf, descendantsOf, type Element, elementsOf, findIn, textOf } from "../../element.ts";
import { ExtractionError } from "../../extraction.ts";
import type { Limits } from "../../limits.ts";
import { plain } from "../../markdown.ts";
import { parseXml } from "../../xml.ts";
import { Zip } from "../../zip.ts";
import type { Source } from "../format.ts";

const PROPERTIES: Readonly<Record<string, string>> = {
  subject: "subject",
  description: "description",
  language: "language",
  "creation-date": "created",
  date: "modified",
  generator: "generator",
};

const NO_PART: Element = { name: "", attributes: {}, children: [] };

export class OpenDocument {
  readonly #zip: Zip | null;
  readonly #flat: Element | null;
  readonly #limits: Limits;

  /** Throws `ExtractionError`: what `Zip` throws, and `encrypted_file`. */
  constructor(source: Source, limits: Limits) {
    this.#limits = limits;
    this.#flat = isArchive(source) ? null : flatRoot(source, limits);
    this.#zip = this.#flat ? null : new Zip(source, limits);
    if (this.#zip?.has("encrypted-package")) throw encrypted();
    const manifest = this.#zip ? this.partIfAny("META-INF/manifest.xml") : undefined;
    if (findIn(manifest, "encryption-data") !== undefined) throw encrypted();
  }

  part(name: string): Element {
    return this.#zip ? parseXml(this.#zip.text(name), this.#limits) : (this.#flat ?? NO_PART);
  }

  partIfAny(name: string): Element | undefined {
    return this.#zip === null || this.#zip.has(name) ? this.part(name) : undefined;
  }

  close(): void {
    this.#zip?.close();
  }

  /** The document that is embedded at an address such as `./Object 1`. */
  embedded(address: string): Element | undefined {
    const folder = address.replace(/^\.\//, "").replace(/\/$/, "");
    return this.#zip === null || folder === "" || /^[a-z]+:/i.test(folder)
      ? undefined
      : this.partIfAny(`${folder}/content.xml`);
  }

  properties() {
    const meta = childOf(this.partIfAny("meta.xml"), "meta");
    const said = (name: string) => plain(textOf(childOf(meta, name))).trim() || null;
    const properties: Record<string, string> = {};
    for (const { name } of meta === undefined ? [] : elementsOf(meta)) {
      const property = Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name] : undefined;
      const value = said(name);
      if (property !== undefined && value !== null) properties[property] = value;
    }
    const keywords = childrenOf(meta, "keyword").map((keyword) => plain(textOf(keyword)).trim());
    const named = keywords.filter((keyword) => keyword !== "");
    if (named.length > 0) properties["keywords"] = named.join(", ");
    return { title: said("title"), author: said("initial-creator") ?? said("creator"), properties };
  }
}

function isArchive({ path }: Source): boolean {
  const head = Buffer.alloc(2);
  const file = openSync(path, "r");
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  return head.toString("latin1") === "PK";
}

function flatRoot({ path, size }: Source, limits: Limits): Element {
  if (size > limits.entryBytes) throw new ExtractionError("too_large", "The document is larger than can be read.");
  return parseXml(decode(readFileSync(path)).text, limits);
}

function encrypted(): ExtractionError {
  return new ExtractionError("encrypted_file", "The document is protected by a password.");
}

/** Every element of that name, wherever it is. */
export function allOf(root: Element | undefined, name: string): Element[] {
  return root === undefined ? [] : [...descendantsOf(root)].filter((element) => element.name === name);
}
