/**
 * A process beside the server that works on what strangers wrote. It has no secrets of ours: an empty environment, and no
 * right to write a file or to start another program. Its memory is its own: what it took goes back when it ends, while
 * that of a thread stays with the server for good where the system's allocator keeps it.
 */
import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";

/** About a third of the share of the server's, where both want the processor. */
const NICENESS = 5;
/** What is left of our environment. */
const PASSED_ON = ["NODE_COMPILE_CACHE", "SystemRoot"];

/** `module`: a file of this folder, without its ending. */
export function confinedProcess(module: "reader-entry" | "language-entry", heapMb: number): ChildProcess {
  // The sources run as TypeScript, the package as JavaScript.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const child = fork(fileURLToPath(new URL(`./${module}${ending}`, import.meta.url)), [], {
    env: { TZ: "UTC", ...Object.fromEntries(PASSED_ON.flatMap((name) => [[name, process.env[name]]])) },
    execArgv: [
      `--max-old-space-size=${heapMb}`,
      // What a page takes is done with after it: with room for it, hardly any of that is looked at again.
      "--max-semi-space-size=32",
      "--no-warnings",
      "--permission",
      "--allow-fs-read=*",
      "--allow-worker",
      "--allow-addons",
    ],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  yieldTo(child);
  return child;
}

/** From now on it neither keeps the server from ending nor is heard. */
export function letIdle(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

/** The server waits for it. */
export function holdOn(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

/** Reading can wait; answering cannot. */
function yieldTo({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, NICENESS);
  } catch {
    // Where this is not allowed, it works at the priority that it has.
  }
}
