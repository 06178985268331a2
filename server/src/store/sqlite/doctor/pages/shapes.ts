/** The shapes of all trees of a database (tables and indexes), by an empty database of the same schema. */
import type { Database } from "better-sqlite3";
import { numberIn, textIn } from "../../column.ts";
import { REBUILT_TABLES } from "../../mending/derived.ts";
import type { DatabasePages } from "./database-pages.ts";
import type { PageNumbers } from "./page-numbers.ts";
import { ReadableTree, type Shape } from "./readable-tree.ts";
import type { Column, Kind } from "./record.ts";

const KINDS: Readonly<Record<string, Kind>> = { INTEGER: "integer", REAL: "real", TEXT: "text", BLOB: "blob" };

/** The root page of each table and index. */
export function rootsIn(pages: DatabasePages, reached: PageNumbers): ReadonlyMap<string, number> {
  const roots = new Map<string, number>();
  const columns = ["type", "name", "tbl_name", "rootpage", "sql"].map((name) => column(name, "any", true));
  const shape = { name: "sqlite_schema", columns, keyLength: 0, isRebuilt: false };
  new ReadableTree({ shape, root: 1 }, pages, reached, (_, [, name, , root]) => {
    if (Buffer.isBuffer(name) && typeof root === "number" && root > 0) roots.set(name.toString(), root);
  }).read();
  return roots;
}

export function shapesOf(db: Database): Shape[] {
  return [...tables(db), ...indexes(db)];
}

function tables(db: Database): Shape[] {
  const found = db.prepare<unknown[], unknown[]>(
    "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type <> 'virtual' AND type <> 'view' AND name <> 'sqlite_schema'",
  );
  return found
    .raw()
    .all()
    .map(([name, isKeyed, isStrict]) => {
      const { columns, key } = columnsOf(db, textIn(name), isStrict === 1);
      const isRebuilt = REBUILT_TABLES.has(textIn(name));
      const [only, ...others] = key;
      if (isKeyed === 1)
        return {
          name: textIn(name),
          columns: [...key, ...columns.filter((each) => !key.includes(each))],
          keyLength: key.length,
          isRebuilt,
        };
      // A key of one INTEGER column is the number of the row.
      const isAlias = (each: Column) => each === only && others.length === 0 && each.kind === "integer";
      return {
        name: textIn(name),
        columns: columns.map((each) => (isAlias(each) ? { ...each, kind: "alias" as const } : each)),
        keyLength: 0,
        isRebuilt,
      };
    });
}

function columnsOf(db: Database, table: string, isStrict: boolean): { columns: Column[]; key: Column[] } {
  const found = db
    .prepare<unknown[], unknown[]>(`SELECT name, type, "notnull", pk FROM pragma_table_info(?) ORDER BY cid`)
    .raw()
    .all(table)
    .map(([name, type, isNeeded, pk]) => {
      const kind = KINDS[textIn(type)] ?? "any";
      const isNumber = kind === "integer" && pk === 1;
      return { column: column(textIn(name), isStrict || isNumber ? kind : "any", isNeeded === 0), pk: numberIn(pk) };
    });
  const key = found.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
  return { columns: found.map(({ column }) => column), key: key.map(({ column }) => column) };
}

/** The columns of each index, and after them the key of the row. */
function indexes(db: Database): Shape[] {
  const found = db.prepare<unknown[], unknown[]>(
    `SELECT i.name, x.name, c.type, c."notnull", x.cid FROM sqlite_schema i, pragma_index_xinfo(i.name) x
     LEFT JOIN pragma_table_info(i.tbl_name) c ON c.cid = x.cid WHERE i.type = 'index' ORDER BY i.name, x.seqno`,
  );
  const columns = Map.groupBy(found.raw().all(), ([index]) => textIn(index));
  return [...columns].map(([name, rows]) => ({
    name,
    columns: rows.map(([, of, type, isNeeded, cid]) => {
      if (cid === -1) return column("rowid", "integer", false);
      return column(String(of), KINDS[String(type)] ?? "any", isNeeded !== 1);
    }),
    keyLength: rows.length,
    isRebuilt: true,
  }));
}

function column(name: string, kind: Kind, isOptional: boolean): Column {
  return { name, kind, isOptional };
}
