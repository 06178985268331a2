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
  await expect(listen(fastify(), { hosts, port: first.port, headMsMax: 20_000, connections })).rejects.toThrow(BindError);
  await first.close(0);
  const again = await listen(fastify(), { hosts, port: first.port, headMsMax: 20_000, connections });
  expect(again.port).toBe(first.port);
  await again.close(0);
});
