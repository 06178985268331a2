/**
 * Runs by the Orchestrate lens beside tasks by the Shannon lens of the same server, in turn: an instant one, created and
 * polled to its end, and a request that is refused for what is in it.
 *
 *   node bench/orchestrate.ts [pairs] [seconds per run]
 */
import { Agent, request } from "node:http";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions, median, quantile } from "./conditions.ts";
import { Rig } from "./load/rig.ts";

const pairs = Number(process.argv[2] ?? 9);
const seconds = Number(process.argv[3] ?? 2);
const CLIENTS = 16;
const WANTED = 0.85;

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const rig = await Rig.start({ flags: ["--config", fileURLToPath(new URL("orchestrate.config.ts", import.meta.url))] });
const QUERY = "What is the capital of France?";

type Heard = { status: number; text: string };

function ask(path: string, body?: object): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const headers = body === undefined ? rig.headers : rig.jsonHeaders;
    const sent = request(rig.server.url + path, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function mustBe(status: number, heard: Heard): string {
  if (heard.status !== status) throw new Error(`${heard.status}: ${heard.text}`);
  return heard.text;
}

async function polled(path: string): Promise<void> {
  for (;;) {
    const text = mustBe(200, await ask(path));
    if (/"status":"(?:completed|TASK_STATUS_COMPLETED)"/.test(text)) return;
    if (/"status":"(?:failed|TASK_STATUS_FAILED)"/.test(text)) throw new Error(text);
  }
}

const begun = z.object({ run_id: z.string() });
const submitted = z.object({ task_id: z.string() });
const RUNS = "/orchestrate/v1/orchestrate/runs";
const TASKS = "/shannon/api/v1/tasks";

const orchestrate = {
  run: async () => {
    const body = { message: { role: "user", content: QUERY }, agent_id: "instant" };
    await polled(`${RUNS}/${begun.parse(JSON.parse(mustBe(200, await ask(RUNS, body)))).run_id}`);
  },
  refusal: async () => {
    mustBe(422, await ask(RUNS, { message: { role: "user", content: QUERY }, llm_params: { beam_width: 4 } }));
  },
};
const shannon = {
  run: async () => {
    const body = { query: QUERY, context: { agent: "instant" }, session_id: crypto.randomUUID() };
    await polled(`${TASKS}/${submitted.parse(JSON.parse(mustBe(200, await ask(TASKS, body)))).task_id}`);
  },
  refusal: async () => {
    mustBe(400, await ask(TASKS, { query: QUERY, mode: "simple", max_iterations: 51 }));
  },
};

type Measured = { rate: number; p99Ms: number };

async function measured(act: () => Promise<void>, s: number): Promise<Measured> {
  const times: number[] = [];
  const from = performance.now();
  const client = async () => {
    while (performance.now() - from < s * 1_000) {
      const began = performance.now();
      await act();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { rate: times.length / ((performance.now() - from) / 1_000), p99Ms: quantile(times, 0.99) };
}

async function compare(what: string, ours: () => Promise<void>, theirs: () => Promise<void>): Promise<void> {
  for (const act of [ours, theirs]) await measured(act, 1);
  const own: Measured[] = [];
  const other: Measured[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const sides = [
      { act: ours, into: own },
      { act: theirs, into: other },
    ];
    for (const { act, into } of pair % 2 === 0 ? sides : sides.reverse()) into.push(await measured(act, seconds));
  }
  const ratio = median(own.map(({ rate }, at) => rate / (other[at]?.rate ?? Number.NaN)));
  const of = (side: Measured[]) =>
    `${median(side.map(({ rate }) => rate)).toFixed(0)} a second, p99 ${median(side.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`;
  console.log(`${what}: ${(ratio * 100).toFixed(0)} % of Shannon's rate (at least ${WANTED * 100} % is wanted)`);
  console.log(`  Orchestrate: ${of(own)}\n  Shannon: ${of(other)}`);
  if (ratio < WANTED) process.exitCode = 1;
}

try {
  await compare("an instant run, created and polled to its end", orchestrate.run, shannon.run);
  await compare("a request that is refused", orchestrate.refusal, shannon.refusal);
  console.log(`${CLIENTS} clients, ${pairs} pairs, ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
} finally {
  agent.destroy();
  await rig.end();
}
