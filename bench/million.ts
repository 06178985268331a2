/**
 * Fills the database of a data folder with tasks as a month of use would leave them: spread evenly over 30 days, of
 * 20 users, six kinds and all states, a third of them in conversations. Writes rows directly, so that a million take a
 * minute and not an hour; `waybill doctor` and the store's own check find nothing wrong with them.
 *
 *   node bench/million.ts FOLDER [tasks] [--asleep | --asking | --unclaimed]
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Database } from "better-sqlite3";
import { fixedOf, reasonsText, recordOf } from "../server/src/store/codec/task-row.ts";
import { DAY_MS, TEN_MINUTES_MS } from "../server/src/store/codec/totals.ts";
import { openDatabase } from "../server/src/store/sqlite/database.ts";
import { DATABASE_FILE } from "../server/src/store/sqlite/folder.ts";
import { migrate } from "../server/src/store/sqlite/migrate.ts";
import { uuidFromBytes, uuidV7Bytes } from "../server/src/task/id.ts";
import { waitsOn } from "../server/src/task/open-task.ts";
import { isTerminal, type State } from "../server/src/task/states.ts";
import { dueAt, type Task } from "../server/src/task/task.ts";
import { sampleTask } from "./sample-task.ts";

export const DAYS = 30;
export const USERS = 20;
export const KINDS = ["agent", "agent", "agent", "file_processing", "human", "external"] as const;
export const TASKS_PER_CONVERSATION = 20;
const MONTH_MS = 30 * DAY_MS;
const ROWS_PER_TRANSACTION = 10_000;

/** Ids that are given back, spread over all of them, where there are as many. */
const IDS = 20_000;

/** Of a hundred tasks, this many are in each state; the rest are completed. */
const STATES: [State, number][] = [
  ["failed", 4],
  ["cancelled", 2],
  ["timed_out", 1],
  ["rejected", 1],
  ["queued", 1],
  ["running", 1],
  ["waiting", 1],
  ["input_required", 1],
  ["paused", 1],
];

export type Loaded = { ids: string[]; conversations: string[]; from: number; before: number };

export type Shape = {
  /** The end of the 30 days. */
  before?: number;
  /** All of them sleep, for a month from then on. */
  asleep?: boolean;
  /** All of them wait for somebody's answer. */
  asking?: boolean;
  /** All of them lie in one queue, and nobody has claimed any. */
  unclaimed?: boolean;
  /** None is open: a server that starts on them has nothing to do. */
  ended?: boolean;
};

/** Returns a sample of the ids, and all conversations. */
export function loadTasks(folder: string, count: number, shape: Shape = {}): Loaded {
  const { before = Date.now(), asleep = false, asking = false, unclaimed = false, ended = false } = shape;
  const rests = asleep || asking;
  mkdirSync(folder, { recursive: true });
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  migrate(db);
  db.pragma("synchronous = OFF");
  db.pragma("foreign_keys = OFF");
  const insertTask = db.prepare<unknown[]>(
    `INSERT INTO tasks (id, tenant, user, kind, state, conversation, parent, revision, attempt, last_seq, progress,
       created_at, ended_at, deleted_at, record, output, due_at, waits_on, queue)
       VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)`,
  );
  const insertSubmission = db.prepare<unknown[]>("INSERT INTO submissions (task, fixed, input) VALUES (?, ?, ?)");
  const insertEvent = db.prepare<unknown[]>("INSERT INTO events (task, seq, at, type, data) VALUES (?, ?, ?, ?, ?)");
  const insertConversation = db.prepare<unknown[]>(
    `INSERT INTO conversations (id, tenant, user, title, context, created_at, updated_at, last_activity_at, tasks,
       completed, failed, input_tokens, output_tokens, cost_usd) VALUES (?, ?, ?, '', '{}', ?, ?, ?, 0, 0, 0, 0, 0, 0)`,
  );
  const from = before - DAYS * DAY_MS;
  const ids: string[] = [];
  const conversations: string[] = [];

  const insert = (index: number) => {
    const createdAt = from + Math.floor((index / count) * DAYS * DAY_MS);
    const user = `user-${index % USERS}`;
    let conversation: string | null = null;
    if (index % 3 === 0 && !unclaimed) {
      const place = Math.floor(index / 3);
      if (place % TASKS_PER_CONVERSATION === 0) {
        const id = uuidFromBytes(uuidV7Bytes(createdAt, crypto.getRandomValues(new Uint8Array(16))));
        insertConversation.run(id, "default", user, createdAt, createdAt, createdAt);
        conversations.push(id);
      }
      conversation = conversations.at(-1) ?? null;
    }
    const kind = rests ? "nap" : unclaimed ? "claimable" : (KINDS[index % KINDS.length] ?? "agent");
    const question = `What is the capital of country number ${index % 1000}, and what do ${index % 77} people say?`;
    const sample = sampleTask(createdAt, question, { kind, conversation, user });
    const shapedAs = unclaimed ? inState("queued", sample) : shaped(sample, index, asleep ? before : null);
    const resting = asking ? inQuestion(sample) : shapedAs;
    const task = ended && !isTerminal(resting.state) ? inState("completed", sample) : resting;
    if (index % Math.ceil(count / IDS) === 0) ids.push(task.id);
    const output = task.state === "completed" ? JSON.stringify(task.output) : null;
    const { revision, attempt, progress, endedAt } = task;
    const n = insertTask.run(
      task.id,
      task.tenant,
      user,
      kind,
      task.state,
      conversation,
      revision,
      attempt,
      2,
      progress,
      createdAt,
      endedAt,
      recordOf(task),
      output,
      rests ? dueAt(task) : null,
      rests ? reasonsText(waitsOn(task)) : null,
      unclaimed ? "bench" : null,
    ).lastInsertRowid;
    insertSubmission.run(n, fixedOf(task), JSON.stringify(task.input));
    insertEvent.run(n, 1, createdAt, "task.submitted", JSON.stringify({ kind, title: question, lens: task.lens }));
    insertEvent.run(n, 2, task.updatedAt, endedAt === null ? "task.started" : `task.${task.state}`, output ?? "{}");
  };
  const insertMany = db.transaction((first: number, end: number) => {
    for (let index = first; index < end; index++) insert(index);
  });
  for (let first = 0; first < count; first += ROWS_PER_TRANSACTION) {
    insertMany(first, Math.min(count, first + ROWS_PER_TRANSACTION));
  }
  sumUp(db);
  return { ids, conversations, from, before };
}

