/** Lists of a damaged database: all but what cannot be read. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf } from "../../../test/lose-text.ts";
import type { LatestPlace, TaskFilter } from "../../task/task-filter.ts";
import type { WorkFilter } from "../human-store.ts";
import type { Store } from "../store.ts";
import { EVERYBODY, submit } from "../suite/life.suite.ts";
import { newConversation, newTask, START } from "../suite/new-task.suite.ts";
import { openDatabase } from "./database.ts";
import { DATABASE_FILE } from "./folder.ts";
import { openSqliteStore } from "./store.ts";

const ROWS = 60;
const LONG = "l".repeat(200);

let folder = "";
let damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-lists-"));
  damages = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });

/** Writes one statement with `@n` from 1 to `ROWS`, and what else it names. */
function write(sql: string): void {
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.pragma("foreign_keys = 0");
  for (let n = 1; n <= ROWS; n++) db.prepare(sql).run({ n, long: LONG });
  db.close();
}

const KEYS = `INSERT INTO keys (id, hash, tenant, user, name, scopes, hint, created_at, parent, above)
  VALUES (printf('key_%02d', @n), printf('hash_%02d', @n), 'acme', iif(@n % 2, 'ada', 'bob'), @long, '["tasks"]', '', CAST(@n / 3 AS INTEGER),
    iif(@n % 2, NULL, 'key_01'), iif(@n % 2, NULL, '["key_01"]'))`;
const ERASURES = `INSERT INTO erasures VALUES (printf('erasure_%02d', @n), 'acme', iif(@n % 2, 'running', 'completed'), @n, json_object(
  'id', printf('erasure_%02d', @n), 'tenant', 'acme', 'subject', json_object('type', 'user', 'id', @long),
  'state', iif(@n % 2, 'running', 'completed'), 'requestedBy', 'ada', 'requestedAt', @n, 'endedAt', iif(@n % 2, NULL, @n),
  'removed', json('{}'), 'kept', json('[]'), 'since', 0, 'backups', json('[]')))`;
const BACKUPS = `INSERT INTO backups VALUES (printf('backup_%02d', @n), @n, json_object(
  'id', printf('backup_%02d', @n), 'madeAt', @n, 'path', @long, 'encrypted', json('false')))`;
const RECORD = `json_object('url', 'http://x', 'format', 'f', 'events', NULL, 'secrets', json('{}'), 'cursor', 0, 'announces', json('false'),
  'state', 'active', 'reason', @long, 'attempts', 0, 'dueAt', NULL, 'failures', 0, 'givenUp', 1, 'createdAt', 1, 'updatedAt', 1)`;
const WEBHOOKS = `INSERT INTO subscriptions VALUES
  (printf('sub_%02d', @n), NULL, 'acme', 'ada', printf('w%02d', @n), NULL, 'http://x', 1, 0, NULL, 1, ${RECORD})`;
const CURSORS = `INSERT INTO subscriptions VALUES
  (printf('all_%02d', @n), @n, 'acme', 'ada', printf('w%02d', @n), 'all', 'http://x', 1, 0, NULL, 1, ${RECORD})`;
const STANDING = `INSERT OR IGNORE INTO subscriptions VALUES
  ('all', NULL, 'acme', 'ada', 'all', NULL, 'http://x', 1, 0, NULL, 1, ${RECORD})`;
const AUDIT = `INSERT INTO audit (tenant, at, user, key_id, act, detail) VALUES ('acme', @n, @long, 'k', 'a', '{}')`;
const WORK = `INSERT INTO assignments (task, tenant, state, title, creator, sender, priority, assigned_at, updated_at)
  VALUES (@n, 'acme', 'assigned', @long, 'ada', 'ada', 3, 1, 1)`;
const PARTICIPANTS = "INSERT INTO participants VALUES ('acme', 'user', 'bob', 'assignee', 'assigned', 1, @n, 0)";
const BY_PRIORITY = [
  { by: "priority", descending: false },
  { by: "number", descending: false },
] as const;
const WHOSE = { as: [{ type: "user" as const, id: "bob", part: "assignee" as const }] };
const worklist = (filter: Partial<WorkFilter>) => async (store: Store) => {
  const page = { limit: 100, offset: 0, order: BY_PRIORITY };
  return (await store.human.worklist({ tenant: "acme", ...filter }, page)).tasks.map(({ id }) => id);
};

