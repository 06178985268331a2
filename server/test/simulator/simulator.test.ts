import { expect, test } from "vitest";
import { checkInvariants } from "./invariants.ts";
import { World } from "./world.ts";

/** `WAYBILL_SEED=n` plays one world again; `WAYBILL_WORLDS=n` plays so many of them, as CI does. */
const { WAYBILL_SEED, WAYBILL_WORLDS } = process.env;
const FIRST_SEED = 1;
const WORLDS = Number(WAYBILL_WORLDS ?? 25);

const seeds =
  WAYBILL_SEED === undefined ? Array.from({ length: WORLDS }, (_, at) => FIRST_SEED + at) : [Number(WAYBILL_SEED)];

test(`${seeds.length} worlds of crashing processes keep every promise`, { timeout: 600_000 }, async () => {
  let lives = 0;
  let crashes = 0;
  let steps = 0;
  for (const seed of seeds) {
    const world = new World(seed);
    try {
      await world.run();
      if (world.checker.failures.length === 0) await checkInvariants(world);
      lives += (await world.allTasks()).length;
      crashes += world.crashes;
      steps += world.steps.began;
    } finally {
      await world.end();
    }
    const { failures } = world.checker;
    expect(
      failures,
      `Play it again: WAYBILL_SEED=${seed} npx vitest run server/test/simulator\n${failures.join("\n")}`,
    ).toEqual([]);
  }
  process.stderr.write(
    `${seeds.length} worlds, ${lives} task lives, ${crashes} ends of processes, ${steps} step bodies\n`,
  );
});
