import { afterEach, beforeEach, expect, it } from "vitest";
import { ada, admin, bob, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
let id: string;
beforeEach(async () => {
  stage = await Stage.open();
  const task = await stage.submit("chat", { input: { text: "hello" }, conversation: { alias: "talk" } });
  id = (await stage.verbs.tasks.get(ada, task)).conversation ?? "";
});
afterEach(() => stage.close());

it("finds a conversation by its id and by its alias in the lens that gave it", async () => {
  const { conversations } = stage.verbs;
  for (const name of ["talk", id, id.toUpperCase()])
    expect(await conversations.get(ada, "native", name)).toMatchObject({ conversation: { id }, alias: "talk" });
  expect(await conversations.get(ada, "shannon", id)).toMatchObject({ alias: null });
  await expect(conversations.get(ada, "shannon", "talk")).rejects.toMatchObject({ code: "not_found" });
});

it("shows it to its user and to who may see the whole tenant, and to nobody else", async () => {
  const { conversations } = stage.verbs;
  expect(await conversations.get(admin, "native", id)).toMatchObject({ conversation: { id } });
  for (const who of [bob, stranger]) {
    const refused = [
      conversations.get(who, "native", id),
      conversations.messages(who, id, { limit: 10, offset: 0 }),
      conversations.update(who, id, { title: "mine" }),
      conversations.delete(who, "native", id),
      conversations.say(who, id, { role: "user", parts: [{ text: "hi" }] }),
    ];
    for (const each of refused) await expect(each).rejects.toMatchObject({ code: "not_found" });
    expect((await conversations.list(who, "native", { limit: 10 })).total).toBe(0);
  }
});

it("keeps what is said in the order in which it was said", async () => {
  const { conversations } = stage.verbs;
  await conversations.say(ada, id, { role: "user", parts: [{ text: "again" }] });
  const { messages, total } = await conversations.messages(ada, id, { limit: 10, offset: 0 });
  expect(messages.map(({ role, parts }) => ({ role, parts }))).toEqual([
    { role: "user", parts: [{ text: "hello" }] },
    { role: "user", parts: [{ text: "again" }] },
  ]);
  expect(total).toBe(2);
});

it("knows once deleted only that it was, and gives its alias to a new one", async () => {
  const { conversations } = stage.verbs;
  expect(await conversations.delete(ada, "native", "talk")).toBe(true);
  expect(await conversations.delete(ada, "native", "talk")).toBe(false);
  await expect(conversations.delete(ada, "native", "other")).rejects.toMatchObject({ code: "not_found" });
  await expect(conversations.update(ada, id, { title: "late" })).rejects.toMatchObject({ code: "not_found" });
  const task = await stage.submit("echo", { conversation: { alias: "talk" } });
  expect((await stage.verbs.tasks.get(ada, task)).conversation).not.toBe(id);
});