const DOCUMENTS = `INSERT INTO documents (key, tenant, user, id, filename, purpose, bytes, media_type, status, created_at, updated_at, annotations,
       produced) VALUES (printf('%036d', @n), 'acme', 'ada', 'f' || @n, @long, '', 1, '', 'uploaded', @n, @n, '{}', '{}')`;

const STORE = "v".repeat(36);
const VECTOR_STORE = `INSERT OR IGNORE INTO vector_stores (key, tenant, user, id, name, description, metadata, max_tokens, overlap_tokens, model,
  created_at, last_active_at) VALUES ('${STORE}', 'acme', 'ada', 'v', '', '', '{}', 1, 0, 'm', 1, 1)`;
const MEMBERS = `INSERT INTO members (vector_store, document, status, attributes, max_tokens, overlap_tokens, bytes, created_at)
  VALUES ('${STORE}', printf('%036d', @n), iif(@n % 2, 'completed', 'in_progress'), '{}', 1, 0, 1, CAST(@n / 3 AS INTEGER))`;
const ACTS = `INSERT INTO audit (tenant, at, user, key_id, act, task, detail) VALUES ('acme', @n, @long, 'k', 'a', 'task', '{}')`;

async function inPages<Item, Place>(
  page: (after: Place | null) => Promise<{ items: Item[]; next: Place | null }>,
): Promise<Item[]> {
  const all: Item[] = [];
  let after: Place | null = null;
  for (let pages = 0; pages < ROWS; pages++) {
    const { items, next } = await page(after);
    all.push(...items);
    if (next === null) return all;
    after = next;
  }
  throw new Error("the list has no end");
}

const keysOf = (user: string | null, within?: string) => (store: Store) =>
  inPages(async (after: { createdAt: number; id: string } | null) => {
    const visible = { tenant: "acme", user, ...(within !== undefined && { within }) };
    const { keys, next } = await store.keys.list(visible, { limit: 7, after });
    return { items: keys.map(({ id }) => id), next };
  });
const auditOf =
  (isForward: boolean, filter: { task?: string } = {}) =>
  (store: Store) =>
    inPages(async (after: number | null) => {
      const place = isForward ? { after: after ?? 0 } : { before: after };
      const {
        entries,
        more,
        place: next,
      } = await store.audit.page({ tenants: ["acme"], from: 1, ...filter }, place, 7);
      return { items: entries.map(({ n }) => String(n)), next: more ? next : null };
    });
const STORES = `INSERT INTO vector_stores (key, tenant, user, id, name, description, metadata, max_tokens, overlap_tokens, model, created_at,
  last_active_at) VALUES (printf('%036d', @n), 'acme', iif(@n % 4, 'ada', 'bob'), 'v' || @n, @long, '', '{}', 1, 0, 'm', @n, 1)`;
type Paged = { limit: number; order: "asc" | "desc"; after?: string };
const listOf =
  (order: "asc" | "desc", read: (store: Store, page: Paged) => Promise<{ ids: string[]; more: boolean }>) =>
  (store: Store) =>
    inPages(async (after: string | null) => {
      const { ids, more } = await read(store, { limit: 3, order, ...(after !== null && { after }) });
      return { items: ids, next: more ? (ids.at(-1) ?? null) : null };
    });
const documentsOf = (user: string | null) =>
  listOf("asc", async ({ documents }, page) => {
    const found = await documents.documents({ tenant: "acme", user }, { at: 0 }, page);
    return { ids: found.documents.map(({ id }) => id), more: found.more };
  });
const storesOf = (user: string | null) =>
  listOf("desc", async ({ documents }, page) => {
    const found = await documents.vectorStores({ tenant: "acme", user }, page);
    return { ids: found.stores.map(({ id }) => id), more: found.more };
  });
const membersOf = (status: "completed" | null) =>
  listOf("desc", async ({ documents }, page) => {
    const found = await documents.members(STORE, status === null ? {} : { status }, page);
    return { ids: found.members.map(({ documentId }) => documentId), more: found.more };
  });
const ada = { tenant: "acme", user: "ada" };

