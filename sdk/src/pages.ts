/** A list that is longer than one answer. */

export type Page<Item> = { items: Item[]; total: number /** Null on the last page. */; next: string | null };

/** Iterates over every item, and asks for the next page only when it is reached. */
export class Pages<Item> implements AsyncIterable<Item> {
  readonly #fetch: (cursor: string | undefined) => Promise<Page<Item>>;

  constructor(fetch: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#fetch = fetch;
  }

  /** One page: the first, or the one that a page before it names as `next`. */
  page(cursor?: string): Promise<Page<Item>> {
    return this.#fetch(cursor);
  }

  async *pages(): AsyncGenerator<Page<Item>, void, undefined> {
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
