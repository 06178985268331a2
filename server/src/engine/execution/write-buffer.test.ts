import { expect, test } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import type { EventDraft } from "../../task/events/event.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { WriteBuffer } from "./write-buffer.ts";

const CALL = {
  ...{ key: "call", provider: "p", model: "m", agent: "", raw: null },
  ...{ inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: null },
};

test("a step may bring hundreds of thousands of events and additions to artifacts at its end", () => {
  const buffer = new WriteBuffer(
    new VirtualClock(0),
    async () => {},
    () => 0,
  );
  const event: EventDraft = { type: "own.said", data: {}, custom: true };
  const artifact = { id: "log", parts: [{ text: "." }], append: true, last: false };
  const many = <Item>(item: Item) => Array.from({ length: 300_000 }, () => item);
  buffer.add({ record: { events: many(event) }, artifacts: many(artifact) });
  const { record, artifacts } = buffer.take({ record: { events: [event] } });
  expect([record.events.length, artifacts.length]).toEqual([300_001, 300_000]);
  buffer.close();
});

test("details and calls that come one at a time cost no more the more there are", () => {
  const buffer = new WriteBuffer(
    new VirtualClock(0),
    async () => {},
    () => 0,
  );
  const patch = { k0: 0 };
  buffer.add({ record: { details: patch } });
  const from = processorMs();
  for (let n = 1; n < 5_000; n++) buffer.add({ record: { details: { [`k${n}`]: n }, usage: [CALL] } });
  // Some milliseconds; 5 s where each made a copy of those before it.
  expect(processorMs() - from).toBeLessThan(1_000);
  const { record } = buffer.take({ record: { details: JSON.parse('{"k1": "last", "__proto__": 1}') } });
  expect(Object.keys(record.details ?? {})).toHaveLength(5_001);
  expect([record.details?.["k1"], record.usage?.length, patch]).toEqual(["last", 4_999, { k0: 0 }]);
  buffer.close();
});
