/** Work of people: it needs no slot, its dates hold over crashes, and whoever waits for it goes on by its end. */
import { expect, it } from "vitest";
import { humanHandler } from "../../handlers/human/human.ts";
import type { Identity } from "../../task/people/identity.ts";
import { ada, arrives, at, type Begin, bob, events, gate, kind, submit } from "./stage.ts";

const BOB: Identity[] = [{ type: "user", id: "bob" }];
const BOARD: Identity[] = [{ type: "user", id: "cyd" }];

export function peopleSuite(begin: Begin): void {
  it("is asked and decided while every slot is taken", async () => {
    const done = gate();
    const busy = kind("busy", (ctx) => ctx.step("work", () => done.promise.then(() => null)));
    const life = await begin([busy, humanHandler()], { concurrency: 1 });
    await submit(life, "busy");
    const id = await submit(life, "human", { input: { title: "Go on?", assignees: BOB } });
    expect((await at(life, id)).state).toBe("input_required");
    await life.verbs.human.act(bob, id, { act: "decide", outcome: "approve" });
    await arrives(life, id, "completed");
    done.resolve();
  });

  it.each([
    ["in memory", 60_000],
    ["on disk alone", 7_200_000],
  ])(
    "is escalated once while it is %s, whether the process dies before, in the middle, or was down when it was due",
    async (_, dueMs) => {
      for (const dies of ["before", "middle", "down"] as const) {
        const life = await begin([humanHandler()]);
        const input = { title: "Late?", assignees: BOB, escalate_to: BOARD, due_at: iso(life.now() + dueMs) };
        const id = await submit(life, "human", { input });
        if (dies === "middle") await life.leap(dueMs);
        const again = await life.crash([humanHandler()], { downMs: dies === "down" ? 2 * dueMs : 0 });
        await again.pass(2 * dueMs);
        const { assignment } = await arrives(again, id, "input_required");
        expect(assignment, dies).toMatchObject({ assignees: BOARD, escalations: 1, overdue: true });
        expect(
          (await events(again, id)).filter(({ type }) => type === "human.overdue"),
          dies,
        ).toHaveLength(1);
        await again.end();
      }
    },
  );

  it.each([
    ["in memory", 60_000],
    ["on disk alone", 7_200_000],
  ])("expires while it is %s and nothing runs, and not while it is suspended", async (_, expiresMs) => {
    const life = await begin([humanHandler()]);
    const input = { title: "Yes?", assignees: BOB, expires_at: iso(life.now() + expiresMs) };
    const expiring = await submit(life, "human", { input });
    const suspended = await submit(life, "human", { input });
    await life.verbs.human.act(ada, suspended, { act: "suspend" });
    const again = await life.crash([humanHandler()], { downMs: 2 * expiresMs });
    await again.pass(0);
    await arrives(again, expiring, "timed_out");
    await arrives(again, suspended, "paused");
    await again.verbs.human.act(ada, suspended, { act: "resume" });
    await again.pass(expiresMs - 1_000);
    await arrives(again, suspended, "input_required");
    await again.pass(2_000);
    await arrives(again, suspended, "timed_out");
  });

  it("lets the task go on that has begun it, with what was decided", async () => {
    const asking = kind("asking", (ctx) => ctx.child("ask", "human", { title: "May I?", assignees: [...BOB] }));
    const life = await begin([asking, humanHandler()]);
    const id = await submit(life, "asking");
    await arrives(life, id, "input_required");
    const { tasks } = await life.verbs.human.worklist(bob, { of: "mine" }, { limit: 10, offset: 0 });
    expect(tasks).toMatchObject([{ parent: id, title: "May I?" }]);
    await life.verbs.human.act(bob, tasks[0]?.id ?? "", { act: "decide", outcome: "reject" });
    expect(await arrives(life, id, "completed")).toMatchObject({ output: { outcome: "reject", by: "bob" } });
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
