/**
 * A user's name in rows that stay after an erasure: in the sums of paid calls, in agents that others may use, and where the user took
 * part in tasks of others or steered them. A pseudonym replaces it, in columns and where a JSON text holds the name as a whole string;
 * comments of the user are removed.
 */
import type { Database } from "better-sqlite3";
import { pseudonymOf } from "../../../task/erasure.ts";
import { STATES, type State } from "../../../task/states.ts";
import type { TaskChange } from "../../change-feed.ts";
import { renamed } from "../../codec/renamed.ts";
import { numberIn, textIn } from "../column.ts";
import { indexedAnew } from "../documents/search.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { type IsOver, inSlices, SLICE_LARGE_ROWS, SLICE_ROWS } from "../slices.ts";
import { ErasedActs } from "./erased-acts.ts";
import type { ErasurePlaces } from "./erasure-places.ts";
import type { Erasing } from "./erasure-tally.ts";

const COUNTS =
  "calls, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd, unpriced_calls, estimated_calls";

export class ErasedNames {
  readonly #agents;
  readonly #usage;
  readonly #addUsage;
  readonly #dropUsage;
  readonly #taskOf;
  readonly #people;
  readonly #acts;
  /** Tasks rewritten in this slice: caches of them have the name. */
  #renamed: TaskChange[] = [];

