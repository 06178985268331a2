/**
 * The rows of a tree some of whose pages may be damaged, from its root on and past those that are. A page is one of this
 * tree where its rows have the columns of it and lie in order between those beside it: what a damaged page refers to may be
 * another's.
 */
import type { DatabasePages } from "./database-pages.ts";
import { Gaps, type Span } from "./gaps.ts";
import { FIRST, type Key, keyOf, LAST } from "./key.ts";
import type { PageNumbers } from "./page-numbers.ts";
import { type Column, type Value, valuesIn } from "./record.ts";
import { type Cell, rowIn, type TreePage, treePageAt } from "./tree-page.ts";

/** SQLite's own bound. */
const DEPTH_MAX = 20;

/**
 * The first `keyLength` columns are the key; 0 where rows are numbered. `isRebuilt`: a server rebuilds it after damage, so that there
 * may be orphan pages of a former one.
 */
export type Shape = { name: string; columns: readonly Column[]; keyLength: number; isRebuilt: boolean };
/** `root` is 0 where it is not known. */
export type Tree = { shape: Shape; root: number };
/** Called with each row and its number, 0 where it has none. */
export type Each = (number: number, values: readonly Value[]) => void;
/** The keys that a page may have: `span`, or `wide` where a key beside it is damaged. `isLast`: there is no later answer to wait for. */
type Place = { span: Span; wide: Span; isLast: boolean };

export class ReadableTree {
  /** Unreadable rows on pages that could be read. */
  lost = 0;
  readonly #tree: Tree;
  readonly #pages: DatabasePages;
  readonly #reached: PageNumbers;
  readonly #each: Each;
  readonly #gaps = new Gaps();
  readonly #doubtful: (() => void)[] = [];

  /** `reached` has the pages that are known to belong to a tree. */
  constructor(tree: Tree, pages: DatabasePages, reached: PageNumbers, each: Each = () => {}) {
    this.#tree = tree;
    this.#pages = pages;
    this.#reached = reached;
    this.#each = each;
  }

  /** Whether pages of it are lacking. */
  get hasGaps(): boolean {
    return this.#gaps.areThere;
  }

  read(): void {
    const span = { low: FIRST, high: LAST };
    this.#walk(this.#tree.root, 0, { span, wide: span, isLast: false });
  }

  /**
   * Reads sound pages whose keys do not fit the page that led to them. Called after `readStrays`, as they may be strays of another
   * tree.
   */
  readDoubtful(): void {
    for (const walk of this.#doubtful.splice(0)) walk();
  }

  /** Reads the rows of a page of this tree. */
  readRows(cells: TreePage["cells"]): void {
    for (const cell of cells) this.#readRow(cell);
  }

  /** Where its rows lie, if it fits to where pages are lacking: a leaf's rows stand together, and between those of others are pages. */
  placesOf(page: TreePage): { low: Key; high: Key }[] {
    const keys = page.cells.map((cell) => this.#keyOf(cell));
    const isWhole = keys.every((key, at) => key !== null || (page.cells[at]?.overflow ?? 0) > 0);
    const known = keys.filter((key) => key !== null);
    const [first] = known;
    const last = known.at(-1);
    if (first === undefined || last === undefined || !isWhole) return [];
    if (!this.#isOfKind(page) || !isInOrder(known) || !this.#gaps.has(first, last)) return [];
    return page.isLeaf ? [{ low: first, high: last }] : known.map((key) => ({ low: key, high: key }));
  }

  /** Whether the page may be an orphan of a former tree of this shape. Columns of any type would fit every page, so they do not count. */
  mayHaveLeft(page: TreePage): boolean {
    const { columns, isRebuilt } = this.#tree.shape;
    return (
      isRebuilt &&
      this.#isOfKind(page) &&
      columns.every(({ kind }) => kind !== "any") &&
      page.cells.every((cell) => this.#keyOf(cell) !== null)
    );
  }

  #isOfKind(page: TreePage): boolean {
    return page.isNumbered === this.#isNumbered && (page.isLeaf || !page.isNumbered);
  }

  get #isNumbered(): boolean {
    return this.#tree.shape.keyLength === 0;
  }

  #walk(number: number, depth: number, place: Place): void {
    const { span, wide, isLast } = place;
    const page = this.#reached.has(number) || depth > DEPTH_MAX ? null : treePageAt(this.#pages, number);
    const keys = page?.isNumbered === this.#isNumbered ? page.cells.map((cell) => this.#keyOf(cell)) : [];
    const isOwn = (key: Key | null) => key !== null && isWithin(key, span);
    if (!isLast && !keys.every(isOwn) && isInOrder(keys)) {
      this.#doubtful.push(() => this.#walk(number, depth, { ...place, isLast: true }));
      this.#gaps.add(wide);
      return;
    }
    // Only the root may be empty.
    if (page === null || !(keys.some(isOwn) || (depth === 0 && page.cells.length === 0))) {
      this.#gaps.add(span);
      return;
    }
    this.#reached.add(number);
    const own = page.cells.filter((_, at) => isOwn(keys[at] ?? null));
    if (page.isLeaf) {
      this.lost += page.cells.length - own.length;
      this.readRows(own);
    } else if (own.length === page.cells.length && isInOrder(keys)) {
      const lows = [wide.low, span.low, ...keys];
      const highs = [...keys, span.high, wide.high];
      const between = (low: number, high: number) => ({ low: lows[low] ?? FIRST, high: highs[high] ?? LAST });
      for (const [at, cell] of [...page.cells, null].entries()) {
        const below = { span: between(at + 1, at), wide: between(at, at + 1), isLast };
        this.#walk(cell?.child ?? page.right, depth + 1, below);
        if (cell && !page.isNumbered) this.#readRow(cell);
      }
    } else {
      this.#gaps.add(span);
      if (!page.isNumbered) this.readRows(own);
    }
  }

  #readRow(cell: Cell | null): void {
    const row = cell && rowIn(this.#pages, cell);
    const values = cell && row && valuesIn(row, cell.bytes, this.#tree.shape.columns);
    if (cell && values) this.#each(cell.number, values);
    else this.lost += 1;
  }

  /** The key of a row; null where it does not fit this tree. */
  #keyOf(cell: Cell | null): Key | null {
    if (cell === null) return null;
    const { columns, keyLength } = this.#tree.shape;
    if (this.#isNumbered)
      return cell.bytes === 0 || valuesIn(cell.local, cell.bytes, columns, 0) ? keyOf([cell.number]) : null;
    const short = valuesIn(cell.local, cell.bytes, columns, keyLength);
    const row = short === null && cell.overflow > 0 ? rowIn(this.#pages, cell) : null;
    const values = row === null ? short : valuesIn(row, cell.bytes, columns, keyLength);
    return values && keyOf(values);
  }
}

function isWithin(key: Key, { low, high }: Span): boolean {
  return key > low && key <= high;
}

function isInOrder(keys: readonly (Key | null)[]): boolean {
  let before = FIRST;
  for (const key of keys) {
    if (key === null || key <= before) return false;
    before = key;
  }
  return true;
}
