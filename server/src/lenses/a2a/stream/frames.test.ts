import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { DIALECTS } from "../dialect.ts";
import type { EventView } from "../model/view.ts";
import { type FrameText, FrameWriter, textsOf } from "./frames.ts";

const dialect = DIALECTS["HTTP+JSON"]["1.0"];
const EVENT_BYTES_MAX = 3_500_000;

function update(
  parts: Extract<EventView, { artifactUpdate: unknown }>["artifactUpdate"]["artifact"]["parts"],
): EventView {
  const artifact = { artifactId: "a", name: "a", parts };
  return { artifactUpdate: { taskId: "t", contextId: "c", artifact, append: false, lastChunk: true } };
}

/** The texts whole, and how long the longest of their pieces was. */
async function made(texts: readonly FrameText[]): Promise<{ whole: string[]; longest: number }> {
  let longest = 0;
  const whole = texts.map(async (text) => {
    let all = "";
    if (typeof text !== "function") return String(text);
    for await (const piece of text()) {
      longest = Math.max(longest, piece.length);
      all += piece;
    }
    return all;
  });
  return { whole: await Promise.all(whole), longest };
}

test("a long part of data is one text, which is made in pieces as it is written", async () => {
  const data = Array.from({ length: 100_000 }, (_, n) => ({ n, said: "line\u2028end" }));
  const texts = await textsOf([update([{ data }])], dialect);
  const { whole, longest } = await made(texts);
  expect(whole.map((text) => JSON.parse(text).artifactUpdate.artifact.parts[0].data.length)).toEqual([data.length]);
  expect(whole[0]?.includes("\u2028")).toBe(false);
  expect(longest).toBeLessThan(2_000_000);
  const head = { seq: 7 };
  const frames = new FrameWriter(dialect, null).ofEvent(head, ["{}", ...texts]);
  expect(frames.map((frame) => typeof frame)).toEqual(["string", "string", "function", "string"]);
  expect(frames[1]).toBe("id: 7\ndata: ");
});

test("a long text becomes several that add to one another, each short enough for a client and none cut in a character", async () => {
  const text = "ä😀".repeat(1_500_000);
  const { whole, longest } = await made(await textsOf([update([{ text }])], dialect));
  expect(whole.length).toBeGreaterThan(2);
  expect(whole.every((each) => Buffer.byteLength(each) <= EVENT_BYTES_MAX + 1_000)).toBe(true);
  expect(longest).toBeLessThan(2_000_000);
  const updates = whole.map((each) => JSON.parse(each).artifactUpdate);
  expect(updates.map(({ append = false }) => append)).toEqual(updates.map((_, at) => at > 0));
  expect(updates.map(({ lastChunk = false }) => lastChunk)).toEqual(updates.map((_, at) => at === updates.length - 1));
  const said = updates.flatMap(({ artifact }) => artifact.parts.map((part: { text: string }) => part.text)).join("");
  expect(said === text).toBe(true);
});

test("what of a large artifact fits into a frame is counted and made in turns too, however it is divided", async () => {
  const MB = 1 << 20;
  const text = 'a"b\n'.repeat(MB / 4);
  const long = update([{ text: text.repeat(16) }]);
  const many = update(Array.from({ length: 32 }, () => ({ text: text.slice(MB / 2) })));
  const said = { artifactId: "a", name: "a", parts: [{ text: text.slice(MB / 2) }] };
  const artifacts = Array.from({ length: 32 }, (_, n) => ({ ...said, artifactId: `a${n}` }));
  const state = { state: "working" as const, at: 0 };
  const task: EventView = { task: { id: "t", contextId: "c", status: state, artifacts } };
  for (const view of [long, many, task]) {
    let turns = 0;
    let isDone = false;
    const making = textsOf([view], dialect).finally(() => (isDone = true));
    for (; !isDone; turns++) await nextTurn();
    await making;
    // As many for its bytes in all, and again for those of its parts.
    expect(turns).toBeGreaterThan(48);
  }
});

test("large events of many tasks are made one a turn", async () => {
  let made = 0;
  const making = Array.from({ length: 20 }, async () => {
    await textsOf([update([{ text: "x".repeat(100_000) }])], dialect);
    made += 1;
  });
  while (made < making.length) {
    const before = made;
    await nextTurn();
    expect(made - before).toBeLessThanOrEqual(1);
  }
});

test("what is large of an event is the same bytes for all who are told of it, each under its own request's id", async () => {
  const rpc = DIALECTS.JSONRPC["1.0"];
  const text = "ä".repeat(100_000);
  const texts = await textsOf([update([{ text }])], rpc);
  const [one = [], other = []] = ["one", "other"].map((id) => new FrameWriter(rpc, id).ofEvent({ seq: 7 }, texts));
  expect(one[1]).toBeInstanceOf(Buffer);
  expect(other[1]).toBe(one[1]);
  const told = JSON.parse(other.join("").replace("id: 7\ndata: ", ""));
  expect(told.id).toBe("other");
  expect(told.result.artifactUpdate.artifact.parts).toEqual([{ text }]);
});

test("the id of a request ends no line, whatever its characters", () => {
  const id = 'a\u2028b\u2029c\u0085d\n"';
  const [frame = ""] = new FrameWriter(DIALECTS.JSONRPC["1.0"], id).ofEvent({ seq: 1 }, ["{}"]).map(String);
  expect(frame.split(/[\n\u0085\u2028\u2029]/)).toHaveLength(4);
  expect(JSON.parse(frame.replace("id: 1\ndata: ", ""))).toMatchObject({ id });
});
