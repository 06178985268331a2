/**
 * Where the processor time of a request goes: V8's profile of each thread of a built server under one load, as self time by
 * group and the functions that take most. A profile samples by the clock; the shares of its samples are printed as shares of
 * the processor time that the threads have taken. What JSON and SQLite take counts for the function that calls them, and a
 * function that waits for the disk counts as one that works.
 *
 *   node bench/profile.ts submit|await|get|agent|a2a [folder of a build] [seconds]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions } from "./conditions.ts";
import { LOADS, type Load, orderOf, startBuild } from "./load/build.ts";
import { type CpuMs, cpuOf } from "./load/cpu.ts";
import { freePort, type Start } from "./server.ts";

const CLIENTS = 64;
const EACH_US = 250;
const TOP = 15;
/** The first thread's profile has this in its name. */
const MAIN = /\.0\.\d+\.cpuprofile$/;

const callFrame = z.object({
  functionName: z.string(),
  url: z.string(),
  lineNumber: z.int(),
  columnNumber: z.int(),
});
type Frame = z.infer<typeof callFrame>;

const profile = z.object({
  nodes: z.array(z.object({ id: z.int(), callFrame })),
  /** Microseconds of the clock that all processes of a machine share. */
  startTime: z.number(),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

/** What V8 and Node.js do without code of their own in JavaScript, by name. */
const NATIVE: [group: string, RegExp][] = [
  ["garbage collection", /^\(garbage collector\)$/],
  ["HTTP parser and sockets", /^(write(v|Buffer|(Utf8|Latin1|Ascii|Ucs2)String)|consume|execute|shutdown)$/],
  ["messages between threads", /^(postMessage|drain|receiveMessageOnPort)$/],
  ["native", /./],
];

const WRITTEN: [group: string, RegExp][] = [
  ["HTTP parser and sockets", /^node:(_http|http|net|internal\/(http|net|stream_base|js_stream))/],
  [
    "streams and timers",
    /^node:(stream|timers|events|async_hooks|internal\/(streams|timers|process|async|abort|event))/,
  ],
  ["messages between threads", /^node:(worker_threads|internal\/(worker|per_context\/messageport))/],
  ["other parts of Node.js", /^node:/],
  ["zod", /\/node_modules\/zod\//],
  ["SQLite", /\/node_modules\/better-sqlite3\//],
  ["other packages", /\/node_modules\/(?!@?waybill\/)/],
  ["own code", /./],
];

const [load, folder, seconds] = z
  .tuple([z.enum(LOADS), z.string().default("."), z.coerce.number().default(10)])
  .parse([process.argv[2], process.argv[3], process.argv[4]]);

class Threads {
  readonly groups = new Map<string, number>();
  readonly functions = new Map<string, number>();
  samples = 0;

  add(text: string, from: number, to: number): void {
    const { nodes, startTime, samples, timeDeltas } = profile.parse(JSON.parse(text));
    const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
    let at = startTime;
    for (const [index, id] of samples.entries()) {
      at += timeDeltas[index] ?? 0;
      const frame = frames.get(id);
      if (frame && at >= from && at <= to) this.#count(frame);
    }
  }

  #count(frame: Frame): void {
    if (/^\((idle|root)\)$/.test(frame.functionName)) return;
    const group = groupOf(frame);
    const name = `${frame.functionName || "(anonymous)"} ${sourceOf(frame)}`;
    this.samples += 1;
    this.groups.set(group, (this.groups.get(group) ?? 0) + 1);
    this.functions.set(name, (this.functions.get(name) ?? 0) + 1);
  }

  print(what: string, us: number): void {
    const lines = (counts: Map<string, number>, most: number) => {
      for (const [name, count] of [...counts].sort(([, a], [, b]) => b - a).slice(0, most))
        console.log(`  ${((us * count) / this.samples).toFixed(2).padStart(8)}  ${name}`);
    };
    console.log(`${what}: ${us.toFixed(1)} us a request`);
    lines(this.groups, this.groups.size);
    console.log("  of these");
    lines(this.functions, TOP);
  }
}

function groupOf({ functionName, url }: Frame): string {
  const [of, text] = url === "" ? [NATIVE, functionName] : [WRITTEN, url];
  return of.find(([, names]) => names.test(text))?.[0] ?? "native";
}

const maps = new Map<string, SourceMap | null>();

/** Where a function stands in the sources, which a bundle's map says. */
function sourceOf({ url, lineNumber, columnNumber }: Frame): string {
  if (!url.startsWith("file:")) return url;
  const file = fileURLToPath(url);
  let map = maps.get(file);
  if (map === undefined) {
    map = existsSync(`${file}.map`) ? new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8"))) : null;
    maps.set(file, map);
  }
  const entry = map?.findEntry(lineNumber, columnNumber);
  const [name, line] =
    entry && "originalSource" in entry ? [entry.originalSource, entry.originalLine] : [file, lineNumber];
  return `${name.replace(/^.*(?=node_modules\/)|^.*\/src\/|^(\.\.\/)+/, "")}:${line + 1}`;
}

/** A model's server, for agents. */
async function speaker(): Promise<{ process: ChildProcess; env: Record<string, string> }> {
  const port = await freePort();
  const script = fileURLToPath(new URL("load/provider.ts", import.meta.url));
  const started = spawn(process.execPath, [script, JSON.stringify({ port })], { stdio: "inherit" });
  process.on("exit", () => started.kill());
  const env = { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: "sk-bench", OPENAI_MODEL: "clock" };
  return { process: started, env };
}

const nowUs = () => Number(process.hrtime.bigint() / 1_000n);
const profiles = mkdtempSync(path.join(tmpdir(), "waybill-profiles-"));
process.on("exit", () => rmSync(profiles, { recursive: true, force: true }));

async function measured(load: Load, start: Start) {
  const rig = await startBuild(folder, load, start);
  try {
    const order = await orderOf(rig, load, { connections: CLIENTS, seconds });
    await rig.warmUp(order);
    const from = nowUs();
    const before = cpuOf(rig.server.pid);
    const { requests } = await rig.load(order);
    const after = cpuOf(rig.server.pid);
    if (!before || !after) throw new Error("Only Linux says what a thread has taken.");
    const us = (part: keyof CpuMs) => ((after[part] - before[part]) * 1_000) / requests;
    return { from, to: nowUs(), requests, main: us("main"), others: us("others") };
  } finally {
    await rig.end();
  }
}

const provider = load === "agent" ? await speaker() : null;
const node = ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${EACH_US}`];
const { from, to, requests, ...us } = await measured(load, { node, env: provider?.env ?? {} });
provider?.process.kill();

const threads = { main: new Threads(), others: new Threads() };
for (const file of readdirSync(profiles))
  threads[MAIN.test(file) ? "main" : "others"].add(readFileSync(path.join(profiles, file), "utf8"), from, to);
threads.main.print("main thread", us.main);
threads.others.print("other threads", us.others);
console.log(
  `  ${load}, ${requests} requests of ${CLIENTS} clients, ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`,
);
