/** Processor time that this thread takes: other than the time of day, it says the same on a machine that is busy. */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
