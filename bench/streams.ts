/**
 * 10,000 open event streams of one task: what they take of the server's memory, how long an event takes until all have it,
 * and how long `GET /health` takes meanwhile; beside as many streams of a bare `node:http` server, and again while a hundred
 * tasks are busy. Fifty read nothing, and none of the others may miss an event or have one twice.
 *
 *   node bench/streams.ts [streams] [busy tasks] [broadcasts]
 */
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions, median, quantile } from "./conditions.ts";
import { cpuOf, memoryOf } from "./load/cpu.ts";
import { Readers } from "./load/readers.ts";
import { Rig } from "./load/rig.ts";

const streams = Number(process.argv[2] ?? 10_000);
const busy = Number(process.argv[3] ?? 100);
const broadcasts = Number(process.argv[4] ?? 16);
const DEAF = Math.min(50, Math.floor(streams / 10));
const BUSY_STEPS = 100_000;
const BETWEEN_MS = 250;
const MB = 2 ** 20;
const task = z.object({ id: z.string(), last_event: z.int(), state: z.string() });
const toldBare = z.object({ last_event: z.int() });

type Side = { url: string; pid: number; path: string; tell: (n: number) => Promise<number> };
type Figures = { megabytes: number; tellMs: number; mainMs: number };

/** As its users start it, and the bare server too. */
const STARTED = { env: { MALLOC_ARENA_MAX: "2" }, node: ["--max-semi-space-size=16"] };

const rig = await Rig.start({
  ...STARTED,
  flags: ["--config", fileURLToPath(new URL("noop.config.ts", import.meta.url))],
});
const call = async (path: string, body?: unknown) => task.parse(JSON.parse(await rig.call(path, body)));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
try {
  const bare = await rig.baseline("bare-streams.ts", {}, STARTED);
  const theirs = await figures("bare node:http", {
    url: bare,
    pid: rig.baselinePid,
    path: "/stream",
    tell: async () => toldBare.parse(await (await fetch(`${bare}/tell`)).json()).last_event,
  });
  const { id } = await call("/v1/tasks", { kind: "nap", input: {} });
  while ((await call(`/v1/tasks/${id}`)).state !== "waiting") await pause(20);
  const ours = await figures("ours", {
    url: rig.server.url,
    pid: rig.server.pid,
    path: `/v1/tasks/${id}/events`,
    tell: async (n) => (await call(`/v1/tasks/${id}/${n % 2 === 0 ? "pause" : "resume"}`, {})).last_event,
  });
  const times = (of: (side: Figures) => number) => `${(of(ours) / of(theirs)).toFixed(2)} times bare's`;
  console.log(
    `memory ${times((side) => side.megabytes)}, an event to all ${times((side) => side.tellMs)}, main thread ${times((side) => side.mainMs)}`,
  );
  console.log(`${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await rig.end();
}

async function figures(name: string, side: Side): Promise<Figures> {
  // What the first requests load is no stream's.
  await rig.load({ ...health(side), seconds: 1 });
  const readers = new Readers(side.url, side.path, rig.key);
  try {
    const empty = memoryOf(side.pid) ?? 0;
    const above = () => ((memoryOf(side.pid) ?? 0) - empty) / MB;
    const from = performance.now();
    await readers.open(streams - DEAF);
    await readers.open(DEAF, true);
    const megabytes = above();
    console.log(
      `${name}: ${streams.toLocaleString("en")} streams opened in ${((performance.now() - from) / 1_000).toFixed(1)} s: ${megabytes.toFixed(0)} MB above empty, ${((megabytes / streams) * 1_024).toFixed(1)} KB each (150 MB are wanted)`,
    );
    const quiet = await told("nothing else", side, readers);
    if (side.pid === rig.server.pid) {
      for (let n = 0; n < busy; n++) await call("/v1/tasks", { kind: "steps", input: { count: BUSY_STEPS } });
      await told(`${busy} busy tasks`, side, readers);
    }
    console.log(
      `  ${readers.events.toLocaleString("en")} events, ${readers.wrong.size} readers with a gap or a repeat; ${above().toFixed(0)} MB above empty at the end`,
    );
    if (readers.wrong.size > 0) process.exitCode = 1;
    return { megabytes, ...quiet };
  } finally {
    readers.close();
  }
}

/** Broadcasts, while another process asks for `/health`. */
async function told(beside: string, side: Side, readers: Readers): Promise<{ tellMs: number; mainMs: number }> {
  const times: number[] = [];
  const answers: { p50Ms: number; p99Ms: number }[] = [];
  let isOver = false;
  const watch = (async () => {
    while (!isOver) answers.push(await rig.load({ ...health(side), seconds: 1 }));
  })();
  const busyMs: number[] = [];
  for (let n = 0; n < broadcasts; n++) {
    const before = cpuOf(side.pid)?.main ?? 0;
    const from = performance.now();
    await readers.told(await side.tell(n), streams - DEAF);
    times.push(performance.now() - from);
    busyMs.push((cpuOf(side.pid)?.main ?? 0) - before);
    await pause(BETWEEN_MS);
  }
  isOver = true;
  await watch;
  const worst = (of: (answer: { p50Ms: number; p99Ms: number }) => number) => Math.max(...answers.map(of)).toFixed(1);
  const heard = `p50 ${worst((answer) => answer.p50Ms)} ms, p99 ${worst((answer) => answer.p99Ms)} ms in the worst second`;
  console.log(
    `  beside ${beside}: an event to all p50 ${median(times).toFixed(0)} ms, longest ${quantile(times, 1).toFixed(0)} ms (150 ms are wanted), ${median(busyMs).toFixed(0)} ms of the main thread; /health ${heard} (100 ms are wanted)`,
  );
  return { tellMs: median(times), mainMs: median(busyMs) };
}

function health({ url }: Side) {
  return { url, connections: 1, requests: [{ method: "GET", path: "/health", headers: {} }] };
}
