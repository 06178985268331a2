/** Servers and a load generator, each in a process of its own, and runs of both sides in turn. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions, median } from "../conditions.ts";
import { freePort, makeKey, Server, type Start } from "../server.ts";
import { type CpuMs, cpuOf } from "./cpu.ts";
import type { Order } from "./generator.ts";

const tally = z.object({
  requests: z.number(),
  seconds: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  others: z.record(z.string(), z.number()),
});
export type Tally = z.infer<typeof tally>;

type Comparison = { what: string; atLeast: number; pairs: number; than?: string; each?: number };

/**
 * V8 compiles what has run often: a message of A2A takes 350 us of the main thread among the first 2,000, and 190 after 20,000.
 * What takes longer than a moment is not asked that often.
 */
const WARM_UP_REQUESTS = 20_000;
const WARM_UP_MS_MAX = 10_000;

/** Those that run beside the server: none outlives whoever measures. */
const beside = new Set<ChildProcess>();
process.on("exit", () => {
  for (const each of beside) each.kill();
});

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export class Rig {
  readonly data = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
  readonly server: Server;
  readonly key: string;
  readonly #generator: ChildProcess;
  readonly #baselines: ChildProcess[] = [];

  private constructor(start: Start, port: number) {
    this.key = makeKey(this.data, "default", start.bin);
    this.server = new Server(this.data, port, { mode: "serve", ...start });
    this.#generator = fork(here("generator.ts"));
    beside.add(this.#generator);
    // Nothing is measured without it: it has said why it ended.
    this.#generator.once("exit", (code) => code !== null && process.exit(1));
  }

  /** `waybill serve` with a key in its store, as it comes: default log level, default limits. */
  static async start(start: Start = {}): Promise<Rig> {
    const rig = new Rig(start, await freePort());
    await rig.server.ready();
    return rig;
  }

  /** Of the baseline that was started last, which is the one that is compared with. */
  get baselinePid(): number {
    return this.#baselines.at(-1)?.pid ?? 0;
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.key}` };
  }

  get jsonHeaders(): Record<string, string> {
    return { ...this.headers, "content-type": "application/json" };
  }

  async call(path: string, body?: unknown): Promise<string> {
    const answer = await fetch(this.server.url + path, {
      headers: body === undefined ? this.headers : this.jsonHeaders,
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text;
  }

  /** Starts the baseline, which answers with these bytes; its URL. */
  bare(bytes: string): Promise<string> {
    return this.baseline("bare.ts", { bytes });
  }

  /** Starts a script of this folder as the baseline, which is told its port with these options; its URL. */
  async baseline(script: string, options: object = {}, { node = [], env = {} }: Start = {}): Promise<string> {
    const port = await freePort();
    const told = JSON.stringify({ ...options, port });
    const started = spawn(process.execPath, [...node, here(script), told], {
      env: { ...process.env, ...env },
      stdio: "inherit",
    });
    this.#baselines.push(started);
    beside.add(started);
    const url = `http://127.0.0.1:${port}`;
    while (!(await fetch(url).catch(() => null))?.ok) await new Promise((resolve) => setTimeout(resolve, 20));
    return url;
  }

  async load(order: Order): Promise<Tally> {
    const answer = once(this.#generator, "message");
    this.#generator.send(order);
    const done = tally.parse((await answer)[0]);
    if (Object.keys(done.others).length > 0)
      throw new Error(`Some answers were no success: ${JSON.stringify(done.others)}`);
    return done;
  }

  /** Asks until whoever answers does so at the speed that it keeps. A request that is `each` of them at once counts as so many. */
  async warmUp(order: Order, each = 1): Promise<void> {
    const until = performance.now() + WARM_UP_MS_MAX;
    for (let asked = 0; asked < WARM_UP_REQUESTS && performance.now() < until; )
      asked += each * (await this.load({ ...order, seconds: 1 })).requests;
  }

  /**
   * Runs both sides in turn, once both are warm, each pair in the other order than the last, and says what became of it.
   * `each` is how many of theirs one of our requests is.
   */
  async compare(
    { what, atLeast, pairs, than = "bare Fastify", each = 1 }: Comparison,
    ours: Order,
    theirs: Order,
  ): Promise<void> {
    const own = new Side(ours, this.server.pid);
    const other = new Side(theirs, this.baselinePid);
    await this.warmUp(ours, each);
    await this.warmUp(theirs);
    for (let pair = 0; pair < pairs; pair++)
      for (const side of pair % 2 === 0 ? [own, other] : [other, own]) await side.run(this);
    const ratios = own.rates.map((rate, at) => (each * rate) / (other.rates[at] ?? Number.NaN));
    const ratio = median(ratios);
    const spread = spreadOf(ratios);
    const wanted = `at least ${atLeast * 100} % is wanted`;
    console.log(`${what}: ${(ratio * 100).toFixed(0)} % of ${than} (${spread} over ${pairs} pairs; ${wanted})`);
    const busy = own.busyUs.map((us, at) => us / each / (other.busyUs[at] ?? Number.NaN));
    if (busy.length > 0)
      console.log(`  CPU of the main thread a request: ${median(busy).toFixed(2)} times theirs (${spreadOf(busy)})`);
    console.log(`  ours: ${own.summary}\n  theirs: ${other.summary}`);
    console.log(`  ${ours.connections} clients, ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
    if (ratio < atLeast) process.exitCode = 1;
  }

  async end(): Promise<void> {
    this.#generator.kill();
    for (const baseline of this.#baselines) baseline.kill();
    await this.server.end("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }
}

function spreadOf(ratios: readonly number[]): string {
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
}

/** One side of a comparison, and what its runs gave. */
class Side {
  readonly order: Order;
  readonly rates: number[] = [];
  /** CPU of the main thread a request, run by run: on a busy machine, more is to be learnt from it than from rates. */
  readonly busyUs: number[] = [];
  readonly #pid: number;
  readonly #cpu: CpuMs = { main: 0, others: 0 };
  #requests = 0;
  #last: Tally | null = null;

  constructor(order: Order, pid: number) {
    this.order = order;
    this.#pid = pid;
  }

  async run(rig: Rig): Promise<void> {
    const before = cpuOf(this.#pid);
    const done = await rig.load(this.order);
    const after = cpuOf(this.#pid);
    this.rates.push(done.requests / done.seconds);
    this.#requests += done.requests;
    this.#last = done;
    if (!before || !after) return;
    this.busyUs.push(((after.main - before.main) * 1_000) / done.requests);
    this.#cpu.main += after.main - before.main;
    this.#cpu.others += after.others - before.others;
  }

  get summary(): string {
    const each = (ms: number) => `${((ms / this.#requests) * 1_000).toFixed(0)} us`;
    const { p50Ms = Number.NaN, p99Ms = Number.NaN } = this.#last ?? {};
    return (
      `${Math.round(median(this.rates)).toLocaleString("en")}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms; ` +
      `CPU a request: ${each(this.#cpu.main)} in the main thread, ${each(this.#cpu.others)} in others`
    );
  }
}