function sumUp(db: Database): void {
  db.exec(`
    DELETE FROM totals;
    ${["''", "'=' || user"].map((owner) => [DAY_MS, TEN_MINUTES_MS].map((span) => totalsSql(owner, span)).join("")).join("")}
    UPDATE conversations SET
      tasks = (SELECT count(*) FROM tasks WHERE conversation = conversations.id),
      completed = (SELECT count(*) FROM tasks WHERE conversation = conversations.id AND state = 'completed'),
      failed = (SELECT count(*) FROM tasks WHERE conversation = conversations.id AND state IN ('failed', 'timed_out', 'rejected'));
  `);
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

function totalsSql(owner: string, span: number): string {
  return `INSERT INTO totals SELECT tenant, ${owner}, ${span}, created_at - created_at % ${span}, kind, state, count(*)
    FROM tasks WHERE deleted_at IS NULL GROUP BY 1, 2, 4, 5, 6;`;
}

function stateOf(index: number): State {
  let place = (index * 61) % 100;
  for (const [state, share] of STATES) {
    if (place < share) return state;
    place -= share;
  }
  return "completed";
}

/** As the task of this number is; asleep, a month from `asleepAt` on. */
function shaped(task: Task, index: number, asleepAt: number | null): Task {
  if (asleepAt === null) return inState(stateOf(index), task);
  const until = asleepAt + MONTH_MS;
  const wait = { key: "0", on: "timer", since: task.createdAt, until } as const;
  return { ...inState("waiting", { ...task, input: {} }), waits: [wait] };
}

function inQuestion(task: Task): Task {
  const prompt = { name: "go", asks: "approval", text: "Go on?", schema: null } as const;
  const wait = { key: "0", on: "input", since: task.createdAt, until: null, prompt } as const;
  return { ...inState("input_required", { ...task, input: {} }), waits: [wait] };
}

function inState(state: State, task: Task): Task {
  const at = task.createdAt + 2_000;
  const moved = { ...task, revision: 1, attempt: 1, startedAt: task.createdAt + 10, updatedAt: at, stateChangedAt: at };
  const endedAt = isTerminal(state) ? at : null;
  if (state === "completed") {
    return { ...moved, state, endedAt, progress: 1, output: { text: "Paris, as far as anybody here can tell." } };
  }
  if (state === "failed" || state === "timed_out" || state === "rejected") {
    return { ...moved, state, endedAt, error: { code: "handler_error", message: "It did not work out." } };
  }
  if (state === "paused") return { ...moved, state, resumesAs: "running" };
  return { ...moved, state, endedAt };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [folder, count = "1000000", flag] = process.argv.slice(2);
  if (folder === undefined) throw new Error("Which folder?");
  const start = performance.now();
  loadTasks(folder, Number(count), {
    asleep: flag === "--asleep",
    asking: flag === "--asking",
    unclaimed: flag === "--unclaimed",
  });
  console.log(`${Number(count).toLocaleString("en")} tasks in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
