import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ada, admin, bob, never, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

describe("submit", () => {
  it("refuses a kind that there is not, and names those that there are", async () => {
    await expect(stage.submit("dance")).rejects.toMatchObject({
      code: "invalid",
      detail: { field: "kind" },
      message: expect.stringContaining("echo, chat, ask, fails, sleeps, hold, human, asks_finance, external."),
    });
  });

  it("takes no work that is the engine's own: a cleanup would reach the task of another", async () => {
    const id = await stage.submit("hold");
    await expect(stage.submit("waybill.cleanup", { input: { task: id } }, bob)).rejects.toMatchObject({
      code: "invalid",
      detail: { field: "kind" },
    });
  });

  it("refuses an input that does not fit its kind, and names the field, in a conversation too", async () => {
    for (const more of [{}, { conversation: { alias: "talk" } }])
      await expect(stage.submit("chat", { input: { text: 7 }, ...more })).rejects.toMatchObject({
        code: "invalid",
        detail: { field: "input.text" },
      });
    expect((await stage.verbs.conversations.list(ada, "native", { limit: 10 })).total).toBe(0);
  });

  it("takes effect once under an idempotency key, and refuses another request under it", async () => {
    const submit = (hash: string, who = ada, lens = "native") =>
      stage.verbs.tasks.submit(who, lens, { kind: "echo", input: {} }, { key: "k", hash });
    const first = await submit("one");
    expect(await submit("one")).toMatchObject({ replayed: true, task: { id: first.task.id } });
    await expect(submit("two")).rejects.toMatchObject({ code: "conflict", detail: { field: "Idempotency-Key" } });
    for (const other of [submit("two", bob), submit("two", ada, "shannon")])
      expect(await other).toMatchObject({ replayed: false });
  });

  it("writes a long input in another turn of the event loop than that in which it is checked", async () => {
    /** How often it is looked at before others have their turn. */
    const looksAtOnce = async (text: string) => {
      let isOver = false;
      let looks = 0;
      const input = {
        text,
        get seen() {
          if (!isOver) looks += 1;
          return true;
        },
      };
      setImmediate(() => {
        isOver = true;
      });
      await stage.submit("hold", { input });
      return looks;
    };
    // The first task of a kind waits for the disk before it begins.
    await looksAtOnce("");
    const [short, long] = [await looksAtOnce("short"), await looksAtOnce("x".repeat(200_000))];
    expect(long).toBeLessThan(short);
  });

  it("makes one conversation of a name that several new tasks give at once", async () => {
    const conversation = { alias: "talk" };
    const ids = await Promise.all(
      ["one", "two"].map((text) => stage.submit("chat", { input: { text }, conversation })),
    );
    const tasks = await Promise.all(ids.map((id) => stage.verbs.tasks.get(ada, id)));
    expect(new Set(tasks.map((task) => task.conversation)).size).toBe(1);
  });

  it("gives a name, or the id, of another's conversation a new one, and finds no other's by its id", async () => {
    const first = await stage.submit("echo", { conversation: { alias: "talk" } });
    const id = (await stage.verbs.tasks.get(ada, first)).conversation ?? "";
    for (const alias of ["talk", id]) {
      const own = await stage.submit("echo", { conversation: { alias } }, bob);
      expect((await stage.verbs.tasks.get(bob, own)).conversation).not.toBe(id);
    }
    for (const who of [bob, admin])
      await expect(stage.submit("echo", { conversation: { id } }, who)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("reading", () => {
  it("shows a task to its user and to who may see the whole tenant; to others no verb admits that it exists", async () => {
    const { tasks } = stage.verbs;
    const id = await stage.submit("echo");
    await stage.ended(id);
    expect(await tasks.get(admin, id)).toMatchObject({ id });
    for (const who of [bob, stranger]) {
      const refused = [
        tasks.get(who, id),
        tasks.events(who, id, 0, 10),
        tasks.settled(who, id, 0, never),
        tasks.steps(who, id),
        tasks.artifacts(who, id),
        tasks.usage(who, id),
        tasks.why(who, id),
        tasks.cancel(who, id),
        tasks.pause(who, id),
        tasks.resume(who, id),
        tasks.input(who, id, { value: 1 }),
        tasks.retry(who, id, { reuseJournal: false }),
        tasks.delete(who, id),
        (async () => {
          for await (const _ of tasks.follow(who, id, 0, never));
        })(),
      ];
      for (const each of refused) await expect(each).rejects.toMatchObject({ code: "not_found" });
      expect(await tasks.list(who, {}, { limit: 10 })).toMatchObject({ tasks: [], total: 0 });
    }
  });

  it("waits until a task is settled, but no longer than it is told or the caller stays", async () => {
    const id = await stage.submit("ask");
    expect(await stage.verbs.tasks.settled(ada, id, 60_000, never)).toMatchObject({ state: "input_required" });
    const external = await stage.submit("external");
    const patient = stage.verbs.tasks.settled(ada, external, 60_000, never);
    const caller = new AbortController();
    const leaving = stage.verbs.tasks.settled(ada, external, 60_000, caller.signal);
    const gone = stage.verbs.tasks.settled(ada, external, 60_000, AbortSignal.abort());
    expect(await gone).toMatchObject({ state: "queued" });
    caller.abort();
    expect(await leaving).toMatchObject({ state: "queued" });
    await stage.clock.advance(60_000, async () => {});
    expect(await patient).toMatchObject({ state: "queued" });
  });

  it("refuses a cursor that no list has given", async () => {
    await expect(stage.verbs.tasks.list(ada, {}, { limit: 10, cursor: "x" })).rejects.toMatchObject({
      code: "invalid",
    });
  });
});

describe("why", () => {
  it("names who holds the slots, except those whom the caller may not see", async () => {
    const concurrency = { key: "database", limit: 2 };
    const own = await stage.submit("hold", { concurrency });
    const others = await stage.submit("hold", { concurrency }, bob);
    const id = await stage.submit("hold", { concurrency });
    const holders = async (who: typeof ada) => (await stage.verbs.tasks.why(who, id)).heldBy.sort();
    expect(await holders(ada)).toEqual([own]);
    expect(await holders(admin)).toEqual([own, others].sort());
    stage.hold.resolve();
    expect((await stage.ended(id)).state).toBe("completed");
    expect(await holders(admin)).toEqual([]);
  });

  it("says what a person is asked, and what a failed task failed of", async () => {
    const ask = await stage.submit("ask");
    await stage.verbs.tasks.settled(ada, ask, 60_000, never);
    expect((await stage.verbs.tasks.why(ada, ask)).summary).toContain("Which colour?");
    const fails = await stage.submit("fails");
    await stage.ended(fails);
    expect(await stage.verbs.tasks.why(ada, fails)).toMatchObject({
      summary: "It cannot be done.",
      until: null,
      lastError: { code: "no" },
    });
  });
});

describe("steering", () => {
  it("recognises a repeated act by its key, though the new state would refuse it", async () => {
    const id = await stage.submit("ask");
    await stage.verbs.tasks.settled(ada, id, 60_000, never);
    const cancel = (hash: string) => stage.verbs.tasks.cancel(ada, id, { idempotency: { key: "k", hash } });
    expect(await cancel("one")).toMatchObject({ replayed: false, task: { state: "cancelled" } });
    expect(await cancel("one")).toMatchObject({ replayed: true, task: { state: "cancelled" } });
    await expect(cancel("two")).rejects.toMatchObject({ code: "conflict" });
    await expect(stage.verbs.tasks.cancel(ada, id)).rejects.toMatchObject({ code: "not_allowed_in_state" });
  });

  it("takes a message once, and only an answer to a question that is asked", async () => {
    const id = await stage.submit("ask");
    await stage.verbs.tasks.settled(ada, id, 60_000, never);
    const answer = { messageId: "m", prompt: "colour", value: "blue" };
    await expect(stage.verbs.tasks.input(ada, id, { ...answer, prompt: "size" })).rejects.toMatchObject({
      code: "not_allowed_in_state",
    });
    const [first, second] = await Promise.all([
      stage.verbs.tasks.input(ada, id, answer),
      stage.verbs.tasks.input(ada, id, answer),
    ]);
    expect([first.replayed, second.replayed]).toEqual([false, true]);
    expect(await stage.ended(id)).toMatchObject({ state: "completed", output: "blue" });
  });

  it("gives the last turns without reading all that was said, whether the log is in memory or not", async () => {
    const id = await stage.submit("hold");
    const { tasks } = stage.verbs;
    const told = vi.spyOn(stage.store, "told");
    const lastTurns = async (last: number) => (await tasks.turns(ada, id, last)).map((turn) => turn.told);
    // A log of more than 256 events is not kept in memory.
    for (const [from, to] of [
      [1, 3],
      [4, 300],
    ] as const) {
      for (let value = from; value <= to; value++) await tasks.input(ada, id, { value });
      expect(await lastTurns(0)).toEqual([]);
      expect(await lastTurns(2)).toEqual([to - 1, to]);
      expect(told).not.toHaveBeenCalled();
    }
    expect(await lastTurns(299)).toEqual(Array.from({ length: 299 }, (_, at) => at + 2));
    expect(await tasks.turns(ada, id)).toHaveLength(300);
  });

  it("knows a task by each of the names that came with what it was told", async () => {
    const id = await stage.submit("ask");
    await stage.verbs.tasks.settled(ada, id, 60_000, never);
    const named = (value: string) => ({ value, alias: { lens: "orchestrate", value: `name of ${value}` } });
    await stage.verbs.tasks.input(ada, id, { ...named("red"), prompt: "colour" });
    await stage.ended(id);
    await expect(stage.verbs.tasks.input(ada, id, named("late"))).rejects.toMatchObject({
      code: "not_allowed_in_state",
    });
    expect(await stage.verbs.tasks.named(ada, "orchestrate", "name of red")).toMatchObject({ id, output: "red" });
    for (const [who, name] of [
      [bob, "name of red"],
      [ada, "name of late"],
    ] as const) {
      await expect(stage.verbs.tasks.named(who, "orchestrate", name)).rejects.toMatchObject({ code: "not_found" });
    }
  });

  it("tries an ended task again as a new one of the same owner, with its journal when asked", async () => {
    const id = await stage.submit("fails", { priority: 5, metadata: { a: 1 }, deadlineMs: 60_000 });
    await stage.ended(id);
    const kept = await stage.verbs.tasks.retry(admin, id, { reuseJournal: true });
    expect(kept.task).toMatchObject({ retryOf: id, user: "ada", priority: 5, metadata: { a: 1 } });
    expect((kept.task.deadlineAt ?? 0) - kept.task.createdAt).toBe(60_000);
    await stage.ended(kept.task.id);
    const [step] = (await stage.verbs.tasks.steps(ada, kept.task.id)).steps;
    expect(step).toMatchObject({ name: "done", result: "kept" });
  });

  it("neither retries nor deletes an open task; a deleted one is gone from every read", async () => {
    const { tasks } = stage.verbs;
    const id = await stage.submit("ask");
    for (const refused of [tasks.retry(ada, id, { reuseJournal: false }), tasks.delete(ada, id)])
      await expect(refused).rejects.toMatchObject({ code: "not_allowed_in_state" });
    await tasks.cancel(ada, id);
    await tasks.delete(ada, id);
    await expect(tasks.get(ada, id)).rejects.toMatchObject({ code: "not_found" });
    expect((await tasks.list(ada, {}, { limit: 10 })).total).toBe(0);
  });

  it("writes each act into the audit log, and its reason into that of the task alone", async () => {
    const id = await stage.submit("ask");
    await stage.verbs.tasks.settled(ada, id, 60_000, never);
    await stage.verbs.tasks.pause(ada, id, { reason: "lunch" });
    await stage.verbs.tasks.resume(ada, id);
    const { entries } = await stage.verbs.audit.page(admin, { task: id }, { before: null }, 10);
    expect(entries.map(({ act, user, detail }) => ({ act, user, detail }))).toEqual([
      { act: "resume", user: "ada", detail: {} },
      { act: "pause", user: "ada", detail: {} },
      { act: "submit", user: "ada", detail: { kind: "ask" } },
    ]);
  });
});
