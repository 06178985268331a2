/**
 * A user's name in what stays after an erasure: in the sums of paid calls, in agents that others may use, and where the user took
 * part in tasks of others. A pseudonym takes its place, in columns and where a JSON text holds the name as a whole string;
 * what the user has said there as a comment goes.
 */
import type { Database } from "better-sqlite3";
import { pseudonymOf } from "../../task/erasure.ts";
import type { Erasing } from "./erasure-tally.ts";
import { lateRows, lateRun } from "./late-statements.ts";
import { OF_PEOPLE } from "./migrations/029-compared-values.ts";
import { inSlices, SLICE_ROWS } from "./slices.ts";

const COUNTS =
  "calls, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd, unpriced_calls, estimated_calls";

export class ErasedNames {
  readonly #agents;
  readonly #usage;
  readonly #addUsage;
  readonly #dropUsage;
  readonly #taskOf;
  readonly #ofTask;

  constructor(db: Database) {
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
      // What is open is the engine's, which has the name in memory and would write it back.
      `SELECT p.task FROM participants p JOIN tasks t ON t.n = p.task
       WHERE p.tenant = ? AND p.type = 'user' AND p.identity = ? AND t.ended_at IS NOT NULL LIMIT 1`,
    );
    // The name as JSON writes it, so that no longer one which begins with it is touched.
    const inJson = (column: string) => `${column} = replace(${column}, json_quote(@user), json_quote(@name))`;
    this.#ofTask = [
      `UPDATE events SET data = json_set(data, '$.text', '') WHERE task = @task AND type = 'human.commented'
         AND json_valid(data) AND data ->> '$.by' = @user`,
      `UPDATE events SET ${inJson("data")} WHERE task = @task
         AND ${OF_PEOPLE}`,
      "UPDATE inbox SET by = @name WHERE task = @task AND by = @user",
      "UPDATE attachments SET by = @name WHERE task = @task AND by = @user",
      `UPDATE tasks SET ${inJson("record")} WHERE n = @task`,
      ...["creator", "sender", "claimed_by"].map(
        (column) => `UPDATE assignments SET ${column} = @name WHERE task = @task AND ${column} = @user`,
      ),
      "UPDATE participants SET identity = @name WHERE task = @task AND type = 'user' AND identity = @user",
    ].map((sql) => lateRun(db, sql));
  }

  replace(of: Erasing, until: number, count: (kind: string, rows: number) => void): boolean {
    const { tenant } = of;
    const user = of.subject.id;
    const name = pseudonymOf(of);
    for (const agents of this.#agents) agents.run(name, tenant, user);
    const isSummed = inSlices(until, SLICE_ROWS, () => {
      const slice = this.#usage.all(tenant, user, SLICE_ROWS);
      for (const [day, agent, provider, model, ...counts] of slice) {
        this.#dropUsage.run(tenant, user, day, agent, provider, model);
        this.#addUsage.run(tenant, name, day, agent, provider, model, ...counts);
      }
      return slice.length;
    });
    if (!isSummed) return false;
    for (let row = this.#taskOf.get(tenant, user); row; row = this.#taskOf.get(tenant, user)) {
      if (performance.now() >= until) return false;
      for (const each of this.#ofTask) each.run({ task: row[0], user, name });
      count("parts in work of others", 1);
    }
    return true;
  }
}
