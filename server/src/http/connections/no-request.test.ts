import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { answerConnect, answerNoRequest } from "./no-request.ts";

test.each(["CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "FOO / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\r\n\r\n"])(
  "a client that keeps its half of a connection open behind %j holds up no server that closes",
  async (head) => {
    const server = createServer();
    server.on("connect", (_, socket) => answerConnect(socket));
    server.on("clientError", (error, socket) => answerNoRequest(error, socket));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const client = connect({ port: address.port, allowHalfOpen: true });
    client.on("error", () => {});
    client.write(head);
    client.resume();
    await once(client, "end");
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
    client.destroy();
    expect(server.listening).toBe(false);
  },
);
