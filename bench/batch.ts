/**
 * Durable submits a hundred at once (`POST /v1/tasks:batch`), 16 clients, against a bare Fastify `POST` with the same
 * validation and no storage that is handed them one by one.
 *
 *   node bench/batch.ts [pairs] [seconds per run]
 */
import { Rig } from "./load/rig.ts";

const pairs = Number(process.argv[2] ?? 9);
const seconds = Number(process.argv[3] ?? 2);
const TASKS = 100;
const rig = await Rig.start();
try {
  const body = { kind: "external", input: { queue: "bench" } };
  const bytes = await rig.call("/v1/tasks", body);
  const tasks = Array.from({ length: TASKS }, () => body);
  const post = { method: "POST", headers: rig.jsonHeaders };
  const order = { connections: 16, seconds };
  const ours = { ...post, path: "/v1/tasks:batch", body: JSON.stringify({ tasks }) };
  const theirs = { ...post, path: "/v1/tasks", body: JSON.stringify(body) };
  const bare = await rig.bare(bytes);
  await rig.compare(
    { what: `durable submits, ${TASKS} at once`, atLeast: 0.6, pairs, each: TASKS },
    { ...order, url: rig.server.url, requests: [ours] },
    { ...order, url: bare, requests: [theirs] },
  );
} finally {
  await rig.end();
}
