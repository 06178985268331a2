import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BodyPace, USUAL_PACE } from "./body-pace.ts";
import { bounded } from "./body-reader.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

const MINUTE_MS = 60_000;

const request = (bounds = USUAL_PACE) => ({ server: { bodies: { pace: new BodyPace(bounds) } }, keyEnd: () => null });

/** A body that comes with so many bytes a minute, until it is broken off or `minutes` are over. */
async function coming(bytesPerMinute: number, minutes: number): Promise<Promise<string>> {
  const payload = new PassThrough();
  const reading = text(bounded(request(), payload, 10 << 20));
  reading.catch(() => {});
  for (let minute = 0; minute < minutes; minute++) {
    payload.write("x".repeat(bytesPerMinute));
    await setImmediate();
    vi.advanceTimersByTime(MINUTE_MS - 1_000);
  }
  return reading;
}

test("a body may take long as long as it goes on, and is broken off when it stands still", async () => {
  const payload = new PassThrough();
  const reading = text(bounded(request(), payload, 10 << 20));
  for (let minute = 0; minute < 30; minute++) {
    payload.write("x".repeat(31_000));
    await setImmediate();
    vi.advanceTimersByTime(MINUTE_MS - 1_000);
  }
  vi.advanceTimersByTime(3_000);
  await expect(reading).rejects.toMatchObject({ code: "invalid", message: "No byte of the body came for 60 s." });
});

test("a body that crawls is broken off, though it never stands still", async () => {
  const slow = { code: "invalid", message: "The body came slower than 500 bytes a second." };
  await expect(coming(20_000, 3)).rejects.toMatchObject(slow);
  await expect(coming(1, 1)).rejects.toMatchObject(slow);
});

test("a body that has come is not broken off, however long its reader takes", async () => {
  const payload = new PassThrough();
  const body = bounded(request(), payload, 100);
  payload.end("all of it");
  await setImmediate();
  vi.advanceTimersByTime(10 * MINUTE_MS);
  expect(await text(body)).toBe("all of it");
});

test("a body beyond its bound is too large", async () => {
  const payload = new PassThrough();
  payload.end("more than ten");
  await expect(text(bounded(request(), payload, 10))).rejects.toMatchObject({ code: "too_large" });
});

test("how slowly a body may come is what its server says", async () => {
  const payload = new PassThrough();
  const reading = text(bounded(request({ graceMs: 1_000, bytesPerSMin: 7, stalledMsMax: 2_000 }), payload, 100));
  reading.catch(() => {});
  payload.write("x");
  await setImmediate();
  vi.advanceTimersByTime(2_000);
  await expect(reading).rejects.toMatchObject({ message: "The body came slower than 7 bytes a second." });
});
