/**
 * The threads that work on databases. To start one takes 70 ms of processor time, for Node.js and for modules, so that one
 * whose work is done waits a moment for more: indexers follow one another while documents come. It keeps no database open
 * and no process alive.
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Begin, Role } from "./worker.ts";

const IDLE_MS = 1_000;
const IDLE_MAX = 4;
/** Those that are started early: a server on a busy machine takes seconds to load its modules. */
const EARLY_IDLE_MS = 30_000;
/** What a store on disk begins with, in the order in which it asks for them. */
const FIRST_ROLES = ["writer", "reader"] as const;
/** V8 sizes this by the machine's memory, up to 128 MB a thread; what a batch leaves behind fits in far less. */
const YOUNG_MB = 24;

export type Thread = {
  /** To its work: calls go in, answers come out, and null is the end in both directions. */
  port: MessagePort;
  /** Once, after the end: others may have the thread. */
  release: () => void;
};

const idle = new Map<Worker, () => void>();

/** Starts the threads of a store that is opened soon: they load what they need while their server loads its own modules. */
export function startEarly(): void {
  for (const role of FIRST_ROLES) keep(startThread(role), EARLY_IDLE_MS);
}

/** Has a thread work in this role. `onLost` hears when it dies before it is released. */
export function beginWork(role: Role, onLost: (error: Error) => void): Thread {
  const worker = takeIdle() ?? startThread();
  const { port1: port, port2 } = new MessageChannel();
  const onError = (error: unknown) => onLost(error instanceof Error ? error : new Error(String(error)));
  const onExit = (code: number) => onLost(new Error(`The ${role.role} thread ended with code ${code}.`));
  worker.on("error", onError).on("exit", onExit);
  worker.postMessage({ role, port: port2 } satisfies Begin, [port2]);
  return {
    port,
    release: () => {
      port.close();
      keep(worker);
      worker.off("error", onError).off("exit", onExit);
    },
  };
}

/** With the role that it will have first, where that is known before its work is. */
function startThread(first?: (typeof FIRST_ROLES)[number]): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
  // Of a thread that dies, Node.js would close the files: with one of a database go all locks that this process has on it, and
  // whoever opened it then from another process would take the log away from those who write to it.
  const trackUnmanagedFds = false;
  return new Worker(new URL(file, import.meta.url), { resourceLimits, workerData: first, trackUnmanagedFds });
}

function takeIdle(): Worker | null {
  for (const [worker, leave] of idle) {
    leave();
    worker.ref();
    return worker;
  }
  return null;
}

function keep(worker: Worker, idleMs = IDLE_MS): void {
  worker.unref();
  const leave = () => {
    clearTimeout(timer);
    idle.delete(worker);
    worker.off("error", leave).off("exit", leave);
  };
  const end = () => {
    leave();
    void worker.terminate();
  };
  const timer = setTimeout(end, idleMs).unref();
  worker.on("error", leave).on("exit", leave);
  idle.set(worker, leave);
  if (idle.size > IDLE_MAX) end();
}
