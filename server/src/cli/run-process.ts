/**
 * The entry of a process in which suspects run: it reads the server's configuration, and runs its handlers for the
 * server that has started it. It lives as long as that one.
 */
import { enableCompileCache } from "node:module";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { SystemClock } from "../engine/clock.ts";
import { withCleanup } from "../engine/embedded/cleanup.ts";
import { READY } from "../engine/embedded/crash/forked-process.ts";
import { blame, currentPlace } from "../engine/execution/current-place.ts";
import { hostRuns } from "../engine/execution/hosted-runs.ts";
import type { FromProcess, ToProcess } from "../engine/execution/run-messages.ts";
import { Ids, systemRandomBytes } from "../engine/ids.ts";
import { asking } from "../handlers/agent/lookups.ts";
import { watchOwnEnd } from "../own-end.ts";

const texts = z.record(z.string(), z.string().optional());
const sources = z.object({ mode: z.enum(["dev", "serve"]), flags: texts, folder: z.string() });

/** A handler that never gives the event loop back would outlive the server: this thread looks after that. */
const WATCHDOG = `
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 500);
`;

const SETTLE_MS = 200;

enableCompileCache();
// The server is told to stop, and tells this process.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
process.once("message", (message: unknown) => void begin(message));

async function begin(message: unknown): Promise<void> {
  const [{ loadConfig }, { handlersOfConfig }, { relayedTracing, traceHere }] = await Promise.all([
    import("../config.ts"),
    import("../parts/handlers.ts"),
    import("../parts/telemetry.ts"),
  ]);
  const config = await loadConfig({ ...sources.parse(message), env: process.env });
  watchOwnEnd(
    (said) => send({ do: "dying", said, culprit: currentPlace() }),
    (error) => blame(error) !== null,
  );
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  new Worker(WATCHDOG, { eval: true }).unref();
  const clock = new SystemClock();
  const lookUp = hostRuns({
    channel: { send, receive: (listener) => void process.on("message", (message: ToProcess) => listener(message)) },
    handlerOf: (task, find) => withCleanup(handlers, find).of(task),
    clock,
    random: Math.random,
    ids: new Ids(systemRandomBytes),
  });
  const tracing = relayedTracing(config, lookUp, clock);
  const handlers = handlersOfConfig(
    config,
    asking(lookUp, () => traceHere(tracing)),
    tracing,
  );
  // What the configuration sets off as it is loaded may fail a moment later: that is no task's doing.
  setTimeout(() => process.send?.(READY), SETTLE_MS);
}

function send(message: FromProcess): void {
  if (process.connected) process.send?.(message);
}
