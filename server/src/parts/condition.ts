/** The condition of this process, for monitoring. */
import type { Condition } from "../lenses/lens-parts.ts";

/** `more` returns the values that other parts know. */
export function conditionOf(more: () => Omit<Condition, "uptimeS" | "memoryBytes" | "cpuPercent">): () => Condition {
  let at = performance.now();
  let used = process.cpuUsage();
  return () => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(used);
    const elapsedMs = Math.max(now - at, 1);
    used = process.cpuUsage();
    at = now;
    const cpuPercent = Math.round((user + system) / 10 / elapsedMs);
    const memoryBytes = process.memoryUsage.rss();
    return { uptimeS: Math.floor(process.uptime()), memoryBytes, cpuPercent, ...more() };
  };
}
