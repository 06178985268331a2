import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import fastify from "fastify";
import { expect, it } from "vitest";
import { Connections } from "./connections.ts";
import { BindError, listen } from "./listener.ts";

const CROWD = 320;
const hosts = ["127.0.0.1"];

it.skipIf(process.platform !== "linux")(
  "a crowd of new connections is heard in far fewer turns of the loop than it has heads",
  async () => {
    const connections = new Connections({ max: 1_000, requestsOfOne: 16, ofKey: null, ofAddress: null });
    const listener = await listen(fastify(), { hosts, port: 0, headMsMax: 20_000, connections });
    const crowd = Array.from({ length: CROWD }, () => connect(listener.port, "127.0.0.1"));
    let turns = 0;
    while (connections.size < CROWD && turns < CROWD) {
      await setImmediate();
      turns += 1;
    }
    for (const each of crowd) each.destroy();
    await listener.close(0);
    expect([listener.addresses, turns < CROWD / 2]).toEqual([hosts, true]);
  },
);

it("a port that somebody listens on is taken, though sockets of one server share theirs", async () => {
  const connections = new Connections({ max: 10, requestsOfOne: 16, ofKey: null, ofAddress: null });
  const first = await listen(fastify(), { hosts, port: 0, headMsMax: 20_000, connections });
  await expect(listen(fastify(), { hosts, port: first.port, headMsMax: 20_000, connections })).rejects.toThrow(
    BindError,
  );
  await first.close(0);
  const again = await listen(fastify(), { hosts, port: first.port, headMsMax: 20_000, connections });
  expect(again.port).toBe(first.port);
  await again.close(0);
});

it("heads may take seconds that are no whole milliseconds as a computer counts", async () => {
  const connections = new Connections({ max: 10, requestsOfOne: 16, ofKey: null, ofAddress: null });
  for (const seconds of [16.1, 2.01, 20.00005]) {
    const listener = await listen(fastify(), { hosts, port: 0, headMsMax: seconds * 1_000, connections });
    await listener.close(0);
  }
});

it("a check of health waits for none of a crowd whose requests came before it", async () => {
  const connections = new Connections({ max: 1_000, requestsOfOne: 16, ofKey: null, ofAddress: null });
  const app = fastify();
  const heard: string[] = [];
  app.get("/", () => {
    heard.push("crowd");
    for (const from = performance.now(); performance.now() - from < 1; );
    return "";
  });
  app.get("/health", () => {
    heard.push("health");
    return "";
  });
  const listener = await listen(app, { hosts, port: 0, headMsMax: 20_000, connections });
  const ask = async (path: string) => {
    const socket = connect(listener.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    await once(socket.resume(), "close");
  };
  await Promise.all([...Array.from({ length: 100 }, () => ask("/")), ask("/health")]);
  await listener.close(0);
  expect([heard.length, heard.indexOf("health") < 50]).toEqual([101, true]);
});

it("of one connection as many requests wait as may be in work, and those behind them are decided at once", async () => {
  const connections = new Connections({ max: 10, requestsOfOne: 3, ofKey: null, ofAddress: null });
  const app = fastify();
  const heard: string[] = [];
  app.get("/:n", ({ params, raw }) => {
    const { requestsInWork = 0, arriving = 0 } = connections.of(raw.socket) ?? {};
    heard.push(`${JSON.stringify(params)} ${requestsInWork + arriving}`);
    for (const from = performance.now(); performance.now() - from < 2; );
    return "";
  });
  const listener = await listen(app, { hosts, port: 0, headMsMax: 20_000, connections });
  const socket = connect(listener.port, "127.0.0.1");
  socket.write(Array.from({ length: 6 }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  let answers = "";
  while (answers.split("200 OK").length <= 6) answers += await once(socket, "data");
  socket.destroy();
  await listener.close(0);
  // The first has its turn, three wait, and what follows goes past them.
  expect(heard.map((each) => each.slice(6, 7)).join("")).toBe("045123");
  expect(heard.map((each) => Number(each.split(" ")[1]))).toEqual([0, 3, 3, 2, 1, 0]);
});
