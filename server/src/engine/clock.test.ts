import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { REARM_MS, SystemClock } from "./clock.ts";

const BORN = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Sets the time of day; no time elapses by it, as when NTP or a person sets it. */
function setForward(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"], now: BORN });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the system's clock", () => {
  it("follows the time of day, and goes on from where it was when that is set back", () => {
    const clock = new SystemClock();
    vi.advanceTimersByTime(5_000);
    expect(clock.now()).toBe(BORN + 5_000);
    setForward(HOUR_MS);
    expect(clock.now()).toBe(BORN + 5_000 + HOUR_MS);
    setForward(-3 * HOUR_MS);
    expect(clock.now()).toBe(BORN + 5_000 + HOUR_MS);
    vi.advanceTimersByTime(10_000);
    expect(clock.now()).toBe(BORN + 15_000 + HOUR_MS);
  });

  it("tells the time of day as it is for whoever holds clocks of others against it", () => {
    const clock = new SystemClock();
    setForward(-2 * HOUR_MS);
    expect([clock.now(), clock.timeOfDay()]).toEqual([BORN, BORN - 2 * HOUR_MS]);
  });

  it("is the time of day again once that is set right after it was set back", () => {
    const clock = new SystemClock();
    setForward(-HOUR_MS);
    expect(clock.now()).toBe(BORN);
    setForward(HOUR_MS);
    expect(clock.now()).toBe(BORN);
    vi.advanceTimersByTime(1_000);
    expect(clock.now()).toBe(Date.now());
  });

  it("stands still for a moment when the time of day falls back by less than a second", () => {
    const clock = new SystemClock();
    vi.advanceTimersByTime(5_000);
    expect(clock.now()).toBe(BORN + 5_000);
    setForward(-400);
    expect(clock.now()).toBe(BORN + 5_000);
    vi.advanceTimersByTime(1_000);
    expect(clock.now()).toBe(BORN + 5_600);
  });

  it("measures what has elapsed, whatever the time of day is set to", () => {
    const clock = new SystemClock();
    const from = clock.elapsed();
    setForward(-HOUR_MS);
    vi.advanceTimersByTime(2_500);
    setForward(9 * HOUR_MS);
    expect(clock.elapsed() - from).toBe(2_500);
  });

  it("calls at a moment once the time of day has leapt over it, within the time of a re-arming", () => {
    const clock = new SystemClock();
    const called = vi.fn();
    clock.at(BORN + 8 * HOUR_MS, called);
    vi.advanceTimersByTime(60_000);
    setForward(9 * HOUR_MS);
    expect(called).not.toHaveBeenCalled();
    vi.advanceTimersByTime(REARM_MS);
    expect(called).toHaveBeenCalledOnce();
  });

  it("calls at a moment in time, also when the time of day is set back meanwhile", () => {
    const clock = new SystemClock();
    const called = vi.fn();
    clock.at(BORN + 90_000, called);
    vi.advanceTimersByTime(40_000);
    setForward(-DAY_MS);
    vi.advanceTimersByTime(49_999);
    expect(called).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(called).toHaveBeenCalledOnce();
  });

  it("waits for more than the 25 days that a timer of Node.js takes", () => {
    const clock = new SystemClock();
    const after = vi.fn();
    const at = vi.fn();
    clock.after(60 * DAY_MS, after);
    clock.at(BORN + 60 * DAY_MS, at);
    vi.advanceTimersByTime(59 * DAY_MS);
    expect(after).not.toHaveBeenCalled();
    expect(at).not.toHaveBeenCalled();
    vi.advanceTimersByTime(DAY_MS);
    expect(after).toHaveBeenCalledOnce();
    expect(at).toHaveBeenCalledOnce();
  });

  it("calls after a duration, neither early nor late when the time of day leaps, and not once it is called off", () => {
    const clock = new SystemClock();
    const called = vi.fn();
    const calledOff = vi.fn();
    clock.after(100_000, called);
    const forget = clock.after(100_000, calledOff);
    setForward(DAY_MS);
    vi.advanceTimersByTime(99_999);
    expect(called).not.toHaveBeenCalled();
    forget();
    vi.advanceTimersByTime(1);
    expect(called).toHaveBeenCalledOnce();
    expect(calledOff).not.toHaveBeenCalled();
  });
});
