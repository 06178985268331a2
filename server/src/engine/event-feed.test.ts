import { expect, test } from "vitest";
import type { TaskEvent } from "../task/events/event.ts";
import { ENDED, LATER } from "../task/events/log-reader.ts";
import { LocalEventFeed, TAIL_BYTES_MAX } from "./event-feed.ts";

const ID = "task_1";
const said = (seq: number, text = "."): TaskEvent => ({
  task: ID,
  seq,
  at: 1,
  type: "own.said",
  data: { text },
  custom: true,
});
const open = async () => ({ ended: false, lastSeq: 0 });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A log that is read by at most ten events at once, and counts how often it is. */
function logged(events: TaskEvent[]) {
  const log = { events, reads: 0 };
  const feed = new LocalEventFeed(async (_id, after, limit) => {
    log.reads += 1;
    return events.filter(({ seq }) => seq > after).slice(0, Math.min(limit, 10));
  });
  return { log, feed };
}

function followed(feed: LocalEventFeed, after: number) {
  const stop = new AbortController();
  const follower = feed.follow(ID, after, open, stop.signal);
  return { next: async () => (await follower.next()).value ?? [], stop: () => stop.abort() };
}

test("followers of one log share what is read of it, from wherever they begin", async () => {
  const { log, feed } = logged(Array.from({ length: 20 }, (_, at) => said(at + 1)));
  const all = Array.from({ length: 30 }, () => followed(feed, 0));
  const first = await Promise.all(all.map(({ next }) => next()));
  const second = await Promise.all(all.map(({ next }) => next()));
  expect(new Set(first).size).toBe(1);
  expect(new Set(second).size).toBe(1);
  expect([...(first[0] ?? []), ...(second[0] ?? [])]).toEqual(log.events);
  expect(log.reads).toBe(2);
});

test("followers that keep up are given the same events, and read nothing", async () => {
  const { log, feed } = logged([said(1)]);
  const all = [followed(feed, 0), followed(feed, 0)];
  await Promise.all(all.map(({ next }) => next()));
  const { reads } = log;
  const next = Promise.all(all.map(({ next }) => next()));
  await new Promise((resolve) => setImmediate(resolve));
  log.events.push(said(2));
  feed.publish(ID, [said(2)]);
  const [one, other] = await next;
  expect(one).toEqual([said(2)]);
  expect(one).toBe(other);
  expect(log.reads - reads).toBeLessThanOrEqual(2);
});

test("events that are too large to be kept for others come from the store, each once and in order", async () => {
  const { log, feed } = logged([said(1)]);
  const { next } = followed(feed, 0);
  expect(await next()).toEqual([said(1)]);
  for (let seq = 2; seq < 6; seq++) {
    const large = said(seq, "x".repeat(TAIL_BYTES_MAX));
    const coming = next();
    await new Promise((resolve) => setImmediate(resolve));
    const { reads } = log;
    log.events.push(large);
    feed.publish(ID, [large]);
    expect(await coming).toEqual([large]);
    expect(log.reads).toBeGreaterThan(reads);
  }
});

test("the last events alone are kept for followers, and whoever is behind these reads", async () => {
  const { log, feed } = logged([said(1)]);
  const { next } = followed(feed, 0);
  expect(await next()).toEqual([said(1)]);
  const coming = next();
  await turn();
  const { reads } = log;
  for (let seq = 2; seq < 400; seq++) {
    log.events.push(said(seq));
    feed.publish(ID, [said(seq)]);
  }
  expect(await coming).toEqual(log.events.slice(1, 11));
  expect(log.reads).toBe(reads + 1);
});

test("an event that comes while its log is read is not missed by whoever joins that reading", async () => {
  const gates: PromiseWithResolvers<TaskEvent[]>[] = [];
  const feed = new LocalEventFeed(() => {
    const gate = Promise.withResolvers<TaskEvent[]>();
    gates.push(gate);
    return gate.promise;
  });
  const early = followed(feed, 0).next();
  await new Promise((resolve) => setImmediate(resolve));
  expect(gates).toHaveLength(1);
  feed.publish(ID, [said(2)]);
  const late = followed(feed, 0).next();
  await new Promise((resolve) => setImmediate(resolve));
  gates[0]?.resolve([]);
  for (const gate of gates.slice(1)) gate.resolve([said(1), said(2)]);
  await new Promise((resolve) => setImmediate(resolve));
  for (const gate of gates.slice(1)) gate.resolve([said(1), said(2)]);
  const nothing = new Promise((resolve) => setTimeout(resolve, 0, "nothing came"));
  expect(await Promise.race([late, nothing])).toEqual([said(1), said(2)]);
  expect(await Promise.race([early, nothing])).toEqual([said(1), said(2)]);
});

test("what another process has written between two events is given in its place", async () => {
  const { log, feed } = logged([said(1)]);
  const { next } = followed(feed, 0);
  expect(await next()).toEqual([said(1)]);
  log.events.push(said(2), said(3), said(4));
  feed.publish(ID, [said(2)]);
  feed.publish(ID, [said(4)]);
  const given = [...(await next())];
  while (given.length < 3) given.push(...(await next()));
  expect(given).toEqual([said(2), said(3), said(4)]);
});

