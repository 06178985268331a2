import { once } from "node:events";
import { createServer } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decided, submit } from "../store/suite/life.suite.ts";
import { newTask } from "../store/suite/new-task.suite.ts";
import type { PushFormat } from "../task/subscription.ts";
import { afterAttempt, enabled, redriven } from "../task/subscription-rules.ts";
import { plain, Receiver, Stage, subscriptionOf } from "./suite/stage.ts";

let stage: Stage;
let receiver: Receiver;
beforeEach(async () => {
  [stage, receiver] = await Promise.all([Stage.open(), new Receiver().open()]);
});
afterEach(async () => {
  await stage.close();
  receiver.close();
});

const seqs = ({ taken }: Receiver) => taken.map(({ seq }) => seq);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
/** The numbers in the order in which each came first. */
const firsts = (given: number[]) => [...new Set(given)];

/** Chance that is the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("a subscription", () => {
  it("is told every event of its task, in order and once, by a receiver that takes them", async () => {
    // More than one turn tells.
    const task = await stage.endedTask(40);
    const subscription = await stage.subscribe(task, receiver.url);
    await stage.until(async () => (await stage.now(subscription)).done);
    expect(seqs(receiver)).toEqual(upTo(task.lastSeq));
    expect(await stage.now(subscription)).toMatchObject({ cursor: task.lastSeq, failures: 0 });
    expect(stage.delivery.stats()).toEqual({ entries: 0, pending: 0, oldestMs: 0 });
  });

  it("of one task is disabled by too many failures, and a cursor of one that stands is not by its own", () => {
    const outcomeOf = (standing: string | null) => {
      const failing = subscriptionOf(newTask(), receiver.url, { standing, failures: plain.failuresMax - 1 });
      const answer = { status: 503, error: "It is down.", retryAfterMs: null, refused: false };
      return afterAttempt(failing, 1, answer, plain, { now: 0, chance: 0.5 }).outcome;
    };
    expect([outcomeOf(null), outcomeOf("w1")]).toEqual(["disabled", "retrying"]);
  });

  it("is told every event at least once and in order by a receiver that fails 70 % of the time, over restarts", async () => {
    const patient = { ...plain, attemptsMax: 1_000, failuresMax: 1_000 };
    await stage.close();
    stage = await Stage.open([patient], seeded(3));
    const chance = seeded(7);
    let dropped = 0;
    receiver.behave = (got, response) => {
      const draw = chance();
      if (draw < 0.2) response.destroy();
      else if (draw < 0.7) response.writeHead([500, 503, 429, 408][Math.floor(draw * 40) % 4] ?? 500).end();
      else if (draw < 0.75) {
        // Taken, and the answer is lost: it comes again.
        dropped += 1;
        receiver.taken.push(got);
        response.destroy();
      } else response.end();
    };
    const tasks = [await stage.endedTask(20), await stage.endedTask(20)];
    const subscriptions = await Promise.all(tasks.map((task) => stage.subscribe(task, receiver.url)));
    let turns = 0;
    await stage.until(async () => {
      turns += 1;
      if (turns % 40 === 0) await stage.restart();
      return (await Promise.all(subscriptions.map((each) => stage.now(each)))).every(({ done }) => done);
    }, 60_000);
    for (const [index, { id }] of subscriptions.entries()) {
      const got = receiver.taken.filter(({ subscription }) => subscription === id).map(({ seq }) => seq);
      expect(firsts(got)).toEqual(upTo(tasks[index]?.lastSeq ?? 0));
      expect([...got].sort((a, b) => a - b)).toEqual(got);
    }
    expect(receiver.all.length).toBeGreaterThan(receiver.taken.length * 2);
    expect(dropped).toBeGreaterThan(0);
  });

  it("is told of what it asked for alone, and of the task as it stands where it wants that", async () => {
    const task = await stage.endedTask(9);
    const some = await stage.subscribe(task, receiver.url, { events: ["task.completed"] });
    await stage.until(async () => (await stage.now(some)).done);
    expect(seqs(receiver)).toEqual([task.lastSeq]);
    const late = await stage.subscribe(task, receiver.url, { cursor: task.lastSeq, announces: true });
    await stage.until(async () => (await stage.now(late)).done);
    expect(seqs(receiver)).toEqual([task.lastSeq, task.lastSeq]);
  });

  it("is tried again after 1 s and then twice as long each time, and not before the receiver wants it", async () => {
    const task = await stage.endedTask(4);
    receiver.behave = ({ attempt }, response) => {
      if (attempt === 3) response.writeHead(503, { "retry-after": "60" }).end();
      else response.writeHead(500).end();
    };
    const subscription = await stage.subscribe(task, receiver.url);
    await stage.until(() => receiver.all.length > 8, 10_000);
    const log = (await stage.store.subscriptions.deliveries(subscription.key, { limit: 20 })).reverse();
    const delays = log.slice(1, 8).map(({ at }, index) => (at - (log[index]?.at ?? 0)) / 1_000);
    for (const [index, least] of [1, 2, 60, 8, 16, 32, 64].entries())
      expect(delays[index], `${delays}`).toBeGreaterThanOrEqual(least);
    // The eighth attempt was the last: the event is given up, and the next one is told.
    expect(receiver.all[8]).toMatchObject({ seq: 2, attempt: 1 });
    expect(await stage.now(subscription)).toMatchObject({ cursor: 1, givenUp: 1 });
  });

  it("is told the time of day, and waits by it, where the machine's clock was set back and tasks go on by the time before", async () => {
    await stage.close();
    const dated: PushFormat = {
      ...plain,
      notificationOf: async ({ seq, at, attempt }) => ({
        contentType: "text/plain",
        body: `${seq} ${at} ${attempt}`,
        headers: {},
      }),
    };
    stage = await Stage.open([dated]);
    const timeOfDay = () => stage.clock.now() - 7_200_000;
    vi.spyOn(stage.clock, "timeOfDay").mockImplementation(timeOfDay);
    const toldAt: number[] = [];
    receiver.behave = ({ subscription }, response) => {
      toldAt.push(Number(subscription) - timeOfDay());
      if (toldAt.length > 1) response.end();
      else response.writeHead(503, { "retry-after": new Date(timeOfDay() + 60_000).toUTCString() }).end();
    };
    const subscription = await stage.subscribe(await stage.endedTask(4), receiver.url);
    await stage.until(async () => (await stage.now(subscription)).done, 10_000);
    expect(Math.max(...toldAt.map(Math.abs))).toBeLessThan(10_000);
    const log = (await stage.store.subscriptions.deliveries(subscription.key, { limit: 20 })).reverse();
    expect((log[1]?.at ?? 0) - (log[0]?.at ?? 0)).toBeGreaterThan(50_000);
  });

  it("gives up at once what a receiver refuses, and is disabled by one that is gone", async () => {
    const task = await stage.endedTask(6);
    receiver.behave = ({ seq }, response) => response.writeHead({ 1: 400, 2: 302, 4: 410 }[seq] ?? 200).end();
    const subscription = await stage.subscribe(task, receiver.url);
    await stage.until(async () => (await stage.now(subscription)).state === "disabled");
    expect(receiver.all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(await stage.now(subscription)).toMatchObject({
      cursor: 3,
      givenUp: 1,
      reason: expect.stringContaining("410"),
    });
    const log = await stage.store.subscriptions.deliveries(subscription.key, { limit: 9 });
    expect(log.map(({ outcome, status }) => `${outcome} ${status}`)).toEqual([
      "disabled 410",
      "delivered 200",
      "given_up 302",
      "given_up 400",
    ]);
  });

  it("is disabled after 20 failures in a row, and goes on where it stood once it is enabled, or from where it is redriven", async () => {
    const task = await stage.endedTask(8);
    receiver.behave = (_, response) => response.writeHead(500).end();
    const subscription = await stage.subscribe(task, receiver.url);
    await stage.until(async () => (await stage.now(subscription)).state === "disabled", 30_000);
    expect(receiver.all).toHaveLength(20);
    expect(await stage.now(subscription)).toMatchObject({ cursor: 2, failures: 20, givenUp: 1 });
    expect(stage.delivery.stats().entries).toBe(0);
    receiver.behave = (_, response) => response.end();
    const audit = {
      tenant: "acme",
      at: 0,
      user: "ada",
      keyId: "k",
      act: "enable",
      task: task.id,
      origin: null,
      detail: {},
    };
    const after = (change: typeof enabled) => stage.now(subscription).then((now) => change(now, stage.clock.now()));
    await stage.store.subscriptions.change(await after(enabled), { audit });
    await stage.until(async () => (await stage.now(subscription)).done);
    expect(seqs(receiver)).toEqual(upTo(task.lastSeq).slice(2));
    await stage.store.subscriptions.change(await after((now, at) => redriven(now, 1, at)), { audit });
    await stage.until(async () => (await stage.now(subscription)).done);
    expect(seqs(receiver).slice(-task.lastSeq)).toEqual(upTo(task.lastSeq));
    expect((await stage.now(subscription)).givenUp).toBeNull();
  });

  it("that is disabled is told nothing", async () => {
    const still = await stage.subscribe(await stage.endedTask(4), receiver.url, { state: "disabled" });
    const told = await stage.subscribe(await stage.endedTask(4), receiver.url);
    await stage.until(async () => (await stage.now(told)).done);
    expect(receiver.all.map(({ subscription }) => subscription)).not.toContain(still.id);
    expect(stage.delivery.stats().entries).toBe(0);
  });

  it("that another process changes while it has nothing more to tell is looked at again", async () => {
    const task = await stage.endedTask(4);
    const change = vi.spyOn(stage.store.subscriptions, "change").mockResolvedValueOnce(false);
    const subscription = await stage.subscribe(task, receiver.url, { events: ["task.failed"] });
    let looks = 0;
    await stage.until(() => looks++ === 5);
    expect([change.mock.calls.length, (await stage.now(subscription)).done]).toEqual([2, true]);
  });

  it("has its turn to its end before a stop is over", async () => {
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<null>()];
    vi.spyOn(stage.store.subscriptions, "get").mockImplementationOnce(() => {
      asked.resolve();
      return answered.promise;
    });
    await stage.subscribe(await stage.endedTask(4), receiver.url);
    await asked.promise;
    let isOver = false;
    const stopped = stage.delivery.stop().then(() => (isOver = true));
    await nextTurn();
    expect(isOver).toBe(false);
    answered.resolve(null);
    await stopped;
  });

  it("is found by a start, however many there are", async () => {
    await stage.delivery.stop();
    const task = newTask();
    await submit(stage.store, task, {
      subscriptions: Array.from({ length: 1_001 }, () => subscriptionOf(task, receiver.url)),
    });
    receiver.behave = () => {};
    await stage.restart();
    expect(stage.delivery.stats().entries).toBe(1_001);
  });

  it("shows what it sends with to nobody: no delivery, no log has it", async () => {
    const task = await stage.endedTask(4);
    receiver.behave = (_, response) => response.writeHead(400).end("t0ps3cret");
    const subscription = await stage.subscribe(task, receiver.url);
    await stage.until(async () => (await stage.now(subscription)).done);
    const log = await stage.store.subscriptions.deliveries(subscription.key, { limit: 9 });
    expect(log).toHaveLength(task.lastSeq);
    expect(JSON.stringify(log)).not.toContain("t0ps3cret");
  });
});

describe("of two workers over one store", () => {
  it("one tells everything, and the other goes on once that one has not said for a while that it does", async () => {
    const now = stage.clock.now();
    await stage.store.takeLease("outbox", "dead", { now, until: now + 60_000 });
    const other = await stage.another();
    const task = await stage.endedTask(6);
    const subscription = await stage.subscribe(task, receiver.url);
    await stage.until(() => stage.clock.now() >= now + 59_000);
    expect(receiver.all).toEqual([]);
    await stage.until(async () => (await stage.now(subscription)).done);
    const more = await Promise.all([1, 2, 3].map(async () => stage.subscribe(await stage.endedTask(6), receiver.url)));
    await stage.until(async () => (await Promise.all(more.map((each) => stage.now(each)))).every(({ done }) => done));
    expect(receiver.all).toHaveLength(4 * task.lastSeq);
    await stage.delivery.stop();
    const last = await stage.subscribe(await stage.endedTask(6), receiver.url);
    await stage.until(async () => (await stage.now(last)).done);
    expect(receiver.all).toHaveLength(5 * task.lastSeq);
    await other.stop();
  });
});

describe("a subscription of all tasks", () => {
  it("tells each of them at least once and in order a receiver that fails 70 % of the time, over restarts, beside a second worker", async () => {
    await stage.close();
    stage = await Stage.open([{ ...plain, attemptsMax: 1_000, failuresMax: 1_000 }], seeded(5));
    const chance = seeded(11);
    receiver.behave = (_, response) => void response.writeHead(chance() < 0.7 ? 503 : 200).end();
    const standing = await stage.standing(receiver.url);
    const other = await stage.another();
    const tasks = [await stage.endedTask(6), await stage.endedTask(6), await stage.endedTask(6)];
    let turns = 0;
    await stage.until(async () => {
      turns += 1;
      if (turns % 40 === 0) await stage.restart();
      return (await Promise.all(tasks.map((task) => stage.cursor(standing, task)))).every(({ done }) => done);
    }, 30_000);
    await other.stop();
    for (const task of tasks) {
      const { id } = await stage.cursor(standing, task);
      const got = receiver.taken.filter(({ subscription }) => subscription === id).map(({ seq }) => seq);
      expect(firsts(got)).toEqual(upTo(task.lastSeq));
    }
  });

  it("leaves a receiver that fails alone with all of them, is disabled once by failures in a row, and goes on with all", async () => {
    await stage.close();
    stage = await Stage.open([{ ...plain, attemptsMax: 1_000 }]);
    receiver.behave = (_, response) => void response.writeHead(500).end();
    const standing = await stage.standing(receiver.url);
    const tasks = await Promise.all(Array.from({ length: 30 }, () => stage.endedTask(4)));
    const began = stage.clock.now();
    await stage.until(async () => (await stage.now(standing)).state === "disabled", 10_000);
    // Twenty pauses, each twice as long as the one before: what was under way counts once.
    expect(stage.clock.now() - began).toBeGreaterThan(2_000_000);
    expect(receiver.all.length).toBeLessThan(20 * 8);
    expect(stage.disabled).toMatchObject([{ webhook: standing.key, error: "HTTP 500" }]);
    receiver.behave = (_, response) => void response.end();
    const now = await stage.now(standing);
    const audit = {
      tenant: "acme",
      at: 0,
      user: "ada",
      keyId: "k",
      act: "enable",
      task: null,
      origin: null,
      detail: {},
    };
    await stage.store.subscriptions.change(enabled(now, stage.clock.now()), { audit });
    await stage.until(
      async () => (await Promise.all(tasks.map((each) => stage.cursor(standing, each)))).every(({ done }) => done),
      10_000,
    );
    expect(receiver.taken).toHaveLength(tasks.reduce((sum, { lastSeq }) => sum + lastSeq, 0));
    expect(stage.delivery.stats().entries).toBe(0);
  });
});

describe("a subscription of all tasks whose receiver is gone", () => {
  it("is said to be disabled once, however many of its attempts are under way", async () => {
    const held: (() => void)[] = [];
    receiver.behave = (_, response) => held.push(() => response.writeHead(410).end());
    await stage.standing(receiver.url);
    for (let task = 0; task < 4; task++) await stage.endedTask(3);
    await stage.until(() => held.length === 4);
    for (const answer of held) answer();
    await stage.until(() => stage.attempts.length === 4);
    expect(stage.disabled).toHaveLength(1);
  });
});

describe("of more tasks than have room, a subscription of all of them", () => {
  it("holds some in memory and tells of each, also of one that was quiet for long, over a dead receiver and a restart", async () => {
    await stage.close();
    const cursorsMax = 8;
    stage = await Stage.open([{ ...plain, attemptsMax: 1_000, failuresMax: 1_000 }], seeded(5), { cursorsMax });
    let most = 0;
    const look = () => {
      most = Math.max(most, stage.delivery.stats().entries);
    };
    const told = { events: ["task.completed", "task.cancelled"] };
    const standing = await stage.standing(receiver.url, told);
    const open = await Promise.all(Array.from({ length: 250 }, () => submit(stage.store, newTask())));
    look();
    let isDead = true;
    receiver.behave = (_, response) => {
      look();
      response.writeHead(isDead ? 503 : 200).end();
    };
    const ended = await Promise.all(Array.from({ length: 20 }, () => stage.endedTask(3)));
    await stage.until(() => receiver.all.length > cursorsMax);
    look();
    await stage.restart();
    await stage.until(() => receiver.all.length > 2 * cursorsMax, 10_000);
    isDead = false;
    const quiet = open.filter((_, index) => index % 10 === 0);
    for (const task of quiet) {
      await stage.store.apply([decided(task, { do: "cancel", by: "ada", reason: "" })]);
      look();
    }
    const all = [...quiet, ...ended];
    await stage.until(async () => {
      look();
      return (await Promise.all(all.map((task) => stage.cursor(standing, task)))).every(({ done }) => done);
    }, 10_000);
    expect(most).toBe(cursorsMax);
    expect(new Set(receiver.taken.map(({ subscription }) => subscription)).size).toBe(all.length);
  });
});

describe("a receiver that misbehaves", () => {
  it.each([
    [
      "answers 200 and then a byte now and then",
      "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\na",
      { status: 200, error: null },
    ],
    [
      "has an endless answer",
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"400\r\n".padEnd(1_029, "x")}\r\n`.repeat(1),
      { status: 200, error: null },
    ],
    [
      "has endless headers",
      `HTTP/1.1 200 OK\r\n${"x-more: yes, more\r\n".repeat(2_000)}`,
      { status: null, error: /HEADERS_OVERFLOW/ },
    ],
    ["does not speak HTTP", "220 mail.example ESMTP\r\n", { status: null, error: /does not match the HTTP/ }],
    ["answers nothing and hangs up", "", { status: null, error: /UND_ERR_SOCKET/ }],
  ] as const)("%s: that is said, and tried again where it may pass", async (_, answer, { status, error }) => {
    const raw = createServer((socket) =>
      socket.on("error", () => {}).once("data", () => (answer === "" ? socket.destroy() : socket.write(answer))),
    );
    raw.listen(0, "127.0.0.1");
    await once(raw, "listening");
    const address = raw.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const task = await stage.endedTask(4);
    const subscription = await stage.subscribe(task, `http://127.0.0.1:${port}/`);
    await stage.until(() => stage.attempts.length > 0);
    const log = await stage.store.subscriptions.deliveries(subscription.key, { limit: 1, before: 2 });
    expect(log).toMatchObject([{ status, outcome: error === null ? "delivered" : "retrying" }]);
    if (error !== null) expect(log[0]?.error).toMatch(error);
    await stage.delivery.stop();
    raw.close();
  });

  it("is not what its certificate says, or is found only later: the attempt says so, and it comes again", async () => {
    const task = await stage.endedTask(4);
    const tls = await stage.subscribe(task, receiver.url.replace("http:", "https:"));
    const nowhere = await stage.subscribe(task, receiver.url.replace("127.0.0.1", "nowhere.invalid"));
    await stage.until(() => stage.attempts.length >= 2);
    for (const each of [tls, nowhere]) {
      await stage.until(async () => (await stage.now(each)).attempts > 0);
      expect(await stage.now(each)).toMatchObject({
        state: "active",
        cursor: 0,
        error: expect.stringMatching(/SSL|ENOTFOUND|EAI_AGAIN/),
      });
    }
  });
});

describe("a dead receiver", () => {
  it("of a user keeps nobody of another tenant who is called the same", async () => {
    const dead = await Promise.all(Array.from({ length: 8 }, () => new Receiver().open()));
    for (const each of dead) each.behave = () => {};
    const held = newTask();
    const subscriptions = dead.flatMap(({ url }) =>
      Array.from({ length: 8 }, () => subscriptionOf(held, url, { user: "u1" })),
    );
    await submit(stage.store, held, { subscriptions });
    await stage.until(() => dead.every(({ all }) => all.length === 4));
    const told = await stage.endedTask(4);
    const subscription = await stage.subscribe(told, receiver.url, { tenant: "other", user: "u1" });
    let looks = 0;
    const isDone = async () => (await stage.now(subscription)).done;
    await stage.until(async () => {
      looks += 1;
      return looks > 20 || (await isDone());
    }, 10);
    expect(await isDone()).toBe(true);
    await stage.delivery.stop();
    for (const each of dead) each.close();
  });

  it("of 2,000 subscriptions holds up nobody else", async () => {
    const dead = await new Receiver().open();
    dead.behave = () => {};
    const held = newTask();
    const subscriptions = Array.from({ length: 2_000 }, (_, n) =>
      subscriptionOf(held, dead.url, { user: `u${n % 100}` }),
    );
    await submit(stage.store, held, { subscriptions });
    const told = await stage.endedTask(4);
    const subscription = await stage.subscribe(told, receiver.url, { user: "u1" });
    await stage.until(async () => (await stage.now(subscription)).done);
    expect(seqs(receiver)).toEqual(upTo(told.lastSeq));
    expect(dead.all.length).toBeLessThanOrEqual(4);
    expect(stage.delivery.stats().entries).toBe(2_000);
    await stage.delivery.stop();
    dead.close();
  });
});
