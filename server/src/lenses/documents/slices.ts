/** What is long about a document, read from the store a slice at a time while it is sent. */
import type { Chunk } from "../../task/documents/chunk.ts";
import type { DocumentPage } from "../../task/documents/document.ts";
import type { Principal } from "../../task/principal.ts";
import type { Documents } from "../../verbs/documents.ts";

/** The store ends a slice at 1 MB before that. */
const AT_ONCE = 100;

/** Those with an index from `from` on and before `to`, or all. */
export async function* pagesOf(
  documents: Documents,
  principal: Principal,
  id: string,
  { from, to }: { from: number; to: number } = { from: 0, to: Number.POSITIVE_INFINITY },
): AsyncIterable<DocumentPage> {
  const read = async (at: number) => (await documents.pages(principal, id, at, Math.min(to - at, AT_ONCE))).pages;
  for await (const page of slices(read, from)) {
    if (page.index >= to) return;
    yield page;
  }
}

export function chunksOf(documents: Documents, principal: Principal, id: string): AsyncIterable<Chunk> {
  return slices((at) => documents.chunks(principal, id, at, AT_ONCE), 0);
}

async function* slices<Item extends { index: number }>(
  read: (from: number) => Promise<Item[]>,
  from: number,
): AsyncIterable<Item> {
  for (let at = from; ; ) {
    const items = await read(at);
    const last = items.at(-1);
    if (!last) return;
    yield* items;
    at = last.index + 1;
  }
}
