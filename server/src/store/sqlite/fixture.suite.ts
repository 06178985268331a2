/**
 * Makes `fixtures/schema-N.sqlite`, a database of the present schema as a store leaves it. Run it before the next
 * migration is written: what this version has left must then open and read in all later ones.
 *
 *   node server/src/store/sqlite/fixture.suite.ts
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Command, decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { Task } from "../../task/task.ts";
import { newConversation, newTask, START } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { MIGRATIONS } from "./migrate.ts";
import { openSqliteStore } from "./store.ts";

export function fixture(version: number): string {
  return fileURLToPath(new URL(`./fixtures/schema-${version}.sqlite`, import.meta.url));
}

const start: Command = { do: "start" };
const wait = { key: "k", since: START + 1_000, until: START + 9_000 };
const suspend = (...waits: Task["waits"]): Command => ({ do: "suspend", attempt: 1, waits, checkpoint: "k" });

/** A task in each way of being open, and some that have ended. */
function lives(): { title: string; fields: Parameters<typeof newTask>[0]; commands: Command[] }[] {
  const child = newTask().id;
  const prompt = { name: "ok", asks: "approval", text: "Go on?", schema: null } as const;
  return [
    { title: "queued", fields: {}, commands: [] },
    { title: "delayed", fields: { notBefore: START + 60_000, priority: 5 }, commands: [] },
    { title: "running", fields: { concurrency: { key: "c", limit: 2 } }, commands: [start] },
    { title: "limited", fields: { timeLimitMs: 5_000 }, commands: [start] },
    {
      title: "leased",
      fields: { kind: "external", input: { queue: "gpu" }, deadlineAt: START + 99_000 },
      commands: [{ do: "start", lease: { worker: "w1", until: START + 30_000 } }],
    },
    { title: "unclaimed", fields: { kind: "external", queue: "gpu", conversation: null }, commands: [] },
    { title: "asleep", fields: {}, commands: [start, suspend({ on: "timer", ...wait })] },
    {
      title: "parent",
      fields: {},
      commands: [start, suspend({ on: "child", ...wait, until: null, child }, { on: "timer", ...wait })],
    },
    { title: "asking", fields: {}, commands: [start, suspend({ on: "input", ...wait, until: null, prompt })] },
    { title: "woken", fields: {}, commands: [start, suspend({ on: "timer", ...wait }), { do: "wake", key: "k" }] },
    { title: "paused", fields: {}, commands: [start, { do: "pause", by: "ada", reason: "late" }] },
    { title: "completed", fields: {}, commands: [start, { do: "complete", attempt: 1, output: { answer: "Paris" } }] },
    { title: "cancelled", fields: { deadlineAt: START + 9 }, commands: [{ do: "cancel", by: "ada", reason: "late" }] },
  ];
}

async function make(target: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "waybill-schema-"));
  const store = await openSqliteStore(folder);
  const conversation = newConversation({ agent: "guide" });
  const { id } = conversation;
  for (const [index, { title, fields, commands }] of lives().entries()) {
    const task = newTask({ title, createdAt: START + index, metadata: { index }, conversation: id, ...fields });
    let change = submitted(task);
    await store.apply([{ ...change, ...(index === 0 && { conversation: { conversation, alias: null } }) }]);
    for (const command of commands) {
      const next = decide(change.task, command, START + 1_000);
      if (next instanceof Refusal) throw next;
      await store.apply([next]);
      change = next;
    }
  }
  await store.appendMessage(id, { role: "user", parts: [{ text: "Hello" }] }, START + 2_000);
  await store.putSetting("process", { clean: true });
  await store.close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  rmSync(target, { force: true });
  db.prepare<unknown[]>("VACUUM INTO ?").run(target);
  db.close();
  rmSync(folder, { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await make(fixture(MIGRATIONS.length));