const latest = (store: Store) =>
  inPages(async (after: LatestPlace | null) => {
    const found = await store.latest({ tenant: "acme", user: null }, {}, { limit: 7, after });
    const items: string[] = [];
    let next: LatestPlace | null = null;
    for await (const each of found.tasks) {
      if (each.task) items.push(each.task.id);
      next = each.next;
    }
    return { items, next };
  });

type Listed = { table: string; rows: string[]; all?: number; read: (store: Store) => Promise<string[]> };

const LISTS: Readonly<Record<string, Listed>> = {
  "keys of a tenant": { table: "keys", rows: [KEYS], read: keysOf(null) },
  "keys of a user": { table: "keys", rows: [KEYS], all: 30, read: keysOf("ada") },
  "keys below a key": { table: "keys", rows: [KEYS], all: 31, read: keysOf("ada", "key_01") },
  erasures: {
    ...{ table: "erasures", rows: [ERASURES] },
    read: async (store) => (await store.erasures.list("acme", 100)).map(({ id }) => id),
  },
  "erasures that go on": {
    ...{ table: "erasures", rows: [ERASURES], all: 30 },
    read: async (store) => (await store.erasures.running("")).erasures.map(({ id }) => id),
  },
  "backups of what was erased": {
    ...{ table: "backups", rows: [BACKUPS, ERASURES] },
    read: async (store) => (await store.erasures.find("acme", "erasure_60"))?.backups.map(({ id }) => id) ?? [],
  },
  "webhooks of all tasks": {
    ...{ table: "subscriptions", rows: [WEBHOOKS] },
    read: async (store) => (await store.subscriptions.list(ada, null)).map(({ key }) => key),
  },
  "cursors with something given up": {
    ...{ table: "subscriptions", rows: [CURSORS, STANDING] },
    read: (store) =>
      inPages(async (after: string | null) => {
        const { subscriptions, next } = await store.subscriptions.givenUp("all", after ?? "", 7);
        return { items: subscriptions.map(({ key }) => key), next };
      }),
  },
  "cursors of tasks that have changed": {
    ...{ table: "subscriptions", rows: [CURSORS, STANDING] },
    read: async (store) => {
      const ids = await Promise.all(Array.from({ length: ROWS }, (_, n) => store.taskNumbered(n + 1)));
      return (await store.subscriptions.cursorsOf(ids.flatMap((id) => id ?? []))).map(({ key }) => key);
    },
  },
  "an audit log from its beginning": { table: "audit", rows: [AUDIT], read: auditOf(true) },
  "an audit log from its end": { table: "audit", rows: [AUDIT], read: auditOf(false) },
  "acts on a task from the first": { table: "audit", rows: [ACTS], read: auditOf(true, { task: "task" }) },
  "acts on a task from the last": { table: "audit", rows: [ACTS], read: auditOf(false, { task: "task" }) },
  "files of a tenant": { table: "documents", rows: [DOCUMENTS], read: documentsOf(null) },
  "files of a user": { table: "documents", rows: [DOCUMENTS], read: documentsOf("ada") },
  "vector stores of a tenant": { table: "vector_stores", rows: [STORES], read: storesOf(null) },
  "vector stores of a user": { table: "vector_stores", rows: [STORES], all: 45, read: storesOf("ada") },
  "the files of a vector store": {
    table: "documents",
    rows: [DOCUMENTS, VECTOR_STORE, MEMBERS],
    read: membersOf(null),
  },
  "the files of a vector store that are there": {
    ...{ table: "documents", rows: [DOCUMENTS, VECTOR_STORE, MEMBERS], all: 30 },
    read: membersOf("completed"),
  },
  "tasks by their last change": { table: "tasks", rows: [WORK], read: latest },
  "a worklist whose tasks": {
    ...{ table: "tasks", rows: [WORK] },
    read: async (store) => {
      const page = { limit: 100, offset: 0, order: [{ by: "number" as const, descending: false }] };
      return (await store.human.worklist({ tenant: "acme" }, page)).tasks.map(({ id }) => id);
    },
  },
  "items of a worklist": { table: "assignments", rows: [WORK], read: worklist({}) },
  "items of the worklist of somebody": {
    table: "assignments",
    rows: [WORK, PARTICIPANTS],
    read: worklist({ whose: WHOSE }),
  },
};

