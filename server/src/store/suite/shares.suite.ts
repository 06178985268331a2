/** What users and tenants hold, and the guard that bounds it: judged in the commit, whoever submits beside. */
import { expect, test } from "vitest";
import { dayOf } from "../../task/daily-usage.ts";
import { submitted } from "../../task/decide.ts";
import type { Task } from "../../task/task.ts";
import { MEMBER_ROW_BYTES } from "../document-store.ts";
import type { HeldBounds } from "../share-guard.ts";
import type { Store } from "../store.ts";
import { DELIVERIES_KEPT_MAX } from "../subscription-store.ts";
import { newDocument, newMember, newVectorStore } from "./documents.suite.ts";
import { ADA, complete, decided, EVERYBODY, live, paidCall, submit } from "./life.suite.ts";
import { newConversation, newTask, START } from "./new-task.suite.ts";
import { newSubscription } from "./subscriptions.suite.ts";

const NONE: HeldBounds = { openTasks: null, usdPerDay: null, storedBytes: null };
const DAY = dayOf(START);
const guard = (user: Partial<HeldBounds>, tenant: Partial<HeldBounds> = {}) => ({
  share: { of: "ada", day: DAY, user: { ...NONE, ...user }, tenant: { ...NONE, ...tenant } },
});

export function shareStories(setup: () => Promise<Store>): void {
  test("of submits side by side as many are taken as there is room for, and those that end make room", async () => {
    const store = await setup();
    const tasks = Array.from({ length: 12 }, () => newTask());
    const applied = await Promise.all(
      tasks.map((task) => store.apply([{ ...submitted(task), ...guard({ openTasks: 5 }) }])),
    );
    expect(applied.filter(({ ok }) => ok)).toHaveLength(5);
    expect(applied.at(-1)).toMatchObject({ why: "share", whose: "user", bound: "openTasks", most: 5 });
    expect(await store.held(ADA, DAY)).toMatchObject({ openTasks: 5 });
    const bob = newTask({ user: "bob" });
    expect(await store.apply([{ ...submitted(bob), ...guard({ openTasks: 5 }, { openTasks: 6 }) }])).toEqual({
      ok: true,
    });
    const another = { ...submitted(newTask({ user: "bob" })), ...guard({ openTasks: 5 }, { openTasks: 6 }) };
    expect(await store.apply([another])).toMatchObject({ whose: "tenant", most: 6 });
    await live(store, submitted(bob).task, { do: "cancel", by: "bob", reason: "" });
    expect(await store.apply([another])).toEqual({ ok: true });
    expect(await store.held(EVERYBODY, DAY)).toMatchObject({ openTasks: 6 });
  });

  test("the money of a day is spent by whoever has paid, children too, and leaves work that costs nothing", async () => {
    const store = await setup();
    const parent = await live(store, await submit(store, newTask(), guard({ usdPerDay: 1 })), { do: "start" });
    const child = await live(store, await submit(store, newTask({ parent: parent.id })), { do: "start" });
    const paid = (task: Task, key: string) => {
      const usage = [paidCall(key)];
      return { ...decided(task, { do: "bill", calls: usage }), usage };
    };
    expect(await store.apply([paid(parent, "a")])).toEqual({ ok: true });
    expect(await store.apply([{ ...submitted(newTask()), ...guard({ usdPerDay: 1 }) }])).toEqual({ ok: true });
    expect(await store.apply([paid(child, "b")])).toEqual({ ok: true });
    const spent = { why: "share", whose: "user", bound: "usdPerDay" };
    expect(await store.apply([{ ...submitted(newTask()), ...guard({ usdPerDay: 1 }) }])).toMatchObject(spent);
    // One that another task begins is judged by what its owner was judged by last.
    expect(await store.apply([submitted(newTask({ parent: parent.id }))])).toMatchObject(spent);
    const external = newTask({ kind: "external", input: { queue: "q" } });
    expect(await store.apply([{ ...submitted(external), ...guard({ usdPerDay: 1 }) }])).toEqual({ ok: true });
    const tomorrow = { ...guard({ usdPerDay: 1 }).share, day: DAY + 86_400_000 };
    expect(await store.apply([{ ...submitted(newTask()), share: tomorrow }])).toEqual({ ok: true });
  });

  test("bytes are those of all that is kept, and none when it is gone", async () => {
    const store = await setup();
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    const conversation = newConversation();
    const long = "x".repeat(100_000);
    const task = await submit(store, newTask({ input: { long }, conversation: conversation.id }), {
      conversation: { conversation, alias: null },
      messages: [{ role: "user", parts: [{ text: "y".repeat(5_000) }] }],
    });
    const begun = await stored();
    expect(begun).toBeGreaterThan(105_000);
    expect(begun).toBeLessThan(110_000);
    const running = await live(store, task, { do: "start" });
    const record = decided(running, { do: "record", attempt: 1, record: { events: [] } });
    const artifact = { id: "a", parts: [{ text: "z".repeat(20_000) }], append: false, last: true };
    expect(await store.apply([{ ...record, artifacts: [artifact] }])).toEqual({ ok: true });
    expect((await stored()) - begun).toBeGreaterThan(20_000);
    await live(store, record.task, { do: "complete", attempt: 1, output: "done" });
    const before = await stored();
    const document = newDocument({ bytes: 7_000 });
    const vectorStore = newVectorStore();
    await store.documents.put({ document, vectorStore });
    const page = { index: 0, name: null, content: "p".repeat(3_000), recognized: false };
    for (let twice = 0; twice < 2; twice++) await store.documents.putPages(document.key, [page]);
    const rows = 2 * 512 + 2 * "{}".length + vectorStore.description.length;
    expect((await stored()) - before).toBe(10_000 + rows);
    await store.documents.removeDocument(document.key);
    await store.documents.put({ removed: { vectorStore: vectorStore.key } });
    expect(await stored()).toBe(before);
    expect(await store.check()).toEqual([]);
    await submit(store, newTask({ user: "bob" }));
    await store.sweep(Number.MAX_SAFE_INTEGER, 100);
    await store.deleteConversation(conversation.id, START);
    expect(await stored()).toBe(512 + JSON.stringify(conversation.context).length);
    const times = { idempotencyBefore: 0, auditBefore: 0, auditEntriesMax: 9, expiredBefore: 0 };
    await store.sweepRecords({ ...times, unusedSince: Number.MAX_SAFE_INTEGER }, "");
    expect(await stored()).toBe(0);
    expect(await store.check()).toEqual([]);
  });

  test("a task counts with all that its caller has put into it: metadata, who is told of it, and what was paid for it", async () => {
    const store = await setup();
    const task = await submit(store, newTask());
    let before = (await store.held(ADA, DAY)).storedBytes;
    const counted = async () => {
      const { storedBytes } = await store.held(ADA, DAY);
      const added = storedBytes - before;
      before = storedBytes;
      return added;
    };
    await submit(store, newTask({ metadata: { shown: "x".repeat(10_000), found: "y".repeat(500) } }));
    expect(await counted()).toBeGreaterThan(11_000);
    const told = newTask();
    const subscription = newSubscription(told.id, { settings: { long: "z".repeat(5_000) } });
    await submit(store, told, { subscriptions: [subscription] });
    expect(await counted()).toBeGreaterThan(6_500);
    const act = { ...ADA, at: START, keyId: "k", act: "webhooks.put", task: told.id, origin: null, detail: {} };
    const longer = { ...newSubscription(told.id), id: subscription.id, settings: { long: "z".repeat(8_000) } };
    const other = newSubscription(told.id, { settings: { long: "z".repeat(4_000) } });
    for (const each of [longer, subscription, other]) await store.subscriptions.put(each, act);
    const added = await counted();
    expect([added > 7_500, added < 8_500]).toEqual([true, true]);
    const running = await live(store, task, { do: "start" });
    await counted();
    const usage = [{ ...paidCall("a"), raw: { long: "w".repeat(3_000) } }];
    const paid = decided(running, { do: "record", attempt: 1, record: { events: [], usage } });
    expect(await store.apply([{ ...paid, usage }])).toEqual({ ok: true });
    // Once in the log, and once among the paid calls.
    expect(await counted()).toBeGreaterThan(6_000);
    expect(await store.check()).toEqual([]);
  });

  test("a file of a vector store counts for its owner with its row and its attributes, as long as it is there", async () => {
    const store = await setup();
    const { documents } = store;
    const [document, vectorStore] = [newDocument(), newVectorStore()];
    await documents.put({ document });
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    const alone = await stored();
    await documents.put({ vectorStore });
    const before = await stored();
    const added = async () => (await stored()) - before;
    const attributes = { long: "\u00e9".repeat(2_000) };
    const bytes = MEMBER_ROW_BYTES + Buffer.byteLength(JSON.stringify(attributes)) - "{}".length;
    const member = newMember(vectorStore, document, { attributes });
    await documents.put({ members: [member] });
    expect(await added()).toBe(bytes);
    await documents.moveMember(member, "in_progress", { status: "completed", error: null, bytes: 100 });
    expect(await added()).toBe(bytes + 100);
    const known = await documents.member(vectorStore.key, document.key);
    expect(known).toMatchObject({ bytes: 100, attributes });
    await documents.setAttributes(member, {});
    expect(await added()).toBe(MEMBER_ROW_BYTES + 100);
    expect(await added()).toBeGreaterThan(300);
    // Its row is no part of what is told.
    expect((await documents.vectorStore(vectorStore.key))?.bytes).toBe(100);
    await documents.setAttributes(member, attributes);
    // Added once more as it is.
    await documents.put({ members: [{ ...member, status: "completed", bytes: known?.bytes ?? 0 }] });
    expect(await added()).toBe(bytes + 100);
    expect(await store.check()).toEqual([]);
    await documents.put({ removed: { vectorStore: vectorStore.key } });
    expect(await stored()).toBe(alone);
    expect(await store.check()).toEqual([]);
  });

  test("what its owner's webhooks of all tasks keep of a task counts with it, and what those of others keep does not", async () => {
    const store = await setup();
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    const added = async () => {
      const before = await stored();
      await Promise.all([submit(store, newTask()), submit(store, newTask())]);
      return (await stored()) - before;
    };
    const bare = await added();
    const act = { ...ADA, at: START, keyId: "k", act: "webhooks.put", task: null, origin: null, detail: {} };
    await store.subscriptions.put(newSubscription(null, { user: "bob", chooses: { everybody: true } }), act);
    expect(await added()).toBeLessThan(bare + 100);
    await store.subscriptions.put(newSubscription(null, { chooses: {} }), act);
    expect(await added()).toBeGreaterThan(bare + 2 * 512);
    expect(await store.check()).toEqual([]);
  });

  test("what was delivered to a webhook of a task counts with it, up to as much as is kept", async () => {
    const store = await setup();
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    const task = await submit(store, newTask());
    const act = { ...ADA, at: START, keyId: "k", act: "webhooks.put", task: task.id, origin: null, detail: {} };
    const subscription = newSubscription(task.id);
    await store.subscriptions.put(subscription, act);
    const before = await stored();
    const delivery = {
      ...{ task: task.id, seq: 1, type: "task.started", attempt: 1, at: START, ms: 5 },
      ...{ outcome: "retrying" as const, status: 500, error: "x".repeat(100) },
    };
    const deliver = async (from: number, upTo: number) => {
      for (let version = from; version < upTo; version++)
        await store.subscriptions.change({ ...subscription, version: version + 1 }, { delivery });
      return (await stored()) - before;
    };
    const { version } = subscription;
    const full = await deliver(version, version + DELIVERIES_KEPT_MAX);
    expect(full).toBeGreaterThan(DELIVERIES_KEPT_MAX * 200);
    expect(await deliver(version + DELIVERIES_KEPT_MAX, version + DELIVERIES_KEPT_MAX + 10)).toBe(full);
    expect(await store.check()).toEqual([]);
  });

  test("a webhook of all tasks is taken by the next task from the moment on in which it was made, changed or removed", async () => {
    const store = await setup();
    const act = { ...ADA, at: START, keyId: "k", act: "webhooks.put", task: null, origin: null, detail: {} };
    const cursors = async () => (await store.subscriptions.cursorsOf([(await submit(store, newTask())).id])).length;
    expect(await cursors()).toBe(0);
    const subscription = newSubscription(null, { chooses: {} });
    await store.subscriptions.put(subscription, act);
    expect([await cursors(), await cursors()]).toEqual([1, 1]);
    await store.subscriptions.put({ ...subscription, chooses: { kinds: ["none"] } }, act);
    expect(await cursors()).toBe(0);
    await store.subscriptions.put({ ...subscription, chooses: {} }, act);
    expect(await cursors()).toBe(1);
    await store.subscriptions.remove(subscription, act);
    expect(await cursors()).toBe(0);
  });

  test("an act counts with the row of its event, which is longer than what it says", async () => {
    const store = await setup();
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    const task = await submit(store, newTask());
    const before = await stored();
    await live(store, task, { do: "pause", by: "ada", reason: "" }, { do: "resume", by: "ada", reason: "" });
    expect((await stored()) - before).toBeGreaterThan(100);
    expect(await store.check()).toEqual([]);
  });

  test("a conversation counts by itself, with its context and what is noted of its messages, from its first moment to its last", async () => {
    const store = await setup();
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    const conversation = newConversation({ context: { long: "\u00e9".repeat(5_000) } });
    await store.createConversation(conversation, null);
    const begun = await stored();
    expect(begun).toBeGreaterThan(10_500);
    const full = { ...submitted(newTask()), ...guard({ storedBytes: 10_500 }) };
    expect(await store.apply([full])).toMatchObject({ bound: "storedBytes" });
    await store.updateConversation(conversation.id, { context: {} }, START);
    expect(begun - (await stored())).toBe(10_000 + '"long":""'.length);
    const before = await stored();
    const id = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
    await store.appendMessage(
      conversation.id,
      { id, role: "user", parts: [{ text: "Hi" }], metadata: { long: "x".repeat(9_000) } },
      START,
    );
    expect((await stored()) - before).toBeGreaterThan(9_000);
    await store.editMessage(conversation.id, 1, { metadata: {} }, START);
    expect((await stored()) - before).toBeLessThan(100);
    expect(await store.check()).toEqual([]);
    const along = newConversation({ context: { long: "x".repeat(7_000) } });
    const task = newTask({ conversation: along.id });
    const alone = await stored();
    await submit(store, task, { conversation: { conversation: along, alias: null } });
    expect((await stored()) - alone).toBeGreaterThan(8_500);
    expect(await store.check()).toEqual([]);
  });

  test("what is noted of a document and said of a vector store counts for their owner", async () => {
    const store = await setup();
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    const document = newDocument({ bytes: 0, annotations: { long: "x".repeat(4_000) } });
    const vectorStore = newVectorStore({ metadata: { long: "y".repeat(3_000) } });
    await store.documents.put({ document, vectorStore });
    expect(await stored()).toBeGreaterThan(8_000);
    expect(await store.check()).toEqual([]);
  });

  test("an idempotency key counts with the task that it was used for, deleted or not, until that is swept", async () => {
    const store = await setup();
    const stored = async () => (await store.held(ADA, DAY)).storedBytes;
    await submit(store, newTask());
    const ofTask = await stored();
    const key = "k".repeat(255);
    const task = await submit(store, newTask(), {
      idempotency: { scope: "acme\nada\nx", key, hash: "h", at: START },
    });
    expect((await stored()) - 2 * ofTask).toBeGreaterThan(2 * key.length);
    const before = await stored();
    await live(store, task, { do: "cancel", by: "ada", reason: "" }, { do: "delete" });
    await submit(store, newTask());
    await store.sweep(START, 10);
    expect(await stored()).toBeGreaterThanOrEqual(before);
    expect(await store.check()).toEqual([]);
  });

  test("a full owner begins nothing more, what runs may add a tenth, and its end is always taken", async () => {
    const store = await setup();
    const bounds = { storedBytes: 50_000 };
    const running = await live(store, await submit(store, newTask(), guard(bounds)), { do: "start" });
    const add = (task: Task, bytes: number) => {
      const record = decided(task, { do: "record", attempt: 1, record: { events: [] } });
      return { ...record, artifacts: [{ id: "a", parts: [{ text: "z".repeat(bytes) }], append: true, last: false }] };
    };
    const first = add(running, 50_000);
    expect(await store.apply([first])).toEqual({ ok: true });
    const full = { why: "share", whose: "user", bound: "storedBytes", most: 50_000 };
    expect(await store.apply([{ ...submitted(newTask()), ...guard(bounds) }])).toMatchObject(full);
    const second = add(first.task, 10_000);
    expect(await store.apply([second])).toEqual({ ok: true });
    expect(await store.apply([add(second.task, 1)])).toMatchObject(full);
    await live(
      store,
      second.task,
      ...complete(second.task)
        .slice(1)
        .map((command) => ({ ...command, attempt: 1 })),
    );
    const deletion = newTask({ kind: "vector_store_deletion" });
    expect(await store.apply([{ ...submitted(deletion), ...guard(bounds) }])).toEqual({ ok: true });
  });

  test("acts of a full owner are taken up to a fifth more, those of others up to the tenant's, and what ends a task always", async () => {
    const store = await setup();
    const bounds = { storedBytes: 50_000 };
    let task = await submit(store, newTask(), guard(bounds));
    const act = async (by: string, length: number, given = guard(bounds)) => {
      const asked = { do: task.state === "paused" ? "resume" : "pause", by, reason: "z".repeat(length) } as const;
      const write = decided(
        task,
        asked.do === "pause" ? { ...asked, do: "pause", running: [] } : { ...asked, do: "resume" },
      );
      const applied = await store.apply([{ ...write, ...given }]);
      if (applied.ok) task = write.task;
      return applied;
    };
    expect(await act("ada", 55_000)).toEqual({ ok: true });
    expect(await act("ada", 5_000)).toEqual({ ok: true });
    const full = { why: "share", whose: "user", bound: "storedBytes", most: 50_000 };
    expect(await act("ada", 0)).toMatchObject(full);
    // Of bob it is no matter how much may be ada's, as long as nothing is known of her.
    const bobs = (most: number | null) => ({ share: { ...guard({}, { storedBytes: most }).share, of: "bob" } });
    expect(await act("bob", 0, bobs(null))).toMatchObject({ ...full, whose: "owner" });
    const eve = await submit(store, newTask({ user: "eve" }));
    const paused = decided(eve, { do: "pause", by: "bob", reason: "", running: [] });
    expect(await store.apply([{ ...paused, ...bobs(50_000) }])).toMatchObject({ whose: "tenant", most: 50_000 });
    expect(await store.apply([{ ...paused, ...bobs(60_000) }])).toEqual({ ok: true });
    const ended = decided(task, { do: "cancel", by: "ada", reason: "" });
    expect(await store.apply([{ ...ended, ...guard(bounds) }])).toEqual({ ok: true });
    const deleted = decided(ended.task, { do: "delete" });
    expect(await store.apply([{ ...deleted, ...guard(bounds) }])).toEqual({ ok: true });
  });

  test("a message that was taken is known again, however full its owner is by now", async () => {
    const store = await setup();
    const bounds = guard({ storedBytes: 50_000 });
    const task = await submit(store, newTask(), bounds);
    const told = { do: "input", by: "ada", messageId: "m", prompt: null } as const;
    const value = { text: "z".repeat(70_000) };
    const inbox = { messageId: "m", prompt: null, question: null, value, by: "ada", at: START };
    const got = decided(task, told);
    expect(await store.apply([{ ...got, inbox, ...bounds }])).toEqual({ ok: true });
    const again = { ...decided(got.task, told), ...bounds };
    expect(await store.apply([{ ...again, inbox }])).toEqual({ ok: false, why: "duplicate", task: task.id });
    const other = { ...inbox, messageId: "n" };
    expect(await store.apply([{ ...again, inbox: other }])).toMatchObject({ why: "share", whose: "user" });
  });
}
