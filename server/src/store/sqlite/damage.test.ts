/** What a damaged database does: an error for the one thing that is damaged, and for nothing else. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { damageLeafOf, damagePageOf, loseTextOf } from "../../../test/lose-text.ts";
import { tokenSecretIn } from "../../parts/token-secret.ts";
import { agentDefinition } from "../../task/agent/agent.ts";
import type { Erasure } from "../../task/erasure.ts";
import { openTask } from "../../task/open-task.ts";
import type { Task } from "../../task/task.ts";
import { Damaged } from "../damage.ts";
import { complete, decided, EVERYBODY, live, submit } from "../suite/life.suite.ts";
import { newConversation, newTask, START } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE, FILES_FOLDER } from "./folder.ts";
import { sqliteStorage } from "./storage.ts";
import { openSqliteStore } from "./store.ts";

let folder = "";
let damages: string[] = [];
let sentences: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-damage-"));
  damages = [];
  sentences = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const reopened = () =>
  openSqliteStore(folder, {
    onDamage: ({ what, message }) => {
      damages.push(what);
      sentences.push(message);
    },
  });

/** Three tasks in a closed store, of which a test damages the second. */
async function threeTasks(fields: Partial<Parameters<typeof newTask>[0]> = {}): Promise<[Task, Task, Task]> {
  const store = await reopened();
  const kept: Task[] = [];
  for (const n of [1, 2, 3]) kept.push(await submit(store, newTask({ createdAt: START + n, ...fields })));
  await store.close();
  const [first, second, third] = kept;
  if (!first || !second || !third) throw new Error("three tasks were submitted");
  return [first, second, third];
}

function damage(sql: string, ...values: unknown[]): void {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.pragma("foreign_keys = 0");
  db.pragma("ignore_check_constraints = 1");
  expect(db.prepare<unknown[]>(sql).run(...values).changes).toBeGreaterThan(0);
  db.close();
}

const DAMAGES: Readonly<Record<string, (task: Task) => void>> = {
  "a record that is no JSON": ({ id }) => damage("UPDATE tasks SET record = '{' WHERE id = ?", id),
  "a record of another shape": ({ id }) => damage(`UPDATE tasks SET record = '{"waits":7}' WHERE id = ?`, id),
  "a state that nobody knows": ({ id }) => damage("UPDATE tasks SET state = 'dreaming' WHERE id = ?", id),
  "no submission": ({ id }) => damage("DELETE FROM submissions WHERE task = (SELECT n FROM tasks WHERE id = ?)", id),
};

test("what is damaged says in a sentence what is wrong with it, and where, also where a schema found it", () => {
  const row = z.object({ waits: z.array(z.string()) });
  const messages = [row.safeParse({ waits: 7 }).error, row.safeParse(null).error, new Error("no such page")].map(
    (cause) => new Damaged("task t", cause).message,
  );
  expect(messages).toEqual([
    "The task t cannot be read: waits: Invalid input: expected array, received number",
    "The task t cannot be read: it is wrong: Invalid input: expected object, received null",
    "The task t cannot be read: no such page",
  ]);
  expect(new Damaged("task t", row.safeParse(null).error).cause, "a log would add its JSON").toBe(undefined);
});

test.each(Object.entries(DAMAGES))(
  "a task with %s is left out of lists and of a start, which say so once",
  async (_, harm) => {
    const [first, second, third] = await threeTasks();
    harm(second);
    const store = await reopened();
    for (let times = 0; times < 2; times++) {
      const listed = (await store.list(EVERYBODY, {}, { limit: 10 })).tasks.map(({ id }) => id);
      const open = (await store.open(null, 3)).tasks.map(({ id }) => id);
      for (const id of [first.id, third.id]) {
        expect(listed).toContain(id);
        expect(open).toContain(id);
      }
      expect(Math.min(listed.length, open.length)).toBe(2);
    }
    expect(damages.length).toBe(1);
    expect(await store.tasks([first.id, third.id])).toEqual([first, third]);
    await store.close();
  },
);

