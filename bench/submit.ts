/**
 * A durable submit over HTTP, 64 clients, against a bare Fastify `POST` with the same validation and no storage. The work is
 * `external` and nobody claims it, so that what is measured is the submit alone.
 *
 *   node bench/submit.ts [pairs] [seconds per run]
 */
import { Rig } from "./load/rig.ts";

const pairs = Number(process.argv[2] ?? 9);
const seconds = Number(process.argv[3] ?? 2);
const rig = await Rig.start();
try {
  const body = { kind: "external", input: { queue: "bench" } };
  const bytes = await rig.call("/v1/tasks", body);
  const requests = [{ method: "POST", path: "/v1/tasks", headers: rig.jsonHeaders, body: JSON.stringify(body) }];
  const order = { connections: 64, seconds, requests };
  const bare = await rig.bare(bytes);
  await rig.compare(
    { what: "durable submit", atLeast: 0.6, pairs },
    { ...order, url: rig.server.url },
    { ...order, url: bare },
  );
} finally {
  await rig.end();
}
