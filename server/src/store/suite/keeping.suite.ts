/** What a store lets go, and how it ends. */
import { expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import type { Task } from "../../task/task.ts";
import type { Store } from "../store.ts";
import { code, complete, EVERYBODY, live, submit } from "./life.suite.ts";
import { newConversation, newTask, START } from "./new-task.suite.ts";

const DAY = 86_400_000;

export function keepingStories(setup: () => Promise<Store>): void {
  test("a sweep takes what ended long ago with all that hangs on it, some at a time", async () => {
    const store = await setup();
    const ended = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const task = await submit(store, newTask({ metadata: { team: "red" } }));
        return live(store, task, ...complete(task));
      }),
    );
    const gone = await live(store, await submit(store, newTask()), { do: "expire" }, { do: "delete" });
    const open = await submit(store, newTask());
    const young = newTask({ createdAt: START + DAY });
    await live(store, await submit(store, young), ...complete(young));
    expect((await store.list(EVERYBODY, { text: "capital" }, { limit: 10 })).total).toBe(7);
    await submit(store, newTask());
    expect(await store.sweep(START + DAY, 4)).toBe(4);
    expect(await store.sweep(START + DAY, 4)).toBe(2);
    expect(await store.sweep(START + DAY, 4)).toBe(0);
    for (const { id } of [...ended, gone]) {
      expect([await store.task(id), await store.events(id, 0, 10)]).toEqual([null, []]);
    }
    expect(await store.task(open.id)).toEqual(open);
    expect((await store.list(EVERYBODY, {}, { limit: 10 })).total).toBe(3);
    expect((await store.list(EVERYBODY, { metadata: { team: "red" } }, { limit: 10 })).total).toBe(0);
    expect((await store.list(EVERYBODY, { text: "capital" }, { limit: 10 })).total).toBe(3);
    expect(await store.check()).toEqual([]);
  });

  test("tasks are numbered by age, and no number is given twice, whatever was swept", async () => {
    const store = await setup();
    const [first, second] = [await submit(store, newTask()), await submit(store, newTask())];
    expect([first.number, second.number]).toEqual([1, 2]);
    expect(await store.task(second.id)).toEqual(second);
    expect(await Promise.all([1, 2, 3].map((number) => store.taskNumbered(number)))).toEqual([
      first.id,
      second.id,
      null,
    ]);
    for (const task of [first, second]) await live(store, task, ...complete(task));
    await store.sweep(START + DAY, 10);
    expect(await store.taskNumbered(1)).toBeNull();
    expect((await submit(store, newTask())).number).toBe(3);
  });

  test("what callers leave behind goes once it is old, however much there is, in turns", async () => {
    const store = await setup();
    const times = {
      ...{ idempotencyBefore: START + 1, auditBefore: START + 1, unusedSince: START + 1, expiredBefore: 0 },
      auditEntriesMax: 1_000,
    };
    const many = 1_200;
    const audit = (at: number) => ({
      tenant: "acme",
      at,
      user: "ada",
      keyId: "k",
      act: "pause",
      task: null,
      origin: null,
      detail: {},
    });
    const record = (key: string, at: number) => ({ scope: "s", key, hash: "h", at });
    await Promise.all(
      Array.from({ length: many }, (_, n) => {
        const conversation = newConversation();
        const task = newTask({ conversation: conversation.id });
        const at = n < many - 2 ? START : START + 1;
        return store.apply([
          {
            ...submitted(task),
            conversation: { conversation, alias: { tenant: "acme", owner: "ada", lens: "native", value: `talk ${n}` } },
            messages: [{ role: "user", parts: [{ text: "hello" }] }],
            idempotency: record(`key ${n}`, at),
            audit: audit(at),
          },
        ]);
      }),
    );
    const unused = newConversation();
    const used = newConversation();
    for (const conversation of [unused, used]) {
      const task = await submit(store, newTask({ conversation: conversation.id }), {
        conversation: { conversation, alias: null },
      });
      await live(store, task, ...complete(task));
    }
    const said = { role: "user", parts: [{ text: "long ago" }] } as const;
    await Promise.all(
      Array.from({ length: 450 }, () => store.appendMessage(unused.id, { ...said, parts: [...said.parts] }, START)),
    );
    await store.appendMessage(used.id, { role: "user", parts: [{ text: "still here" }] }, START + 1_000);
    await submit(store, newTask());
    expect(await store.sweep(START + DAY, 10)).toBe(2);
    let after: string | null = "";
    for (let turn = 0; after !== null && turn < 10_000; turn++)
      after = await store.sweepRecords({ ...times, unusedSince: START + 1_000 }, after);
    expect(after).toBeNull();
    expect(await store.replay("s", "key 0")).toBeNull();
    expect(await store.replay("s", `key ${many - 1}`)).not.toBeNull();
    expect((await store.audit.page({}, { before: null }, 10)).entries).toHaveLength(2);
    expect(await store.conversation(unused.id)).toBeNull();
    expect(await store.conversation(used.id)).not.toBeNull();
    // A conversation lives as long as one of its tasks.
    expect((await store.conversations(EVERYBODY, "native", { limit: 1 })).total).toBe(many + 1);
    expect(await store.check()).toEqual([]);
  });

  test("a sweep spares what ended long ago as long as a task above or below it in its tree is open", async () => {
    const store = await setup();
    const end = (task: Task) => live(store, task, ...complete(task));
    const root = await submit(store, newTask());
    const middle = await submit(store, newTask({ parent: root.id }));
    const leaf = await submit(store, newTask({ parent: middle.id }));
    const sibling = await submit(store, newTask({ parent: root.id }));
    const other = await end(await submit(store, newTask()));
    await submit(store, newTask());
    await end(middle);
    await end(leaf);
    expect(await store.sweep(START + DAY, 10)).toBe(1);
    expect(await store.task(other.id)).toBeNull();
    await end(root);
    expect(await store.sweep(START + DAY, 10)).toBe(2);
    expect((await store.tasks([root.id, middle.id, leaf.id, sibling.id])).map(({ id }) => id)).toEqual([
      root.id,
      sibling.id,
    ]);
    const mayGoOn = [root, sibling, leaf, newTask()].map(({ id }) => store.mayGoOn(id));
    expect(await Promise.all(mayGoOn)).toEqual([false, true, false, false]);
    await end(sibling);
    expect(await store.sweep(START + DAY, 10)).toBe(2);
    expect(await store.check()).toEqual([]);
  });

  test("a closed store refuses", async () => {
    const store = await setup();
    const task = await submit(store, newTask());
    const [first, second] = [store.close(), store.close()];
    expect(await code(store.task(task.id))).toBe("unavailable");
    expect(await code(store.apply([submitted(newTask())]))).toBe("unavailable");
    await Promise.all([first, second]);
  });

  test("what was asked before the close is answered", async () => {
    const store = await setup();
    const submits = Array.from({ length: 50 }, () => store.apply([submitted(newTask())]));
    const closed = store.close();
    expect(await Promise.all(submits)).toEqual(submits.map(() => ({ ok: true })));
    await closed;
  });
}
