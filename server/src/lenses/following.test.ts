import { expect, it } from "vitest";
import { follow } from "./following.ts";

it("a signal fires with the one that it follows, also when that has fired before", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const [one, both, late] = [new AbortController(), new AbortController(), new AbortController()];
  follow(first.signal, one);
  follow(first.signal, both);
  follow(second.signal, both);
  second.abort("second");
  expect([one.signal.aborted, both.signal.aborted, both.signal.reason]).toEqual([false, true, "second"]);
  first.abort("first");
  follow(first.signal, late);
  expect([one.signal.reason, late.signal.reason]).toEqual(["first", "first"]);
});

it("a signal that follows no longer does not fire", () => {
  const [end, left] = [new AbortController(), new AbortController()];
  follow(end.signal, left)();
  end.abort();
  expect(left.signal.aborted).toBe(false);
});
