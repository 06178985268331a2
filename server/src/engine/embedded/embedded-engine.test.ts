import { Ids } from "../../engine/ids.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store, TaskChange } from "../../store/store.ts";
import type { Handler } from "../../task/handler.ts";
import { createVerbs } from "../../verbs/implementation/create-verbs.ts";
import { engineSuite } from "../engine.suite.ts";
import { atRest } from "../suite/at-rest.ts";
import type { EngineLife } from "../suite/stage.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";

/** A store that can be taken away from one process and given to the next: what the dead one calls never settles. */
function plug(store: Store): { store: Store; pull: () => void } {
  let pulled = false;
  const proxy = new Proxy(store, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function") return verb;
      if (name === "changes")
        return (listener: (change: TaskChange) => void) => target.changes((change) => !pulled && listener(change));
      return (...given: unknown[]) => (pulled ? new Promise(() => {}) : Reflect.apply(verb, target, given));
    },
  });
  return {
    store: proxy,
    pull: () => {
      pulled = true;
    },
  };
}

/** Every process of a life draws from the same chance, so that no two make the same identity. */
let drawn = 0;
function drawByte(): number {
  drawn = (drawn * 75 + 74) % 65_537;
  return drawn % 256;
}

async function live(
  store: Store,
  clock: VirtualClock,
  handlers: readonly Handler[],
  concurrency: number,
): Promise<EngineLife> {
  const plugged = plug(store);
  const ids = new Ids((size) => Uint8Array.from({ length: size }, drawByte));
  const random = () => 0.5;
  const engine = new EmbeddedEngine({
    store: plugged.store,
    handlers,
    clock,
    random,
    ids,
    limits: { concurrency },
    log: {
      warn: (message, facts) => process.stderr.write(`${message} ${JSON.stringify(facts)} ${String(facts["error"])}\n`),
    },
  });
  await engine.start();
  return {
    verbs: createVerbs({ engine, store: plugged.store, clock, ids, random }),
    now: () => clock.now(),
    pass: (ms) => clock.advance(ms, atRest),
    leap: (ms) => clock.advance(ms, async () => {}),
    setForward: (ms) => clock.setForward(ms, atRest),
    after: (ms, run) => void clock.after(ms, run),
    settle: atRest,
    crash: async (next = handlers) => {
      plugged.pull();
      return live(store, clock, next, concurrency);
    },
    restart: async () => {
      await engine.stop(1_000);
      plugged.pull();
      return live(store, clock, handlers, concurrency);
    },
    end: () => store.close(),
  };
}

engineSuite("the embedded engine", async (handlers, limits) => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  return live(
    await openSqliteStore(":memory:", { clock: () => clock.now() }),
    clock,
    handlers,
    limits?.concurrency ?? 100,
  );
});
