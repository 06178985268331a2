import { Ids } from "../../engine/ids.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Handler } from "../../task/handler.ts";
import { createVerbs } from "../../verbs/implementation/create-verbs.ts";
import { engineSuite } from "../engine.suite.ts";
import { atRest } from "../suite/at-rest.ts";
import type { EngineLife } from "../suite/stage.ts";
import { StoreFaults } from "../suite/store-faults.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { CrashMemory } from "./crash/crash-record.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

/** Every process of a life draws from the same chance, so that no two make the same identity. */
let drawn = 0;
function drawByte(): number {
  drawn = (drawn * 75 + 74) % 65_537;
  return drawn % 256;
}

async function live(
  faults: StoreFaults,
  clock: VirtualClock,
  handlers: readonly Handler[],
  concurrency: number,
  crashes = new CrashMemory(),
  warnings: string[] = [],
): Promise<EngineLife> {
  const record = crashes.next();
  const store = faults.plugIn();
  const ids = new Ids((size) => Uint8Array.from({ length: size }, drawByte));
  const random = () => 0.5;
  const engine = new EmbeddedEngine({
    store,
    handlers,
    clock,
    random,
    ids,
    // So few that every story of a queue goes on from its disk.
    limits: { concurrency, claimableAhead: 2 },
    record,
    log: { warn: (message, facts) => warnings.push(`${message} ${JSON.stringify(facts)} ${String(facts["error"])}`) },
  });
  await engine.start();
  return {
    verbs: createVerbs({ engine, store, clock, ids, random }),
    now: () => clock.now(),
    pass: (ms) => clock.advance(ms, atRest),
    leap: (ms) => clock.advance(ms, async () => {}),
    setForward: (ms) => clock.setForward(ms, atRest),
    spend: (ms) => clock.spend(ms),
    after: (ms, run) => void clock.after(ms, run),
    settle: atRest,
    crash: async (next = handlers, { own = false, downMs = 0, setBackMs = 0 } = {}) => {
      if (own) record.ends("own", "Its own code ended it.");
      faults.plugIn();
      await clock.advance(downMs, async () => {});
      await clock.setForward(-setBackMs, async () => {});
      return live(faults, clock, next, concurrency, crashes, warnings);
    },
    restart: async (next = handlers) => {
      await engine.stop(1_000);
      return live(faults, clock, next, concurrency, crashes, warnings);
    },
    faults,
    warnings,
    end: () => faults.close(),
  };
}

engineSuite("the embedded engine", async (handlers, limits) => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  return live(
    new StoreFaults(await openSqliteStore(":memory:", { clock: () => clock.now() })),
    clock,
    handlers,
    limits?.concurrency ?? 100,
  );
});
