// No-op tasks a second of ours and of its peers, in turn and on one machine, each as durable as ours: submitted one by one by
// 64 callers until all have ended, and a hundred at once. What this machine has no Redis or PostgreSQL for is left out, and
// said.
//
//   cd bench/peers && npm install && node run.mjs [tasks] [rounds] [name of one peer]
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, startRedis } from "./services.mjs";
import { bullmq, dbos, graphileWorker, pgBoss, restate, waybill } from "./systems.mjs";

const tasks = Number(process.argv[2] ?? 4_000);
const rounds = Number(process.argv[3] ?? 3);
const TASKS_MAX_OF_SLOW = 1_000;
/** V8 compiles what has run often: one of our awaited tasks takes 370 us of the main thread among the first 1,000, and 160 after 10,000. */
const WARM_UP_TASKS = 20_000;
const WARM_UP_MS_MAX = 10_000;
const WARM_UP_AT_ONCE = 500;

const WAYS = ["single", "bulk"];
const PEERS = [
  { name: "BullMQ, one at once (its default)", needs: "redis", open: (services) => bullmq(services, 1), slow: true },
  { name: "BullMQ, 100 at once", needs: "redis", open: (services) => bullmq(services, 100) },
  { name: "pg-boss, 100 at once", needs: "postgres", open: pgBoss },
  { name: "graphile-worker, 100 at once", needs: "postgres", open: graphileWorker },
  { name: "DBOS", needs: "postgres", open: dbos, slow: true },
  { name: "Restate", needs: "root", open: restate, slow: true },
];

const root = mkdtempSync(join(tmpdir(), "waybill-peers-"));
const services = { root, redis: await startRedis(root), postgres: await startPostgres(root) };
const ours = await waybill(services);
const wanted = process.argv[4];
try {
  for (const way of WAYS) await warmUp(ours[way]);
  for (const peer of PEERS) {
    if (wanted && !peer.name.includes(wanted)) continue;
    if (!services[peer.needs]) {
      console.log(`${peer.name}: not measured, this machine has no ${peer.needs}`);
      continue;
    }
    try {
      await compare(peer);
    } catch (error) {
      console.log(`${peer.name}: not measured, ${error instanceof Error ? error.message : error}`);
    }
  }
  console.log(
    `node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, load of the machine ${loadavg()[0]?.toFixed(1)}`,
  );
} finally {
  await ours.stop();
  await services.redis?.stop();
  await services.postgres?.stop();
  rmSync(root, { recursive: true, force: true });
}

async function compare({ name, open, slow }) {
  const peer = await open(services);
  const count = slow ? Math.min(tasks, TASKS_MAX_OF_SLOW) : tasks;
  for (const way of WAYS) {
    if (!peer[way]) continue;
    await warmUp(peer[way]);
    const [own, others] = [[], []];
    for (let round = 0; round < rounds; round++) {
      own.push(await rate(count, ours[way]));
      others.push(await rate(count, peer[way]));
    }
    const ratios = own.map((each, at) => each / others[at]).toSorted((a, b) => a - b);
    const said = way === "single" ? "one by one" : "100 submitted at once";
    console.log(
      `${name}, ${said}: ours ${times(median(ratios))} (${times(ratios[0])} to ${times(ratios.at(-1))}; ${median(own).toFixed(0)} against ${median(others).toFixed(0)} a second)`,
    );
  }
  await peer.stop();
}

async function warmUp(run) {
  const until = performance.now() + WARM_UP_MS_MAX;
  for (let done = 0; done < WARM_UP_TASKS && performance.now() < until; done += WARM_UP_AT_ONCE)
    await run(WARM_UP_AT_ONCE);
}

async function rate(count, run) {
  const from = performance.now();
  await run(count);
  return count / ((performance.now() - from) / 1_000);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function times(ratio) {
  return `${ratio.toFixed(2)} x`;
}
