import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { atRest } from "../../engine/suite/at-rest.ts";
import { Damaged } from "../../store/damage.ts";
import type { Message } from "../../task/conversation.ts";
import { ada, admin, bob, NIGHT_MS, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
let id: string;
beforeEach(async () => {
  stage = await Stage.open();
  const task = await stage.submit("chat", { input: { text: "hello" }, conversation: { alias: "talk" } });
  id = (await stage.verbs.tasks.get(ada, task)).conversation ?? "";
});
afterEach(() => stage.close());

async function said(at: number): Promise<Message> {
  const { messages } = await stage.verbs.conversations.messages(ada, id, { limit: 10, offset: 0 });
  const message = messages.at(at);
  if (!message) throw new Error(`There is no message ${at}.`);
  return message;
}

const text = (words: string) => [{ text: words }];

it("finds a conversation by its id and by its alias in the lens that gave it", async () => {
  const { conversations } = stage.verbs;
  for (const name of ["talk", id, id.toUpperCase()])
    expect(await conversations.get(ada, "native", name)).toMatchObject({ conversation: { id }, alias: "talk" });
  expect(await conversations.get(ada, "shannon", id)).toMatchObject({ alias: null });
  await expect(conversations.get(ada, "shannon", "talk")).rejects.toMatchObject({ code: "not_found" });
  expect(await conversations.nameOf(ada, "native", id)).toBe("talk");
  for (const [who, lens] of [
    [ada, "shannon"],
    [bob, "native"],
    [stranger, "native"],
  ] as const)
    expect(await conversations.nameOf(who, lens, id)).toBeNull();
});

it("finds it by its id where its name cannot be read, and begins none under a name of which nobody knows", async () => {
  const { conversations } = stage.verbs;
  const damaged = new Damaged("conversation", new Error("a page of names is damaged"));
  vi.spyOn(stage.store, "conversationByAlias").mockRejectedValue(damaged);
  expect(await conversations.get(ada, "native", id)).toMatchObject({ conversation: { id } });
  const task = await stage.submit("chat", { input: { text: "again" }, conversation: { alias: id } });
  expect(await stage.verbs.tasks.get(ada, task)).toMatchObject({ conversation: id });
  await expect(conversations.get(ada, "native", "talk")).rejects.toBe(damaged);
  const other = "00000000-0000-4000-8000-000000000000";
  await expect(conversations.get(ada, "native", other)).rejects.toBe(damaged);
  for (const alias of ["talk", other])
    await expect(stage.submit("chat", { input: { text: "no" }, conversation: { alias } })).rejects.toBe(damaged);
  vi.restoreAllMocks();
});

it("shows it to its user and to who may see the whole tenant, and to nobody else", async () => {
  const { conversations } = stage.verbs;
  expect(await conversations.get(admin, "native", id)).toMatchObject({ conversation: { id } });
  const first = await said(0);
  for (const who of [bob, stranger]) {
    const refused = [
      conversations.get(who, "native", id),
      conversations.messages(who, id, { limit: 10, offset: 0 }),
      conversations.update(who, id, { title: "mine" }),
      conversations.delete(who, "native", id),
      conversations.say(who, id, { role: "user", parts: [{ text: "hi" }] }),
      conversations.message(who, id, first.id),
      conversations.edit(who, id, first.id, { parts: [{ text: "bye" }] }),
      conversations.unsay(who, id, first.id),
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
  expect(await conversations.nameOf(ada, "native", id)).toBeNull();
  await expect(conversations.update(ada, id, { title: "late" })).rejects.toMatchObject({ code: "not_found" });
  const task = await stage.submit("echo", { conversation: { alias: "talk" } });
  expect((await stage.verbs.tasks.get(ada, task)).conversation).not.toBe(id);
});

it("begins without a task, is changed field by field, and is listed by its agent", async () => {
  const { conversations } = stage.verbs;
  const made = await conversations.create(ada, { title: "Alps", agent: "guide", context: { season: "winter" } });
  expect(made).toMatchObject({ user: "ada", title: "Alps", agent: "guide", knowledgeBase: null, tasks: 0 });
  expect((await conversations.list(ada, "native", { limit: 10, agent: "guide" })).conversations).toEqual([made]);
  const changed = await conversations.update(ada, made.id, { knowledgeBase: "maps", agent: null });
  expect(changed).toMatchObject({ title: "Alps", agent: null, knowledgeBase: "maps", context: { season: "winter" } });
  expect((await conversations.list(ada, "native", { limit: 10, agent: "guide" })).total).toBe(0);
  const task = await stage.submit("chat", { input: { text: "hello" }, conversation: { id: made.id } });
  expect((await stage.verbs.tasks.get(ada, task)).conversation).toBe(made.id);
});

it("lets what was said be changed and taken back, and keeps what comes with it within bounds", async () => {
  const { conversations } = stage.verbs;
  const remark = await conversations.say(ada, id, { role: "agent", parts: text("Hm."), metadata: { mood: "calm" } });
  expect(await conversations.message(ada, id, remark.id.toUpperCase())).toEqual(remark);
  const edited = await conversations.edit(ada, id, remark.id, { parts: text("Ah!") });
  expect(edited).toMatchObject({ parts: text("Ah!"), metadata: { mood: "calm" }, editedAt: stage.clock.now() });
  await conversations.unsay(ada, id, remark.id);
  for (const late of [
    conversations.message(ada, id, remark.id),
    conversations.edit(ada, id, remark.id, {}),
    conversations.unsay(ada, id, remark.id),
  ])
    await expect(late).rejects.toMatchObject({ code: "not_found" });
  const tooMuch = { a: "x".repeat(20_000) };
  for (const refused of [
    conversations.say(ada, id, { role: "user", parts: text("?"), metadata: tooMuch }),
    conversations.say(ada, id, { role: "user", parts: [] }),
    conversations.create(ada, { context: { a: "x".repeat(70_000) } }),
    conversations.update(ada, id, { title: "x".repeat(201) }),
  ])
    await expect(refused).rejects.toMatchObject({ code: "invalid" });
});

it("holds what its tasks ask and are told, and once that one of them has gone to sleep", async () => {
  const { tasks } = stage.verbs;
  const asking = await stage.submit("ask", { conversation: { id } });
  await tasks.settled(ada, asking, 60_000, new AbortController().signal);
  await tasks.input(ada, asking, { messageId: "m-1", value: "red" });
  await stage.ended(asking);
  expect([await said(1), await said(2)]).toMatchObject([
    { role: "agent", purpose: "question", parts: text("Which colour?"), task: asking },
    { role: "user", purpose: "answer", parts: text("red"), task: asking },
  ]);
  const sleeping = await stage.submit("sleeps", { conversation: { id } });
  for (let night = 1; night <= 2; night++) {
    await expect.poll(async () => (await tasks.get(ada, sleeping)).state).toBe("waiting");
    const { attempt } = await tasks.get(ada, sleeping);
    await stage.clock.advance(NIGHT_MS, atRest);
    await expect.poll(async () => (await tasks.get(ada, sleeping)).attempt).toBeGreaterThan(attempt);
  }
  await stage.ended(sleeping);
  expect([await said(3), await said(4)]).toMatchObject([
    { role: "agent", purpose: "notice", task: sleeping },
    { role: "agent", purpose: null, parts: text("Good morning."), task: sleeping },
  ]);
  const { total } = await stage.verbs.conversations.messages(ada, id, { limit: 1, offset: 0 });
  expect(total).toBe(5);
});

it("keeps of a question what its caller wants kept, and names no file that did not come with it", async () => {
  const message = { parts: [{ data: { form: 1 } }], metadata: { from: "a page" } };
  await stage.submit("chat", { input: { text: "and" }, conversation: { id }, message });
  expect(await said(1)).toMatchObject({ role: "user", ...message });
  const kept = { file: { kept: "a".repeat(64), size: 1 } };
  await expect(
    stage.submit("chat", { input: { text: "and" }, conversation: { id }, message: { parts: [kept] } }),
  ).rejects.toMatchObject({ code: "invalid" });
});
