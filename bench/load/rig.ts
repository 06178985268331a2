/** Servers and a load generator, each in a process of its own, and runs of both sides in turn. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions, median } from "../conditions.ts";
import { freePort, makeKey, Server, type Start } from "../server.ts";
import type { Order } from "./generator.ts";

const tally = z.object({
  requests: z.number(),
  seconds: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  others: z.record(z.string(), z.number()),
});
export type Tally = z.infer<typeof tally>;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export class Rig {
  readonly data = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
  readonly server: Server;
  readonly key: string;
  readonly #generator: ChildProcess;
  #bare: ChildProcess | null = null;

  private constructor(start: Start, port: number) {
    this.key = makeKey(this.data);
    this.server = new Server(this.data, port, { mode: "serve", ...start });
    this.#generator = fork(here("generator.ts"));
  }

  /** `waybill serve` with a key in its store, as it comes: default log level, default limits. */
  static async start(start: Start = {}): Promise<Rig> {
    const rig = new Rig(start, await freePort());
    await rig.server.ready();
    return rig;
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
  async bare(bytes: string): Promise<string> {
    const port = await freePort();
    this.#bare = spawn(process.execPath, [here("bare.ts"), JSON.stringify({ port, bytes })], { stdio: "inherit" });
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

  /** Runs both sides in turn, each pair in the other order than the last, and says what became of it. */
  async compare(claim: { what: string; atLeast: number; pairs: number }, ours: Order, theirs: Order): Promise<void> {
    const ratios: number[] = [];
    const rates: [number[], number[]] = [[], []];
    let last: Tally | null = null;
    for (const order of [ours, theirs]) await this.load({ ...order, seconds: 1 });
    for (let pair = 0; pair < claim.pairs; pair++) {
      const run = async (order: Order) => {
        const done = await this.load(order);
        if (order === ours) last = done;
        return done.requests / done.seconds;
      };
      const [a, b] =
        pair % 2 === 0
          ? [await run(ours), await run(theirs)]
          : await run(theirs).then(async (b) => [await run(ours), b]);
      rates[0].push(a ?? 0);
      rates[1].push(b ?? 0);
      ratios.push((a ?? 0) / (b ?? 1));
    }
    const ratio = median(ratios);
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    const per = (values: number[]) => `${Math.round(median(values)).toLocaleString("en")}/s`;
    console.log(
      `${claim.what}: ${(ratio * 100).toFixed(0)} % of bare Fastify (${spread} over ${claim.pairs} pairs; at least ${claim.atLeast * 100} % is wanted)`,
    );
    console.log(`  ours ${per(rates[0])}, bare ${per(rates[1])}; ours p50 ${last === null ? "?" : format(last)}`);
    console.log(`  ${ours.connections} clients, ${conditions()}`);
    if (ratio < claim.atLeast) process.exitCode = 1;
  }

  async end(): Promise<void> {
    this.#generator.kill();
    this.#bare?.kill();
    await this.server.end("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }
}

function format({ p50Ms, p99Ms }: Tally): string {
  return `${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
}
