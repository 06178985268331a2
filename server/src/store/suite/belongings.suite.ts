/** What commits together with a change: journal, inbox, usage, artifacts, large values. */
import { expect, test } from "vitest";
import type { ArtifactUpdate } from "../../task/artifact.ts";
import { type Command, submitted } from "../../task/decide.ts";
import { NO_USAGE, type Task } from "../../task/task.ts";
import type { JournalEntry, Store } from "../store.ts";
import { decided, EVERYBODY, live, paidCall, submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

function entry(fields: Partial<JournalEntry>): JournalEntry {
  return {
    branch: "",
    position: 0,
    name: "look up",
    occurrence: 0,
    kind: "step",
    state: "done",
    tries: 1,
    at: START,
    durationMs: 1.5,
    result: "Paris",
    error: null,
    usage: null,
    trace: null,
    ...fields,
  };
}

function artifact(fields: Partial<ArtifactUpdate>): ArtifactUpdate {
  return { id: "report", parts: [{ text: "one" }], append: false, last: true, ...fields };
}

export function belongingStories(setup: () => Promise<Store>): void {
  const running = async (store: Store) => live(store, await submit(store, newTask()), { do: "start" });
  const record: Command = { do: "record", attempt: 1, record: { events: [] } };

  test("a journal entry replaces the one at its place, and a retry takes over what is done", async () => {
    const store = await setup();
    const task = await running(store);
    const waiting = entry({
      state: "retrying",
      result: null,
      error: { code: "boom", message: "Boom" },
      durationMs: null,
    });
    const first = decided(task, record);
    await store.apply([{ ...first, journal: [waiting, entry({ branch: "a", position: 1, state: "failed" })] }]);
    expect(await store.journal(task.id)).toContainEqual(waiting);
    const usage = { calls: 1, inputTokens: 2, outputTokens: 3, costUsd: 0.1, unpricedCalls: 0 };
    const done = entry({ result: { city: "Paris" }, usage });
    await store.apply([{ ...decided(first.task, record), journal: [done] }]);
    expect(await store.journal(task.id)).toEqual([done, entry({ branch: "a", position: 1, state: "failed" })]);
  });

  test("a retry gets what was finished with its artifacts, failures that were handled too, and the children to be tried again", async () => {
    const store = await setup();
    const task = await running(store);
    const done = entry({ result: { city: "Paris" } });
    const handled = entry({ position: 1, state: "failed", error: { code: "boom", message: "Boom" } });
    const child = entry({ position: 3, kind: "child", state: "retrying", result: { child: task.id } });
    const steps = [entry({ position: 2, state: "retrying" }), entry({ position: 4, state: "waiting" })];
    const artifacts = [artifact({}), artifact({ parts: [{ text: "two" }], append: true }), artifact({ id: "log" })];
    await store.apply([{ ...decided(task, record), journal: [done, handled, child, ...steps], artifacts }]);
    const again = newTask({ retryOf: task.id });
    await store.apply([{ ...submitted(again), journalOf: task.id }]);
    expect(await store.journal(again.id)).toEqual([done, handled, child]);
    expect(await store.artifacts(again.id, null, 10)).toEqual(await store.artifacts(task.id, null, 10));
  });

  test("the inbox takes a message once and gives out what is not taken", async () => {
    const store = await setup();
    const task = await running(store);
    const message = { messageId: "m1", prompt: null, question: null, value: { answer: 42 }, by: "ada", at: START };
    const got = decided(task, { do: "input", by: "ada", messageId: "m1", prompt: null });
    expect(await store.apply([{ ...got, inbox: message }])).toEqual({ ok: true });
    const twice = decided(got.task, { do: "input", by: "ada", messageId: "m1", prompt: null });
    const duplicate = { ok: false, why: "duplicate", task: task.id };
    expect(await store.apply([{ ...twice, inbox: message }])).toEqual(duplicate);
    expect(await store.apply([{ ...twice, inbox: { ...message, messageId: "m2" } }])).toEqual({ ok: true });
    expect(await store.inbox(task.id)).toEqual([
      { ...message, n: 1 },
      { ...message, n: 2, messageId: "m2" },
    ]);
    const taken = decided(twice.task, record);
    await store.apply([{ ...taken, taken: [1] }]);
    expect((await store.inbox(task.id)).map(({ n }) => n)).toEqual([2]);
    expect((await store.told(task.id)).map(({ n }) => n)).toEqual([1, 2]);
    expect((await store.turns(task.id)).map(({ type }) => type)).toEqual([
      "task.input_received",
      "task.input_received",
    ]);
    const seqs = (await store.turns(task.id)).map(({ seq }) => seq);
    const before = async (seq: number, limit: number) =>
      (await store.turnsBefore(task.id, seq, limit)).map((event) => event.seq);
    expect(await before(Number.MAX_SAFE_INTEGER, 9)).toEqual(seqs.toReversed());
    expect(await before(Number.MAX_SAFE_INTEGER, 1)).toEqual(seqs.slice(1));
    expect(await before(seqs[1] ?? 0, 1)).toEqual(seqs.slice(0, 1));
    const after = decided(taken.task, { do: "input", by: "ada", messageId: "m1", prompt: null });
    expect(await store.apply([{ ...after, inbox: message }])).toEqual(duplicate);
  });

  test("an inbox has the bytes of what waits in it, also of values that lie in files, and of nothing that was taken", async () => {
    const store = await setup();
    let task = await running(store);
    const values = ["x".repeat(10), "\u{1f600}", "y".repeat(1 << 20)];
    for (const [at, value] of values.entries()) {
      const messageId = `m${at}`;
      const got = decided(task, { do: "input", by: "ada", messageId, prompt: null });
      await store.apply([{ ...got, inbox: { messageId, prompt: null, question: null, value, by: "ada", at: START } }]);
      task = got.task;
    }
    expect(await store.inboxSize(task.id)).toEqual({ items: 3, bytes: 12 + 6 + (1 << 20) + 2 });
    await store.apply([{ ...decided(task, record), taken: [1, 3] }]);
    expect(await store.inboxSize(task.id)).toEqual({ items: 1, bytes: 6 });
  });

  test("an input is found by its message id, used up or not, with the question that it answers", async () => {
    const store = await setup();
    const task = await running(store);
    const item = { messageId: "m1", prompt: "ok", question: "/ok#0", value: { approved: true }, by: "ada", at: START };
    const got = decided(task, { do: "input", by: "ada", messageId: "m1", prompt: "ok" });
    await store.apply([{ ...got, inbox: item }]);
    expect(await store.received(task.id, "m1")).toEqual({ ...item, n: 1 });
    const used = decided(got.task, record);
    await store.apply([{ ...used, taken: [1] }]);
    expect(await store.inbox(task.id)).toEqual([]);
    expect(await store.received(task.id, "m1")).toEqual({ ...item, n: 1 });
    // Said to somebody else by way of this task: it waits for nobody here.
    const told = decided(used.task, { do: "input", by: "ada", messageId: "m3", prompt: null });
    const said = { ...item, messageId: "m3", taken: true } as const;
    expect(await store.apply([{ ...told, inbox: said }])).toEqual({ ok: true });
    expect([await store.inbox(task.id), await store.inboxSize(task.id)]).toEqual([[], { items: 0, bytes: 0 }]);
    expect((await store.told(task.id)).map(({ messageId }) => messageId)).toEqual(["m1", "m3"]);
    expect(await store.lastTold(task.id)).toEqual({ ...item, messageId: "m3", n: 2 });
    expect(await store.lastTold(newTask().id)).toBeNull();
    expect([await store.received(task.id, "m2"), await store.received(newTask().id, "m1")]).toEqual([null, null]);
  });

  test("a question was asked before once its call is in the journal, whatever became of it", async () => {
    const store = await setup();
    const task = await running(store);
    const asked = entry({ branch: "/0.a", kind: "input", name: "colour", state: "waiting" });
    await store.apply([{ ...decided(task, record), journal: [asked, entry({ name: "size" })] }]);
    expect(await store.hasAsked(task.id, "colour")).toBe(true);
    expect(await store.hasAsked(task.id, "size")).toBe(false);
    expect(await store.hasAsked(newTask().id, "colour")).toBe(false);
  });

  test("a paid call counts once by its key, also after the end", async () => {
    const store = await setup();
    const task = await running(store);
    const calls = [paidCall("a"), paidCall("b", 20)];
    const paid = decided(task, { do: "record", attempt: 1, record: { events: [], usage: calls } }, START + 5);
    expect(await store.apply([{ ...paid, usage: calls }])).toEqual({ ok: true });
    const ended = await live(store, paid.task, { do: "cancel", by: "ada", reason: "" });
    const late = decided(ended, { do: "bill", calls: [paidCall("b", 20)] });
    expect(await store.apply([{ ...late, usage: [paidCall("b", 20)] }])).toMatchObject({ why: "duplicate" });
    const other = decided(ended, { do: "bill", calls: [paidCall("c")] }, START + 9);
    expect(await store.apply([{ ...other, usage: [paidCall("c")] }])).toEqual({ ok: true });
    expect((await store.usage(task.id, null, 10)).calls).toEqual([
      { ...paidCall("a"), at: START + 5 },
      { ...paidCall("b", 20), at: START + 5 },
      { ...paidCall("c"), at: START + 9 },
    ]);
    expect((await store.task(task.id))?.usage).toMatchObject({ calls: 3, inputTokens: 40, costUsd: 1.5 });
  });

  test("what is paid for is counted once for each task above, also after the end, and is read in one row", async () => {
    const store = await setup();
    const root = await running(store);
    const below = async (parent: Task) => {
      const fresh = newTask();
      const task = { ...fresh, parent: parent.id, depth: parent.depth + 1 };
      return live(store, await submit(store, task), { do: "start" });
    };
    const child = await below(root);
    const leaves = [await below(child), await below(child)];
    for (const [n, leaf] of leaves.entries()) {
      const usage = [paidCall(`call ${n}`), { ...paidCall(`more ${n}`), costUsd: null, estimated: true as const }];
      const ended = await live(store, leaf, { do: "cancel", by: "ada", reason: "" });
      expect(await store.apply([{ ...decided(ended, { do: "bill", calls: usage }), usage }])).toEqual({ ok: true });
      const again = [paidCall(`call ${n}`)];
      const twice = decided(ended, { do: "bill", calls: again });
      expect(await store.apply([{ ...twice, usage: again }])).toMatchObject({ ok: false });
    }
    const spent = { calls: 4, inputTokens: 40, outputTokens: 40, costUsd: 1, unpricedCalls: 2, estimatedCalls: 2 };
    expect(await store.spentBelow(root.id)).toEqual(spent);
    expect(await store.spentBelow(child.id)).toEqual(spent);
    expect(await store.spentBelow(leaves[0]?.id ?? "")).toEqual(NO_USAGE);
  });

  test("an artifact grows by appending and is replaced otherwise", async () => {
    const store = await setup();
    const task = await running(store);
    const first = decided(task, record);
    const named = artifact({ name: "Report", metadata: { a: 1 }, last: false });
    await store.apply([{ ...first, artifacts: [named, artifact({ id: "log", parts: [{ data: { n: 1 } }] })] }]);
    const second = decided(first.task, record);
    await store.apply([{ ...second, artifacts: [artifact({ parts: [{ text: "two" }], append: true })] }]);
    const [report, log] = (await store.artifacts(task.id, null, 10)).artifacts;
    expect(report).toEqual({
      id: "report",
      name: "Report",
      description: null,
      parts: [{ text: "one" }, { text: "two" }],
      metadata: { a: 1 },
      complete: true,
    });
    await store.apply([{ ...decided(second.task, record), artifacts: [artifact({ parts: [{ text: "new" }] })] }]);
    const replaced = {
      id: "report",
      name: null,
      description: null,
      parts: [{ text: "new" }],
      metadata: {},
      complete: true,
    };
    expect((await store.artifacts(task.id, null, 10)).artifacts).toEqual(expect.arrayContaining([log, replaced]));
  });

  test("large values come back whole, and lists show their beginning", async () => {
    const store = await setup();
    const large = { text: "é".repeat(60_000) };
    const task = await submit(store, newTask({ input: large }));
    const started = await live(store, task, { do: "start" });
    const step = decided(started, {
      do: "record",
      attempt: 1,
      record: { events: [{ type: "own.big", data: large, custom: true }] },
    });
    await store.apply([{ ...step, journal: [entry({ result: large })] }]);
    const item = { messageId: "m", prompt: null, question: null, value: large, by: "ada", at: START };
    const said = decided(step.task, { do: "input", by: "ada", messageId: "m", prompt: null });
    await store.apply([{ ...said, inbox: item }]);
    const ended = await live(store, said.task, { do: "complete", attempt: 1, output: large });
    expect(await store.task(task.id)).toEqual(ended);
    expect((await store.events(task.id, 0, 10)).filter(({ type }) => type === "own.big")[0]?.data).toEqual(large);
    expect((await store.journal(task.id))[0]?.result).toEqual(large);
    expect((await store.inbox(task.id))[0]?.value).toEqual(large);
    const [listed] = (await store.list(EVERYBODY, {}, { limit: 1 })).tasks;
    const text = JSON.stringify(large);
    const preview = { truncated: true, bytes: Buffer.byteLength(text), preview: text.slice(0, 1000) };
    expect(listed).toEqual({ ...ended, input: preview, output: preview });
    expect(await store.check()).toEqual([]);
  });

  test("nothing that a user sends passes for a value kept elsewhere", async () => {
    const store = await setup();
    const forged = `@${"a".repeat(64)}:70000\npreview`;
    const task = await submit(store, newTask({ input: forged }));
    expect((await store.task(task.id))?.input).toBe(forged);
  });
}
