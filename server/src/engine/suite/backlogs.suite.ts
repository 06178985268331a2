/** Queues with many tasks that nobody has claimed yet: who gets which, whatever becomes of the server meanwhile. */
import { expect, it } from "vitest";
import { ada, arrives, at, type Begin, type EngineLife, kind, submit } from "./stage.ts";

const LEASE_MS = 30_000;
const HOUR = 3_600_000;
const { signal: never } = new AbortController();
const work = kind("work", async () => null, { queueOf: () => "work" });

async function claim(life: EngineLife, max: number, waitMs = 0, signal = never): Promise<string[]> {
  const asked = { worker: "w", queue: "work", max, leaseMs: LEASE_MS, waitMs };
  return (await life.verbs.work.claim(ada, asked, signal)).map(({ id }) => id);
}

export function backlogsSuite(begin: Begin): void {
  const submitAll = async (life: EngineLife, priorities: readonly number[]) => {
    const ids: string[] = [];
    for (const priority of priorities) {
      ids.push(await submit(life, "work", { priority }));
      await life.leap(1);
    }
    return ids;
  };

  it("gives out a long backlog by priority and age, whatever comes meanwhile and over deaths and restarts", async () => {
    let life = await begin([work]);
    const priorities = [0, 0, 0, 5, 0, -5, 0, 5, 0, 0, -5, 0];
    const ids = await submitAll(life, priorities);
    const ordered = (of: readonly string[]) =>
      [...of].sort((a, b) => (priorities[ids.indexOf(b)] ?? 0) - (priorities[ids.indexOf(a)] ?? 0));
    const expected = ordered(ids);
    expect(await claim(life, 3)).toEqual(expected.slice(0, 3));
    life = await life.crash();
    expect(await claim(life, 2)).toEqual(expected.slice(3, 5));
    // More urgent than all that are in memory, so many that those go back to the disk.
    const urgent = await submitAll(life, [8, 9, 7, 9, 9, 9]);
    expect(await claim(life, 6)).toEqual([1, 3, 4, 5, 0, 2].map((place) => urgent[place]));
    life = await life.restart();
    const late = await submitAll(life, [0]);
    const left = [...expected.slice(5, -2), ...late, ...expected.slice(-2)];
    expect(await claim(life, 100)).toEqual(left);
    expect(await claim(life, 1)).toEqual([]);
  });

  it("takes turns between conversations and the tasks that have none, however many of those wait", async () => {
    const life = await begin([work]);
    const ids = await submitAll(life, [0, 0, 0, 0, 0]);
    const talk = { conversation: { alias: "talk" } };
    const inTalk = [await submit(life, "work", talk), await submit(life, "work", talk)];
    expect(await claim(life, 7)).toEqual([ids[0], inTalk[0], ids[1], inTalk[1], ids[2], ids[3], ids[4]]);
  });

  it("cancels, pauses, resumes and ends by its deadline what is far behind, and gives none of it out before its turn", async () => {
    let life = await begin([work]);
    await submitAll(life, [0, 0, 0]);
    const [cancelled = "", paused = "", ...rest] = await submitAll(life, [0, 0, 0, 0]);
    const late = await submit(life, "work", { deadlineMs: HOUR });
    life = await life.restart();
    await life.verbs.tasks.cancel(ada, cancelled);
    await life.verbs.tasks.pause(ada, paused);
    expect((await claim(life, 3)).length).toBe(3);
    await life.pass(HOUR);
    await arrives(life, late, "timed_out");
    await life.verbs.tasks.resume(ada, paused);
    expect(await life.verbs.tasks.why(ada, rest[1] ?? "")).toMatchObject({ workers: { queue: "work" } });
    // The first three are offered again, their leases being over, and come before what was submitted later.
    expect((await claim(life, 9)).slice(3)).toEqual([paused, ...rest]);
    await arrives(life, cancelled, "cancelled");
  });

  it("wakes whoever waits for work as soon as some comes, and each of many who wait", async () => {
    const life = await begin([work]);
    const waiting = [1, 2, 3, 4, 5].map(() => claim(life, 1, 20_000));
    await life.settle();
    const ids = await Promise.all([0, 0, 0, 0, 0].map((priority) => submit(life, "work", { priority })));
    expect((await Promise.all(waiting)).flat().sort()).toEqual([...ids].sort());
  });

  it("lets nobody wait in vain for what the store did not tell at once", async () => {
    const life = await begin([work]);
    const waiting = [1, 2, 3, 4, 5].map(() => claim(life, 1, 20_000));
    await life.settle();
    life.faults.refuse(1, "backlog");
    const ids = await Promise.all([0, 0, 0, 0, 0].map((priority) => submit(life, "work", { priority })));
    await life.pass(2_000);
    const given = await Promise.race([Promise.all(waiting), life.settle().then(() => "some wait")]);
    expect([given].flat(2).sort()).toEqual([...ids].sort());
  });

  it("gives out what was submitted while the store told the next ones, in its place", async () => {
    let life = await begin([work]);
    const ids = await submitAll(life, [0, 0, 0, 0, 0, 0]);
    life = await life.restart();
    const claimed = claim(life, 3);
    const urgent = submit(life, "work", { priority: 9 });
    const between = life.verbs.tasks.cancel(ada, ids[3] ?? "");
    const first = await claimed;
    await Promise.all([urgent, between]);
    const rest = await claim(life, 9);
    expect([...first, ...rest].sort()).toEqual([await urgent, ...ids.toSpliced(3, 1)].sort());
    expect(first.includes(await urgent) || rest[0] === (await urgent)).toBe(true);
  });

  it("tells a worker that the store does not tell the next ones, and gives them out once it does", async () => {
    let life = await begin([work]);
    const ids = await submitAll(life, [0, 0, 0, 0, 0]);
    life.faults.refuse(9, "backlog");
    life = await life.restart();
    await life.settle();
    await expect(claim(life, 1)).rejects.toMatchObject({ code: "unavailable" });
    life.faults.heal();
    expect(await claim(life, 9)).toEqual(ids);
    for (const id of ids) expect((await at(life, id)).state).toBe("running");
  });
}
