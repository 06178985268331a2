import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { processorMs } from "../../../../test/processor-time.ts";
import { openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { Pace } from "../thread/pace.ts";
import { ErasedRecords } from "./erased-records.ts";

const pace = new Pace();

const OTHERS = 40_000;
const EVENTS = 30_000;
const CHILDREN = 20_000;
const TURNS_MAX = 300;

// A turn is as long as this thread works: on a busy machine as much is done in it as on an idle one.
beforeEach(() => void vi.spyOn(performance, "now").mockImplementation(processorMs));
afterEach(() => void vi.restoreAllMocks());

function stage() {
  const db = openDatabase(":memory:");
  migrate(db);
  const all = (sql: string) => db.prepare<unknown[], unknown>(sql).pluck().all();
  db.prepare<unknown[]>("INSERT INTO erasures VALUES ('e', 'acme', 'running', 1, ?)").run(
    JSON.stringify({ subject: { type: "user", id: "ada" }, removed: {} }),
  );
  const converse = db.prepare<unknown[]>(
    `INSERT INTO conversations (id, tenant, user, title, context, created_at, updated_at, last_activity_at, tasks,
       completed, failed, input_tokens, output_tokens, cost_usd)
     VALUES (?, 'acme', ?, '', '{}', 1, 1, 1, 0, 0, 0, 0, 0, 0)`,
  );
  const remember = db.prepare<unknown[]>("INSERT INTO idempotency VALUES (?, ?, '', ?, 1)");
  db.transaction(() => {
    for (let n = 0; n < OTHERS; n++) {
      converse.run(`b${n}`, "bob");
      remember.run("paid requests", `p${n}`, "");
    }
    converse.run("a", "ada");
    converse.run("z", "ada");
    remember.run("acme\nada\nPOST /v1/tasks", "p", "");
    remember.run("acme\nbob\nPOST /v1/tasks", "k", "gone");
  })();
  return { db, all };
}

test("an erasure comes to its end where others have more than one turn can look at, and leaves their records", () => {
  const { db, all } = stage();
  const records = new ErasedRecords(db);
  const turn = db.transaction(() => records.turn("e", pace.turn(2)).isMore);
  let turns = 1;
  while (turn() && turns < TURNS_MAX) turns++;
  expect(turns).toBeLessThan(TURNS_MAX);
  expect(all("SELECT count(*) FROM conversations WHERE user = 'bob'")).toEqual([OTHERS]);
  expect(all("SELECT count(*) FROM conversations")).toEqual([OTHERS]);
  expect(all("SELECT DISTINCT scope FROM idempotency")).toEqual(["paid requests"]);
  expect(all("SELECT count(*) FROM idempotency")).toEqual([OTHERS]);
});

test("an erasure comes to its end by turns that are over as soon as they have begun, as where somebody waits all the time", () => {
  const { db, all } = stage();
  db.exec("UPDATE idempotency SET scope = 'acme' || char(10) || 'ada' || char(10) || 'x' WHERE key LIKE 'p1%'");
  db.exec("UPDATE conversations SET user = 'ada' WHERE id LIKE 'b1__'");
  const records = new ErasedRecords(db);
  const left =
    "SELECT (SELECT count(*) FROM idempotency WHERE scope LIKE '%ada%') + (SELECT count(*) FROM conversations WHERE user = 'ada')";
  let most = 0;
  let turns = 0;
  for (let isMore = true; isMore && turns < TURNS_MAX; turns++) {
    const [before] = all(left);
    isMore = db.transaction(() => records.turn("e", () => true).isMore)();
    most = Math.max(most, Number(before) - Number(all(left)[0]));
  }
  expect(turns).toBeLessThan(TURNS_MAX);
  expect(all(left)).toEqual([0]);
  // A slice of keys, and no second one.
  expect(most).toBeLessThanOrEqual(201);
});

test("what a turn has removed that did not commit is found by the next one", () => {
  const { db, all } = stage();
  const records = new ErasedRecords(db);
  const refused = db.transaction(() => {
    while (records.turn("e", pace.turn(2)).isMore);
    throw new Error("The disk is full.");
  });
  expect(refused).toThrow("full");
  expect(all("SELECT id FROM conversations WHERE user = 'ada'")).toHaveLength(2);
  while (db.transaction(() => records.turn("e", pace.turn(2)).isMore)());
  expect(all("SELECT id FROM conversations WHERE user = 'ada'")).toEqual([]);
});

test("others do not wait while the user is renamed in a task of many events", () => {
  const { db, all } = stage();
  const task = "task_".padEnd(31, "0");
  db.prepare<unknown[]>(
    `INSERT INTO tasks (n, id, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, record, output)
     VALUES (1, ?, 'acme', 'bob', 'agent', 'completed', 1, 1, ?, 1, 1, 1, '{"by":"ada"}', '{}')`,
  ).run(task, EVENTS);
  db.exec("INSERT INTO submissions (task, fixed, input) VALUES (1, '{}', '{}')");
  db.exec(
    "INSERT INTO participants (task, tenant, type, identity, part, state, free, own) VALUES (1, 'acme', 'user', 'ada', 'actor', 'decided', 0, 0)",
  );
  const happen = db.prepare<unknown[]>("INSERT INTO events VALUES (1, ?, 1, ?, ?)");
  const said = JSON.stringify({ text: "x".repeat(4_000) });
  db.transaction(() => {
    for (let seq = 1; seq < EVENTS; seq++) happen.run(seq, "message.delta", said);
    happen.run(EVENTS, "task.resumed", '{"by":"ada"}');
  })();
  const records = new ErasedRecords(db);
  const turn = db.transaction(() => records.turn("e", pace.turn(2)));
  let longest = 0;
  for (let isMore = true; isMore; ) {
    const before = processorMs();
    ({ isMore } = turn());
    longest = Math.max(longest, processorMs() - before);
  }
  expect(longest).toBeLessThan(30);
  const pseudonym = all("SELECT identity FROM participants")[0];
  expect(pseudonym).not.toBe("ada");
  expect(all("SELECT record ->> '$.by' FROM tasks")).toEqual([pseudonym]);
  expect(all("SELECT data ->> '$.by' FROM events WHERE type = 'task.resumed'")).toEqual([pseudonym]);
});

test("a damaged task below one that the user has steered keeps no name in those beside it, and no erasure from its end", () => {
  const { db, all } = stage();
  const idOf = (n: number) => `task_${n}`.padEnd(31, "0");
  const put = db.prepare<unknown[]>(
    `INSERT INTO tasks (n, id, parent, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, record, output)
     VALUES (?, ?, ?, 'acme', 'bob', 'agent', 'cancelled', 1, 1, 1, 1, 1, 1, ?, NULL)`,
  );
  const own = '{"cancelledBy":{"by":"ada"}}';
  for (const [n, record] of [own, "{", own].entries()) {
    put.run(n, idOf(n), n === 0 ? null : idOf(0), record);
    db.exec(`INSERT INTO submissions (task, fixed, input) VALUES (${n}, '{}', '{}')`);
  }
  db.prepare<unknown[]>(
    `INSERT INTO audit (n, tenant, at, user, key_id, act, task, detail)
     VALUES (1, 'acme', 1, 'ada', '', 'cancel', ?, '{}')`,
  ).run(idOf(0));
  const records = new ErasedRecords(db);
  let turns = 1;
  while (db.transaction(() => records.turn("e", pace.turn(2)).isMore)() && turns < TURNS_MAX) turns++;
  expect(turns).toBeLessThan(TURNS_MAX);
  const named = all("SELECT record ->> '$.cancelledBy.by' FROM tasks WHERE n <> 1");
  expect(named).toEqual([expect.stringMatching(/^erased-/), named[0]]);
});

test("others do not wait while the user is looked for below a task of very many children", () => {
  const { db, all } = stage();
  const idOf = (n: number) => `task_${n}`.padEnd(31, "x");
  const put = db.prepare<unknown[]>(
    `INSERT INTO tasks (n, id, parent, tenant, user, kind, state, revision, attempt, last_seq, progress, created_at, ended_at, record, output)
     VALUES (?, ?, ?, 'acme', 'bob', 'agent', 'cancelled', 1, 1, 1, 1, 1, 1, ?, NULL)`,
  );
  db.transaction(() => {
    for (let n = 1; n <= CHILDREN; n++) {
      // Every tenth is below the child before it; few say the name.
      const parent = n === 1 ? null : idOf(n % 10 === 0 ? n - 1 : 1);
      put.run(n, idOf(n), parent, n % 1_000 < 2 ? '{"cancelledBy":{"by":"ada"}}' : "{}");
      db.exec(`INSERT INTO submissions (task, fixed, input) VALUES (${n}, '{}', '{}')`);
    }
  })();
  db.prepare<unknown[]>(
    `INSERT INTO audit (n, tenant, at, user, key_id, act, task, detail)
     VALUES (1, 'acme', 1, 'ada', '', 'cancel', ?, '{}')`,
  ).run(idOf(1));
  const records = new ErasedRecords(db);
  const turn = db.transaction(() => records.turn("e", pace.turn(15)));
  let longest = 0;
  let turns = 0;
  for (let isMore = true; isMore && turns < TURNS_MAX; turns++) {
    const before = processorMs();
    ({ isMore } = turn());
    longest = Math.max(longest, processorMs() - before);
  }
  expect(turns).toBeLessThan(TURNS_MAX);
  expect(longest).toBeLessThan(40);
  expect(all("SELECT count(*) FROM tasks WHERE record ->> '$.cancelledBy.by' = 'ada'")).toEqual([0]);
  // Once, however many turns it has taken.
  expect(all("SELECT max(revision) FROM tasks")).toEqual([2]);
});
