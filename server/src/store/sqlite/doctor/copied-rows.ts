/** Copies the rows that can be read from the pages of one database, byte for byte, into another of the same schema. */
import { type Database, SqliteError, type Statement } from "better-sqlite3";
import type { Lost } from "../../storage.ts";
import { GIVEN_MAX } from "../column.ts";
import type { DatabasePages } from "./pages/database-pages.ts";
import { PageNumbers } from "./pages/page-numbers.ts";
import { type Each, ReadableTree, type Shape } from "./pages/readable-tree.ts";
import type { Value } from "./pages/record.ts";
import { rootsIn, shapesOf } from "./pages/shapes.ts";
import { readStrays } from "./pages/stray-pages.ts";

/** SQLite's table of the last numbers that AUTOINCREMENT has given, by table. */
const SEQUENCES = "sqlite_sequence";

export class CopiedRows {
  readonly #pages: DatabasePages;
  readonly #db: Database;
  readonly #shapes: Shape[];

  /** `db` has all its indexes. */
  constructor(pages: DatabasePages, db: Database) {
    this.#pages = pages;
    this.#db = db;
    this.#shapes = shapesOf(db);
  }

  /** Reads the entries of an index, as far as its own pages lead to them. False where that may not be all. */
  readEntries(index: string, each: Each): boolean {
    const shape = this.#shapes.find(({ name }) => name === index);
    if (!shape) return false;
    const reached = this.#reached();
    const root = rootsIn(this.#pages, reached).get(index) ?? 0;
    const tree = new ReadableTree({ shape, root }, this.#pages, reached, each);
    this.#db.transaction(() => {
      tree.read();
      tree.readDoubtful();
    })();
    return !tree.hasGaps && tree.lost === 0;
  }

  /** Copies the rows of these tables. Returns what was lost of each. */
  copy(tables: readonly string[]): Lost[] {
    const free = this.#pages.free();
    const reached = this.#reached(free);
    const roots = rootsIn(this.#pages, reached);
    const copies = this.#shapes.map((shape) => {
      const table = tables.includes(shape.name) ? new CopiedTable(this.#db, shape) : null;
      const each = shape.name === SEQUENCES ? goOnCounting(this.#db) : table?.add;
      const tree = new ReadableTree({ shape, root: roots.get(shape.name) ?? 0 }, this.#pages, reached, each);
      return { shape, table, tree };
    });
    for (const { tree } of copies) this.#db.transaction(() => tree.read())();
    // Without all trees, pages of another one would pass for strays.
    const isKnown = [...roots.keys()].every((name) => this.#shapes.some((shape) => shape.name === name));
    const trees = copies.map(({ tree }) => tree);
    this.#db.transaction(() => {
      if (isKnown && free !== null) readStrays(trees, this.#pages, reached);
      for (const tree of trees) tree.readDoubtful();
    })();
    return copies.flatMap(({ shape, table, tree }) => {
      const rows = tree.lost + (table?.refused ?? 0);
      return table !== null && (rows > 0 || tree.hasGaps) ? [{ table: shape.name, rows, pages: tree.hasGaps }] : [];
    });
  }

  /** Free pages count as reached: a page that leads to one is older than the list of free pages, as the disk has lost a write. */
  #reached(free = this.#pages.free()): PageNumbers {
    return free ?? new PageNumbers(this.#pages.count);
  }
}

class CopiedTable {
  /** Rows whose number or values were damaged: no row has such a number, or the table refuses such a value. */
  refused = 0;
  readonly #db: Database;
  readonly #shape: Shape;
  /** INSERTs by the number of values: a row that was written before the table had its last columns has fewer. */
  readonly #inserts = new Map<number, Statement<unknown[]>>();

  constructor(db: Database, shape: Shape) {
    this.#db = db;
    this.#shape = shape;
  }

  readonly add = (number: number, values: readonly Value[]): void => {
    if (number > GIVEN_MAX) {
      this.refused += 1;
      return;
    }
    const { columns, keyLength } = this.#shape;
    const own = values.filter((_, at) => columns[at]?.kind !== "alias");
    try {
      this.#insertOf(values.length).run(...(keyLength === 0 ? [number] : []), ...own);
    } catch (error) {
      if (!(error instanceof SqliteError && error.code.startsWith("SQLITE_CONSTRAINT"))) throw error;
      this.refused += 1;
    }
  };

  #insertOf(count: number): Statement<unknown[]> {
    const known = this.#inserts.get(count);
    if (known) return known;
    const { name, columns, keyLength } = this.#shape;
    const number = keyLength === 0 ? [{ name: "rowid", kind: "integer" }] : [];
    const own = [...number, ...columns.slice(0, count).filter(({ kind }) => kind !== "alias")];
    // Texts are bound as bytes.
    const places = own.map(({ kind }) => (kind === "text" ? "CAST(? AS TEXT)" : "?"));
    const insert = this.#db.prepare<unknown[]>(
      `INSERT INTO ${name} (${own.map((column) => `"${column.name}"`).join(", ")}) VALUES (${places.join(", ")})
       ON CONFLICT DO NOTHING`,
    );
    this.#inserts.set(count, insert);
    return insert;
  }
}

/** Keeps the highest AUTOINCREMENT numbers, so that no number is given twice, not even a deleted row's. */
function goOnCounting(db: Database): Each {
  const rise = db.prepare<unknown[]>(`UPDATE ${SEQUENCES} SET seq = max(seq, ?) WHERE name = CAST(? AS TEXT)`);
  const insert = db.prepare<unknown[]>(`INSERT INTO ${SEQUENCES} (seq, name) VALUES (?, CAST(? AS TEXT))`);
  return (_, [name, seq]) => {
    if (Number(seq) > GIVEN_MAX) return;
    if (rise.run(seq, name).changes === 0) insert.run(seq, name);
  };
}