test.each([{}, { whose: WHOSE }])(
  "the numbers of a worklist are those of the items that can be read: %j",
  async (more) => {
    await (await opened()).close();
    for (const sql of [WORK, PARTICIPANTS]) write(sql);
    await damageLeafOf(folder, "assignments", 0.4);
    const store = await opened();
    const counts = await store.human.workCounts({ tenant: "acme", ...more }, START);
    const { total } = await store.human.worklist(
      { tenant: "acme", ...more },
      { limit: 100, offset: 0, order: [...BY_PRIORITY] },
    );
    expect(counts).toEqual([{ state: "assigned", priority: 3, overdue: false, count: total }]);
    expect(total).toBeGreaterThan(ROWS / 3);
    expect(total).toBeLessThan(ROWS);
    await store.close();
  },
);

test.each([
  ["keys", KEYS, keysOf(null)],
  [
    "agents",
    `INSERT INTO agents VALUES (printf('%036d', @n), 'acme', 'ada', 'a' || @n, @n, 0, 1,
       json_object('slug', 'a' || @n, 'name', @long, 'instructions', 'i'), @n, 'ada', @n)`,
    async (store: Store) => {
      const page = { limit: 100, after: null };
      return (await store.agents.agents({ tenant: "acme", user: null }, { hidden: true }, page)).agents.map(
        ({ id }) => id,
      );
    },
  ],
  [
    "conversations",
    `INSERT INTO conversations (id, tenant, user, title, context, created_at, updated_at, last_activity_at, tasks, completed, failed,
       input_tokens, output_tokens, cost_usd) VALUES (printf('%036d', @n), 'acme', 'ada', @long, '{}', @n, @n, @n, 0, 0, 0, 0, 0, 0)`,
    async (store: Store) =>
      (await store.conversations(ada, "native", { limit: 100 })).conversations.map(({ id }) => id),
  ],
  [
    "documents",
    DOCUMENTS,
    async (store: Store) =>
      (await store.documents.documents(ada, { at: 0 }, { limit: 100, order: "asc" })).documents.map(({ id }) => id),
  ],
  [
    "vector_stores",
    `INSERT INTO vector_stores (key, tenant, user, id, name, description, metadata, max_tokens, overlap_tokens, model, created_at,
       last_active_at) VALUES (printf('%036d', @n), 'acme', 'ada', 'v' || @n, @long, '', '{}', 1, 0, 'm', @n, 1)`,
    async (store: Store) =>
      (await store.documents.vectorStores(ada, { limit: 100, order: "asc" })).stores.map(({ id }) => id),
  ],
] as const)("one of the %s that says a time which no date has is left out of their list", async (table, sql, read) => {
  await (await opened()).close();
  write(sql);
  write(`UPDATE ${table} SET created_at = 8640000000000001 WHERE created_at = @n + 5 AND @n = 10`);
  const store = await opened();
  expect((await read(store)).length).toBe(table === "keys" ? ROWS - 3 : ROWS - 1);
  expect(damages.length).toBe(ROWS - (await read(store)).length);
  await store.close();
});

test("a key on a damaged page lets nobody go on who came with it, and all others, and there are keys", async () => {
  await (await opened()).close();
  write(KEYS);
  await damageLeafOf(folder, "keys", 0);
  const store = await opened();
  const ids = Array.from({ length: ROWS }, (_, n) => `key_${String(n + 1).padStart(2, "0")}`);
  const ended = await store.keys.endedKeys(ids, 1);
  expect(ended.length).toBeGreaterThan(0);
  expect(ended.length).toBeLessThan(ROWS / 2);
  expect(ended).toEqual(ids.slice(0, ended.length));
  expect(
    await store.keys.endedSecrets(
      ids.map((id) => id.replace("key", "hash")),
      1,
    ),
  ).toHaveLength(ended.length);
  expect(await store.keys.hasAny()).toBe(true);
  await store.close();
});

