/** Tasks of one conversation that do not run side by side: behind the open ones, refused, or in their place. */
import { expect, it } from "vitest";
import { humanHandler } from "../../handlers/human/human.ts";
import type { Json } from "../../task/json/json.ts";
import type { Submission } from "../../task/submission.ts";
import { ada, arrives, at, type Begin, bob, type EngineLife, events, kind, submit } from "./stage.ts";

const conversation = { alias: "talk" };
const { signal: never } = new AbortController();

const asks = kind(
  "asks",
  async (ctx) => (await ctx.waitForInput("go", { asks: "answer", prompt: "Go on?" }))?.value ?? null,
);
const claimed = kind("claimed", async () => null, { queueOf: () => "claimed" });
const parent = kind("parent", (ctx) => ctx.child("below", "asks", {}));
const fails = kind("fails", (ctx) =>
  ctx.step("once", async ({ tries }: { tries?: number }) => {
    if ((tries ?? 0) >= 0) throw new Error("No.");
    return null;
  }),
);
const handlers = [asks, claimed, parent, fails, humanHandler()];

const enqueued: Partial<Submission> = { conversation, multitaskStrategy: "enqueue" };
const interrupting: Partial<Submission> = { conversation, multitaskStrategy: "interrupt" };
const rejected: Partial<Submission> = { conversation, multitaskStrategy: "reject" };

const answer = (life: EngineLife, id: string, value: Json = 1) => life.verbs.tasks.input(ada, id, { value });
const why = (life: EngineLife, id: string) => life.verbs.tasks.why(ada, id);
const states = (life: EngineLife, ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await at(life, id)).state));

