/**
 * The command `waybill` as tests run it: in this process, from the sources, which takes milliseconds; or in a process of
 * its own, from the bundle that the package has, where signals, stdin or exit codes of Node.js are the point.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { run } from "../src/cli/program.ts";

const BUNDLE = fileURLToPath(new URL("../../scripts/bundle.mjs", import.meta.url));
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
/** What a configuration of such a process imports in place of "waybill". */
export const PACKAGE = new URL("../dist/index.js", import.meta.url).href;
/** What `vitest.config.ts` calls the condition under which packages of the workspace have their sources. */
const NODE_FLAGS = ["--conditions=waybill-source", "--disable-warning=ExperimentalWarning"];

export type Ended = { code: number | null; out: string; talk: string };
export type Environment = Readonly<Record<string, string>>;

let isBundled = false;
/** What follows the name of the program in the command line of a process that runs `waybill`, of the sources as they are. */
export function waybillArgs(): readonly string[] {
  if (!isBundled) execFileSync(process.execPath, [BUNDLE]);
  isBundled = true;
  return [...NODE_FLAGS, MAIN];
}

/** Starts `waybill` in a process that sees nothing of this one's environment but what Node.js needs. */
export function spawnWaybill(
  args: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: Environment } = {},
): ChildProcessWithoutNullStreams {
  return spawnNode([...waybillArgs(), ...args], { cwd, env });
}

/** Starts a program of the tests likewise, which sees the packages of the workspace as their sources. */
export function spawnProgram(file: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawnNode([...NODE_FLAGS, file, ...args], {});
}

function spawnNode(
  args: readonly string[],
  { cwd, env = {} }: { cwd?: string | undefined; env?: Environment },
): ChildProcessWithoutNullStreams {
  const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;
  return spawn(process.execPath, [...args], { cwd, env: { PATH, NODE_COMPILE_CACHE, ...env } });
}

/** What a process says and how it ends. */
export function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let out = "";
  let talk = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    talk += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, talk })));
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs one command line in this process. One at a time: they share its streams, environment and exit code. Not for a
 * server that starts: it would run until this process is sent a signal.
 */
export function runWaybill(args: readonly string[], env: Environment = {}): Promise<Ended> {
  const result = last.then(() => runAlone(args, env));
  last = result.catch(() => {});
  return result;
}

async function runAlone(args: readonly string[], env: Environment): Promise<Ended> {
  const out = captured(process.stdout);
  const talk = captured(process.stderr);
  const { exitCode } = process;
  const listening = SIGNALS.map((signal) => new Set(process.listeners(signal)));
  const before = Object.entries(process.env).filter(([name]) => name.startsWith("WAYBILL_"));
  for (const [name] of before) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = undefined;
  try {
    return { code: await run(args), out: out.text(), talk: talk.text() };
  } finally {
    out.release();
    talk.release();
    process.exitCode = exitCode;
    for (const [at, signal] of SIGNALS.entries())
      for (const added of process.listeners(signal)) if (!listening[at]?.has(added)) process.off(signal, added);
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, Object.fromEntries(before));
  }
}

/** Takes what is written to a stream, in place of whoever reads it. */
function captured(stream: NodeJS.WriteStream): { text: () => string; release: () => void } {
  const { write } = stream;
  let text = "";
  stream.write = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  return {
    text: () => text,
    release: () => {
      stream.write = write;
    },
  };
}

/** The root URL that a starting server prints. */
export function greeted(started: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (piece: unknown) => {
      said += String(piece);
      const root = /Native API\s+(http:\/\/[^\s/]+)\/v1/.exec(said)?.[1];
      if (root !== undefined) resolve(root);
    };
    started.stdout?.on("data", hear);
    started.stderr?.on("data", hear);
    started.once("exit", (code) => reject(new Error(`exit code ${code}: ${said}`)));
  });
}
