import { expect, test } from "vitest";
import { playWorld } from "./play-world.ts";

/**
 * Worlds that broke a promise once, or in which one was seen that was kept. `play.ts` plays others, and any number of them: CI the
 * first ones each time, and new ones each day.
 */
const SEEDS = [
  2_078_300_550, 20_261_144, 2_078_400_167, 314_159_441, 3_100_000_972, 3_100_001_953, 3_100_002_362, 2_078_301_616,
  2_090_003_723, 2_078_301_098, 2_078_301_558,
];

test(`${SEEDS.length} worlds of crashing processes keep every promise`, { timeout: 600_000 }, async () => {
  for (const seed of SEEDS) {
    const { failures } = await playWorld(seed);
    expect(
      failures,
      `Play it again: node server/test/simulator/play.ts --seed ${seed}\n${failures.join("\n")}`,
    ).toEqual([]);
  }
});
