/**
 * A task with one no-op step, submitted over HTTP and awaited to its end (`?wait=`), 64 clients, against a bare Fastify
 * `POST` with the same validation and no storage.
 *
 *   node bench/await-task.ts [pairs] [seconds per run]
 */
import { fileURLToPath } from "node:url";
import { Rig } from "./load/rig.ts";

const pairs = Number(process.argv[2] ?? 9);
const seconds = Number(process.argv[3] ?? 2);
const rig = await Rig.start({ flags: ["--config", fileURLToPath(new URL("noop.config.ts", import.meta.url))] });
try {
  const body = { kind: "noop", input: {} };
  const bytes = await rig.call("/v1/tasks?wait=10", body);
  const request = { method: "POST", headers: rig.jsonHeaders, body: JSON.stringify(body) };
  const order = { connections: 64, seconds };
  const ours = { ...order, url: rig.server.url, requests: [{ ...request, path: "/v1/tasks?wait=10" }] };
  const theirs = { ...order, url: await rig.bare(bytes), requests: [{ ...request, path: "/v1/tasks" }] };
  await rig.compare({ what: "no-op task, submitted and awaited", atLeast: 0.3, pairs }, ours, theirs);
} finally {
  await rig.end();
}