test("a list whose statement breaks at the bytes of one task has all others, in their order", async () => {
  const store = await reopened();
  const kept: Task[] = [];
  for (const [n, letter] of ["a", "b", "c", "d"].entries())
    kept.push(await submit(store, newTask({ createdAt: START + n, input: { text: letter.repeat(60_000) } })));
  await store.close();
  await loseTextOf(folder, "b");
  const [first, second, third, fourth] = kept;
  const damaged = await reopened();
  const listed = await damaged.list(EVERYBODY, {}, { limit: 10 });
  expect(listed.tasks.map(({ id }) => id)).toEqual([fourth?.id, third?.id, first?.id]);
  expect(damages).toEqual([`task of row ${second?.number}`]);
  expect(sentences).toEqual([expect.stringMatching(/cannot be read: a page that it lies on is damaged$/)]);
  await damaged.close();
});

test("a search for text finds all tasks but the one at whose bytes its reading breaks", async () => {
  const inputs = ["a", "b", "c"].map((letter) => ({ word: "capital", text: letter.repeat(60_000) }));
  const kept: Task[] = [];
  const before = await reopened();
  for (const [n, input] of inputs.entries()) kept.push(await submit(before, newTask({ createdAt: START + n, input })));
  await before.close();
  const [first, , third] = kept;
  await loseTextOf(folder, "b");
  const store = await reopened();
  const found = await store.list(EVERYBODY, { text: "capital" }, { limit: 10 });
  expect(found.tasks.map(({ id }) => id)).toEqual([third?.id, first?.id]);
  await store.close();
});

test("tasks that cannot be removed, since their bytes are damaged, keep no other from being swept, however many lie beside each other", async () => {
  const before = await reopened();
  const kept: Task[] = [];
  for (const letter of ["a", "b", "c", "d", "e", "f"]) {
    const task = await submit(before, newTask({ createdAt: START, input: { text: letter.repeat(60_000) } }));
    kept.push(letter === "f" ? task : await live(before, task, ...complete(task)));
  }
  await before.close();
  for (const letter of ["b", "c", "d"]) await loseTextOf(folder, letter);
  const store = await reopened();
  expect(await store.sweep(START + 1_000, 10)).toBe(2);
  expect(await store.sweep(START + 1_000, 10)).toBe(0);
  const left = await store.list(EVERYBODY, {}, { limit: 10 });
  expect(left.tasks.map(({ id }) => id)).toEqual([kept[5]?.id]);
  expect(damages).toContain("task that ended long ago");
  expect(damages).not.toContain("search index");
  await store.close();
});

const damageColumn = ({ id }: Task) => damage("UPDATE tasks SET due_at = 9007199254740993 WHERE id = ?", id);

test("a task of which a column for the start cannot be read is known to a start by its record", async () => {
  const [first, second, third] = await threeTasks();
  damageColumn(second);
  const store = await reopened();
  expect((await store.open(null, 3)).tasks).toEqual([first, second, third].map(openTask));
  expect(damages).toEqual([`task ${second.id}`]);
  await store.close();
});

test.each(Object.entries({ ...DAMAGES, "a time that no number holds": damageColumn }))(
  "a check names a task with %s, and it can be set aside and put back",
  async (_, harm) => {
    const [first, second, third] = await threeTasks();
    harm(second);
    const storage = sqliteStorage(folder);
    const found = await storage.health();
    expect(found.unreadable.map(({ task }) => task)).toEqual([second.id]);
    expect(await storage.setAside(second.id)).toBe(true);
    expect(await storage.setAside(second.id)).toBe(false);
    expect(await storage.health()).toMatchObject({ aside: [second.id] });
    const store = await reopened();
    expect(await store.task(second.id)).toBe(null);
    const page = await store.open(null, 1);
    expect(page.tasks.map(({ id }) => id)).toEqual([first.id]);
    expect((await store.open(page.next, 1)).tasks.map(({ id }) => id)).toEqual([third.id]);
    expect((await store.list(EVERYBODY, {}, { limit: 10 })).tasks.map(({ id }) => id)).toEqual([third.id, first.id]);
    expect(damages).toEqual([]);
    await store.close();
    expect(await storage.putBack(second.id)).toBe(true);
    expect(await storage.putBack(second.id)).toBe(false);
    expect((await storage.health()).unreadable).toEqual(found.unreadable);
  },
);

