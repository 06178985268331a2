/** What a scrub does beside others who work on the same database. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE, INDEX_FILE } from "../folder.ts";
import { scrub } from "./scrub.ts";

/** Is at work on the log until half a second after it was seen there, as its reader holds it up: others may not write it back meanwhile. */
const WRITES_BACK = `
  const Sqlite = require("better-sqlite3");
  const reader = new Sqlite(process.argv[1], { readonly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM many").get();
  const db = new Sqlite(process.argv[1], { timeout: 500 });
  db.exec("INSERT INTO many VALUES ('behind what is read')");
  require("node:fs").writeSync(1, "begins");
  while (!require("node:fs").existsSync(process.argv[1] + ".seen")) db.pragma("wal_checkpoint(TRUNCATE)");
  reader.close();
  db.close();
`;

test("the log of a large database is emptied behind whoever is writing it back", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "waybill-scrub-"));
  const file = path.join(folder, DATABASE_FILE);
  const db = openDatabase(file);
  try {
    db.exec("CREATE TABLE many (value TEXT); INSERT INTO many VALUES (hex(zeroblob(6000000)))");
    const other = spawn(process.execPath, ["-e", WRITES_BACK, file], { cwd: import.meta.dirname });
    await once(other.stdout, "data");
    const isBusy = db.prepare<unknown[], unknown[]>("PRAGMA wal_checkpoint(PASSIVE)").raw();
    while (isBusy.get()?.[0] !== 1) await nextTurn();
    await writeFile(`${file}.seen`, "");
    expect(scrub(file, path.join(folder, INDEX_FILE))).toEqual({ isCompact: false, isLogEmpty: true });
    expect((await stat(`${file}-wal`)).size).toBe(0);
    other.kill();
  } finally {
    db.close();
    await rm(folder, { recursive: true, force: true });
  }
});
