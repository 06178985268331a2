/**
 * `GET /v1/tasks/{id}` with a key, default log and headers, without a share of requests a minute, against a bare Fastify route
 * and a bare `node:http` server that return the same bytes.
 *
 *   node bench/get-task.ts [pairs] [seconds per run]
 */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Rig } from "./load/rig.ts";

const pairs = Number(process.argv[2] ?? 9);
const seconds = Number(process.argv[3] ?? 2);
const rig = await Rig.start({ flags: ["--config", fileURLToPath(new URL("get-task.config.ts", import.meta.url))] });
try {
  const submitted = await rig.call("/v1/tasks?wait=20", {
    kind: "agent",
    input: { query: "What is the capital of France?" },
  });
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(submitted));
  const path = `/v1/tasks/${id}`;
  const bytes = await rig.call(path);
  const requests = [{ method: "GET", path, headers: rig.headers }];
  const order = { connections: 64, seconds, requests };
  const what = `GET of a task of ${bytes.length} bytes`;
  const ours = { ...order, url: rig.server.url };
  await rig.compare({ what, atLeast: 0.85, pairs }, ours, { ...order, url: await rig.bare(bytes) });
  const smallest = { ...order, url: await rig.baseline("bare-http.ts", { bytes }) };
  await rig.compare({ what, atLeast: 0.9, pairs, than: "bare node:http" }, ours, smallest);
} finally {
  await rig.end();
}