export function conversationOrderSuite(begin: Begin): void {
  it("begin behind one another in the order of their submits, whatever their ends, also over a crash and a restart", async () => {
    let life = await begin(handlers);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await submit(life, "asks", enqueued));
    const [first = "", second = "", third = "", fourth = "", fifth = ""] = ids;
    await arrives(life, first, "input_required");
    expect(await states(life, ids)).toEqual(["input_required", "queued", "queued", "queued", "queued"]);
    expect(await why(life, third)).toMatchObject({
      reason: "conversation",
      before: [first, second],
      waits: [{ on: "conversation" }],
      summary: `It waits for its turn in its conversation, until ${first}, ${second} have ended.`,
    });
    life = await life.crash();
    await answer(life, first);
    await arrives(life, second, "input_required");
    await life.verbs.tasks.cancel(ada, second);
    await arrives(life, third, "input_required");
    // One that waits may go without the others losing their places.
    await life.verbs.tasks.cancel(ada, fourth);
    life = await life.restart();
    await life.settle();
    expect(await states(life, [third, fifth])).toEqual(["input_required", "queued"]);
    await answer(life, third);
    await arrives(life, fifth, "input_required");
    expect(await why(life, fifth)).toMatchObject({ before: [] });
  });

  it("wait for whoever does the earlier one, and however long: people, another program, a child, a pause, a try again", async () => {
    const life = await begin(handlers);
    const human = await submit(life, "human", {
      conversation,
      input: { title: "Yes?", assignees: [{ type: "user", id: "bob" }] },
    });
    const work = await submit(life, "claimed", enqueued);
    const tree = await submit(life, "parent", enqueued);
    const paused = await submit(life, "asks", enqueued);
    const again = await submit(life, "fails", { ...enqueued, retry: { attempts: 2, backoffMs: 60_000 } });
    const people = await submit(life, "human", {
      ...enqueued,
      input: { title: "And?", assignees: [{ type: "user", id: "bob" }] },
    });
    const claim = () =>
      life.verbs.work.claim(ada, { worker: "w", queue: "claimed", max: 1, leaseMs: 30_000, waitMs: 0 }, never);
    const all = [work, tree, paused, again, people];
    await life.settle();
    expect(await claim()).toEqual([]);
    expect(await states(life, all)).toEqual(Array(5).fill("queued"));
    await life.verbs.human.act(bob, human, { act: "decide", outcome: "approve" });
    await life.settle();
    const [held] = await claim();
    expect(held?.id).toBe(work);
    await life.verbs.work.complete(ada, work, { worker: "w", attempt: held?.attempt ?? 0, output: null });
    await arrives(life, tree, "input_required");
    await answer(life, tree);
    await arrives(life, paused, "input_required");
    await life.verbs.tasks.pause(ada, paused);
    await life.settle();
    expect(await states(life, [again, people])).toEqual(["queued", "queued"]);
    await life.verbs.tasks.cancel(ada, paused);
    await arrives(life, again, "waiting");
    expect((await at(life, people)).state).toBe("queued");
    await life.pass(120_000);
    await arrives(life, again, "failed");
    await arrives(life, people, "input_required");
  });

  it("keep their places while they are paused or delayed, and hold back nobody who runs beside them", async () => {
    let life = await begin(handlers);
    const first = await submit(life, "asks", enqueued);
    const delayed = await submit(life, "asks", { ...enqueued, delayMs: 60_000 });
    const beside = await submit(life, "asks", { conversation });
    const last = await submit(life, "asks", enqueued);
    await arrives(life, beside, "input_required");
    await life.verbs.tasks.pause(ada, delayed);
    await life.verbs.tasks.pause(ada, last);
    await life.verbs.tasks.resume(ada, delayed);
    await life.verbs.tasks.resume(ada, last);
    expect(await states(life, [delayed, last])).toEqual(["waiting", "waiting"]);
    await life.pass(120_000);
    life = await life.restart();
    expect(await why(life, delayed)).toMatchObject({ reason: "conversation", before: [first] });
    expect(await why(life, last)).toMatchObject({ before: [first, delayed, beside] });
    await answer(life, first);
    await arrives(life, delayed, "input_required");
    await answer(life, delayed);
    await arrives(life, last, "waiting");
    await answer(life, beside);
    await arrives(life, last, "input_required");
  });

  it("are refused while one is open, by its id, and taken when none is", async () => {
    const life = await begin(handlers);
    const first = await submit(life, "asks", { conversation });
    const refused = { code: "conflict", message: expect.stringContaining(first), detail: { task: first } };
    await expect(submit(life, "asks", rejected)).rejects.toMatchObject(refused);
    await life.verbs.tasks.pause(ada, first);
    await expect(submit(life, "asks", rejected)).rejects.toMatchObject(refused);
    await expect(submit(life, "asks", { multitaskStrategy: "reject" })).rejects.toMatchObject({ code: "invalid" });
    await submit(life, "asks", { ...rejected, conversation: { alias: "another" } });
    await submit(life, "asks", rejected, bob);
    await life.verbs.tasks.cancel(ada, first);
    const second = await submit(life, "asks", rejected);
    await arrives(life, second, "input_required");
    // A task that is tried again stands to the others as it did.
    await expect(life.verbs.tasks.retry(ada, first, { reuseJournal: false })).resolves.toBeDefined();
    await life.verbs.tasks.cancel(ada, second);
    await expect(life.verbs.tasks.retry(ada, second, { reuseJournal: false })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("take the place of all that are open, which are cancelled and say by which, whatever they do", async () => {
    const life = await begin(handlers);
    const before = [
      await submit(life, "parent", { conversation }),
      await submit(life, "claimed", { conversation }),
      await submit(life, "asks", { conversation, delayMs: 60_000 }),
      await submit(life, "asks", enqueued),
    ];
    await life.settle();
    const id = await submit(life, "asks", interrupting);
    await arrives(life, id, "input_required");
    expect(await states(life, before)).toEqual(Array(4).fill("cancelled"));
    for (const each of before)
      expect((await at(life, each)).cancelledBy).toMatchObject({ by: "ada", reason: expect.stringContaining(id) });
    const below = await life.verbs.tasks.list(ada, { parent: before[0] ?? "" }, { limit: 10 });
    expect(below.tasks.map(({ state }) => state)).toEqual(["cancelled"]);
    expect((await events(life, id)).map(({ type }) => type).slice(0, 2)).toEqual(["task.submitted", "task.started"]);
  });

  it("interrupt after a start too, where the process died before it had", async () => {
    const life = await begin(handlers);
    const first = await submit(life, "asks", { conversation });
    await arrives(life, first, "input_required");
    life.faults.dieAt(1);
    void submit(life, "asks", interrupting);
    await life.settle();
    const next = await life.crash();
    await next.settle();
    const { tasks } = await next.verbs.tasks.list(ada, {}, { limit: 10 });
    expect(tasks.map(({ state }) => state)).toEqual(["input_required", "cancelled"]);
  });

  it("are decided in the commit: of those that come at one instant each has its place, and one alone is not refused", async () => {
    const life = await begin(handlers);
    const first = await submit(life, "asks", { conversation });
    await answer(life, first);
    await arrives(life, first, "completed");
    const alone = await Promise.allSettled([1, 2, 3, 4].map(() => submit(life, "asks", rejected)));
    const taken = alone.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(taken).toHaveLength(1);
    const ids = await Promise.all([1, 2, 3, 4, 5].map(() => submit(life, "asks", enqueued)));
    const numbers = await Promise.all(ids.map(async (id) => (await at(life, id)).number));
    const inOrder = ids.map((id, n) => ({ id, number: numbers[n] ?? 0 })).sort((a, b) => a.number - b.number);
    for (const id of [...taken, ...inOrder.map(({ id }) => id)]) {
      await arrives(life, id, "input_required");
      const open = await life.verbs.tasks.list(ada, { states: ["input_required", "running"] }, { limit: 10 });
      expect(open.tasks.map((task) => task.id)).toEqual([id]);
      await answer(life, id);
    }
  });

  it("go by what their kind says where the submit does not", async () => {
    const polite = { ...asks, kind: "polite", multitaskStrategy: () => "enqueue" as const };
    const life = await begin([polite]);
    const first = await submit(life, "polite", { conversation });
    const second = await submit(life, "polite", { conversation });
    const beside = await submit(life, "polite", { conversation, multitaskStrategy: "concurrent" });
    const outside = await submit(life, "polite");
    await arrives(life, outside, "input_required");
    expect(await states(life, [first, second, beside])).toEqual(["input_required", "queued", "input_required"]);
    expect(await at(life, second)).toMatchObject({ multitaskStrategy: "enqueue" });
  });
}
