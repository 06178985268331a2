/**
 * Tasks of agents whose provider streams 100 tokens over 2 s, so many in flight, each followed by one reader; beside a bare
 * proxy that pipes the same streams to as many readers. In turn, in the same run. Every token says when its provider wrote
 * it: its delay is what lies between that and its receipt by the reader.
 *
 *   node bench/agents.ts [in flight] [seconds per run] [pairs] [plain | tools | guarded] [name=folder...]
 *
 * With folders of builds these are measured in the proxy's place, all at the same moment, each with its part of what is in
 * flight. What a token costs falls with how many come in one event, so both are to be compared.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { Agent, type IncomingMessage, request } from "node:http";
import { loadavg } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions, median, quantile } from "./conditions.ts";
import { cpuOf, memoryOf } from "./load/cpu.ts";
import { Rig } from "./load/rig.ts";
import { freePort } from "./server.ts";

const inFlight = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 10);
const pairs = Number(process.argv[4] ?? 2);
const agentSlug = process.argv[5] ?? "plain";
const builds = z.array(z.string().regex(/^\w+=./)).parse(process.argv.slice(6));
/** What is under way when a run begins to be measured has begun at different times. */
const WARM_UP_MS = 5_000;
const WATCH_MS = 200;
const MB = 2 ** 20;
const TOKENS = 100;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const connections = new Agent({ keepAlive: true, maxSockets: inFlight * 2, maxFreeSockets: inFlight * 2 });
const submitted = z.object({ id: z.string() });

class Tally {
  readonly delaysMs: number[] = [];
  readonly firstMs: number[] = [];
  tasks = 0;
  /** That brought tokens. */
  frames = 0;
}

type Side = { name: string; pid: number; act: (counting: () => Tally) => Promise<void>; runs: Run[] };
/** Processor time is of a token: on a busy machine few tasks come to their end while they are measured. */
type Run = { rate: number; tally: Tally; mainUs: number; othersUs: number; memory: number };

