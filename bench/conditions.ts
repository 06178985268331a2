/** What a number was measured on and how numbers of several runs become one. */
import { cpus } from "node:os";

export function conditions(): string {
  const [first] = cpus();
  return `node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} x ${first?.model ?? "unknown"}`;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
