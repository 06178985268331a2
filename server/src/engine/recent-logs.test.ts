import { expect, test } from "vitest";
import type { TaskEvent } from "../task/events/event.ts";
import { LocalEventFeed } from "./event-feed.ts";

const event = (seq: number, text = ".", task = "task_1"): TaskEvent => ({
  ...{ task, seq, at: 1, type: "own.said", data: { text }, custom: true },
});
const seqs = (events: readonly TaskEvent[] | undefined) => events?.map(({ seq }) => seq);

function feedOver(stored: TaskEvent[]) {
  const feed = new LocalEventFeed(async (_id, after) => {
    reads.count += 1;
    return stored.filter(({ seq }) => seq > after);
  });
  const reads = { count: 0 };
  const next = async (after: number) => {
    const end = async () => ({ ended: true, lastSeq: stored.at(-1)?.seq ?? 0 });
    const events: TaskEvent[] = [];
    for await (const some of feed.follow("task_1", after, end, new AbortController().signal)) events.push(...some);
    return seqs(events);
  };
  return { feed, reads, next };
}

test("the log of a task that has begun here is known whole, and followed without a question to the store", async () => {
  const { feed, reads, next } = feedOver([event(1), event(2), event(3)]);
  feed.publish("task_1", [event(1), event(2)]);
  feed.publish("task_1", [event(3)]);
  expect(seqs(feed.whole("task_1", 3))).toEqual([1, 2, 3]);
  expect(feed.whole("task_1", 4)).toBeUndefined();
  expect(await next(0)).toEqual([1, 2, 3]);
  expect(await next(2)).toEqual([3]);
  expect(reads.count).toBe(0);
});

test.each<[what: string, change: (feed: LocalEventFeed) => void]>([
  ["another process has changed", (feed) => feed.notice("task_1", 3)],
  ["has a gap", (feed) => feed.publish("task_1", [event(4)])],
  [
    "is too long",
    (feed) =>
      feed.publish(
        "task_1",
        Array.from({ length: 300 }, (_, at) => event(at + 2)),
      ),
  ],
  ["is too large", (feed) => feed.publish("task_1", [event(2, "x".repeat(70_000))])],
])("a log that %s is the store's to tell", async (_what, change) => {
  const { feed, reads, next } = feedOver([event(1), event(2), event(3)]);
  feed.publish("task_1", [event(1)]);
  change(feed);
  expect(feed.whole("task_1", 3)).toBeUndefined();
  expect(await next(0)).toEqual([1, 2, 3]);
  expect(reads.count).toBeGreaterThan(0);
});

test("logs that nobody has added to for long make room for others", () => {
  const { feed } = feedOver([]);
  const big = "x".repeat(60_000);
  for (let n = 0; n < 500; n++) feed.publish(`task_${n}`, [event(1, big, `task_${n}`)]);
  const known = Array.from({ length: 500 }, (_, n) => feed.whole(`task_${n}`, 1) !== undefined);
  expect(known[499]).toBe(true);
  expect(known[0]).toBe(false);
  expect(known.filter(Boolean).length * big.length).toBeLessThan(9 << 20);
});

test("logs that nobody asks for are kept no more, until somebody does", () => {
  const { feed } = feedOver([]);
  const isKept = (task: string) => feed.whole(task, 1) !== undefined;
  const begin = (task: string) => feed.publish(task, [event(1, ".", task)]);
  for (let n = 0; n < 5_000; n++) {
    begin(`task_asked_${n}`);
    if (n % 900 === 0) expect(isKept(`task_asked_${n}`)).toBe(true);
  }
  for (let n = 0; n < 1_000; n++) begin(`task_unasked_${n}`);
  expect(isKept("task_unasked_0")).toBe(false);
  expect(isKept("task_unasked_999")).toBe(false);
  begin("task_next");
  expect(isKept("task_next")).toBe(true);
});
