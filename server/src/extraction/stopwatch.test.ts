import { afterEach, expect, test, vi } from "vitest";
import { Stopwatch } from "./stopwatch.ts";

afterEach(() => void vi.useRealTimers());

test("only the time in which it runs counts", () => {
  vi.useFakeTimers();
  const ended = vi.fn();
  const watch = new Stopwatch(100, ended);
  watch.run();
  vi.advanceTimersByTime(60);
  watch.pause();
  vi.advanceTimersByTime(10_000);
  watch.run();
  watch.run();
  vi.advanceTimersByTime(39);
  expect(ended).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ended).toHaveBeenCalledOnce();
});
