/** Plays one world from its seed to its end, and judges it. */
import { checkInvariants } from "./invariants.ts";
import { World } from "./world.ts";

export type Played = { failures: string[]; lives: number; crashes: number; steps: number };

export async function playWorld(seed: number): Promise<Played> {
  const world = new World(seed);
  try {
    await world.run();
    if (world.checker.failures.length === 0) await checkInvariants(world);
    const { crashes, steps, known } = world;
    return { failures: world.checker.failures, lives: known.size, crashes, steps: steps.began };
  } finally {
    await world.end();
  }
}
