import { expect, test } from "vitest";
import type { EventDraft } from "../../task/events/event.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { WriteBuffer } from "./write-buffer.ts";

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
