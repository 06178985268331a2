/** What Word, Excel and PowerPoint files have in common: parts in an archive, the relationships between them, properties. */
import { posix } from "node:path";
import { childrenOf, type Element, elementsOf, findIn, textOf } from "../../element.ts";
import type { Limits } from "../../limits.ts";
import { plain } from "../../markdown.ts";
import { parseXml } from "../../xml.ts";
import type { Zip } from "../../zip.ts";

export type Relationship = {
  /** The last word of its type: `slide`, `hyperlink` ... */
  type: string;
  /** A part of the archive or, when `external`, an address. */
  target: string;
  external: boolean;
};

export type PackageProperties = { title: string | null; author: string | null; properties: Record<string, string> };

/** What an office program calls it, and we do. */
const PROPERTIES: Readonly<Record<string, string>> = {
  subject: "subject",
  keywords: "keywords",
  description: "description",
  category: "category",
  language: "language",
  lastModifiedBy: "modifiedBy",
  created: "created",
  modified: "modified",
  Company: "company",
  Manager: "manager",
  Application: "generator",
};

export class OfficePackage {
  readonly zip: Zip;
  readonly #limits: Limits;
  readonly #relationships = new Map<string, ReadonlyMap<string, Relationship>>();

  constructor(zip: Zip, limits: Limits) {
    this.zip = zip;
    this.#limits = limits;
  }

  /** Throws `ExtractionError` when it is damaged or not there. */
  part(name: string): Element {
    return parseXml(this.zip.text(name), this.#limits);
  }

  /** Undefined when the archive has no such part. */
  partIfAny(name: string | undefined): Element | undefined {
    return name !== undefined && this.zip.has(name) ? this.part(name) : undefined;
  }

  /** What a part refers to, by id. */
  relationships(part: string): ReadonlyMap<string, Relationship> {
    const known = this.#relationships.get(part);
    if (known !== undefined) return known;
    const file = posix.join(posix.dirname(part), "_rels", `${posix.basename(part)}.rels`);
    const found = new Map<string, Relationship>();
    for (const { attributes } of childrenOf(this.partIfAny(file), "Relationship")) {
      const external = attributes["TargetMode"] === "External";
      const target = attributes["Target"] ?? "";
      found.set(attributes["Id"] ?? "", {
        type: posix.basename(attributes["Type"] ?? ""),
        target: external ? target : partNamed(posix.dirname(part), target),
        external,
      });
    }
    this.#relationships.set(part, found);
    return found;
  }

  /** The part of that type that another one refers to. */
  related(part: string, type: string): string | undefined {
    return [...this.relationships(part).values()].find((each) => each.type === type && !each.external)?.target;
  }

  /** The part that the whole file is about; when the file does not say, the one where it always is. */
  main(usual: string): string {
    const named = this.related("", "officeDocument");
    return named !== undefined && this.zip.has(named) ? named : usual;
  }

  properties(): PackageProperties {
    const core = this.partIfAny(this.related("", "core-properties") ?? "docProps/core.xml");
    const extended = this.partIfAny(this.related("", "extended-properties") ?? "docProps/app.xml");
    const said = (part: Element | undefined, name: string) => plain(textOf(findIn(part, name))).trim() || null;
    const properties: Record<string, string> = {};
    for (const { name } of [core, extended].flatMap((part) => (part === undefined ? [] : elementsOf(part)))) {
      const property = Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name] : undefined;
      const value = said(core, name) ?? said(extended, name);
      if (property !== undefined && value !== null) properties[property] = value;
    }
    return { title: said(core, "title"), author: said(core, "creator"), properties };
  }
}

/** A target as the name of a part: absolute ones begin at the archive's root, others in the folder of who refers to it. */
function partNamed(folder: string, target: string): string {
  return posix.normalize(target.startsWith("/") ? target.slice(1) : posix.join(folder, target));
}
