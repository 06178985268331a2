/** The short form of `bench/neighbour.ts`: whatever is tried, no request of another tenant fails, and the bounds hold. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { steps, talker, tree } from "../../bench/kinds.ts";
import { ATTACKS, attack } from "../../bench/neighbour/attacks.ts";
import { neighbour } from "../../bench/neighbour/neighbour.ts";
import { startTestServer, type TestServer } from "./server.ts";

const SCALE = 0.02;
const REQUESTS = 6;
/** So that the small form of an attack meets bounds too. */
const CONNECTIONS = 250;

let server: TestServer;
let door: { host: string; port: number };
let task = "";
let greedy = "";
let modest = "";

beforeAll(async () => {
  const keys = [
    { user: "greedy", tenant: "greedy" },
    { user: "modest", tenant: "modest" },
  ];
  const config = { limits: { connections: CONNECTIONS }, handlers: [steps, tree, talker] };
  server = await startTestServer({ mode: "serve", keys, config });
  [greedy = "", modest = ""] = server.secrets;
  const { hostname: host, port } = new URL(server.url);
  door = { host, port: Number(port) };
  const made = await server.call("/v1/tasks", { key: greedy, json: { kind: "external", input: { queue: "q" } } });
  task = z.object({ id: z.string() }).parse(await made.json()).id;
});
afterAll(() => server.stop());

it.each(Object.keys(ATTACKS))("%s: no request of a neighbour fails", async (name) => {
  const over = new AbortController();
  const attacked = attack(name, { ...door, key: greedy, task }, SCALE, over.signal);
  const { requests, failed } = await neighbour({ ...door, key: modest }, (asked) => asked === REQUESTS);
  expect(await connectionsOpen()).toBeLessThanOrEqual(CONNECTIONS);
  over.abort();
  await attacked;
  expect([requests, failed]).toEqual([REQUESTS, []]);
});

async function connectionsOpen(): Promise<number> {
  const page = await (await server.call("/metrics", { key: modest })).text();
  return Number(/^waybill_connections_open (\d+)$/m.exec(page)?.[1]);
}
