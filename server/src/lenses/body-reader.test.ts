import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bounded } from "./body-reader.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const MINUTE_MS = 60_000;

test("a body may take long as long as it goes on, and is broken off when it stands still", async () => {
  const payload = new PassThrough();
  const reading = text(bounded(payload, 100));
  for (let minute = 0; minute < 30; minute++) {
    payload.write("x");
    await setImmediate();
    vi.advanceTimersByTime(MINUTE_MS - 1);
  }
  vi.advanceTimersByTime(1);
  await expect(reading).rejects.toMatchObject({ code: "invalid", message: "No byte of the body came for 60 s." });
});

test("a body that has come is not broken off, however long its reader takes", async () => {
  const payload = new PassThrough();
  const body = bounded(payload, 100);
  payload.end("all of it");
  await setImmediate();
  vi.advanceTimersByTime(10 * MINUTE_MS);
  expect(await text(body)).toBe("all of it");
});

test("a body beyond its bound is too large", async () => {
  const payload = new PassThrough();
  payload.end("more than ten");
  await expect(text(bounded(payload, 10))).rejects.toMatchObject({ code: "too_large" });
});
