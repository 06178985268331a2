import { expect, test } from "vitest";
import { atRest } from "./at-rest.ts";

test("two who wait for rest at the same time do not keep each other from it", async () => {
  await Promise.all([atRest(), atRest()]);
});

test("there is no rest as long as one tick leads to another, also for who comes later", async () => {
  let left = 10;
  const again = () => void (--left > 0 && setImmediate(again));
  const first = atRest();
  setImmediate(again);
  await atRest();
  await first;
  expect(left).toBe(0);
});
