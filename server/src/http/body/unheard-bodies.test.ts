import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { BodyPace } from "../../lenses/body/body-pace.ts";
import { UnheardBodies } from "./unheard-bodies.ts";

const SENDERS = 12;
const BYTES = 8 << 20;
/** Rests double from 1 ms on until they are as long as they may be, 250 ms. */
const LOOKS_UNTIL_SELDOM = 10;
const REST_MS_MAX = 250;
/** In which the loop is looked at: well before those are cut off that send too long. */
const SPANS = 20;

/** A server that answers each request before its body, and drops that. */
async function answering(): Promise<{ port: number; sockets: Socket[]; close: () => void }> {
  const unheard = new UnheardBodies(new BodyPace());
  const sockets: Socket[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    sockets.push(request.socket);
    response.on("close", () => unheard.drop(request, "somewhere"));
    response.writeHead(413, { "content-length": 2 }).end("no");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: address.port, sockets, close };
}

/** Somebody who begins to send, and has heard the answer. */
async function sender(port: number): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  const answered = once(socket, "data");
  socket.write(`POST / HTTP/1.1\r\nhost: here\r\ncontent-length: ${BYTES}\r\n\r\n`);
  const [answer]: Buffer[] = await answered;
  return { socket, answer: String(answer) };
}

it("what comes after its answer is read of one sender a turn, and each hears the answer and sends all", async () => {
  const { port, sockets, close } = await answering();
  const heard = Array.from({ length: SENDERS }, async () => {
    const { socket, answer } = await sender(port);
    await new Promise<void>((resolve) => socket.write(Buffer.alloc(BYTES, "x"), () => resolve()));
    socket.end();
    return answer.includes("413");
  });
  let most = 0;
  let isOver = false;
  const all = Promise.all(heard).finally(() => {
    isOver = true;
  });
  for (let before = 0; !isOver; ) {
    await setImmediate();
    const bytes = sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
    most = Math.max(most, bytes - before);
    before = bytes;
  }
  expect(await all).toEqual(Array(SENDERS).fill(true));
  expect(most).toBeLessThan(6 << 20);
  close();
});

it("senders who send nothing more leave the event loop at rest, and are read when they go on", async () => {
  const { port, sockets, close } = await answering();
  const senders = await Promise.all(Array.from({ length: SENDERS }, () => sender(port)));
  // Each is let read once a look. On a busy machine looks come late, which makes fewer of them.
  let looks = 0;
  for (const socket of sockets) socket.on("resume", () => looks++);
  const beganAt = performance.now();
  await delay(500);
  expect(looks).toBeLessThanOrEqual(SENDERS * (LOOKS_UNTIL_SELDOM + (performance.now() - beganAt) / REST_MS_MAX));
  // A loop that never rests is busy all the time; one that rests may be kept from it by others for some of the time.
  let least = 1;
  for (let span = 0; span < SPANS && least >= 0.9; span++) {
    const before = performance.eventLoopUtilization();
    await delay(100);
    least = Math.min(least, performance.eventLoopUtilization(before).utilization);
  }
  expect(least).toBeLessThan(0.9);
  const sent = senders.map(
    ({ socket }) => new Promise<void>((resolve) => socket.write(Buffer.alloc(BYTES, "x"), () => resolve())),
  );
  await Promise.all(sent);
  await expect.poll(() => sockets.every(({ bytesRead }) => bytesRead > BYTES)).toBe(true);
  close();
});
