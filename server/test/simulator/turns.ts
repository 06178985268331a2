/** Turns of the event loop: the only thing that passes in the simulator besides virtual time. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