test("a sound task that is set aside is in no list, no count and no start, outlives retention, and comes back whole", async () => {
  const [first, second, third] = await threeTasks();
  const storage = sqliteStorage(folder);
  const started = await reopened();
  const ended = await live(started, second, ...complete(second));
  await started.close();
  for (const id of [first.id, second.id]) expect(await storage.setAside(id)).toBe(true);
  const store = await reopened();
  expect(await store.list(EVERYBODY, {}, { limit: 10 })).toMatchObject({ total: 1, tasks: [{ id: third.id }] });
  expect((await store.open(null, 10)).tasks.map(({ id }) => id)).toEqual([third.id]);
  expect(await store.sweep(START + 86_400_000, 10)).toBe(0);
  expect(await Promise.all([first, second, third].map(({ id }) => store.mayGoOn(id)))).toEqual([true, true, true]);
  expect(await store.check()).toEqual([]);
  await store.close();
  for (const id of [first.id, second.id]) expect(await storage.putBack(id)).toBe(true);
  const again = await reopened();
  expect(await again.tasks([first.id, second.id, third.id])).toEqual([first, ended, third]);
  expect((await again.list(EVERYBODY, {}, { limit: 10 })).total).toBe(3);
  expect(await again.check()).toEqual([]);
  await again.close();
});

test("tasks that sleep and are set aside are read by no start and counted among no others", async () => {
  const [first, second, third] = await threeTasks({ notBefore: START + 60_000 });
  expect(await sqliteStorage(folder).setAside(second.id)).toBe(true);
  const store = await reopened();
  const beforeAll = { wakesAt: 0, id: "" };
  const { tasks } = await store.asleep(beforeAll, START + 60_000, 10);
  expect(tasks.map(({ number }) => number)).toEqual([first.number, third.number]);
  expect((await store.asleepNumbers(beforeAll, 10)).those).toEqual([
    { kind: first.kind, state: "queued", queue: null, numbers: [first.number, third.number] },
  ]);
  await store.close();
});

test("a check reads the logs, journals, inboxes, files, conversations, keys and subscriptions too, and names what it cannot read", async () => {
  const [first, second, third] = await threeTasks({ input: { text: "x".repeat(100_000) } });
  const store = await reopened();
  await store.apply([
    {
      ...decided(third, { do: "input", by: "ada", messageId: "m", prompt: null }),
      inbox: { messageId: "m", prompt: null, question: null, value: 1, by: "ada", at: START },
    },
  ]);
  await store.close();
  const of = (id: string) => `task = (SELECT n FROM tasks WHERE id = '${id}')`;
  damage(`UPDATE events SET data = '[' WHERE ${of(first.id)}`);
  damage(`UPDATE inbox SET value = 'nothing' WHERE ${of(third.id)}`);
  damage("INSERT INTO facts (name, value) VALUES ('broken', '{')");
  damage("INSERT INTO subscriptions VALUES ('sub_1', NULL, 't', 'u', 'w', NULL, 'http://x', 1, 0, NULL, 1, '{')");
  damage("INSERT INTO deliveries VALUES ('sub_1', 1, '{}')");
  damage(
    "INSERT INTO keys (id, hash, tenant, user, name, scopes, hint, created_at) VALUES ('key_1', 'h', 't', 'u', 'n', 'none', '', 1)",
  );
  const { unreadable } = await sqliteStorage(folder).health();
  const named = unreadable.map(({ task, says }) => `${task} ${says}`).join("\n");
  const others = ["setting broken", "key key_1", "The subscription sub_1", "delivery of subscription sub_1"];
  for (const wanted of [`log of task ${first.id}`, `inbox of task ${third.id}`, ...others])
    expect(named).toContain(wanted);
  expect(unreadable).toHaveLength(6);
  await rm(path.join(folder, FILES_FOLDER), { recursive: true });
  expect((await sqliteStorage(folder).health()).unreadable.map(({ task }) => task)).toContain(second.id);
});

test("a key that cannot be read lets nobody in, and is left out of lists", async () => {
  await (await reopened()).close();
  const insert = "INSERT INTO keys (id, hash, tenant, user, name, scopes, hint, created_at, above) VALUES";
  damage(`${insert} ('key_1', 'one', 'acme', 'ada', 'n', 'none', '', 1, NULL)`);
  damage(`${insert} ('key_2', 'two', 'acme', 'ada', 'n', '["tasks"]', '', 2, '{')`);
  damage(`${insert} ('key_3', 'three', 'acme', 'ada', char(8238, 0, 27) || 'n', '["tasks"]', '', 3, NULL)`);
  const store = await reopened();
  expect([await store.keys.byHash("one"), await store.keys.byHash("two")]).toEqual([null, null]);
  const { keys } = await store.keys.list({ tenant: "acme", user: null }, { limit: 9, after: null });
  expect(keys.map(({ id }) => id)).toEqual(["key_3"]);
  await store.close();
  const { unreadable } = await sqliteStorage(folder).health();
  expect(unreadable.map(({ says }) => says).join()).toMatch(/key key_1.*key key_2/);
});

