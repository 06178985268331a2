/** Work that other programs do: its concurrency keys, its leases, and who gets it when. */
import { expect, it } from "vitest";
import type { Submission } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import { ada, arrives, at, type Begin, type EngineLife, events, gate, kind, submit } from "./stage.ts";

const LEASE_MS = 30_000;
const { signal: never } = new AbortController();
const concurrency = { key: "gpu", limit: 2 };

/** Kinds that are claimed in the queue of their own name. */
const claimed = (name: string) => kind(name, async () => null, { queueOf: () => name });

function claim(life: EngineLife, queue: string, max = 10): Promise<Task[]> {
  return life.verbs.work.claim(ada, { worker: "w", queue, max, leaseMs: LEASE_MS, waitMs: 0 }, never);
}

function complete(life: EngineLife, { id, attempt }: Task): Promise<Task> {
  return life.verbs.work.complete(ada, id, { worker: "w", attempt, output: null });
}

export function externalWorkSuite(begin: Begin): void {
  const submitAll = async (life: EngineLife, count: number, name: string, more: Partial<Submission> = {}) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n++) ids.push(await submit(life, name, more));
    return ids;
  };

  it("says of a task that no worker takes which queue it is in, and since when nobody has asked for it", async () => {
    const life = await begin([claimed("gpu")]);
    const started = life.now();
    const id = await submit(life, "gpu");
    const why = () => life.verbs.tasks.why(ada, id);
    expect(await why()).toMatchObject({
      reason: "no_worker",
      workers: { queue: "gpu", askedAt: null, since: started },
      summary: expect.stringContaining("none has asked for that queue since this server started"),
    });
    await claim(life, "cpu");
    expect(await why()).toMatchObject({ reason: "no_worker", workers: { askedAt: null } });
    await claim(life, "gpu");
    expect(await why()).toMatchObject({ reason: "leased", workers: { askedAt: life.now() } });
    await life.pass(LEASE_MS);
    await arrives(life, id, "waiting");
    expect(await why()).toMatchObject({ state: "waiting", reason: "no_worker", workers: { askedAt: started } });
  });

  it("takes no key from others by a claim that the store refuses", async () => {
    const life = await begin([claimed("gpu"), claimed("cpu")]);
    const more = { concurrency: { key: "gpu", limit: 1 } };
    const [first, second] = [await submit(life, "gpu", more), await submit(life, "cpu", more)];
    life.faults.refuse(1);
    await expect(claim(life, "gpu")).rejects.toMatchObject({ code: "unavailable" });
    expect((await claim(life, "cpu")).map(({ id }) => id)).toEqual([second]);
    expect(await claim(life, "gpu")).toEqual([]);
    expect((await at(life, first)).state).toBe("queued");
  });

  it("gives each task to one of those who wait, the longest waiting first, and to nobody who has gone", async () => {
    const life = await begin([claimed("gpu")]);
    const left = new AbortController();
    const wait = (max: number, signal = never) =>
      life.verbs.work.claim(ada, { worker: "w", queue: "gpu", max, leaseMs: LEASE_MS, waitMs: 20_000 }, signal);
    const waiting = [wait(1, left.signal), wait(1), wait(1), wait(1)];
    left.abort();
    const ids = await submitAll(life, 2, "gpu");
    expect(await waiting[0]).toEqual([]);
    expect((await waiting[1])?.map(({ id }) => id)).toEqual([ids[0]]);
    expect((await waiting[2])?.map(({ id }) => id)).toEqual([ids[1]]);
    const [last] = await submitAll(life, 1, "gpu");
    expect((await waiting[3])?.map(({ id }) => id)).toEqual([last]);
  });

  it("gives no more than was asked for, and to the next one what somebody leaves who goes as he is woken", async () => {
    const life = await begin([claimed("gpu")]);
    await submitAll(life, 3, "gpu");
    expect([(await claim(life, "gpu", 2)).length, (await claim(life, "gpu", 2)).length]).toEqual([2, 1]);
    const left = new AbortController();
    const listening = left.signal.removeEventListener.bind(left.signal);
    left.signal.removeEventListener = (...args: Parameters<typeof listening>) => {
      listening(...args);
      left.abort();
    };
    const given: string[] = [];
    const wait = async (signal: AbortSignal) => {
      const asked = { worker: "w", queue: "gpu", max: 1, leaseMs: LEASE_MS, waitMs: 20_000 };
      for (const { id } of await life.verbs.work.claim(ada, asked, signal)) given.push(id);
    };
    const waiting = [wait(left.signal), wait(never)];
    const ids = await submitAll(life, 1, "gpu");
    await life.settle();
    expect(given).toEqual(ids);
    await Promise.all(waiting);
  });

  it("gives out no more tasks of a concurrency key than it allows, over all queues and with those that run here", async () => {
    const hold = gate();
    const life = await begin([
      claimed("one"),
      claimed("two"),
      kind("here", (ctx) => ctx.step("hold", () => hold.promise.then(() => null))),
    ]);
    const [here = ""] = await submitAll(life, 1, "here", { concurrency });
    await arrives(life, here, "running");
    const ones = await submitAll(life, 3, "one", { concurrency });
    const twos = await submitAll(life, 2, "two", { concurrency });
    const free = await submitAll(life, 1, "one");
    const first = await claim(life, "one");
    expect(first.map(({ id }) => id)).toEqual([ones[0], free[0]]);
    expect(await claim(life, "two")).toEqual([]);
    const why = await life.verbs.tasks.why(ada, twos[0] ?? "");
    expect([why.reason, why.heldBy.sort()]).toEqual(["concurrency", [here, ones[0]].sort()]);
    const waiting = await submit(life, "here", { concurrency });
    await arrives(life, waiting, "queued");
    // One goes, one comes: the oldest that wants it is here.
    for (const task of first) await complete(life, task);
    await arrives(life, waiting, "running");
    hold.resolve();
    await arrives(life, waiting, "completed");
    const second = [...(await claim(life, "two")), ...(await claim(life, "one"))];
    expect(second.map(({ id }) => id)).toEqual(twos);
    for (const task of second) await complete(life, task);
    expect((await claim(life, "one")).map(({ id }) => id)).toEqual(ones.slice(1));
  });

  it("lets those go that wait for a key, in their order, whoever gives it back and however", async () => {
    let life = await begin([claimed("work")]);
    const ids = await submitAll(life, 6, "work", { concurrency: { key: "k", limit: 1 } });
    const waiting = () =>
      life.verbs.work.claim(ada, { worker: "w", queue: "work", max: 10, leaseMs: LEASE_MS, waitMs: 600_000 }, never);
    const held = async (which: number) =>
      (await claim(life, "work")).map(({ id }) => ids.indexOf(id)).join() === `${which}`;
    expect(await held(0)).toBe(true);
    await life.verbs.tasks.cancel(ada, ids[0] ?? "");
    expect(await held(1)).toBe(true);
    await life.verbs.tasks.pause(ada, ids[1] ?? "");
    // Of those that were before it in the queue, one that goes leaves the key to the next.
    await life.verbs.tasks.cancel(ada, ids[2] ?? "");
    expect(await held(3)).toBe(true);
    life = await life.crash();
    expect(await claim(life, "work")).toEqual([]);
    const next = waiting();
    await life.verbs.work.fail(ada, ids[3] ?? "", {
      worker: "w",
      attempt: 1,
      error: { code: "broken", message: "It broke." },
      retryable: false,
    });
    await life.settle();
    expect((await next).map(({ id }) => id)).toEqual([ids[4]]);
    await life.pass(LEASE_MS);
    // Its lease ran out: it is the oldest again.
    expect(await held(4)).toBe(true);
  });

  it("offers work again whose lease ran out as often as it takes, and fails it at the fifth time", async () => {
    const life = await begin([claimed("work")]);
    const id = await submit(life, "work", { retry: { attempts: 1 } });
    for (let lost = 1; lost < 5; lost++) {
      expect(await claim(life, "work")).toMatchObject([{ id, attempt: lost }]);
      await life.pass(LEASE_MS);
      expect(await at(life, id)).toMatchObject({ state: "waiting", failures: 0, leasesLost: lost });
    }
    await claim(life, "work");
    await life.pass(LEASE_MS);
    expect(await arrives(life, id, "failed")).toMatchObject({ error: { code: "lease_lost" }, failures: 0 });
    expect((await events(life, id)).filter(({ type }) => type === "task.retrying")).toHaveLength(4);
  });

  it("uses up no try of the task by leases that ran out", async () => {
    const life = await begin([claimed("work")]);
    const id = await submit(life, "work", { retry: { attempts: 2, backoffMs: 1 } });
    for (let lost = 1; lost < 4; lost++) {
      await claim(life, "work");
      await life.pass(LEASE_MS);
    }
    const [task] = await claim(life, "work");
    const error = { code: "broken", message: "It broke." };
    const failed = { worker: "w", attempt: task?.attempt ?? 0, error, retryable: true };
    expect(await life.verbs.work.fail(ada, id, failed)).toMatchObject({ state: "waiting", failures: 1 });
  });
}
