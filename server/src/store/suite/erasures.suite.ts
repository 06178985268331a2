/** What an erasure asks of a store: turns that find nothing twice, and a record that counts what they have removed. */
import { expect, test } from "vitest";
import type { Erasure, ErasureSubject } from "../../task/erasure.ts";
import type { TaskId } from "../../task/id.ts";
import type { Task } from "../../task/task.ts";
import type { StoreOptions } from "../storage.ts";
import type { Store } from "../store.ts";
import { key, ROOM } from "./key.suite.ts";
import { ADA, complete, decided, EVERYBODY, live, paidCall, submit } from "./life.suite.ts";
import { newConversation, newTask, START } from "./new-task.suite.ts";

const LARGE = { text: "large ".repeat(20_000) };
const DAY_MS = 86_400_000;

function wanted(subject: ErasureSubject, id = "erasure_0123456789abcdef"): Erasure {
  const times = { requestedAt: START, endedAt: null };
  return {
    ...{ id, tenant: "acme", subject, state: "running", requestedBy: "root" },
    ...{ ...times, removed: {}, kept: [], since: null, backups: [] },
  };
}

const AUDIT = { tenant: "acme", at: START, user: "root", keyId: "k", act: "a", task: null, detail: {}, origin: null };
const USER: ErasureSubject = { type: "user", id: "ada" };

