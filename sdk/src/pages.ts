/** A list that is longer than one answer. */

export type Page<Item> = { items: Item[] /** Null on the last page. */; next: string | null };
/** `total` counts all pages. */
export type CountedPage<Item> = Page<Item> & { total: number };
export type CountedPages<Item> = Pages<Item, CountedPage<Item>>;

/** Iterates over every item, and asks for the next page only when it is reached. */
export class Pages<Item, OnePage extends Page<Item> = Page<Item>> implements AsyncIterable<Item> {
  readonly #fetch: (cursor: string | undefined) => Promise<OnePage>;

  constructor(fetch: (cursor: string | undefined) => Promise<OnePage>) {
    this.#fetch = fetch;
  }

  /** One page: the first, or the one that a page before it names as `next`. */
  page(cursor?: string): Promise<OnePage> {
    return this.#fetch(cursor);
  }

  /** From the first page on, each when it is asked for. */
  async *pages(): AsyncGenerator<OnePage, void, undefined> {
    for (let cursor: string | undefined; ; ) {
      const page = await this.#fetch(cursor);
      yield page;
      if (page.next === null) return;
      cursor = page.next;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) yield* page.items;
  }
}

type Cursor = { cursor?: string };

/** Of a list that goes by cursors. */
export function listed<Item>(
  fetch: (cursor: Cursor) => Promise<{ data: Item[]; next_cursor: string | null }>,
): Pages<Item> {
  return new Pages(async (cursor) => {
    const { data, next_cursor: next } = await fetch(cursor === undefined ? {} : { cursor });
    return { items: data, next };
  });
}

/** Of one that says how many there are in all. */
export function counted<Item>(
  fetch: (cursor: Cursor) => Promise<{ data: Item[]; total: number; next_cursor: string | null }>,
): CountedPages<Item> {
  return new Pages(async (cursor) => {
    const { data, total, next_cursor: next } = await fetch(cursor === undefined ? {} : { cursor });
    return { items: data, total, next };
  });
}
