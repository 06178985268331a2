// Writes server/assets/schema.sql: what the migrations make together, for databases that are new. With --check nothing is
// written: exit 1 says that the file is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../server/src/store/sqlite/database.ts";
import { MIGRATIONS, migrateInSteps } from "../server/src/store/sqlite/migrate.ts";

const target = fileURLToPath(new URL("../server/assets/schema.sql", import.meta.url));
const db = openDatabase(":memory:");
migrateInSteps(db, MIGRATIONS.length);

/** What belongs to a table of another kind comes with that table. */
const tables = db.pragma("table_list").filter(({ name }) => !name.startsWith("sqlite_"));
const shadows = new Set(tables.flatMap(({ name, type }) => (type === "shadow" ? [name] : [])));
const made = db
  .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
  .all()
  .filter(({ name }) => !name.startsWith("sqlite_") && !shadows.has(name));
const rows = tables
  .filter(({ type }) => type === "table")
  .flatMap(({ name }) =>
    db
      .prepare(`SELECT * FROM ${name}`)
      .all()
      .map(
        (row) =>
          `INSERT INTO ${name} (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).map(literal).join(", ")})`,
      ),
  );
const fresh = [
  "-- Made by scripts/make-schema.mjs of the migrations, which are what counts.",
  ...[...made.map(({ sql }) => sql), ...rows, `PRAGMA user_version = ${MIGRATIONS.length}`].map((sql) => `${sql};`),
  "",
].join("\n");

function literal(value) {
  if (typeof value !== "number") throw new Error(`${value} at the beginning of a table: say how it is written`);
  return `${value}`;
}

if (!process.argv.includes("--check")) writeFileSync(target, fresh);
else if (readFileSync(target, "utf8") !== fresh) {
  console.error("server/assets/schema.sql is stale: node scripts/make-schema.mjs");
  process.exit(1);
}
