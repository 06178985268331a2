/**
 * Resolves once an engine that runs in this process under a virtual clock, over a store in memory, has nothing under
 * way. All that such an engine does is a promise or an immediate: when none of the latter is pending after a tick of the
 * event loop, what is left waits for time, or for somebody outside. Whoever waits at the same time, such as a test that
 * was given up, waits together: two who each look for the other's tick would never see the end of it.
 */
export function atRest(): Promise<void> {
  resting ??= rest();
  return resting;
}

let resting: Promise<void> | null = null;

async function rest(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().includes("Immediate"));
  resting = null;
}
