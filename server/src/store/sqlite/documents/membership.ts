/**
 * The completed members of a vector store for a search: in memory, in the order of their cuts. Changes since the last search are read
 * from the log of changes, since all members of a store of 20,000 documents take 80 ms to read.
 */
import type { Database } from "better-sqlite3";
import { ByteCache } from "../byte-cache.ts";
import { numberIn, textIn } from "../column.ts";
import type { OrLeftOut } from "./left-out.ts";

export type Attributes = Record<string, string | number | boolean>;

export type Member = {
  document: string;
  /** Its own attributes, and those of its document's metadata. */
  attributes: Attributes;
  cut: number;
  version: number;
  chunks: number;
  embedding: { n: number; version: number; dimensions: number } | null;
};

/** As many as the log's trigger keeps. */
const CHANGES_KEPT = 10_000;
const MEMBERS_BYTES_MAX = 64 << 20;
/** Without its attributes. */
const MEMBER_BYTES = 400;
/** Characters of a text that can be filtered by. */
const FILTERABLE_CHARACTERS_MAX = 512;

export class Membership {
  /** By their cuts, the lowest first. */
  readonly members: Member[];
  /** Increases with each change of a member. */
  version = 0;
  bytes = 0;
  readonly #ofDocuments = new Map<string, Member>();

  constructor(members: Member[]) {
    this.members = members;
    for (const member of members) this.#add(member);
  }

  /** The document's membership now; null if it is no completed member. */
  put(document: string, member: Member | null): void {
    const before = this.#ofDocuments.get(document);
    if (!before && !member) return;
    this.version += 1;
    if (before) {
      this.members.splice(this.#placeOf(before.cut), 1);
      this.#ofDocuments.delete(document);
      this.bytes -= bytesOf(before);
    }
    if (member) {
      this.members.splice(this.#placeOf(member.cut), 0, member);
      this.#add(member);
    }
  }

  /** The member with this cut. */
  withCut(cut: number): Member | null {
    const member = this.members[this.#placeOf(cut)];
    return member?.cut === cut ? member : null;
  }

  #add(member: Member): void {
    this.#ofDocuments.set(member.document, member);
    this.bytes += bytesOf(member);
  }

  #placeOf(cut: number): number {
    let low = 0;
    let high = this.members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.members[middle]?.cut ?? 0) < cut) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

type Known = { membership: Membership; seen: number; readonly bytes: number };

export class Memberships {
  readonly #all;
  readonly #one;
  readonly #newest;
  readonly #changed;
  readonly #places;
  readonly #schema;
  readonly #orLeftOut: OrLeftOut;
  #known = new ByteCache<string, Known>(MEMBERS_BYTES_MAX);
  #seenSchema: unknown;

  constructor(db: Database, orLeftOut: OrLeftOut = (_, read) => read()) {
    this.#orLeftOut = orLeftOut;
    const rows = (sql: string) => db.prepare<unknown[], unknown[]>(sql).raw();
    const members = (which: string) =>
      rows(
        `SELECT m.document, m.attributes, c.n, c.version, c.total, e.n, e.version, e.dimensions,
           d.annotations -> '$.metadata'
         FROM members m
         JOIN documents d ON d.key = m.document
         JOIN cuts c ON c.document = m.document AND c.max_tokens = m.max_tokens AND c.overlap_tokens = m.overlap_tokens
         LEFT JOIN embeddings e ON e.cut = c.n AND e.model = ?
         WHERE m.vector_store = ? AND m.status = 'completed' AND c.stored = c.total AND c.total > 0 ${which}`,
      );
    this.#all = members("ORDER BY c.n");
    this.#one = members("AND m.document = ?");
    this.#newest = rows("SELECT coalesce(max(n), 0) FROM searchable_changes");
    this.#changed = rows("SELECT DISTINCT document FROM searchable_changes WHERE n > ?");
    this.#places = rows("SELECT document FROM members INDEXED BY members_by_time WHERE vector_store = ?");
    this.#schema = db.prepare<unknown[], unknown>("PRAGMA schema_version").pluck();
  }

  /** At the moment of the caller's transaction. */
  of(vectorStore: string, model: string): Membership {
    this.#forgetDamage();
    const key = `${vectorStore} ${model}`;
    const newest = numberIn(this.#newest.get()?.[0]);
    const known = this.#known.get(key);
    if (known?.seen === newest) return known.membership;
    const membership =
      known && newest - known.seen <= Math.min(known.membership.members.length, CHANGES_KEPT)
        ? this.#broughtUp(known, vectorStore, model)
        : new Membership(this.#read(vectorStore, model));
    this.#known.set(key, { membership, seen: newest, bytes: membership.bytes });
    return membership;
  }

  #broughtUp({ membership, seen }: Known, vectorStore: string, model: string): Membership {
    for (const [document] of this.#changed.all(seen)) {
      const key = textIn(document);
      membership.put(key, this.#member(vectorStore, model, key));
    }
    return membership;
  }

  #read(vectorStore: string, model: string): Member[] {
    const all = () => this.#all.all(model, vectorStore).map(memberOf);
    return (
      this.#orLeftOut(`list of documents of vector store ${vectorStore}`, all, null) ??
      this.#oneByOne(vectorStore, model)
    );
  }

  #oneByOne(vectorStore: string, model: string): Member[] {
    const what = `index of documents of vector store ${vectorStore}`;
    return this.#orLeftOut(what, () => this.#places.all(vectorStore), [])
      .flatMap(([document]) => this.#member(vectorStore, model, textIn(document)) ?? [])
      .sort((a, b) => a.cut - b.cut);
  }

  #member(vectorStore: string, model: string, document: string): Member | null {
    const row = () => this.#one.get(model, vectorStore, document);
    const found = this.#orLeftOut(`document ${document} of vector store ${vectorStore}`, row, undefined);
    return found ? memberOf(found) : null;
  }

  /** Members that were left out may be readable after a rebuild, by which the schema's version has changed. */
  #forgetDamage(): void {
    const schema = this.#schema.get();
    if (schema !== this.#seenSchema) this.#known = new ByteCache(MEMBERS_BYTES_MAX);
    this.#seenSchema = schema;
  }
}

function memberOf(row: unknown[]): Member {
  const [document, own, cut, version, total, embedding, embeddingVersion, dimensions, metadata] = row;
  return {
    document: textIn(document),
    attributes: { ...filterable(metadata), ...JSON.parse(textIn(own)) },
    cut: numberIn(cut),
    version: numberIn(version),
    chunks: numberIn(total),
    embedding:
      embedding === null
        ? null
        : { n: numberIn(embedding), version: numberIn(embeddingVersion), dimensions: numberIn(dimensions) },
  };
}

function filterable(metadata: unknown): Attributes {
  if (typeof metadata !== "string") return {};
  const said: unknown = JSON.parse(metadata);
  if (typeof said !== "object" || said === null || Array.isArray(said)) return {};
  return Object.fromEntries(Object.entries(said).filter(([, value]) => isFilterable(value)));
}

function isFilterable(value: unknown): boolean {
  if (typeof value === "string") return value.length <= FILTERABLE_CHARACTERS_MAX;
  return typeof value === "number" || typeof value === "boolean";
}

function bytesOf({ attributes }: Member): number {
  let bytes = MEMBER_BYTES;
  for (const [key, value] of Object.entries(attributes)) bytes += 2 * (key.length + String(value).length) + 32;
  return bytes;
}
