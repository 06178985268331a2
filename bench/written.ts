/**
 * What a task costs the disk: bytes that the kernel was told to write for the server, by `/proc/PID/io`, for a submit alone and
 * for a no-op task with one step that is awaited; with 64 clients, who share commits, and with one, who has each to himself.
 * Linux only, and on a disk: where the data folder lies in memory, nothing is counted.
 *
 *   node bench/written.ts [seconds per run]
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { conditions } from "./conditions.ts";
import { Rig } from "./load/rig.ts";

const seconds = Number(process.argv[2] ?? 5);
const WORK = [
  { what: "a submit", path: "/v1/tasks", body: { kind: "external", input: { queue: "bench" } } },
  { what: "a no-op task, awaited", path: "/v1/tasks?wait=10", body: { kind: "noop", input: {} } },
];

function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}

const rig = await Rig.start({ flags: ["--config", fileURLToPath(new URL("noop.config.ts", import.meta.url))] });
try {
  const { url, pid } = rig.server;
  for (const { what, path, body } of WORK)
    for (const connections of [64, 1]) {
      const requests = [{ method: "POST", path, headers: rig.jsonHeaders, body: JSON.stringify(body) }];
      const order = { connections, seconds, requests, url };
      await rig.load({ ...order, seconds: 1 });
      const before = writtenBytes(pid);
      const { requests: count } = await rig.load(order);
      const kilobytes = (writtenBytes(pid) - before) / count / 1_000;
      console.log(`${what}, ${connections} at once: ${kilobytes.toFixed(1)} KB written each, of ${count}`);
    }
  console.log(`  ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await rig.end();
}
