// The systems that are measured. Each is handed no-op tasks, one by one or in bulk, and says when all of them have ended.
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer } from "node:http2";
import { createRequire } from "node:module";
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
  const ask = (method, path, body) => asked(agent, port, method, path, body);
  await ready("Waybill", () => ask("GET", "/health"));
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

/** Its server as it comes, which syncs its log, and a service in this process that it calls. */
export async function restate({ root }) {
  process.env.RESTATE_LOGGING = "ERROR";
  const { createEndpointHandler, service } = await import("@restatedev/restate-sdk");
  const program = restateProgram();
  const noop = service({ name: "bench", handlers: { noop: (ctx) => ctx.run("nothing", async () => null) } });
  const endpoint = createServer(createEndpointHandler({ services: [noop] }));
  await new Promise((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    RESTATE_BASE_DIR: mkdtempSync(join(root, "restate-")),
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_BIND_IP: "127.0.0.1",
    RESTATE_BIND_PORT: String(node),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_DISABLE_TELEMETRY: "true",
  };
  const server = spawn(program, ["--no-logo"], { env, stdio: "ignore" });
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const uri = `http://127.0.0.1:${endpoint.address().port}`;
  await ready("Restate", () => post(agent, admin, "/deployments", JSON.stringify({ uri })));
  return {
    single: (tasks) => each(tasks, () => post(agent, ingress, "/bench/noop")),
    stop: async () => {
      agent.destroy();
      const exit = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await exit;
      endpoint.close();
    },
  };
}

function restateProgram() {
  const from = createRequire(import.meta.url);
  const { platform, arch } = process;
  return from.resolve(`@restatedev/restate-server-${platform}-${arch}/bin/restate-server`);
}

const post = (agent, port, path, body) => asked(agent, port, "POST", path, body);

function asked(agent, port, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const sent = request({ host: "127.0.0.1", port, agent, method, path, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      answer.on("end", () => (answer.statusCode < 300 ? resolve(text) : reject(new Error(`${path}: ${text}`))));
    });
    sent.on("error", reject).end(body);
  });
}

async function ready(name, ask) {
  for (const from = performance.now(); ; await sleep(50)) {
    const isReady = await ask().then(
      () => true,
      () => false,
    );
    if (isReady) return;
    if (performance.now() - from > READY_MS_MAX) throw new Error(`${name} is not ready.`);
  }
}