test("whoever has a key on a damaged page is given another, as far as there may be one more", async () => {
  await (await opened()).close();
  write(KEYS);
  await damageLeafOf(folder, "keys", 0.5);
  const store = await opened();
  const own = { tenant: "acme", user: "ada" };
  const { keys } = await store.keys.list(own, { limit: 1, after: null });
  const [known] = keys;
  if (!known) throw new Error("there are keys");
  const audit = { ...own, at: 1, keyId: "k", act: "keys.create", task: null, detail: {}, origin: null };
  const add = (id: string, good: number) =>
    store.keys.add({ ...known, id, hash: id, above: [] }, { good, kept: 100 }, audit);
  expect(await add("key_new", 31)).toBe("added");
  expect(await add("key_more", 31)).toBe("full");
  expect(await store.keys.find("acme", "key_new")).toMatchObject({ id: "key_new" });
  expect(damages).toEqual(["keys of user ada of tenant acme"]);
  await store.close();
});

test.each(Object.entries(LISTS))(
  "%s lie on a damaged page: all others are listed, in their order",
  async (_, listed) => {
    const { table, rows, all = ROWS, read } = listed;
    const before = await opened();
    if (rows.includes(CURSORS) || rows.includes(WORK))
      for (let n = 0; n < ROWS; n++) await submit(before, newTask({ createdAt: START + n }));
    await before.close();
    for (const sql of rows) write(sql);
    const sound = await opened();
    const whole = await read(sound);
    expect(whole.length).toBe(all);
    await sound.close();
    await damageLeafOf(folder, table, 0.5);
    const damaged = await opened();
    const found = await read(damaged);
    expect(found.length).toBeGreaterThan(all / 2);
    expect(found.length).toBeLessThan(all);
    expect(found).toEqual(whole.filter((each) => found.includes(each)));
    expect(found.at(-1)).toBe(whole.at(-1));
    expect(damages.length).toBeGreaterThan(0);
    await damaged.close();
  },
);

test("a vector store shows the ids of its files but of those on a damaged page", async () => {
  await (await opened()).close();
  write(DOCUMENTS);
  write(VECTOR_STORE);
  write(MEMBERS);
  await damageLeafOf(folder, "documents", 0.5);
  const store = await opened();
  const ids = await store.documents.memberIds(STORE, 100);
  expect(ids.length).toBeGreaterThan(ROWS / 2);
  expect(ids.length).toBeLessThan(ROWS);
  expect(ids.every((id) => id.startsWith("f"))).toBe(true);
  expect(damages).toEqual([`member of vector store ${STORE}`]);
  await store.close();
});

test("tasks by their last change are all but one that is open and whose record does not say when that was", async () => {
  const before = await opened();
  for (let n = 0; n < ROWS; n++) await submit(before, newTask({ createdAt: START + n }));
  await before.close();
  write("UPDATE tasks SET record = '{' WHERE n = 7 AND @n = 1");
  write("UPDATE tasks SET record = '{}' WHERE n = 8 AND @n = 1");
  const store = await opened();
  expect(await latest(store)).toHaveLength(ROWS - 2);
  await store.close();
});

const PARENT = newTask();
const TALK = newConversation();
test.each([
  ["words", { text: "capital" }],
  ["metadata", { metadata: { team: "red" } }],
  ["a parent", { parent: PARENT.id }],
  ["a conversation", { conversation: TALK.id }],
] satisfies [string, TaskFilter][])(
  "tasks that are found by %s are counted, and listed but for those on a damaged page",
  async (_, filter) => {
    const before = await opened();
    await before.createConversation(TALK, null);
    await submit(before, PARENT);
    for (let n = 1; n <= ROWS; n++)
      await submit(
        before,
        newTask({ createdAt: START + n, parent: PARENT.id, conversation: TALK.id, metadata: { team: "red" } }),
      );
    await before.list(EVERYBODY, { text: "capital" }, { limit: 1 });
    await before.close();
    await damageLeafOf(folder, "tasks", 0.5);
    const store = await opened();
    const { tasks, total } = await store.list(EVERYBODY, filter, { limit: 200 });
    expect(total).toBe("text" in filter ? ROWS + 1 : ROWS);
    expect(tasks.length).toBeLessThan(total);
    expect(tasks.length).toBeGreaterThan(ROWS / 2);
    expect(damages.length).toBe(total - tasks.length);
    await store.close();
  },
);