export function erasureStories(setup: (options?: StoreOptions) => Promise<Store>): void {
  const idsOf = async (store: Store, subject: ErasureSubject, open: boolean) => {
    const found: TaskId[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page: Awaited<ReturnType<Store["erasures"]["tasks"]>> = await store.erasures.tasks(wanted(subject), {
        open,
        after,
        except: [],
      });
      found.push(...page.tasks.map(({ id }) => id));
      after = page.next === after ? null : page.next;
    }
    return found.sort();
  };
  const begin = (store: Store, erasure: Erasure) => store.erasures.begin(erasure, AUDIT);
  /** All turns of it, as whoever goes through with it takes them. */
  const erase = async (store: Store, { id, subject }: Erasure) => {
    const tasks = await idsOf(store, subject, false);
    while ((await store.erasures.eraseTasks(id, tasks)).isMore);
    while ((await store.erasures.eraseRecords(id)).isMore);
    while (await store.erasures.eraseWords());
  };

  test("one of a subject runs at a time, and one that has ended is begun anew", async () => {
    const store = await setup();
    const first = await begin(store, wanted(USER));
    expect(await begin(store, wanted(USER, "erasure_2"))).toEqual(first);
    expect(await begin(store, wanted({ type: "conversation", id: "ada" }, "erasure_3"))).toMatchObject({
      id: "erasure_3",
    });
    expect((await store.erasures.running("")).erasures.map(({ id }) => id)).toEqual([first.id, "erasure_3"]);
    await store.erasures.end(first.id, START + 1, ["what stays"]);
    expect(await store.erasures.end(first.id, START + 2, []), "it has ended").toBeNull();
    expect(await store.erasures.find("acme", first.id)).toMatchObject({
      ...{ state: "completed", endedAt: START + 1, kept: ["what stays"] },
      subject: { type: "user", id: "erased-456789abcdef" },
    });
    expect(await store.erasures.find("elsewhere", first.id)).toBeNull();
    expect((await begin(store, wanted(USER, "erasure_4"))).id).toBe("erasure_4");
    expect((await store.erasures.list("acme", 2)).map(({ id }) => id)).toEqual(["erasure_4", "erasure_3"]);
  });

  test("all of a user goes, with what hangs on it, and nothing of anybody else", async () => {
    const store = await setup();
    const talk = newConversation();
    const alias = { tenant: "acme", owner: "ada", lens: "shannon", value: "s-1" };
    const own = await submit(store, newTask({ conversation: talk.id, title: "Zebra" }), {
      conversation: { conversation: talk, alias },
      idempotency: { scope: "acme\nada\nnative", key: "k", hash: "h", at: START },
    });
    const ran = await live(store, own, { do: "start" });
    const paid = decided(ran, { do: "record", attempt: 1, record: { events: [], usage: [paidCall("a")] } });
    await store.apply([{ ...paid, usage: [paidCall("a")] }]);
    await live(store, paid.task, { do: "complete", attempt: 1, output: "done" });
    await store.appendMessage(talk.id, { role: "user", parts: [{ text: "Hello" }] }, START);
    const bobs = await submit(store, newTask({ user: "bob", title: "Zebra" }));
    await live(store, bobs, ...complete(bobs));
    const twin = await submit(store, newTask({ tenant: "elsewhere", title: "Zebra" }));
    const { id } = await begin(store, wanted(USER));
    await erase(store, wanted(USER));
    expect(await store.task(own.id)).toBeNull();
    expect(await store.conversation(talk.id)).toBeNull();
    expect(await store.wasDeleted(alias)).toBe(false);
    expect(await store.replay("acme\nada\nnative", "k")).toBeNull();
    expect((await store.list(ADA, {}, { limit: 9 })).total).toBe(0);
    expect((await store.list(EVERYBODY, { text: "zebra" }, { limit: 9 })).tasks.map((task) => task.id)).toEqual([
      bobs.id,
    ]);
    expect((await store.task(twin.id))?.id).toBe(twin.id);
    const { rows } = await store.dailyUsage.sums(
      EVERYBODY,
      { from: START - DAY_MS, before: START + DAY_MS },
      ["user"],
      { limit: 9 },
    );
    expect(rows.map(({ user, costUsd }) => [user, costUsd])).toEqual([["erased-456789abcdef", 0.5]]);
    expect(await store.erasures.find("acme", id)).toMatchObject({
      since: START,
      removed: { tasks: 1, conversations: 1, messages: 1, "paid calls": 1, "idempotency keys": 1 },
    });
    expect(await store.check()).toEqual([]);
  });

  test("with the keys of a user those end that were made below them, whoever's they are", async () => {
    const store = await setup();
    const audit = {
      tenant: "acme",
      at: START,
      user: "ada",
      keyId: "k",
      act: "x",
      task: null,
      origin: null,
      detail: {},
    };
    const made = [{ id: "adas" }, { id: "bobs", user: "bob", above: ["adas"] }, { id: "bobs own", user: "bob" }];
    for (const each of made) await store.keys.add(key({ hash: each.id, ...each }), ROOM, audit);
    await begin(store, wanted(USER));
    expect(await store.keys.endedKeys(["adas", "bobs", "bobs own"], START)).toEqual(["adas", "bobs"]);
    expect(await store.keys.find("acme", "adas")).toBeNull();
  });

  test("of a conversation all below its tasks goes, the lowest first, and what else its users have stays", async () => {
    const store = await setup();
    const talk = newConversation();
    const top = await submit(store, newTask({ conversation: talk.id }), {
      conversation: { conversation: talk, alias: null },
    });
    const child = await submit(store, newTask({ parent: top.id }));
    const grandchild = await submit(store, newTask({ parent: child.id }));
    const beside = await submit(store, newTask());
    const subject: ErasureSubject = { type: "conversation", id: talk.id };
    const of = { tenant: "acme", subject };
    expect(await idsOf(store, subject, true)).toEqual([top.id, child.id, grandchild.id].sort());
    await begin(store, wanted(subject));
    for (const { id } of [grandchild, child, top]) {
      const { tasks } = await store.erasures.tasks(of, { open: false, after: 0, except: [] });
      expect(tasks).toEqual([{ id, isOpen: true, isDeleted: false }]);
      while ((await store.erasures.eraseTasks(wanted(subject).id, [id])).isMore);
    }
    expect((await store.erasures.tasks(of, { open: false, after: 0, except: [] })).next).toBeNull();
    await erase(store, wanted(subject));
    expect(await store.isConversation(talk.id)).toBe(false);
    expect((await store.task(beside.id))?.id).toBe(beside.id);
    expect(await store.check()).toEqual([]);
  });

  test("files go that only what was removed has named, once nobody can be about to name them", async () => {
    let now = START;
    const store = await setup({ clock: () => now });
    const own = await submit(store, newTask({ input: LARGE }));
    const shared = { ...LARGE, more: true };
    const both = await submit(store, newTask({ input: shared }));
    const bobs = await submit(store, newTask({ user: "bob", input: shared }));
    const { id } = await begin(store, wanted(USER));
    await erase(store, wanted(USER));
    expect(await store.erasures.eraseFiles(id), "it was put a moment ago").toBe(1);
    now += 60_000;
    expect(await store.erasures.eraseFiles(id)).toBe(0);
    expect(await store.task(bobs.id)).toEqual(bobs);
    await submit(store, newTask({ id: own.id, input: LARGE }));
    expect(await store.task(both.id)).toBeNull();
    expect((await store.task(own.id))?.input).toEqual(LARGE);
  });

  test("the report names the backups that still hold it", async () => {
    const store = await setup();
    await submit(store, newTask());
    const backup = (id: string, madeAt: number) => ({ id, madeAt, path: `/backups/${id}.tar`, encrypted: true });
    for (const [at, name] of ["before", "during", "after"].entries())
      await store.erasures.noteBackup(backup(name, START + (at - 1) * 1_000 + 1));
    const { id } = await begin(store, wanted(USER));
    await erase(store, wanted(USER));
    expect((await store.erasures.end(id, START + 500, []))?.backups).toEqual([backup("during", START + 1)]);
  });

  test("sweeps that take the same beside it leave it nothing, and others everything that they may not take", async () => {
    const store = await setup();
    const talk = newConversation();
    const own: Task[] = [];
    for (let n = 0; n < 20; n++) {
      const conversation = { conversation: talk, alias: null };
      const task = newTask({ conversation: talk.id, input: n % 2 === 0 ? LARGE : { n } });
      own.push(await submit(store, task, n === 0 ? { conversation } : {}));
    }
    for (const task of own.slice(3)) await live(store, task, ...complete(task));
    const bobs = await submit(store, newTask({ user: "bob", input: LARGE }));
    const { id } = await begin(store, wanted(USER));
    const later = START + 90 * DAY_MS;
    const times = { auditBefore: later, auditEntriesMax: 9, expiredBefore: later, idempotencyBefore: later };
    const sweeps = async () => {
      while ((await store.sweep(later, 3)) > 0);
      for (let after: string | null = ""; after !== null; )
        after = await store.sweepRecords({ ...times, unusedSince: later }, after);
    };
    await Promise.all([erase(store, wanted(USER)), sweeps()]);
    await erase(store, wanted(USER));
    expect(await idsOf(store, USER, false)).toEqual([]);
    expect(await store.conversation(talk.id)).toBeNull();
    expect((await store.task(bobs.id))?.input).toEqual(LARGE);
    const report = await store.erasures.end(id, later, []);
    expect(report?.removed["tasks"]).toBeLessThanOrEqual(own.length);
    expect(report?.removed["tasks"]).toBeGreaterThanOrEqual(3);
    expect(await store.check()).toEqual([]);
  });
}
