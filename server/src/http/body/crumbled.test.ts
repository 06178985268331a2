import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Connections } from "../connections/connections.ts";
import { type Listener, listen } from "../connections/listener.ts";

const BYTES = 60_000;
/** What one read of a socket brings at most. */
const READ_BYTES = 65_536;
const HEAD = "POST / HTTP/1.1\r\nHost: a\r\n";

type Heard = { chunks: number; text: string };
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
    const own: Heard = { chunks: 0, text: "" };
    heard.push(own);
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
afterEach(() => listener.close(0));

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
  expect(heard).toEqual([{ chunks: 2, text: "abc" }]);
});

test("large chunks behind crumbs come in their order", async () => {
  const crumbs = "1\r\nx\r\n".repeat(100);
  const large = `800\r\n${"y".repeat(2_048)}\r\n`;
  await sent(`${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${crumbs}${large}${crumbs}0\r\n\r\n`);
  expect(heard[0]?.text).toBe(`${"x".repeat(100)}${"y".repeat(2_048)}${"x".repeat(100)}`);
});