test("an agent that cannot be read is an error of whoever asks for it, is left out of lists, and is named by a check", async () => {
  await (await reopened()).close();
  const id = "01900000-0000-7000-8000-000000000000";
  damage(`INSERT INTO agents VALUES ('${id}', 'acme', 'ada', 'poet', 'poet', 0, 1, '{"slug":7}', 1, 'ada', 1)`);
  const store = await reopened();
  await expect(store.agents.agent({ tenant: "acme", user: null }, "poet")).rejects.toThrow("agent poet cannot be read");
  const page = { limit: 9, after: null };
  expect(await store.agents.agents({ tenant: "acme", user: null }, { hidden: true }, page)).toEqual({
    agents: [],
    next: null,
  });
  expect(damages).toEqual([`agent ${id}`]);
  await store.close();
  const says = (await sqliteStorage(folder).health()).unreadable.map(({ says }) => says);
  expect(says).toEqual([expect.stringContaining(`The agent ${id} cannot be read`)]);
});

test("lists of agents, conversations and documents have all but what lies on a damaged page, and go on behind it", async () => {
  const store = await reopened();
  const of = { tenant: "acme", user: "ada" };
  for (let n = 0; n < 40; n++) {
    await store.createConversation(newConversation({ title: "t".repeat(300), createdAt: START + n }), null);
    const poet = { slug: `poet-${n}`, name: `poet ${n}`, instructions: "i".repeat(300) };
    damage(
      "INSERT INTO agents VALUES (?, 'acme', 'ada', ?, ?, 0, 1, ?, ?, 'ada', 1)",
      ...[newConversation().id, poet.slug, poet.name, JSON.stringify(agentDefinition.parse(poet)), n],
    );
    damage(
      `INSERT INTO documents (key, tenant, user, id, filename, purpose, bytes, media_type, status, created_at, updated_at, annotations, produced)
       VALUES (?, 'acme', 'ada', ?, ?, '', 1, '', 'uploaded', ?, 1, '{}', '{}')`,
      ...[newConversation().id, `file-${n}`, "f".repeat(300), n],
    );
  }
  await store.close();
  for (const table of ["agents", "conversations", "documents"]) await damageLeafOf(folder, table, 0.5);
  const damaged = await reopened();
  const count = {
    agents: (await damaged.agents.agents({ tenant: "acme", user: null }, { hidden: true }, { limit: 100, after: null }))
      .agents.length,
    conversations: (await damaged.conversations(of, "native", { limit: 100 })).conversations.length,
    documents: (await damaged.documents.documents(of, { at: 0 }, { limit: 100, order: "asc" })).documents.length,
  };
  for (const [what, found] of Object.entries(count)) {
    expect(found, what).toBeGreaterThan(25);
    expect(found, what).toBeLessThan(40);
  }
  await damaged.close();
});

test("a start goes on with the webhooks of all tasks but those on a damaged page, however many fit into one look", async () => {
  const store = await reopened();
  for (let n = 0; n < 40; n++) await submit(store, newTask({ createdAt: START + n }));
  await store.close();
  damage(
    `INSERT INTO subscriptions SELECT printf('sub_%03d', n), n, 'acme', 'ada', 'w', NULL, 'http://x', 1, 0, NULL, 1, '{}' FROM tasks`,
  );
  await damageLeafOf(folder, "tasks", 0.5);
  const damaged = await reopened();
  const keys = new Set<string>();
  for (let from = ""; ; ) {
    const found = await damaged.subscriptions.unfinished(from, 7);
    for (const { key } of found) keys.add(key);
    from = found.at(-1)?.key ?? "";
    if (found.length < 7) break;
  }
  expect(keys.size).toBeGreaterThan(25);
  expect(keys.size).toBeLessThan(40);
  await damaged.close();
});

