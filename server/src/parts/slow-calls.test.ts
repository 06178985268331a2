import { expect, test } from "vitest";
import { slowCallsTo } from "./slow-calls.ts";

test("a kind of call that the store worked long on has a line a minute, with those since the one before", () => {
  const lines: object[] = [];
  let now = 0;
  const note = slowCallsTo({ warn: (line: object) => void lines.push(line) }, () => now);
  const list = { thread: "reader", call: "list", rows: 50 };
  const write = { thread: "writer", call: "apply", ms: 300, rows: null };
  note({ ...list, ms: 400 });
  for (const ms of [900, 500]) note({ ...list, ms });
  note(write);
  now = 60_000;
  note({ ...list, ms: 700 });
  now = 120_000;
  note({ ...list, ms: 600 });
  expect(lines).toEqual([
    { ...list, ms: 400 },
    { thread: "writer", call: "apply", ms: 300 },
    { ...list, ms: 700, since: { calls: 2, longestMs: 900 } },
    { ...list, ms: 600 },
  ]);
});
