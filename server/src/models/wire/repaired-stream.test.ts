import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { AnswerRepair } from "./answer-repair.ts";
import { BoundedBytes, RepairedAnswer } from "./repaired-stream.ts";

const pieces = Array.from({ length: 200 }, (_, n) => `data: ${n}\n\n`);

test.each([
  ["one chunk", [pieces.join("")]],
  ["a chunk each", pieces],
])("events are mended a few in a turn, however many come at once in %s", async (_, chunks) => {
  let mended = 0;
  const repair: AnswerRepair = {
    ...{ stage: "open", plainEnd: null, whole: () => null, closing: () => [] },
    mended: (event) => {
      mended += 1;
      return [event];
    },
  };
  const answer = new RepairedAnswer(repair, new BoundedBytes(1_000_000), null);
  for (const chunk of chunks) answer.take(Buffer.from(chunk));
  const afterTurns = [mended];
  while (answer.isBehind) {
    await nextTurn();
    afterTurns.push(mended);
  }
  expect(afterTurns).toEqual([64, 128, 192, 200]);
});