test("a work item that cannot be read is left out of the numbers of a worklist, and is named by a check", async () => {
  const [first, second] = await threeTasks();
  for (const [{ id }, state] of [[first, "assigned"] as const, [second, "dreaming"] as const])
    damage(
      `INSERT INTO assignments (task, tenant, state, title, creator, sender, priority, assigned_at, updated_at)
       SELECT n, 'acme', ?, 'Sign', 'ada', 'ada', 3, 1, 1 FROM tasks WHERE id = ?`,
      ...[state, id],
    );
  const store = await reopened();
  expect(await store.human.workCounts({ tenant: "acme" }, START)).toEqual([
    { state: "assigned", priority: 3, overdue: false, count: 1 },
  ]);
  expect(damages).toEqual(["numbers of work items"]);
  await store.close();
  const says = (await sqliteStorage(folder).health()).unreadable.map(({ says }) => says);
  expect(says).toEqual([expect.stringContaining(`work item of task ${second.id} cannot be read`)]);
});

test("an erasure and a backup that cannot be read are left out of what goes on and of lists, and are named by a check", async () => {
  await (await reopened()).close();
  damage("INSERT INTO erasures VALUES ('erasure_1', 'acme', 'running', 1, '{')");
  damage("INSERT INTO backups VALUES ('backup_1', 1, '[]')");
  const store = await reopened();
  const wanted: Erasure = {
    ...{ id: "erasure_2", tenant: "acme", subject: { type: "user", id: "bob" }, state: "running", requestedBy: "ada" },
    ...{ requestedAt: 1, endedAt: null, removed: {}, kept: [], since: 0, backups: [] },
  };
  const audit = { tenant: "acme", at: 1, user: "ada", keyId: "k", act: "a", task: null, detail: {}, origin: null };
  await store.erasures.begin(wanted, audit);
  expect((await store.erasures.running("")).erasures.map(({ id }) => id)).toEqual(["erasure_2"]);
  await store.erasures.end("erasure_2", 2, []);
  expect((await store.erasures.list("acme", 9)).map(({ id, backups }) => [id, backups])).toEqual([["erasure_2", []]]);
  expect(damages).toEqual(["erasure erasure_1", "backup backup_1"]);
  await store.close();
  const says = (await sqliteStorage(folder).health()).unreadable.map(({ says }) => says).join("\n");
  expect(says).toMatch(/erasure erasure_1 cannot be read.*\n.*backup backup_1 cannot be read/);
});

test("a cursor that cannot be read keeps no other from being told again what was given up", async () => {
  const [{ number }] = await threeTasks();
  const insert = "INSERT INTO subscriptions VALUES";
  damage(`${insert} ('sub_0', NULL, 't', 'u', 'w', NULL, 'http://x', 1, 0, NULL, 1, '{}')`);
  damage(`${insert} ('sub_0.1', ?, 't', 'u', 'w', 'sub_0', 'http://x', 1, 0, NULL, 1, '{"givenUp":1}')`, number);
  const store = await reopened();
  expect(await store.subscriptions.givenUp("sub_0", "", 1)).toEqual({ subscriptions: [], next: "sub_0.1" });
  expect(await store.subscriptions.givenUp("sub_0", "sub_0.1", 1)).toEqual({ subscriptions: [], next: null });
  expect(damages).toEqual(["subscription sub_0.1"]);
  await store.close();
});

test("a day of usage that cannot be read is left out of sums by day", async () => {
  await (await reopened()).close();
  damage(
    `INSERT INTO daily_usage (tenant, day, user, agent, provider, model, calls, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd, unpriced_calls, estimated_calls)
     VALUES ('acme', 9007199254740993, 'u', 'a', 'p', 'm', 1, 1, 1, 1, 1, 1, 0, 0), ('acme', 2, 'u', 'a', 'p', 'm', 1, 1, 1, 1, 1, 1, 0, 0)`,
  );
  const store = await reopened();
  const found = await store.dailyUsage.sums({ tenant: "acme", user: null }, { from: 0, before: 2 ** 54 }, ["day"], {
    limit: 9,
  });
  expect([found.rows.map(({ day }) => day), found.total.calls, damages]).toEqual([[2], 2, ["row of daily usage"]]);
  await store.close();
});

