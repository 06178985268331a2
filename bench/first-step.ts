/**
 * From a submit to the beginning of its first step, one task at a time, as the submitter's clock tells it; and what one
 * no-op step costs the engine, from tasks of many steps.
 *
 *   node bench/first-step.ts [tasks] [steps of the long task]
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions, median, quantile } from "./conditions.ts";
import { Rig } from "./load/rig.ts";

const tasks = Number(process.argv[2] ?? 300);
const stepCount = Number(process.argv[3] ?? 2_000);
const LATENCY_MS_MAX = 5;
const STEP_MS_MAX = 1;
const RUNS = 5;
const timed = z.object({ output: z.number() });
const spanned = z.object({ state: z.literal("completed"), started_at: z.string(), ended_at: z.string() });

const rig = await Rig.start({ flags: ["--config", fileURLToPath(new URL("noop.config.ts", import.meta.url))] });
try {
  const latencies: number[] = [];
  const syncs: number[] = [];
  for (let n = 0; n < tasks; n++) {
    syncs.push(syncMs());
    const from = performance.timeOrigin + performance.now();
    const answer = await rig.call("/v1/tasks?wait=10", { kind: "clocked", input: {} });
    latencies.push(timed.parse(JSON.parse(answer)).output - from);
  }
  const fast = syncs.flatMap((ms, at) => (ms < 0.5 ? [latencies[at] ?? Number.NaN] : []));
  const p50 = median(latencies);
  console.log(
    `submit to first step: p50 ${p50.toFixed(2)} ms, p99 ${quantile(latencies, 0.99).toFixed(2)} ms (${LATENCY_MS_MAX} ms is wanted)`,
  );
  console.log(
    `  where an fsync just took under 0.5 ms (${fast.length} of ${tasks}): p50 ${median(fast).toFixed(2)} ms; fsync p50 ${median(syncs).toFixed(2)} ms`,
  );
  const perStep: number[] = [];
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const done = spanned.parse(
      JSON.parse(await rig.call("/v1/tasks?wait=120", { kind: "steps", input: { count: stepCount } })),
    );
    perStep.push((Date.parse(done.ended_at) - Date.parse(done.started_at)) / stepCount);
    runs.push(median(Array.from({ length: 100 }, syncMs)));
  }
  const cost = median(perStep);
  console.log(
    `a no-op step: ${cost.toFixed(2)} ms, its fsynced commit included (${STEP_MS_MAX} ms is wanted; fsync of 4 KB ${median(runs).toFixed(2)} ms); ${conditions()}`,
  );
  if (median(fast) >= LATENCY_MS_MAX || cost - median(runs) >= STEP_MS_MAX) process.exitCode = 1;
} finally {
  await rig.end();
}

/** One append of 4 KB and its fsync, as the disk takes them now. */
function syncMs(): number {
  const folder = mkdtempSync(path.join(tmpdir(), "waybill-fsync-"));
  const file = openSync(path.join(folder, "file"), "w");
  writeSync(file, Buffer.alloc(4_096, 1));
  const from = performance.now();
  fsyncSync(file);
  const ms = performance.now() - from;
  closeSync(file);
  rmSync(folder, { recursive: true });
  return ms;
}