  constructor(db: Database, places: ErasurePlaces) {
    this.#agents = ["user", "updated_by"].map((column) =>
      lateRun(db, `UPDATE agents SET ${column} = ? WHERE tenant = ? AND ${column} = ?`),
    );
    this.#usage = lateRows(
      db,
      `SELECT day, agent, provider, model, ${COUNTS} FROM daily_usage WHERE tenant = ? AND user = ? LIMIT ?`,
    );
    this.#addUsage = lateRun(
      db,
      `INSERT INTO daily_usage (tenant, user, day, agent, provider, model, ${COUNTS})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#dropUsage = lateRun(
      db,
      "DELETE FROM daily_usage WHERE tenant = ? AND user = ? AND day = ? AND agent = ? AND provider = ? AND model = ?",
    );
    this.#taskOf = lateRows(
      db,
      // Open tasks are the engine's, which has the name in memory and would write it back.
      `SELECT p.task FROM participants p JOIN tasks t ON t.n = p.task
       WHERE p.tenant = ? AND p.type = 'user' AND p.identity = ? AND t.ended_at IS NOT NULL LIMIT 1`,
    );
    this.#people = new NamesInWork(db, places);
    this.#acts = new ErasedActs(db, places);
  }

  /** Tasks renamed since the last call. */
  takeRenamed(): TaskChange[] {
    const renamed = this.#renamed;
    this.#renamed = [];
    return renamed;
  }

  replace(of: Erasing, isOver: IsOver, count: (kind: string, rows: number) => void): boolean {
    const { tenant } = of;
    const user = of.subject.id;
    const name = pseudonymOf(of);
    for (const agents of this.#agents) agents.run(name, tenant, user);
    const isSummed = inSlices(isOver, SLICE_ROWS, () => {
      const slice = this.#usage.all(tenant, user, SLICE_ROWS);
      for (const [day, agent, provider, model, ...counts] of slice) {
        this.#dropUsage.run(tenant, user, day, agent, provider, model);
        this.#addUsage.run(tenant, name, day, agent, provider, model, ...counts);
      }
      return slice.length;
    });
    if (!isSummed) return false;
    for (let row = this.#taskOf.get(tenant, user); row; row = this.#taskOf.get(tenant, user)) {
      if (!this.#isRenamed(numberIn(row[0]), of, isOver)) return false;
      count("parts in work of others", 1);
      if (isOver()) return false;
    }
    return this.#acts.goOver(of, isOver, (task) => this.#isRenamed(task, of, isOver));
  }

  #isRenamed(task: number, of: Erasing, isOver: IsOver): boolean {
    if (!this.#people.renameEvents(task, of, isOver)) return false;
    this.#renamed.push(this.#people.rename(task, of.subject.id, pseudonymOf(of)));
    return true;
  }
}

/** One ended task of others, in all rows that name a user who took part. */
class NamesInWork {
  readonly #find;
  readonly #inColumns;
  readonly #places: ErasurePlaces;
  readonly #rows;
  readonly #noComment;
  readonly #events;
  readonly #setEvent;
  readonly #setTask;
  readonly #setInput;
  readonly #index;

  constructor(db: Database, places: ErasurePlaces) {
    this.#places = places;
    this.#find = lateRows(
      db,
      `SELECT t.record, t.output, s.input, CASE WHEN json_valid(s.fixed) THEN s.fixed ->> '$.title' ELSE '' END,
         t.kind = 'human', t.id, t.revision, t.last_seq, t.state
       FROM tasks t JOIN submissions s ON s.task = t.n WHERE t.n = ?`,
    );
    this.#inColumns = [
      "UPDATE inbox SET by = @name WHERE task = @task AND by = @user",
      "UPDATE attachments SET by = @name WHERE task = @task AND by = @user",
      ...["creator", "sender", "claimed_by"].map(
        (column) => `UPDATE assignments SET ${column} = @name WHERE task = @task AND ${column} = @user`,
      ),
      "UPDATE participants SET identity = @name WHERE task = @task AND type = 'user' AND identity = @user",
    ].map((sql) => lateRun(db, sql));
    this.#rows = lateRows(db, "SELECT t.last_seq, t.kind = 'human' FROM tasks t WHERE t.n = ?");
    this.#noComment = lateRun(
      db,
      `UPDATE events SET data = json_set(data, '$.text', '') WHERE task = @task AND seq > @after AND seq <= @upTo
         AND type = 'human.commented' AND json_valid(data) AND data ->> '$.by' = @user`,
    );
    // The answer of an agent or of a handler is its owner's.
    this.#events = lateRows(
      db,
      `SELECT seq, data FROM events WHERE task = ? AND seq > ? AND seq <= ? AND instr(data, ?) > 0
         AND (type GLOB 'human.*' OR type GLOB 'task.*' AND (type <> 'task.completed' OR ?))`,
    );
    this.#setEvent = lateRun(db, "UPDATE events SET data = ? WHERE task = ? AND seq = ?");
    this.#setTask = lateRun(db, "UPDATE tasks SET record = ?, output = ?, revision = revision + 1 WHERE n = ?");
    this.#setInput = lateRun(db, "UPDATE submissions SET input = ? WHERE task = ?");
    this.#index = indexedAnew(db);
  }

  /** The log of a task may be long; false when the time is over before all of it has the new name. */
  renameEvents(task: number, of: Erasing, isOver: IsOver): boolean {
    const [last, isHuman] = this.#rows.get(task) ?? [0, 0];
    const user = of.subject.id;
    const name = pseudonymOf(of);
    const look = `events of ${task}`;
    const isDone = this.#places.goOver({ erasure: of.id, look, first: 0, isOver }, (after) => {
      const upTo = after + SLICE_LARGE_ROWS;
      this.#noComment.run({ task, after, upTo, user });
      for (const [seq, data] of this.#events.all(task, after, upTo, JSON.stringify(user), isHuman))
        this.#setEvent.run(renamed(textIn(data), user, name) ?? data, task, seq);
      return upTo < numberIn(last) ? upTo : null;
    });
    if (isDone) this.#places.forgetLook(of.id, look);
    return isDone;
  }

  /** All rows except its events. */
  rename(task: number, user: string, name: string): TaskChange {
    for (const each of this.#inColumns) each.run({ task, user, name });
    const [record, output, input, title, isHuman, id, revision, lastSeq, state] = this.#find.get(task) ?? [];
    const named = (text: unknown) => (typeof text === "string" ? (renamed(text, user, name) ?? text) : text);
    this.#setTask.run(named(record), isHuman === 1 ? named(output) : output, task);
    const newInput = isHuman === 1 ? named(input) : input;
    if (newInput !== input) {
      this.#setInput.run(newInput, task);
      this.#index(task, textIn(title ?? ""), textIn(newInput));
    }
    return { task: textIn(id), revision: numberIn(revision) + 1, lastSeq: numberIn(lastSeq), state: stateIn(state) };
  }
}

function stateIn(column: unknown): State {
  const state = STATES.find((each) => each === column);
  if (state === undefined) throw new Error(`There is no state ${String(column)}.`);
  return state;
}
