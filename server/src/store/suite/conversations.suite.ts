/** What tasks share: conversations, their counters, aliases and messages. */
import { expect, test } from "vitest";
import { OPEN_IN_CONVERSATION_MAX } from "../../task/agent/multitask.ts";
import {
  type Conversation,
  type MessageDraft,
  messageIdInTask,
  messageIdOf,
  queryIdOf,
  replyIdOf,
} from "../../task/conversation.ts";
import { submitted } from "../../task/decide.ts";
import type { Store } from "../store.ts";
import type { TurnGuard } from "../turn.ts";
import { ADA, code, complete, decided, EVERYBODY, live, paidCall, STALE, submit } from "./life.suite.ts";
import { newConversation, newConversationId, newTask, START } from "./new-task.suite.ts";

const error = { code: "handler_error", message: "It broke." };

const aliasOf = (value: string) => ({ tenant: "acme", owner: "ada", lens: "shannon", value });

async function begin(
  store: Store,
  conversation = newConversation(),
  value: string | null = null,
): Promise<Conversation> {
  const alias = value === null ? null : aliasOf(value);
  await submit(store, newTask({ conversation: conversation.id }), { conversation: { conversation, alias } });
  return conversation;
}

export function conversationStories(setup: () => Promise<Store>): void {
  test("a conversation counts its tasks, how they ended and what they cost", async () => {
    const store = await setup();
    const conversation = newConversation();
    const first = newTask({ conversation: conversation.id });
    await submit(store, first, { conversation: { conversation, alias: null } });
    const ends = (task = newTask({ conversation: conversation.id, createdAt: START + 50 })) => task;
    const tasks = await Promise.all([1, 2, 3, 4].map(() => submit(store, ends())));
    const [done, failed, expired, cancelled] = tasks;
    if (!done || !failed || !expired || !cancelled) throw new Error("Four tasks were submitted.");
    const started = await live(store, done, { do: "start" });
    const calls = [paidCall("a"), paidCall("b")];
    const paid = decided(started, { do: "record", attempt: 1, record: { events: [], usage: calls } });
    await store.apply([{ ...paid, usage: calls }]);
    const ended = await live(store, paid.task, { do: "complete", attempt: 1, output: null });
    await live(store, ended, { do: "bill", calls: [paidCall("c")] }, { do: "delete" });
    await live(store, failed, { do: "start" }, { do: "fail", attempt: 1, error, retryAt: null });
    await live(store, expired, { do: "expire" });
    const last = await live(store, cancelled, { do: "cancel", by: "ada", reason: "" });
    expect(await store.conversation(conversation.id)).toEqual({
      ...conversation,
      updatedAt: Math.max(last.updatedAt, ended.updatedAt + 2),
      lastActivityAt: Math.max(last.updatedAt, ended.updatedAt + 2),
      tasks: 5,
      completed: 1,
      failed: 2,
      inputTokens: 30,
      outputTokens: 30,
      costUsd: 1.5,
    });
  });

  test("an alias belongs to one conversation, until that is deleted", async () => {
    const store = await setup();
    const first = await begin(store, newConversation(), "session-1");
    expect((await store.conversationByAlias(aliasOf("session-1")))?.id).toBe(first.id);
    expect(await store.aliasOf(first.id, "shannon")).toBe("session-1");
    expect(await store.aliasOf(first.id, "native")).toBeNull();
    const second = newConversation();
    const task = newTask({ conversation: second.id });
    const along = { conversation: { conversation: second, alias: aliasOf("session-1") } };
    expect(await store.apply([{ ...submitted(task), ...along }])).toEqual(STALE(task));
    expect(await store.conversation(second.id)).toBeNull();
    await store.deleteConversation(first.id, START + 1);
    expect(await store.conversation(first.id)).toBeNull();
    expect(await store.conversationByAlias(aliasOf("session-1"))).toBeNull();
    expect(await store.apply([{ ...submitted(task), ...along }])).toEqual({ ok: true });
    expect((await store.conversationByAlias(aliasOf("session-1")))?.id).toBe(second.id);
  });

  test("an alias is its owner's alone: another user, and one of another tenant, have by the same what is theirs", async () => {
    const store = await setup();
    const owners = [ADA, { ...ADA, user: "bob" }, { ...ADA, tenant: "other" }];
    const aliases = owners.map(({ tenant, user }) => ({ ...aliasOf("ours"), tenant, owner: user }));
    const made: Conversation[] = [];
    for (const [at, owner] of owners.entries()) {
      const [alias = aliasOf("ours"), conversation] = [aliases[at], newConversation(owner)];
      expect(await store.conversationByAlias(alias)).toBeNull();
      await store.createConversation(conversation, alias);
      expect((await store.conversationByAlias(alias))?.id).toBe(conversation.id);
      made.push(conversation);
    }
    await store.deleteConversation(made[0]?.id ?? "", START + 1);
    expect(await Promise.all(aliases.map((alias) => store.wasDeleted(alias)))).toEqual([true, false, false]);
    // Nobody learns by its id that there was one of another user.
    const byId = aliases.map((alias) => store.wasDeleted({ ...alias, value: made[0]?.id ?? "" }));
    expect(await Promise.all(byId)).toEqual([true, false, false]);
    const listed = await store.conversations({ tenant: "acme", user: null }, "shannon", { limit: 9 });
    expect([listed.conversations.map(({ id }) => id), listed.total]).toEqual([[made[1]?.id], 1]);
  });

  test("of many that begin one session at once, one makes its conversation", async () => {
    const store = await setup();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => {
        const conversation = newConversation();
        const task = submitted(newTask({ conversation: conversation.id }));
        return store.apply([{ ...task, conversation: { conversation, alias: aliasOf("s") } }]);
      }),
    );
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await store.conversations(EVERYBODY, "shannon", { limit: 10 })).total).toBe(1);
  });

  test("conversations are listed newest first, to those who may see them", async () => {
    const store = await setup();
    const old = await begin(store, newConversation({ createdAt: START - 5 }), "old");
    const young = await begin(store, newConversation({ createdAt: START + 5 }));
    await begin(store, newConversation({ user: "bob" }));
    await begin(store, newConversation({ tenant: "other" }));
    const mine = await store.conversations(ADA, "shannon", { limit: 10 });
    expect(mine.conversations.map(({ id }) => id)).toEqual([young.id, old.id]);
    expect([mine.aliases, mine.total]).toEqual([[null, "old"], 2]);
    const second = await store.conversations(EVERYBODY, "shannon", { limit: 1, offset: 1 });
    expect([second.conversations.length, second.total]).toEqual([1, 3]);
    await store.updateConversation(old.id, { title: "Renamed" }, START + 10);
    expect(await store.conversation(old.id)).toMatchObject({ title: "Renamed", updatedAt: START + 10 });
  });

  test("messages are numbered per conversation, and the last 500 are kept", async () => {
    const store = await setup();
    const conversation = newConversation();
    const task = newTask({ conversation: conversation.id });
    const words = (text: string) => ({ role: "user" as const, parts: [{ text }] });
    await submit(store, task, { conversation: { conversation, alias: null }, messages: [words("Hello")] });
    const said = await store.appendMessage(conversation.id, words("And?"), START + 3);
    const id = messageIdOf({ conversation: conversation.id, n: 2, role: "user", task: null, id: null, seq: null });
    expect(said).toEqual({ ...words("And?"), id, n: 2, purpose: null, task: null, at: START + 3, editedAt: null });
    const later = newTask({ conversation: conversation.id, createdAt: START + 4 });
    const submittedLater = await submit(store, later, { messages: [words("Third")] });
    const ended = decided(await live(store, submittedLater, { do: "start" }), {
      do: "complete",
      attempt: 1,
      output: "ok",
    });
    await store.apply([{ ...ended, messages: [{ role: "agent", parts: [{ text: "Fourth" }] }] }]);
    const all = await store.messages(conversation.id, { limit: 10 });
    expect(all.total).toBe(4);
    expect(all.messages.map(({ n, task, role }) => [n, task, role])).toEqual([
      [1, task.id, "user"],
      [2, null, "user"],
      [3, later.id, "user"],
      [4, later.id, "agent"],
    ]);
    const before = await store.messages(conversation.id, { limit: 1, before: later.id });
    expect(before.messages.map(({ n }) => n)).toEqual([2]);
    await Promise.all(
      Array.from({ length: 510 }, (_, n) => store.appendMessage(conversation.id, words(`${n}`), START + 5)),
    );
    const first = await store.messages(conversation.id, { limit: 1 });
    expect([first.total, first.messages[0]?.n]).toEqual([500, 15]);
    expect((await store.messages(conversation.id, { limit: 1, offset: 499 })).messages[0]?.n).toBe(514);
    expect(await code(store.appendMessage(newConversationId(), words("?"), START))).toBe("not_found");
  });

  test("a message of a task is found by an id that follows from the task, and any other by one of its own", async () => {
    const store = await setup();
    const conversation = newConversation();
    const task = newTask({ conversation: conversation.id });
    const text = (words: string) => [{ text: words }];
    const fresh = await submit(store, task, {
      conversation: { conversation, alias: null },
      messages: [{ role: "user", parts: text("Go"), metadata: { from: "a form" } }],
    });
    const own = newConversationId();
    const during: MessageDraft[] = [
      { role: "agent", parts: text("Sure?"), purpose: "question", seq: 3 },
      { role: "user", parts: text("Yes"), purpose: "answer", seq: 4, id: own },
    ];
    const started = decided(fresh, { do: "start" });
    await store.apply([{ ...started, messages: during }]);
    const ended = decided(started.task, { do: "complete", attempt: 1, output: "ok" });
    await store.apply([{ ...ended, messages: [{ role: "agent", parts: text("Done") }] }]);
    const said = await store.appendMessage(conversation.id, { role: "user", parts: text("Thanks") }, START + 9);
    const { messages } = await store.messages(conversation.id, { limit: 10 });
    expect(messages.map(({ id }) => id)).toEqual([
      queryIdOf(task.id),
      messageIdInTask(task.id, 3),
      own,
      replyIdOf(task.id),
      said.id,
    ]);
    expect(messages.map(({ purpose }) => purpose)).toEqual([null, "question", "answer", null, null]);
    expect(messages[0]?.metadata).toEqual({ from: "a form" });
    for (const message of messages) expect(await store.message(conversation.id, message.id)).toEqual(message);
    expect(await store.message(conversation.id, newConversationId())).toBeNull();
    expect(await store.message(newConversationId(), said.id)).toBeNull();
    expect((await store.conversation(conversation.id))?.lastAgentMessageAt).toBe(ended.task.updatedAt);
  });

  test("a task says once that its work goes on elsewhere", async () => {
    const store = await setup();
    const conversation = await begin(store);
    const notice = { role: "agent" as const, parts: [{ text: "Later." }], purpose: "notice" as const };
    const tasks = [newTask({ conversation: conversation.id }), newTask({ conversation: conversation.id })];
    for (const task of tasks) {
      const started = decided(await submit(store, task), { do: "start" });
      await store.apply([{ ...started, messages: [{ ...notice, seq: 2 }] }]);
      const again = decided(started.task, { do: "record", attempt: 1, record: { events: [] } });
      await store.apply([{ ...again, messages: [{ ...notice, seq: 3 }] }]);
    }
    const { messages } = await store.messages(conversation.id, { limit: 10 });
    expect(messages.map(({ task, id }) => [task, id])).toEqual(tasks.map(({ id }) => [id, messageIdInTask(id, 2)]));
  });

  test("a message can be changed and taken out, and its number is given to no other", async () => {
    const store = await setup();
    const conversation = await begin(store);
    const say = (text: string) => store.appendMessage(conversation.id, { role: "user", parts: [{ text }] }, START + 3);
    const [first, second] = [await say("one"), await say("two")];
    const large = [{ text: "x".repeat(200_000) }];
    expect(await store.editMessage(conversation.id, first.n, { parts: large }, START + 5)).toBe(true);
    expect(await store.editMessage(conversation.id, first.n, { metadata: { seen: true } }, START + 6)).toBe(true);
    const changed = { ...first, parts: large, metadata: { seen: true }, editedAt: START + 6 };
    expect(await store.message(conversation.id, first.id)).toEqual(changed);
    expect(await store.deleteMessage(conversation.id, second.n)).toBe(true);
    expect(await store.deleteMessage(conversation.id, second.n)).toBe(false);
    expect(await store.editMessage(conversation.id, second.n, { parts: large }, START + 7)).toBe(false);
    expect((await say("three")).n).toBe(3);
    const { messages, total } = await store.messages(conversation.id, { limit: 10 });
    expect([messages.map(({ n }) => n), total]).toEqual([[1, 3], 2]);
  });

  test("a conversation is made without a task, changed field by field, and found by its agent", async () => {
    const store = await setup();
    const conversation = newConversation({ agent: "guide", knowledgeBase: "alps" });
    await store.createConversation(conversation, aliasOf("mine"));
    expect(await store.conversation(conversation.id)).toEqual(conversation);
    expect((await store.conversationByAlias(aliasOf("mine")))?.id).toBe(conversation.id);
    expect(await code(store.createConversation(conversation, null))).toBe("conflict");
    expect(await code(store.createConversation(newConversation(), aliasOf("mine")))).toBe("conflict");
    await begin(store);
    const ofGuide = () => store.conversations(EVERYBODY, "shannon", { limit: 10, agent: "guide" });
    expect(await ofGuide()).toEqual({ conversations: [conversation], aliases: ["mine"], total: 1 });
    await store.updateConversation(conversation.id, { agent: null, context: { b: 2 } }, START + 4);
    const changed = { ...conversation, agent: null, context: { b: 2 }, updatedAt: START + 4 };
    expect(await store.conversation(conversation.id)).toEqual(changed);
    expect((await ofGuide()).total).toBe(0);
  });

  test("the tasks of a deleted conversation stay", async () => {
    const store = await setup();
    const conversation = await begin(store);
    const task = await submit(store, newTask({ conversation: conversation.id }));
    await store.deleteConversation(conversation.id, START + 1);
    const ended = await live(store, task, ...complete(task));
    expect(await store.task(task.id)).toEqual(ended);
    expect((await store.conversations(EVERYBODY, "native", { limit: 10 })).total).toBe(0);
    expect(await code(store.appendMessage(conversation.id, { role: "user", parts: [{ text: "?" }] }, START))).toBe(
      "not_found",
    );
  });

  test("tells of many conversations at once which of their open tasks come before a number", async () => {
    const store = await setup();
    const talks = await Promise.all([begin(store), begin(store), begin(store)]);
    for (const { id } of talks) await submit(store, newTask({ conversation: id }));
    const open = (await store.open(null, 20)).tasks;
    const of = (place: number) => open.filter(({ conversation }) => conversation === talks[place]?.id);
    const at = (place: number, which: number) => ({
      conversation: talks[place]?.id ?? "",
      number: of(place)[which]?.number ?? 0,
    });
    expect([...of(0), ...of(1), ...of(2)]).toHaveLength(6);
    const before = await store.openBefore([at(0, 1), at(1, 0), { ...at(2, 1), number: 1_000 }]);
    expect(before.sort()).toEqual([of(0)[0], ...of(2)].map((task) => task?.id ?? "").sort());
    expect(await store.openBefore([])).toEqual([]);
  });

  test("a task keeps to the order of its conversation in the commit: alone, as one of so many, or as the first", async () => {
    const store = await setup();
    const { id: conversation } = await begin(store);
    const [first] = (await store.open(null, 10)).tasks.map((open) => open.id);
    const of = (turn: TurnGuard) => store.apply([{ ...submitted(newTask({ conversation })), turn }]);
    const occupied = { ok: false, why: "occupied", before: first };
    expect(await of("alone")).toMatchObject(occupied);
    const second = await submit(store, newTask({ conversation }), { turn: "last" });
    const start = () => store.apply([{ ...decided(second, { do: "start" }), turn: "first" }]);
    expect(await start()).toMatchObject(occupied);
    await store.apply(Array.from({ length: OPEN_IN_CONVERSATION_MAX - 3 }, () => submitted(newTask({ conversation }))));
    expect(await of("last")).toEqual({ ok: true });
    expect(await of("last")).toMatchObject({ ok: false, why: "full" });
    const task = await store.task(first ?? "");
    if (task) await live(store, task, { do: "cancel", by: "ada", reason: "" });
    expect(await start()).toEqual({ ok: true });
    expect(await of("last")).toEqual({ ok: true });
    const another = newConversation();
    const alone = { ...submitted(newTask({ conversation: another.id })), turn: "alone" as const };
    expect(await store.apply([{ ...alone, conversation: { conversation: another, alias: null } }])).toEqual({
      ok: true,
    });
  });
}
