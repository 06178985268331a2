/** Who goes through with erasures in this process. */
import type { Logger } from "pino";
import { systemClock } from "../engine/clock.ts";
import type { Engine } from "../engine/engine.ts";
import type { Store } from "../store/store.ts";
import { Erasing } from "../verbs/implementation/erasing.ts";
import { LEASE_HOLDER } from "./lease-holder.ts";

export function erasingOver(store: Store, engine: Engine, log: Logger): Erasing {
  const warn = (error: unknown) => log.warn({ err: error }, "an erasure could not go on; it is tried again");
  return new Erasing({ store, engine, clock: systemClock, holder: LEASE_HOLDER, warn });
}
