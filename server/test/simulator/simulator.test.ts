import { expect, test } from "vitest";
import { judge } from "./invariants.ts";
import { World } from "./world.ts";

/** `WAYBILL_SEED=n` plays one world again; `WAYBILL_WORLDS=n` plays more of them. */
const { WAYBILL_SEED, WAYBILL_WORLDS } = process.env;
const FIRST_SEED = 1;
const WORLDS = Number(WAYBILL_WORLDS ?? 120);

const seeds =
  WAYBILL_SEED === undefined ? Array.from({ length: WORLDS }, (_, at) => FIRST_SEED + at) : [Number(WAYBILL_SEED)];

test(`${seeds.length} worlds of crashing processes keep every promise`, { timeout: 600_000 }, async () => {
  let lives = 0;
  let crashes = 0;
  let bodies = 0;
  for (const seed of seeds) {
    const world = new World(seed);
    try {
      await world.run();
      if (world.violations.found.length === 0) await judge(world);
      lives += (await world.allTasks()).length;
      crashes += world.crashes;
      bodies += world.bodies.began;
    } finally {
      await world.end();
    }
    const { found } = world.violations;
    expect(
      found,
      `Play it again: WAYBILL_SEED=${seed} npx vitest run server/test/simulator\n${found.join("\n")}`,
    ).toEqual([]);
  }
  process.stderr.write(
    `${seeds.length} worlds, ${lives} task lives, ${crashes} ends of processes, ${bodies} step bodies\n`,
  );
});
