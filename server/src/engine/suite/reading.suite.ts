/** Reading: logs, conversations, and who may see what. */
import { expect, it } from "vitest";
import type { Principal } from "../../task/principal.ts";
import { ada, arrives, type Begin, bob, gate, kind, submit } from "./stage.ts";

export function readingSuite(begin: Begin): void {
  it("gives a conversation's earlier turns to its later tasks", async () => {
    const echo = kind(
      "echo",
      async (ctx) => (await ctx.history(10)).map((message) => `${message.role}: ${JSON.stringify(message.parts)}`),
      {
        present: (input) => ({ title: String(input), message: [{ text: String(input) }] }),
        reply: () => [{ text: "noted" }],
      },
    );
    const life = await begin([echo]);
    const conversation = { alias: "talk" };
    const first = await submit(life, "echo", { input: "one", conversation });
    await arrives(life, first, "completed");
    const second = await submit(life, "echo", { input: "two", conversation });
    const task = await arrives(life, second, "completed");
    expect(task.state === "completed" && task.output).toEqual(['user: [{"text":"one"}]', 'agent: [{"text":"noted"}]']);
    const { conversation: kept } = await life.verbs.conversations.get(ada, "native", "talk");
    expect(kept).toMatchObject({ tasks: 2, completed: 2, title: "one" });
  });

  it("gives questions and answers of a conversation to its later tasks, without the forms and notices that are for people", async () => {
    const schema = { type: "object", properties: { colour: { type: "string" } } };
    const life = await begin([
      kind("asks", async (ctx) => {
        await ctx.waitForInput("colour", { asks: "answer", prompt: "Which?", schema });
        await ctx.sleep("night", 3_600_000);
        return null;
      }),
      kind("hears", async (ctx) => (await ctx.history(10)).map(({ role, parts }) => ({ role, parts }))),
    ]);
    const conversation = { alias: "talk" };
    const id = await submit(life, "asks", { conversation });
    await arrives(life, id, "input_required");
    await life.verbs.tasks.input(ada, id, { value: { colour: "red" } });
    await life.settle();
    await life.pass(3_600_000);
    await arrives(life, id, "completed");
    const heard = await arrives(life, await submit(life, "hears", { conversation }), "completed");
    expect(heard.state === "completed" && heard.output).toEqual([
      { role: "agent", parts: [{ text: "Which?" }] },
      { role: "user", parts: [{ data: { colour: "red" } }] },
    ]);
  });

  it("follows a log from any point, through to its end, without gap or repeat", async () => {
    const hold = gate();
    const life = await begin([
      kind("long", async (ctx) => {
        for (let n = 0; n < 20; n++) await ctx.step(`step ${n}`, async () => n);
        await ctx.step("hold", () => hold.promise.then(() => null));
        return null;
      }),
    ]);
    const id = await submit(life, "long");
    const collect = async (after: number) => {
      const seen: number[] = [];
      for await (const events of life.verbs.tasks.follow(ada, id, after, new AbortController().signal))
        seen.push(...events.map((event) => event.seq));
      return seen;
    };
    const early = [collect(0), collect(7)];
    await arrives(life, id, "running");
    const late = [collect(0), collect(22)];
    hold.resolve();
    const { lastSeq } = await arrives(life, id, "completed");
    const from = (first: number) => Array.from({ length: lastSeq - first }, (_, at) => first + at + 1);
    expect(await Promise.all([...early, ...late])).toEqual([from(0), from(7), from(0), from(22)]);
    expect(await Promise.all([collect(lastSeq), collect(lastSeq + 5)])).toEqual([[], []]);
  });

  it("shows tasks of a tenant to their user and to whoever may see all, and to nobody else", async () => {
    const life = await begin([kind("secret", async () => null)]);
    const id = await submit(life, "secret");
    await arrives(life, id, "completed");
    const stranger: Principal = { ...ada, tenant: "elsewhere" };
    for (const who of [bob, stranger]) {
      await expect(life.verbs.tasks.get(who, id)).rejects.toMatchObject({ code: "not_found" });
      await expect(life.verbs.tasks.cancel(who, id)).rejects.toMatchObject({ code: "not_found" });
      expect((await life.verbs.tasks.list(who, {}, { limit: 10 })).total).toBe(0);
    }
    expect(await life.verbs.tasks.get({ ...bob, scopes: new Set(["tasks:all"]) }, id)).toMatchObject({ id });
  });
}