function asks(url: string, headers: Record<string, string>, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sent = request(url, { method, headers, agent: connections }, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  return text;
}

/**
 * Reads a stream to its end; the tokens of frames that `shows` takes. Each counts for the run in which it comes: tasks take a
 * good part of one, and those under way at its beginning are half of its work.
 */
async function follow(answer: IncomingMessage, counting: () => Tally, from: number, shows: (frame: string) => boolean) {
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await textOf(answer)}`);
  let rest = "";
  let tokens = 0;
  for await (const chunk of answer.setEncoding("utf8")) {
    const now = performance.timeOrigin + performance.now();
    const tally = counting();
    const frames = (rest + chunk).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      if (!shows(frame)) continue;
      tally.frames += 1;
      for (const [, us] of frame.matchAll(/@(\d{16})/g)) {
        if (tokens === 0) tally.firstMs.push(now - from);
        tokens += 1;
        tally.delaysMs.push(now - Number(us) / 1_000);
      }
    }
  }
  if (tokens !== TOKENS) throw new Error(`A reader saw ${tokens} tokens.`);
  counting().tasks += 1;
}

const now = () => performance.timeOrigin + performance.now();

async function measured({ act, pid }: Side, count = inFlight): Promise<Run> {
  let tally = new Tally();
  let isOver = false;
  const client = async () => {
    while (!isOver) await act(() => tally);
  };
  const clients = Array.from({ length: count }, client);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, WARM_UP_MS)), ...clients]);
  tally = new Tally();
  const counted = tally;
  const before = cpuOf(pid);
  const from = performance.now();
  let memory = 0;
  while (performance.now() - from < seconds * 1_000) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, WATCH_MS)), ...clients]);
    memory = Math.max(memory, memoryOf(pid) ?? 0);
  }
  const { tasks } = counted;
  const tokens = counted.delaysMs.length;
  const after = cpuOf(pid);
  const tookMs = performance.now() - from;
  isOver = true;
  tally = new Tally();
  await Promise.all(clients);
  const each = (part: "main" | "others") =>
    (((after?.[part] ?? Number.NaN) - (before?.[part] ?? Number.NaN)) * 1_000) / tokens;
  return { rate: (tasks / tookMs) * 1_000, tally: counted, mainUs: each("main"), othersUs: each("others"), memory };
}

const providerPort = await freePort();
const provider = `http://127.0.0.1:${providerPort}/v1`;
const speaker: ChildProcess = spawn(
  process.execPath,
  [here("load/provider.ts"), JSON.stringify({ port: providerPort })],
  {
    stdio: "inherit",
  },
);
process.on("exit", () => speaker.kill());
/** As its users start it. */
function started(folder: string): Promise<Rig> {
  return Rig.start({
    flags: ["--config", path.resolve(folder, "bench/agents.config.ts")],
    env: { BENCH_PROVIDER: provider, MALLOC_ARENA_MAX: "2" },
    node: ["--max-semi-space-size=16"],
    bin: path.resolve(folder, "server/bin/waybill.js"),
  });
}

function agentsOf(name: string, rig: Rig): Side {
  const task = JSON.stringify({ kind: "agent", input: { query: "What time is it?", agent: agentSlug } });
  const act = async (counting: () => Tally) => {
    const from = now();
    const { id } = submitted.parse(
      JSON.parse(await textOf(await asks(`${rig.server.url}/v1/tasks`, rig.jsonHeaders, task))),
    );
    const stream = { ...rig.headers, accept: "text/event-stream" };
    const isDelta = (frame: string) => frame.includes("event: output.delta");
    await follow(await asks(`${rig.server.url}/v1/tasks/${id}/events`, stream), counting, from, isDelta);
  };
  return { name, pid: rig.server.pid, act, runs: [] };
}

/** Started by the rig, beside its server. */
async function proxyOf(rig: Rig): Promise<Side> {
  const proxy = await rig.baseline("proxy.ts", { provider: `${provider}/chat/completions` });
  const messages = [{ role: "user", content: "What time is it?" }];
  const prompt = JSON.stringify({ model: "clock", stream: true, messages });
  const act = async (counting: () => Tally) => {
    const from = now();
    await follow(await asks(proxy, { "content-type": "application/json" }, prompt), counting, from, () => true);
  };
  return { name: "bare proxy", pid: rig.baselinePid, act, runs: [] };
}

function print({ name, runs }: Side): void {
  const of = (figure: (run: Run) => number) => median(runs.map(figure));
  const late = (share: number) => of(({ tally }) => quantile(tally.delaysMs, share)).toFixed(1);
  const first = of(({ tally }) => quantile(tally.firstMs, 0.5)).toFixed(0);
  const together = of(({ tally }) => tally.delaysMs.length / tally.frames).toFixed(1);
  const cpu = `${of(({ mainUs }) => mainUs).toFixed(0)} us in the main thread, ${of(({ othersUs }) => othersUs).toFixed(0)} us in others`;
  console.log(
    `  ${name}: ${of(({ rate }) => rate).toFixed(0)} a second; a token is p50 ${late(0.5)} ms, p99 ${late(0.99)} ms late; ` +
      `first token ${first} ms; ${(of(({ memory }) => memory) / MB).toFixed(0)} MB; processor time of a token: ${cpu}; ${together} tokens an event`,
  );
}

const rigs: Rig[] = [];
try {
  const sides: Side[] = [];
  for (const build of builds) {
    const [name = "", folder = ""] = build.split("=", 2);
    const rig = await started(folder);
    rigs.push(rig);
    sides.push(agentsOf(name, rig));
  }
  const each = Math.ceil(inFlight / sides.length);
  for (let pair = 0; pair < pairs && sides.length > 0; pair++)
    await Promise.all(sides.map(async (side) => side.runs.push(await measured(side, each))));
  if (sides.length === 0) {
    const rig = await started(here(".."));
    rigs.push(rig);
    sides.push(agentsOf("agents", rig), await proxyOf(rig));
    for (let pair = 0; pair < pairs; pair++)
      for (const side of pair % 2 === 0 ? sides.toReversed() : sides) side.runs.push(await measured(side));
  }
  console.log(`${agentSlug}: ${inFlight} in flight, ${TOKENS} tokens each over 2 s, ${pairs} runs of ${seconds} s`);
  for (const side of sides) print(side);
  console.log(`  ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
} finally {
  connections.destroy();
  speaker.kill();
  for (const rig of rigs) await rig.end();
}
