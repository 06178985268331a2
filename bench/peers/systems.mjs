// The systems that are measured. Each is handed no-op tasks, one by one or in bulk, and says when all of them have ended.
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./services.mjs";

const CALLERS = 64;
const BULK = 100;
const READY_MS_MAX = 60_000;
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Resolves once so many have ended. */
class Count {
  #left = 0;
  #done = Promise.withResolvers();

  of(count) {
    this.#left = count;
    this.#done = Promise.withResolvers();
    return this.#done.promise;
  }

  ended() {
    this.#left -= 1;
    if (this.#left === 0) this.#done.resolve();
  }
}

/** Each of `CALLERS` callers has one call under way. */
async function each(count, call) {
  let left = count;
  const caller = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

export async function waybill({ root }) {
  const data = mkdtempSync(join(root, "waybill-"));
  const port = await freePort();
  const flags = ["--data", data, "--port", String(port), "--lens-port", "none", "--config", here("../noop.config.ts")];
  const server = spawn(process.execPath, [here("../../server/bin/waybill.js"), "dev", ...flags], { stdio: "ignore" });
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const ask = (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const asked = request({ host: "127.0.0.1", port, agent, method, path, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        answer.on("end", () => (answer.statusCode < 300 ? resolve(text) : reject(new Error(`${path}: ${text}`))));
      });
      asked.on("error", reject).end(body);
    });
  for (const from = performance.now(); ; await sleep(50)) {
    if (
      await ask("GET", "/health").then(
        () => true,
        () => false,
      )
    )
      break;
    if (performance.now() - from > READY_MS_MAX) throw new Error("Waybill is not ready.");
  }
  const one = JSON.stringify({ kind: "noop", input: {} });
  const many = JSON.stringify({ tasks: Array.from({ length: BULK }, () => ({ kind: "noop", input: {} })) });
  return {
    single: (count) => each(count, () => ask("POST", "/v1/tasks?wait=60", one)),
    bulk: async (count) => {
      await each(count / BULK, () => ask("POST", "/v1/tasks:batch", many));
      while (!(await ask("GET", "/v1/tasks?limit=1&state=queued,running,waiting")).includes('"total":0'))
        await sleep(10);
    },
    stop: async () => {
      agent.destroy();
      const exit = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await exit;
    },
  };
}

export async function bullmq({ redis }, concurrency) {
  const { Queue, Worker } = await import("bullmq");
  const connection = { host: "127.0.0.1", port: redis.port, maxRetriesPerRequest: null };
  const name = `bench-${concurrency}`;
  const count = new Count();
  const queue = new Queue(name, { connection });
  const worker = new Worker(name, async () => null, { connection, concurrency });
  worker.on("completed", () => count.ended());
  await worker.waitUntilReady();
  return {
    single: async (tasks) => {
      const done = count.of(tasks);
      await each(tasks, () => queue.add("noop", {}));
      await done;
    },
    bulk: async (tasks) => {
      const done = count.of(tasks);
      const jobs = Array.from({ length: BULK }, () => ({ name: "noop", data: {} }));
      await each(tasks / BULK, () => queue.addBulk(jobs));
      await done;
    },
    stop: async () => {
      await worker.close();
      await queue.close();
    },
  };
}

export async function pgBoss({ postgres }) {
  const module = await import("pg-boss");
  const PgBoss = module.PgBoss ?? module.default;
  const boss = new PgBoss(postgres.url());
  boss.on("error", () => {});
  await boss.start();
  await boss.createQueue("bench");
  const count = new Count();
  await boss.work("bench", { batchSize: 100, pollingIntervalSeconds: 0.5 }, async (jobs) => {
    for (const _ of jobs) count.ended();
  });
  return {
    single: async (tasks) => {
      const done = count.of(tasks);
      await each(tasks, () => boss.send("bench", {}));
      await done;
    },
    bulk: async (tasks) => {
      const done = count.of(tasks);
      const jobs = Array.from({ length: BULK }, () => ({ name: "bench", data: {} }));
      await each(tasks / BULK, () => boss.insert(jobs));
      await done;
    },
    stop: () => boss.stop({ graceful: false }),
  };
}

const ADD_JOBS = `SELECT 1 FROM graphile_worker.add_jobs(ARRAY(
  SELECT row('noop', '{}', NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec FROM generate_series(1, $1)))`;

export async function graphileWorker({ postgres }) {
  const { Logger, run } = await import("graphile-worker");
  const { default: pg } = await import("pg");
  const count = new Count();
  const pool = new pg.Pool({ connectionString: postgres.url(), max: 50 });
  pool.on("error", () => {});
  const runner = await run({
    pgPool: pool,
    concurrency: 100,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    taskList: { noop: async () => count.ended() },
  });
  return {
    single: async (tasks) => {
      const done = count.of(tasks);
      await each(tasks, () => runner.addJob("noop", {}));
      await done;
    },
    bulk: async (tasks) => {
      const done = count.of(tasks);
      await each(tasks / BULK, () => pool.query(ADD_JOBS, [BULK]));
      await done;
    },
    stop: async () => {
      await runner.stop();
      await pool.end();
    },
  };
}

export async function dbos({ postgres }) {
  const { DBOS } = await import("@dbos-inc/dbos-sdk");
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: postgres.url("dbos"), logLevel: "error" });
  const noop = DBOS.registerWorkflow(async () => DBOS.runStep(async () => null, { name: "nothing" }), { name: "noop" });
  await DBOS.launch();
  return { single: (tasks) => each(tasks, () => noop()), stop: () => DBOS.shutdown() };
}
