/** A process for suspects, forked from this one: the same Node.js, the same flags, another entry. */
import { type ChildProcess, fork, type Serializable } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FromProcess, LookUp } from "../../execution/run-messages.ts";
import type { LaunchRunProcess, ProcessEnd } from "./run-process.ts";

/** What the entry says once it can run handlers. */
export const READY = "ready";

const READY_MS_MAX = 30_000;
/** Signals that people and supervisors send; any other one is the work of the code itself. */
const OUTSIDE: ReadonlySet<string> = new Set(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGSTOP", "SIGTSTP"]);

/** `settings` is the first message to the entry, which answers with `READY`; `lookUp` answers its handlers. */
export function forkedProcess(entry: URL, settings: Serializable, lookUp: LookUp): LaunchRunProcess {
  return async () => {
    const oomKills = oomKillsSoFar();
    const child = fork(fileURLToPath(entry), [], {
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    // A message to a process that is dying fails; its end says all there is to say.
    child.on("error", () => {});
    let told = false;
    const ended = endOf(child, oomKills, () => told);
    await readyOrNot(child, settings, ended);
    return {
      channel: {
        send: (message) => void (child.connected && child.send(message)),
        receive: (listener) => void child.on("message", (message: FromProcess) => listener(message)),
      },
      ended,
      lookUp,
      end: (how) => {
        told = how === "clean";
        child.kill("SIGKILL");
      },
    };
  };
}

async function readyOrNot(child: ChildProcess, settings: Serializable, ended: Promise<ProcessEnd>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    reject(new Error(`It was not ready after ${READY_MS_MAX} ms.`));
  }, READY_MS_MAX);
  child.once("message", (message) => (message === READY ? resolve() : reject(new Error(String(message)))));
  void ended.then(({ said }) => reject(new Error(said)));
  child.send(settings);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Once it is gone and every word of it was heard. */
async function endOf(child: ChildProcess, oomKills: number, told: () => boolean): Promise<ProcessEnd> {
  const gone = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) => resolve(told() ? TOLD : endBy(code, signal, oomKills)));
  });
  const heard = new Promise<void>((resolve) => child.once("disconnect", resolve));
  const [end] = await Promise.all([gone, heard]);
  return end;
}

const TOLD: ProcessEnd = { how: "clean", said: "It was told to end." };

function endBy(code: number | null, signal: NodeJS.Signals | null, oomKills: number): ProcessEnd {
  if (signal === null) return { how: "own", said: `It exited with code ${code}.` };
  if (signal === "SIGKILL" && oomKillsSoFar() > oomKills)
    return { how: "own", said: "The system killed it, for it took too much memory." };
  if (signal === "SIGKILL") return { how: "unknown", said: "It was killed." };
  if (OUTSIDE.has(signal)) return { how: "outside", said: `It was sent ${signal}.` };
  return { how: "own", said: `It died of ${signal}.` };
}

/** Processes of this container that the system has killed for want of memory; 0 where that is not told. */
function oomKillsSoFar(): number {
  const file = "/sys/fs/cgroup/memory.events";
  if (!existsSync(file)) return 0;
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
}
