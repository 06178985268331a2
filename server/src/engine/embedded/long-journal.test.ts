import { expect, test } from "vitest";
import { z } from "zod";
import { Ids } from "../../engine/ids.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { decided, live, submit } from "../../store/suite/life.suite.ts";
import { newTask, START } from "../../store/suite/new-task.suite.ts";
import { defineHandler } from "../../task/handler.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

const STEPS = 20_000;

test("a journal of 20,000 steps is replayed without holding the event loop", async () => {
  const clock = new VirtualClock(START);
  const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
  let bodies = 0;
  const handler = defineHandler({
    kind: "long",
    input: z.json(),
    run: async (ctx) => {
      for (let n = 0; n < STEPS; n++) await ctx.step(`step ${n}`, async () => ++bodies);
      return "done";
    },
  });
  const task = await live(store, await submit(store, newTask({ kind: "long" })), { do: "start" });
  const journal = Array.from({ length: STEPS }, (_, position) => ({
    ...({ branch: "", position, name: `step ${position}`, occurrence: 0, kind: "step", state: "done" } as const),
    ...{ tries: 1, at: START, durationMs: 1, result: position, error: null, usage: null, trace: null },
  }));
  await store.apply([{ ...decided(task, { do: "record", attempt: 1, record: { events: [] } }), journal }]);
  const log = { warn: (message: string) => process.stderr.write(`${message}\n`) };
  const ids = new Ids((size) => new Uint8Array(size));
  const engine = new EmbeddedEngine({ store, handlers: [handler], clock, random: () => 0.5, ids, log });
  await engine.start();
  let turns = 0;
  while ((await store.task(task.id))?.state === "running") {
    turns += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await store.task(task.id)).toMatchObject({ state: "completed", output: "done" });
  expect(bodies).toBe(0);
  expect(turns).toBeGreaterThan(STEPS / 512);
  await engine.stop(0);
  await store.close();
});
