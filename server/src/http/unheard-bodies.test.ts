import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { BodyPace } from "../lenses/body-pace.ts";
import { UnheardBodies } from "./unheard-bodies.ts";

const SENDERS = 12;
const BYTES = 8 << 20;

it("what comes after its answer is read of one sender a turn, and each hears the answer and sends all", async () => {
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
  const { port } = address;
  const heard = Array.from({ length: SENDERS }, async () => {
    const sender = connect(port, "127.0.0.1");
    const answered = once(sender, "data");
    sender.write(`POST / HTTP/1.1\r\nhost: here\r\ncontent-length: ${BYTES}\r\n\r\n`);
    const [answer]: Buffer[] = await answered;
    await new Promise<void>((resolve) => sender.write(Buffer.alloc(BYTES, "x"), () => resolve()));
    sender.on("error", () => {}).end();
    return answer?.toString().includes("413");
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
  server.closeAllConnections();
  server.close();
});
