import { describe, expect, test } from "vitest";
import { messageIdInTask, messageIdOf, queryIdOf, replyIdOf } from "./conversation.ts";
import { eventDraft } from "./events/event.ts";
import { derivedUuid, isUuid, taskIdFromBytes, uuidFromBytes, uuidV7Bytes } from "./id.ts";
import type { Json, JsonObject } from "./json/json.ts";
import type { Wait } from "./task.ts";
import { isParked, LONG_WAIT_MS, turnsOf } from "./turns.ts";

const prompt = { name: "ok", asks: "approval", text: "Go on?", schema: { type: "boolean" } } as const;
const since = { key: "k", since: 1_000 };
const child: Wait = { on: "child", ...since, until: null, child: "task_1" };
const nap: Wait = { on: "timer", ...since, until: since.since + LONG_WAIT_MS - 1 };
const sleep: Wait = { on: "timer", ...since, until: since.since + LONG_WAIT_MS };
const question: Wait & { on: "input" } = { on: "input", ...since, until: null, prompt };
const relayed = { child: "task_1", key: "k" };

const said = (type: string, data: JsonObject, told?: Json) =>
  turnsOf({ events: [{ task: "t", ...eventDraft(type, data), seq: 7, at: 1 }] }, told);

describe("a task is parked", () => {
  test.each<[string, Wait[], boolean]>([
    ["when it waits for another task", [child], true],
    ["when it sleeps long", [sleep, nap], true],
    ["and not when it naps", [nap], false],
    ["when it waits for another task whose question it asks", [child, { ...question, relayed }], true],
    ["and not while it asks somebody", [child, question], false],
    ["and not when it goes on at the next free slot", [child, { on: "slot", ...since, until: null }], false],
    ["and not before its next try", [{ on: "retry", ...since, until: 9_999_999 }], false],
    ["and not without a wait", [], false],
  ])("%s", (_, waits, expected) => expect(isParked(waits)).toBe(expected));
});

describe("what a task says in its conversation", () => {
  test("is what it asks, with the schema of the answer behind it", () => {
    const [turn] = said("task.input_required", { prompt, until: null });
    expect(turn).toMatchObject({ role: "agent", purpose: "question", seq: 7, metadata: { prompt: "ok" } });
    expect(turn?.parts).toEqual([
      { text: "Go on?" },
      { data: { type: "boolean" }, name: "schema", mediaType: "application/schema+json" },
    ]);
  });

  test("is what it was told, by the id that its author gave it where that is a UUID", () => {
    const id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000";
    const received = { messageId: id.toUpperCase(), prompt: null, by: "ada" };
    expect(said("task.input_received", received, "Yes")).toEqual([
      { role: "user", purpose: "answer", seq: 7, id, parts: [{ text: "Yes" }] },
    ]);
    expect(said("task.input_received", { ...received, messageId: "m-1" }, { approved: true })).toEqual([
      { role: "user", purpose: "answer", seq: 7, parts: [{ data: { approved: true } }] },
    ]);
  });

  test("is a notice when it is parked, and nothing else", () => {
    expect(said("task.waiting", { waits: [child] })).toMatchObject([{ role: "agent", purpose: "notice", seq: 7 }]);
    expect(said("task.waiting", { waits: [nap] })).toEqual([]);
    expect(said("task.completed", { output: "done" })).toEqual([]);
    expect(said("task.input_received", { messageId: "m", prompt: null, by: "ada" })).toEqual([]);
    expect(said("invoice.read", {})).toEqual([]);
  });
});

describe("the id of a message", () => {
  const random = new Uint8Array(16);
  const idOf = (n: number) => {
    new DataView(random.buffer).setUint32(12, n);
    return taskIdFromBytes(uuidV7Bytes(1_700_000_000_000, random));
  };

  test("is a UUID that differs from all others of tasks that were made in one millisecond", () => {
    const ids = Array.from({ length: 300 }, (_, n) => idOf(n)).flatMap((task) => [
      ...[queryIdOf(task), replyIdOf(task)],
      ...Array.from({ length: 30 }, (_, seq) => messageIdInTask(task, seq + 2)),
    ]);
    expect(new Set(ids).size).toBe(300 * 32);
    expect(ids.every(isUuid)).toBe(true);
  });

  test("follows from the task and what it was for, else from the conversation and its number", () => {
    const place = { conversation: "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000", n: 4, id: null, seq: null, task: null };
    const task = idOf(1);
    expect(messageIdOf({ ...place, role: "user", task })).toBe(queryIdOf(task));
    expect(messageIdOf({ ...place, role: "agent", task })).toBe(replyIdOf(task));
    expect(messageIdOf({ ...place, role: "agent", task, seq: 9 })).toBe(messageIdInTask(task, 9));
    expect(messageIdOf({ ...place, role: "user" })).not.toBe(messageIdOf({ ...place, n: 5, role: "user" }));
    expect(messageIdOf({ ...place, role: "user", id: "given" })).toBe("given");
  });

  test("is the same however the id that it follows from is written", () => {
    const bytes = uuidV7Bytes(1_700_000_000_000, random);
    const [task, uuid] = [taskIdFromBytes(bytes), uuidFromBytes(bytes)];
    expect(derivedUuid(task, 5)).toBe(derivedUuid(uuid.toUpperCase(), 5));
    expect(derivedUuid(task, 0)).not.toBe(uuid);
  });
});
