import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connections } from "../connections/connections.ts";
import { type Listener, listen } from "../connections/listener.ts";

const BYTES = 60_000;
/** What one read of a socket brings at most. */
const READ_BYTES = 65_536;
const HEAD = "POST / HTTP/1.1\r\nHost: a\r\n";

type Heard = { chunks: number; text: string; cut: () => void };
let heard: Heard[];
let listener: Listener;
/** Bytes of bodies that came in each turn of the event loop. */
let turns: number[];
let isOver: boolean;

beforeEach(async () => {
  heard = [];
  turns = [0];
  isOver = false;
  const routing = (request: IncomingMessage, response: ServerResponse) => {
    const own: Heard = { chunks: 0, text: "", cut: () => request.destroy() };
    heard.push(own);
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => {
      own.chunks += 1;
      own.text += chunk.toString();
      turns[turns.length - 1] = (turns.at(-1) ?? 0) + chunk.length;
    });
    request.on("end", () => response.end("read"));
  };
  const app = { routing, ready: async () => {}, close: async () => {} };
  const connections = new Connections({ max: 100, requestsOfOne: 16, ofKey: null, ofAddress: null });
  listener = await listen(app, { hosts: ["127.0.0.1"], port: 0, headMsMax: 20_000, connections });
});
afterEach(async () => {
  vi.useRealTimers();
  await listener.close(0);
});

async function sent(text: string): Promise<void> {
  const socket = connect(listener.port, "127.0.0.1");
  socket.end(text);
  const answer: string[] = [];
  socket.on("data", (chunk: Buffer) => answer.push(chunk.toString()));
  await once(socket, "close");
  expect(answer.join("")).toContain("read");
}

async function countTurns(): Promise<void> {
  while (!isOver) {
    turns.push(0);
    await setImmediate();
  }
}

/** The head of a body and crumbs of it, of which the first are heard as they come. */
const BEGUN = `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(100)}`;

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000 && !isSo(); turn++) await setImmediate();
}

/** One whose body stands still behind its crumbs, which wait. */
async function waiting(localAddress = "127.0.0.1") {
  const nth = heard.length;
  const socket = connect({ port: listener.port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {}).write(BEGUN);
  await until(() => heard[nth]?.text.length === 64);
  const isHeard = () => heard[nth]?.text.length === 100;
  return { socket, isHeard, cut: () => heard[nth]?.cut() };
}

async function turnsPass(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await vi.advanceTimersByTimeAsync(40);
    for (let turn = 0; turn < 10; turn++) await setImmediate();
  }
}

test("whose body has ended, and whose connection was cut, takes no turn of those whose crumbs wait", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  for (let n = 0; n < 5; n++) await sent(`${BEGUN}0\r\n\r\n`);
  (await waiting()).cut();
  const left = await waiting();
  expect(left.isHeard()).toBe(false);
  await turnsPass(1);
  expect(left.isHeard()).toBe(true);
  left.socket.destroy();
});

test.runIf(process.platform === "linux")("addresses have their turns one after the other", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const many = [await waiting(), await waiting(), await waiting(), await waiting()];
  const other = await waiting("127.0.0.2");
  await turnsPass(2);
  expect([...many, other].map((each) => each.isHeard())).toEqual([true, false, false, false, true]);
  await turnsPass(3);
  expect(many.map((each) => each.isHeard())).toEqual([true, true, true, true]);
  for (const { socket } of [...many, other]) socket.destroy();
});

test("a body of which each byte is a chunk is heard in as many pieces as its socket was read, and is whole", async () => {
  const text = Array.from({ length: BYTES }, (_, n) => "abcdefghij"[n % 10]).join("");
  const chunks = [...text].map((byte) => `1\r\n${byte}\r\n`).join("");
  const counted = countTurns();
  await Promise.all(
    [1, 2].map(() => sent(`${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)),
  );
  isOver = true;
  await counted;
  expect(heard.map((each) => each.text === text)).toEqual([true, true]);
  // Some by themselves first, and what comes with the last of them.
  for (const each of heard) expect(each.chunks).toBeLessThan(BYTES / 100);
  // Those of one connection in a turn, but for the ends of both.
  expect(turns.reduce((most, bytes) => Math.max(most, bytes), 0)).toBeLessThan((2 * READ_BYTES) / 6);
});

test("a body that comes in a few pieces is heard as it comes", async () => {
  await sent(`${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`);
  expect(heard).toMatchObject([{ chunks: 2, text: "abc" }]);
});

test("large chunks behind crumbs come in their order", async () => {
  const crumbs = "1\r\nx\r\n".repeat(100);
  const large = `800\r\n${"y".repeat(2_048)}\r\n`;
  await sent(`${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${crumbs}${large}${crumbs}0\r\n\r\n`);
  expect(heard[0]?.text).toBe(`${"x".repeat(100)}${"y".repeat(2_048)}${"x".repeat(100)}`);
});
