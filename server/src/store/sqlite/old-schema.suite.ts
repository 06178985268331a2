/**
 * Makes `fixtures/schema-1.sqlite`: a database of schema version 1 as a store leaves it, before text search.
 *
 *   node server/src/store/sqlite/old-schema.suite.ts
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Command, decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { newTask, START } from "../suite/new-task.suite.ts";
import { DATABASE_FILE, openDatabase } from "./database.ts";
import { openSqliteStore } from "./store.ts";

export const SCHEMA_1 = fileURLToPath(new URL("./fixtures/schema-1.sqlite", import.meta.url));

const OPEN: Command[] = [{ do: "start" }];
const ENDED: Command[] = [{ do: "start" }, { do: "complete", attempt: 1, output: { answer: "Paris" } }];

async function make(target: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "waybill-schema-"));
  const store = await openSqliteStore(folder);
  for (const [index, commands] of [[], OPEN, ENDED].entries()) {
    const title = `Old task ${index + 1}`;
    let change = submitted(
      newTask({ title, input: { query: "How old is it?" }, createdAt: START + index, metadata: { index } }),
    );
    await store.apply([change]);
    for (const command of commands) {
      const next = decide(change.task, command, START + 1_000);
      if (next instanceof Refusal) throw next;
      await store.apply([next]);
      change = next;
    }
  }
  await store.putSetting("process", { clean: true });
  await store.close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.exec("DROP TABLE search; DROP TABLE search_progress; PRAGMA user_version = 1;");
  rmSync(target, { force: true });
  db.prepare<unknown[]>("VACUUM INTO ?").run(target);
  db.close();
  rmSync(folder, { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await make(SCHEMA_1);