test("a setting that cannot be read is an error of whoever asks for it, and the secret of tokens is made anew", async () => {
  const before = await reopened();
  const secret = await tokenSecretIn(before);
  await before.close();
  damage("UPDATE facts SET value = '-1' WHERE name = 'token-secret'");
  expect((await sqliteStorage(folder).health()).unreadable).toHaveLength(1);
  const store = await reopened();
  await expect(store.setting("token-secret")).rejects.toThrow(Damaged);
  const made = await tokenSecretIn(store);
  expect(made).not.toEqual(secret);
  expect(await tokenSecretIn(store)).toEqual(made);
  await store.close();
});

test("a check of a database with a damaged page goes on behind it", async () => {
  const [first, second] = await threeTasks();
  damage("UPDATE tasks SET record = '{' WHERE id = ?", second.id);
  await damagePageOf(folder, "events");
  const { problems, unreadable } = await sqliteStorage(folder).health();
  expect(problems.length).toBeGreaterThan(0);
  const tasks = unreadable.map(({ task }) => task);
  expect(tasks).toContain(first.id);
  expect(tasks).toContain(second.id);
});

test("whoever asks for a task that cannot be read hears which, and the next one gets an answer", async () => {
  const [first, second] = await threeTasks();
  damage("UPDATE tasks SET record = '{' WHERE id = ?", second.id);
  const store = await reopened();
  await expect(store.task(second.id)).rejects.toThrow(Damaged);
  await expect(store.task(second.id)).rejects.toThrow(second.id);
  expect(await store.task(first.id)).toEqual(first);
  expect(await store.tasks([second.id, first.id])).toEqual([first]);
  await store.close();
});

test("a value whose file is gone is an error of its task, and lists show the task", async () => {
  const [first, second] = await threeTasks({ input: { text: "x".repeat(100_000) } });
  await rm(path.join(folder, FILES_FOLDER), { recursive: true });
  const store = await reopened();
  await expect(store.task(second.id)).rejects.toThrow(Damaged);
  expect((await store.list(EVERYBODY, {}, { limit: 10 })).tasks.map(({ id }) => id)).toContain(first.id);
  expect((await store.list(EVERYBODY, { text: "capital" }, { limit: 10 })).total).toBe(3);
  await store.close();
});

test("a damaged page is an error of the questions that need it, and the reader lives on", async () => {
  const [first] = await threeTasks();
  const store = await reopened();
  await damagePageOf(folder, "events");
  const asked = [store.events(first.id, 0, 10), store.task(first.id), store.journal(first.id)];
  const [events, task, journal] = await Promise.allSettled(asked);
  expect(events?.status).toBe("rejected");
  expect(task).toEqual({ status: "fulfilled", value: first });
  expect(journal).toEqual({ status: "fulfilled", value: [] });
  await store.close();
});

test("a damaged index of open tasks is made anew by a start, which says so once", async () => {
  const tasks = await threeTasks();
  await damagePageOf(folder, "tasks_open");
  const store = await reopened();
  expect(damages).toEqual(["index of open tasks, which has been rebuilt,"]);
  expect((await store.open(null, 3)).tasks).toEqual(tasks.map(openTask));
  expect(await live(store, tasks[0], { do: "start" })).toMatchObject({ state: "running" });
  expect(await store.check()).toEqual([]);
  await store.close();
  await (await reopened()).close();
  expect(damages).toHaveLength(1);
});

test("a start says what to do when neither the index of open tasks nor the tasks can be read, nor the database be made anew", async () => {
  await threeTasks();
  await damagePageOf(folder, "tasks_open");
  await damagePageOf(folder, "tasks");
  const other = openDatabase(path.join(folder, DATABASE_FILE));
  const reading = other.prepare("SELECT name FROM facts").iterate();
  reading.next();
  await expect(reopened()).rejects.toThrow("waybill restore");
  reading.return?.();
  other.close();
});

test("a search for text that ends in a NUL, or is half of a character, is a search", async () => {
  await threeTasks();
  const store = await reopened();
  for (const text of ["capital\0", "capital\0France", "capital \u0000 France"])
    expect((await store.list(EVERYBODY, { text }, { limit: 10 })).total).toBe(3);
  expect((await store.list(EVERYBODY, { text: "capital\ud800" }, { limit: 10 })).total).toBeLessThanOrEqual(3);
  await expect(store.list(EVERYBODY, { text: "\0" }, { limit: 10 })).rejects.toThrow("at least one word");
  await store.close();
});
