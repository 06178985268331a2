/** Damages a long value, or a page, in a database that nobody has open. */
import { open, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { openDatabase } from "../src/store/sqlite/database.ts";
import { DATABASE_FILE } from "../src/store/sqlite/folder.ts";

/** Breaks off the value that is of this letter alone, behind its beginning. */
export async function loseTextOf(folder: string, letter: string): Promise<void> {
  const file = path.join(folder, DATABASE_FILE);
  const db = openDatabase(file);
  db.pragma("wal_checkpoint(TRUNCATE)");
  const size = Number(db.pragma("page_size", { simple: true }));
  db.close();
  const bytes = await readFile(file);
  // Each page of a long value begins with the number of its next one.
  for (let at = 0; at < bytes.length; at += size)
    if (bytes.subarray(at + 4, at + size).every((byte) => byte === letter.charCodeAt(0))) bytes.fill(0xff, at, at + 4);
  await writeFile(file, bytes);
}

/** Writes over the page where this table or index begins. */
export async function damagePageOf(folder: string, name: string): Promise<void> {
  await damage(folder, "SELECT rootpage FROM sqlite_schema WHERE name = ?", name);
}

/** Writes over a page of its rows, behind this share of those that it has. */
export async function damageLeafOf(folder: string, name: string, share: number): Promise<void> {
  await damage(
    folder,
    `SELECT pageno FROM (SELECT pageno, row_number() OVER (ORDER BY path) AS at, count(*) OVER () AS pages
       FROM dbstat WHERE name = ? AND pagetype = 'leaf') WHERE at = 1 + CAST(pages * ? AS INTEGER)`,
    name,
    share,
  );
}

async function damage(folder: string, pageBy: string, ...of: unknown[]): Promise<void> {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.pragma("wal_checkpoint(TRUNCATE)");
  const page = Number(
    db
      .prepare<unknown[], unknown>(pageBy)
      .pluck()
      .get(...of),
  );
  const size = Number(db.pragma("page_size", { simple: true }));
  db.close();
  const file = await open(path.join(folder, DATABASE_FILE), "r+");
  await file.write(Buffer.alloc(size, 0x5a), 0, size, (page - 1) * size);
  await file.close();
}
