/**
 * Stray pages: sound pages that nothing refers to, as the page that did is damaged. Each belongs to the one tree that has a gap where
 * its rows fit. A rebuilt tree has left orphan pages with older rows: a page that could be one of those is not read.
 */
import type { DatabasePages } from "./database-pages.ts";
import type { Key } from "./key.ts";
import type { PageNumbers } from "./page-numbers.ts";
import type { ReadableTree } from "./readable-tree.ts";
import { type TreePage, treePageAt } from "./tree-page.ts";

/**
 * A page of a long value begins with the number of the next one. In a file of more pages that may look like the beginning of a
 * tree's page, and what follows is what a caller has written.
 */
const PAGES_MAX = 0x0200_0000;

type Place = { page: number; low: Key; high: Key };

/** `reached` has the pages of all trees that something refers to, and the free pages: what is deleted stays deleted. */
export function readStrays(trees: readonly ReadableTree[], pages: DatabasePages, reached: PageNumbers): void {
  if (pages.count >= PAGES_MAX) return;
  const lacking = trees.filter((tree) => tree.hasGaps);
  const found = new Map<ReadableTree, Place[]>(lacking.map((tree) => [tree, []]));
  for (let number = 2; number <= pages.count; number++) {
    if (reached.has(number)) continue;
    const page = treePageAt(pages, number);
    const isDoubtful = (of: TreePage) => pages.hasOrphanPages && trees.some((tree) => tree.mayHaveLeft(of));
    const fitting =
      page === null || isDoubtful(page) ? [] : lacking.map((tree) => ({ tree, places: tree.placesOf(page) }));
    const [only, ...others] = fitting.filter(({ places }) => places.length > 0);
    if (only && others.length === 0)
      found.get(only.tree)?.push(...only.places.map((place) => ({ page: number, ...place })));
  }
  for (const [tree, places] of found)
    for (const number of withoutRivals(places)) {
      reached.add(number);
      tree.readRows(treePageAt(pages, number)?.cells ?? []);
    }
}

/** Leaves out pages whose rows would lie in the same place: one of them is older, and nothing says which. */
function withoutRivals(places: Place[]): Set<number> {
  places.sort((one, other) => (one.low < other.low ? -1 : 1));
  const numbers = new Set(places.map(({ page }) => page));
  let before: Place | undefined;
  for (const place of places) {
    if (before && place.low <= before.high) for (const { page } of [before, place]) numbers.delete(page);
    if (!before || place.high > before.high) before = place;
  }
  return numbers;
}