test("what comes while nobody reads a log, and somebody only waits for its task, is given to those who read it later", async () => {
  const { log, feed } = logged([said(1)]);
  const watch = feed.watch(ID);
  const before = followed(feed, 0);
  expect(await before.next()).toEqual([said(1)]);
  const next = before.next();
  await new Promise((resolve) => setImmediate(resolve));
  log.events.push(said(2));
  feed.publish(ID, [said(2)]);
  expect(await next).toEqual([said(2)]);
  before.stop();
  await before.next();
  log.events.push(said(3));
  feed.publish(ID, [said(3)]);
  const reader = feed.read(
    ID,
    1,
    async () => ({ ended: false, lastSeq: 3 }),
    () => {},
  );
  log.events.push(said(4));
  feed.publish(ID, [said(4)]);
  const given = [await reader.next(), await reader.next(), await reader.next()];
  expect(given.flatMap((read) => (Array.isArray(read) ? read : []))).toEqual([said(2), said(3), said(4)]);
  reader.close();
  watch.end();
});

test("a commit may bring hundreds of thousands of events to a log that is followed", async () => {
  const events = Array.from({ length: 300_000 }, (_, at) => said(at + 2));
  const { feed } = logged([said(1), ...events]);
  const follower = followed(feed, 0);
  expect(await follower.next()).toEqual([said(1), ...events.slice(0, 9)]);
  feed.publish(ID, events);
  expect((await follower.next())[0]).toEqual(said(11));
  follower.stop();
});

test("a reader has nothing under way while there is nothing to read, and is told of news for as long as it is open", async () => {
  const { feed } = logged([said(1)]);
  let news = 0;
  const reader = feed.read(ID, 0, open, () => {
    news += 1;
  });
  expect([await reader.next(), await reader.next(), reader.next()]).toEqual([[said(1)], LATER, LATER]);
  feed.publish(ID, [said(2)]);
  feed.publish(ID, [said(3)]);
  expect([news, reader.next(), reader.next()]).toEqual([2, [said(2), said(3)], LATER]);
  reader.close();
  reader.close();
  feed.publish(ID, [said(4)]);
  expect([news, reader.next(), feed.isFollowed(ID)]).toEqual([2, ENDED, false]);
});

test("a reader begins with the question whether its log may be read, and ends where the answer is no", async () => {
  const { log, feed } = logged([said(1)]);
  const refusing = async () => {
    throw new Error("There is no such log.");
  };
  const reader = feed.read(ID, 0, refusing, () => {});
  await expect(async () => await reader.next()).rejects.toThrow("There is no such log.");
  expect(log.reads).toBe(0);
});

test("a reader of an ended log ends behind its last event, also where that came before it began", async () => {
  const { feed } = logged([said(1), said(2)]);
  const reader = feed.read(
    ID,
    1,
    async () => ({ ended: true, lastSeq: 2 }),
    () => {},
  );
  expect([await reader.next(), await reader.next(), reader.next()]).toEqual([[said(2)], ENDED, ENDED]);
});

test("who watches is woken once by each change", async () => {
  const { feed } = logged([]);
  const watch = feed.watch(ID);
  let woken = 0;
  const wait = () => void watch.changed().then(() => (woken += 1));
  wait();
  feed.publish(ID, [said(1)]);
  await turn();
  wait();
  await turn();
  expect(woken).toBe(1);
  feed.publish(ID, [said(2)]);
  await turn();
  expect(woken).toBe(2);
  watch.end();
});

test("who follows no more counts for nothing, also where others watch", async () => {
  const { feed } = logged([said(1)]);
  const watch = feed.watch(ID);
  const follower = followed(feed, 0);
  await follower.next();
  const last = follower.next();
  expect(feed.isFollowed(ID)).toBe(true);
  follower.stop();
  await last;
  expect(feed.isFollowed(ID)).toBe(false);
  watch.end();
});

test("what another process has added comes behind what this one has told before", async () => {
  const { log, feed } = logged([said(1)]);
  feed.publish(ID, [said(1)]);
  log.events.push(said(2));
  feed.notice(ID, 2);
  const { next } = followed(feed, 0);
  const seen: TaskEvent[] = [];
  while (seen.length < 2) seen.push(...(await next()));
  expect(seen).toEqual(log.events);
});

test("a log that has ended is followed up to its last event, also where that comes later than its end is known", async () => {
  const { log, feed } = logged([said(1)]);
  const ended = async () => ({ ended: true, lastSeq: 2 });
  const follower = feed.follow(ID, 0, ended, new AbortController().signal);
  expect((await follower.next()).value).toEqual([said(1)]);
  const next = follower.next();
  await turn();
  log.events.push(said(2));
  feed.publish(ID, [said(2)]);
  expect((await next).value).toEqual([said(2)]);
});
