/** What one answer may hold: bytes, not rows. Whoever asks on gets all, and nothing twice. */
import { expect, test } from "vitest";
import type { ArtifactUpdate } from "../../task/artifact.ts";
import type { EventDraft } from "../../task/events/event.ts";
import type { Task } from "../../task/task.ts";
import type { KeyPlace } from "../key-store.ts";
import type { JournalEntry, Store } from "../store.ts";
import { key, ROOM } from "./key.suite.ts";
import { decided, EVERYBODY, live, paidCall, submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

const LIST_BYTES_MAX = 1 << 20;
const PAGE_BYTES_MAX = 256 << 10;
const KB_60 = "x".repeat(60_000);
const MB = "y".repeat(1_000_000);

const sizeOf = (value: unknown) => JSON.stringify(value).length;

async function record(store: Store, task: Task, data: string[]): Promise<Task> {
  const events = data.map((text): EventDraft => ({ type: "own.said", data: { text }, custom: true }));
  return live(store, task, { do: "record", attempt: 1, record: { events } });
}

export function bytesStories(setup: () => Promise<Store>): void {
  test("a list has the beginning of long values, and its pages end when they have their bytes", async () => {
    const store = await setup();
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, "v".repeat(500)]));
    const short = await submit(store, newTask({ input: { query: "short" } }));
    const long = Array.from({ length: 120 }, (_, at) =>
      newTask({ createdAt: START + at, input: { query: KB_60 }, metadata: fields }),
    );
    await Promise.all(long.map((task) => submit(store, task)));
    const seen: Task[] = [];
    let pages = 0;
    for (let cursor: string | null = null; pages === 0 || cursor !== null; pages += 1) {
      const page = await store.list(EVERYBODY, {}, { limit: 200, ...(cursor !== null && { cursor }) });
      expect(sizeOf(page.tasks)).toBeLessThan(2 * LIST_BYTES_MAX);
      expect(page.total).toBe(121);
      seen.push(...page.tasks);
      cursor = page.next;
    }
    expect(pages).toBeGreaterThan(1);
    expect(seen.map(({ id }) => id)).toEqual([...long.toReversed(), short].map(({ id }) => id));
    expect(seen.at(-1)?.input).toEqual({ query: "short" });
    expect(seen[0]?.input).toEqual({ truncated: true, bytes: 60_012, preview: sizedPreview({ query: KB_60 }) });
    const titles = await store.list(EVERYBODY, {}, { limit: 60 });
    expect(titles.tasks).toHaveLength(60);
    const whole = await store.list(EVERYBODY, {}, { limit: 200, whole: true });
    expect(whole.tasks[0]?.input).toEqual({ query: KB_60 });
    expect(whole.tasks.length).toBeLessThan(20);
    expect(whole.next).not.toBeNull();
  });

  test("a list leaves out details that are large, and keeps the others", async () => {
    const store = await setup();
    const [small, large] = [newTask(), newTask({ createdAt: START - 1 })];
    for (const [task, note] of [
      [small, "a"],
      [large, KB_60],
    ] as const) {
      await submit(store, task);
      const started = await live(store, { ...task, lastSeq: 1 }, { do: "start" });
      await live(store, started, { do: "record", attempt: 1, record: { events: [], details: { note } } });
    }
    const { tasks } = await store.list(EVERYBODY, {}, { limit: 2 });
    expect(tasks.map(({ details }) => details)).toEqual([{ note: "a" }, {}]);
  });

  test("a page of events ends when it has its bytes, also by values that lie in files", async () => {
    const store = await setup();
    const task = await live(store, await submit(store, newTask()), { do: "start" });
    const spoken = await record(
      store,
      task,
      Array.from({ length: 20 }, () => KB_60),
    );
    await record(store, spoken, [MB, MB, "last"]);
    const seqs: number[] = [];
    for (;;) {
      const page = await store.events(task.id, seqs.at(-1) ?? 0, 1_000);
      if (page.length === 0) break;
      expect(page.length === 1 || sizeOf(page) < 2 * PAGE_BYTES_MAX).toBe(true);
      seqs.push(...page.map(({ seq }) => seq));
    }
    expect(seqs).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
  });

  test("a journal comes in pages by bytes, and its last error without reading them", async () => {
    const store = await setup();
    const task = await live(store, await submit(store, newTask()), { do: "start" });
    const error = (message: string) => ({ code: "broken", message });
    const journal = Array.from({ length: 30 }, (_, position) =>
      entryAt(position, { error: position % 10 === 0 ? error(`At ${position}.`) : null, at: START - position }),
    );
    const change = decided(task, { do: "record", attempt: 1, record: { events: [] } });
    await store.apply([{ ...change, journal }]);
    expect(await store.lastError(task.id)).toEqual(error("At 0."));
    const positions: number[] = [];
    let pages = 0;
    for (let cursor: string | null = null; pages === 0 || cursor !== null; pages += 1) {
      const page = await store.journalPage(task.id, cursor, 1_000);
      expect(sizeOf(page.entries)).toBeLessThan(2 * PAGE_BYTES_MAX);
      positions.push(...page.entries.map(({ position }) => position));
      cursor = page.next;
    }
    expect(pages).toBeGreaterThan(5);
    expect(positions).toEqual(journal.map(({ position }) => position));
    expect(await store.journal(task.id)).toEqual(journal);
    await expect(store.journalPage(task.id, "x", 10)).rejects.toMatchObject({ code: "invalid" });
    const other = await submit(store, newTask());
    expect(await store.lastError(other.id)).toBeNull();
  });

  test("an inbox is read whole, however large, and from any item on", async () => {
    const store = await setup();
    let task = await live(store, await submit(store, newTask()), { do: "start" });
    for (let n = 1; n <= 12; n++) {
      const messageId = `m${n}`;
      const change = decided(task, { do: "input", by: "ada", messageId, prompt: null });
      await store.apply([
        { ...change, inbox: { messageId, prompt: null, question: null, value: KB_60, by: "ada", at: START } },
      ]);
      task = change.task;
    }
    expect((await store.inbox(task.id)).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect((await store.inbox(task.id, 10)).map(({ n }) => n)).toEqual([11, 12]);
  });

  test("artifacts come in pages of about a megabyte, each whole, in the order in which they began", async () => {
    const store = await setup();
    let task = await live(store, await submit(store, newTask()), { do: "start" });
    const grow = async (...artifacts: ArtifactUpdate[]) => {
      const change = decided(task, { do: "record", attempt: 1, record: { events: [] } });
      await store.apply([{ ...change, artifacts }]);
      task = change.task;
    };
    const part = (id: string, text: string, append = true): ArtifactUpdate => ({
      ...{ id, parts: [{ text }], append, last: true },
    });
    const names = Array.from({ length: 5 }, (_, n) => `a${9 - n}`);
    for (const name of names) await grow(part(name, MB));
    // More than a page of what hangs on a task is read of it, from rows and from files.
    for (let n = 0; n < 12; n++) await grow(part("a9", KB_60), part("a7", String(n)));
    await grow(part("a8", "new", false), ...Array.from({ length: 20 }, (_, n) => part(`small ${n}`, "x")));
    const pages: string[][] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<Store["artifacts"]>> = await store.artifacts(task.id, cursor, 10);
      pages.push(page.artifacts.map(({ id, parts }) => `${id} ${parts.length}`));
      if (page.next === null) break;
      cursor = page.next;
    }
    const small = Array.from({ length: 20 }, (_, n) => `small ${n} 1`);
    // What was replaced begins anew.
    expect(pages.flat()).toEqual(["a9 13", "a7 13", "a6 1", "a5 1", "a8 1", ...small]);
    expect(pages.map((page) => page.length)).toEqual([1, 2, 10, 10, 2]);
    const sizes = new Map((await store.artifactSizes(task.id)).map(({ id, bytes }) => [id, bytes]));
    expect([sizes.get("small 0"), sizes.size]).toEqual([JSON.stringify(part("small 0", "x")).length, 25]);
    expect(sizes.get("a9")).toBeGreaterThan(MB.length + 12 * KB_60.length);
    // More than one look at the updates.
    await grow(...Array.from({ length: 5_000 }, (_, n) => part(`many ${n % 3}`, "x", true)));
    const more = await store.artifactSizes(task.id);
    const ofOne = JSON.stringify(part("many 0", "x", true)).length;
    expect(more.filter(({ id }) => id.startsWith("many")).map(({ bytes }) => bytes / ofOne)).toEqual([
      1_667, 1_667, 1_666,
    ]);
    expect(more.find(({ id }) => id === "a9")).toEqual({ id: "a9", bytes: sizes.get("a9") });
    await expect(store.artifacts(task.id, "nowhere", 10)).rejects.toMatchObject({ code: "invalid" });
  });

  test("paid calls come in pages, in the order in which they were made", async () => {
    const store = await setup();
    const task = await live(store, await submit(store, newTask()), { do: "start" });
    const usage = Array.from({ length: 25 }, (_, n) => ({ ...paidCall(`call ${99 - n}`), raw: KB_60 }));
    await store.apply([{ ...decided(task, { do: "record", attempt: 1, record: { events: [], usage } }), usage }]);
    const pages: string[][] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<Store["usage"]>> = await store.usage(task.id, cursor, 1_000);
      pages.push(page.calls.map(({ key }) => key));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(pages.flat()).toEqual(usage.map(({ key }) => key));
    expect(pages.length).toBeGreaterThan(3);
    const first = await store.usage(task.id, null, 2);
    expect(first.calls.map(({ key }) => key)).toEqual(["call 99", "call 98"]);
    expect((await store.usage(task.id, first.next, 1)).calls.map(({ key }) => key)).toEqual(["call 97"]);
    await expect(store.usage(task.id, "nowhere", 10)).rejects.toMatchObject({ code: "invalid" });
  });

  test("a page of keys ends by its bytes, and the next one goes on there", async () => {
    const store = await setup();
    const ids = Array.from({ length: 60 }, (_, n) => `key_${n}`);
    const audit = {
      tenant: "acme",
      at: START,
      user: "ada",
      keyId: "k",
      act: "keys.create",
      task: null,
      origin: null,
      detail: {},
    };
    for (const id of ids) await store.keys.add(key({ id, hash: id, name: KB_60 }), ROOM, audit);
    const read: string[] = [];
    let pages = 0;
    for (let after: KeyPlace | null | undefined; after !== null; pages += 1) {
      const page = await store.keys.list({ tenant: "acme", user: null }, { limit: 1_000, after: after ?? null });
      read.push(...page.keys.map(({ id }) => id));
      after = page.next;
    }
    expect(read).toEqual(ids);
    expect(pages).toBeGreaterThan(2);
  });
}

function sizedPreview(value: unknown): string {
  return JSON.stringify(value).slice(0, 1_000);
}

function entryAt(position: number, fields: Partial<JournalEntry>): JournalEntry {
  return {
    branch: "",
    position,
    name: `step ${position}`,
    occurrence: 0,
    kind: "step",
    state: "done",
    tries: 1,
    at: START,
    durationMs: 1,
    result: KB_60,
    error: null,
    usage: null,
    trace: null,
    ...fields,
  };
}
