import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import fastify from "fastify";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refusal } from "../../task/errors.ts";
import { BodyPace, USUAL_PACE } from "./body-pace.ts";
import { bounded, readAsForm } from "./body-reader.ts";

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

test("a body may be as long as its bound, and no byte longer", async () => {
  const read = (bytes: string) => text(bounded(request(), new PassThrough().end(bytes), 10));
  expect(await read("0123456789")).toBe("0123456789");
  await expect(read("0123456789a")).rejects.toMatchObject({ code: "too_large" });
});

test("what still comes of a body that was refused is read and dropped", async () => {
  const payload = new PassThrough();
  payload.write("more than ten");
  await expect(text(bounded(request(), payload, 10))).rejects.toMatchObject({ code: "too_large" });
  payload.end("and more".repeat(100_000));
  await setImmediate();
  expect(payload.readableEnded).toBe(true);
});

test("a body that breaks off is not taken for the whole, whoever is to blame for it", async () => {
  const payload = new PassThrough();
  const reading = text(bounded(request(), payload, 100));
  payload.write("half of");
  payload.emit("aborted");
  payload.destroy(new Error("aborted"));
  await expect(reading).rejects.toMatchObject({ code: "invalid", message: "The body ended before its end." });
});

test("a form that says that it is too long is refused before anybody reads it", async () => {
  const app = fastify();
  app.decorate("bodies", { pace: new BodyPace(USUAL_PACE), hold: () => {} });
  app.setErrorHandler((error, _request, reply) => reply.code(413).send(error instanceof Refusal ? error.code : "bug"));
  readAsForm(app);
  app.post("/", { bodyLimit: 10 }, async () => "not read");
  const post = { method: "POST", url: "/", headers: { "content-type": "multipart/form-data; boundary=x" } } as const;
  const bodies = ["more than ten", "ten"].map((payload) => app.inject({ ...post, payload }));
  expect((await Promise.all(bodies)).map(({ body }) => body)).toEqual(["too_large", "not read"]);
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
