import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { afterMs } from "./timer.ts";

const DAY_MS = 86_400_000;

describe("a timer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("of 60 days fires after 60 days, and once", () => {
    const run = vi.fn();
    afterMs(60 * DAY_MS, run);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60 * DAY_MS);
    expect(run).toHaveBeenCalledOnce();
  });

  it("is forgotten in its first days and in its last", () => {
    const run = vi.fn();
    const forgets = [afterMs(60 * DAY_MS, run), afterMs(60 * DAY_MS, run)];
    forgets[0]?.();
    vi.advanceTimersByTime(59 * DAY_MS);
    forgets[1]?.();
    vi.advanceTimersByTime(60 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });
});
