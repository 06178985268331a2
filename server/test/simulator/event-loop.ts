/** Ticks of the event loop: all that passes in the simulator besides virtual time. */
export async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick++) await new Promise((resolve) => setImmediate(resolve));
}
