/**
 * Resolves once an engine that runs in this process under a virtual clock, over a store in memory, has nothing under
 * way. All that such an engine does is a promise or an immediate: when none of the latter is pending after a tick of the
 * event loop, what is left waits for time, or for somebody outside.
 */
export async function atRest(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().includes("Immediate"));
}
