import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { jsonBody } from "./body/json-body.ts";
import { LONG_ANSWERS_CHARACTERS_MAX, longAnswers } from "./body/long-answers.ts";
import { sendBytes } from "./send-bytes.ts";

const server = createServer();
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The second of two requests of one connection, of which the first one is not answered. */
async function secondOfTwo(): Promise<ServerResponse> {
  const second = Promise.withResolvers<ServerResponse>();
  server.on("request", ({ url }, response) => url === "/2" && second.resolve(response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It has no port.");
  const client = connect(address.port, "127.0.0.1").on("error", () => {});
  client.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  return await second.promise;
}

test("a long answer that is let go while it stands behind another one of its connection holds nothing", async () => {
  const response = await secondOfTwo();
  const body = jsonBody(Array.from({ length: 40 }, () => "x".repeat(100_000)));
  if (typeof body === "string") throw new Error("That is no long answer.");
  body.on("error", () => {});
  const caller = { id: "2", method: "GET", counted: null, principal: null };
  sendBytes(caller, response, 200, {}, body);
  while (!response.writableNeedDrain) await nextTurn();
  await nextTurn();
  expect(body.destroyed).toBe(false);

  const other = { tenant: "", waits: () => {}, goesOn: () => {} };
  const next = Readable.from(["next"]);
  longAnswers.made(next, other, LONG_ANSWERS_CHARACTERS_MAX - 1);
  longAnswers.sent(next, "", () => {});
  other.waits();
  expect(body.destroyed).toBe(true);
  next.destroy();
});
