/** CPU time that a process has used, its first thread apart from the rest. Linux only: null elsewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Of `/proc`: clock ticks are 10 ms on every Linux that Node.js runs on. */
const TICK_MS = 10;
const NS_IN_MS = 1_000_000;
const IDLE_LOOK_MS = 1_000;
const IDLE_MS_MAX = 20;

export type CpuMs = { main: number; others: number };

export function cpuOf(pid: number): CpuMs | null {
  try {
    const cpu = { main: 0, others: 0 };
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const ms = threadMs(`/proc/${pid}/task/${thread}`);
      if (Number(thread) === pid) cpu.main += ms;
      else cpu.others += ms;
    }
    return cpu;
  } catch {
    return null;
  }
}

/** To the nanosecond where the scheduler counts them. */
function threadMs(folder: string): number {
  if (existsSync(`${folder}/schedstat`))
    return Number(readFileSync(`${folder}/schedstat`, "utf8").split(" ", 1)[0]) / NS_IN_MS;
  const stat = readFileSync(`${folder}/stat`, "utf8");
  // The name in brackets may hold anything; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Bytes of memory that a process holds; null where there is no `/proc`. */
export function memoryOf(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Resolves once a process has next to nothing left to do, and after `msMax` when it has work for longer. */
export async function idle(pid: number, msMax = Number.POSITIVE_INFINITY): Promise<void> {
  let before = usedMs(pid);
  for (let ms = 0; ms < msMax; ms += IDLE_LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_LOOK_MS));
    const now = usedMs(pid);
    if (now - before < IDLE_MS_MAX) return;
    before = now;
  }
}

function usedMs(pid: number): number {
  const { main, others } = cpuOf(pid) ?? { main: 0, others: 0 };
  return main + others;
}
