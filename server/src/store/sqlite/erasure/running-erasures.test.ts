/** Erasures that are under way: what each of them asks of the store does not grow with how many there are. */
import { mkdir, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damagePageOf } from "../../../../test/lose-text.ts";
import type { Erasure } from "../../../task/erasure.ts";
import { ERASURES_RUNNING_MAX, ERASURES_RUNNING_OF_TENANT_MAX } from "../../erasure-store.ts";
import type { Store } from "../../store.ts";
import { submit } from "../../suite/life.suite.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { ASIDE_PREFIX, DATABASE_FILE } from "../folder.ts";
import { openSqliteStore } from "../store.ts";

let folder = "";
let store: Store;
let db: Database;
const damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-erasures-"));
  damages.length = 0;
  store = await openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });
  db = openDatabase(path.join(folder, DATABASE_FILE));
});
afterEach(async () => {
  db.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function wanted(n: number, requestedBy = "ada"): Erasure {
  return {
    ...{
      id: `erasure_${n}`,
      tenant: "acme",
      subject: { type: "user", id: `user ${n}` },
      state: "running",
      requestedBy,
    },
    ...{ requestedAt: START, endedAt: null, removed: {}, kept: [], since: null, backups: [] },
  };
}
function begin(n: number, requestedBy?: string): Promise<Erasure> {
  const audit = { tenant: "acme", at: START, user: "ada", keyId: "k", act: "a", task: null, detail: {}, origin: null };
  return store.erasures.begin(wanted(n, requestedBy), audit);
}

test("they are bounded for each user, and one that is under way is answered all the same", async () => {
  db.prepare<unknown[]>(
    `INSERT INTO erasures WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
     SELECT 'erasure_' || n, 'acme', 'running', 1, json_set(?, '$.id', 'erasure_' || n, '$.subject.id', 'user ' || n) FROM n`,
  ).run(ERASURES_RUNNING_MAX, JSON.stringify(wanted(0)));
  const more = ERASURES_RUNNING_MAX + 1;
  await expect(begin(more)).rejects.toMatchObject({ code: "rate_limited", detail: { retryAfterS: 60 } });
  expect(await begin(7)).toEqual(wanted(7));
  expect((await begin(more, "bob")).id).toBe(`erasure_${more}`);
  await store.erasures.end("erasure_7", START, []);
  expect((await begin(more + 1)).id).toBe(`erasure_${more + 1}`);
});

test("one that ends beside a copy that a restore has put aside can be read, also as an older version wrote it", async () => {
  const aside = path.join(folder, `${ASIDE_PREFIX}2026`);
  await mkdir(aside);
  // As file systems have it.
  await utimes(aside, (START + 7.5) / 1_000, (START + 7.5) / 1_000);
  db.prepare<unknown[]>("INSERT INTO erasures VALUES ('erasure_1', 'acme', 'running', 1, ?)").run(
    JSON.stringify({ ...wanted(1), since: START }),
  );
  const ended = await store.erasures.end("erasure_1", START + 9, []);
  expect(ended?.backups).toEqual([{ id: aside, madeAt: START + 7, path: aside, encrypted: false }]);
  expect(await store.erasures.find("acme", "erasure_1")).toEqual(ended);
  db.exec("UPDATE erasures SET record = json_set(record, '$.backups[0].madeAt', 7.5)");
  expect(await store.erasures.find("acme", "erasure_1")).toEqual(ended);
  expect(damages).toEqual([]);
});

test("they are bounded for a tenant, whoever asks, and for no other one", async () => {
  const { subject } = wanted(0);
  const put = db.prepare<unknown[]>("INSERT INTO erasures VALUES (?, ?, 'running', 1, ?)");
  db.transaction(() => {
    for (let n = 0; n < ERASURES_RUNNING_OF_TENANT_MAX; n++) {
      const each = { ...wanted(n, `admin ${n}`), subject: { ...subject, id: `user ${n}` } };
      put.run(each.id, "acme", JSON.stringify(each));
      put.run(`of others ${n}`, "others", JSON.stringify({ ...each, id: `of others ${n}` }));
    }
  })();
  const more = ERASURES_RUNNING_OF_TENANT_MAX;
  await expect(begin(more)).rejects.toMatchObject({ code: "rate_limited", detail: { retryAfterS: 60 } });
  expect(await begin(7)).toMatchObject({ id: "erasure_7" });
  await store.erasures.end("erasure_7", START, []);
  expect((await begin(more)).id).toBe(`erasure_${more}`);
});

test("they are read in pages, of all tenants together", async () => {
  const count = 250;
  const put = db.prepare<unknown[]>("INSERT INTO erasures VALUES (?, ?, ?, 1, ?)");
  const ids = Array.from({ length: count }, (_, n) => `erasure_${1_000 + n}`);
  for (const [n, id] of ids.entries()) {
    const tenant = `tenant ${n % 3}`;
    put.run(id, tenant, n % 10 === 0 ? "completed" : "running", JSON.stringify({ ...wanted(1_000 + n), tenant }));
  }
  const found: string[] = [];
  const pages: number[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page: Awaited<ReturnType<Store["erasures"]["running"]>> = await store.erasures.running(after);
    pages.push(page.erasures.length);
    found.push(...page.erasures.map(({ id }) => id));
    after = page.next;
  }
  expect(found).toEqual(ids.filter((_, n) => n % 10 !== 0));
  expect(pages).toEqual([100, 100, 25]);
});

test("the end of one reads no other", async () => {
  await begin(1);
  db.prepare("INSERT INTO erasures VALUES ('erasure_2', 'acme', 'running', 1, '{')").run();
  expect(await store.erasures.end("erasure_1", START, [])).toMatchObject({ id: "erasure_1", state: "completed" });
  expect(damages).toEqual([]);
});

test("where it cannot be read which files are to go, an erasure comes to its end, and those go with the next sweep", async () => {
  await begin(1);
  const note = db.prepare("INSERT INTO erased_files VALUES ('erasure_1', printf('%064d', ?))");
  for (let n = 0; n < 9; n++) note.run(n);
  await damagePageOf(folder, "erased_files");
  expect(await store.erasures.eraseFiles("erasure_1")).toBe(0);
  expect(damages).toContain("table erased_files, which has been rebuilt,");
});

test("the number of a task that is erased is given to no other", async () => {
  const numbers = async () => {
    const { id } = await submit(store, newTask());
    return (await store.task(id))?.number ?? 0;
  };
  const first = await numbers();
  const { tasks } = await store.erasures.tasks(
    { ...wanted(1), subject: { type: "user", id: "ada" } },
    { open: true, after: 0, except: [] },
  );
  await begin(1);
  await store.erasures.eraseTasks(
    "erasure_1",
    tasks.map(({ id }) => id),
  );
  await store.close();
  store = await openSqliteStore(folder);
  expect(await numbers()).toBe(first + 1);
});

test("the number of a task that is erased with its conversation is given to no other, in whatever order its tasks go", async () => {
  const conversation = newConversation();
  await store.createConversation(conversation, null);
  const made = async (parent: string | null, of: string | null = null) => {
    const task = newTask({ tenant: conversation.tenant, user: conversation.user, conversation: of, parent });
    return { id: (await submit(store, task)).id, number: (await store.task(task.id))?.number ?? 0 };
  };
  const first = await made(null, conversation.id);
  await made(first.id);
  const last = await made(null, conversation.id);
  await begin(1);
  const of = { ...wanted(1), subject: { type: "conversation" as const, id: conversation.id } };
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<Store["erasures"]["tasks"]>> = await store.erasures.tasks(of, {
      open: false,
      after,
      except: [],
    });
    const ids = page.tasks.map(({ id }) => id);
    if (ids.length > 0) await store.erasures.eraseTasks("erasure_1", ids);
    after = page.next;
  }
  await store.close();
  store = await openSqliteStore(folder);
  expect((await made(null)).number).toBe(last.number + 1);
});
